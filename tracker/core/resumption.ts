/**
 * Resume tokens: with one, a client that lost its connection is the same peer again, on any tracker that has the key.
 * Each connection gets a token of its own, and of two tokens of one peer the later is the better: a token is spent when
 * it is shown, and who has an old one takes nothing from who has the new one. Knows no cryptography.
 */
import { isPeerId, type PeerId } from '../../shared/ids.ts'
import type { Hmac } from './tickets.ts'

/** Who a connection is, and which of that peer's connections, by a number that only grows. */
export interface Identity {
  readonly id: PeerId
  readonly issue: number
}

/** 132 bits, as tickets.ts has. */
const macLength = 22

const tokenPattern = /^([\w-]+)\.([0-9a-z]{1,9})\.([\w-]{22})$/

export class Resumption {
  readonly #hmac: Hmac
  readonly #lifetimeMs: number

  constructor(hmac: Hmac, lifetimeMs: number) {
    this.#hmac = hmac
    this.#lifetimeMs = lifetimeMs
  }

  tokenOf({ id, issue }: Identity): string {
    const digits = issue.toString(36)
    return `${id}.${digits}.${this.#macOf(id, digits)}`
  }

  /** @param now in the time that all trackers of one key share @returns whose token it is, while it holds */
  read(token: string, now: number): Identity | undefined {
    const [, id, digits = '', mac] = tokenPattern.exec(token) ?? []
    if (!isPeerId(id) || this.#macOf(id, digits) !== mac) return undefined
    const issue = Number.parseInt(digits, 36)
    return now - issue < this.#lifetimeMs ? { id, issue } : undefined
  }

  /** The identity of a peer's next connection. Clocks of trackers differ: it is later than the one before all the same. */
  next({ id, issue }: Identity, now: number): Identity {
    return { id, issue: Math.max(issue + 1, Math.floor(now)) }
  }

  #macOf(id: string, digits: string): string {
    return this.#hmac(`nearcast resume 1\n${id}\n${digits}`).slice(0, macLength)
  }
}
