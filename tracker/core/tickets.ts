/**
 * Tickets: what proves, to any tracker that has the key, that two peers were introduced to each other a while ago. Only
 * who has one may complain, and only about the other of the two. Knows no cryptography: the keyed hash is given.
 */
import type { PeerId } from '../../shared/ids.ts'

/** HMAC-SHA256 (RFC 2104) under the tracker's key, in base64url. */
export type Hmac = (text: string) => string

/** 132 bits: what cannot be guessed, in as few characters as an id. */
const macLength = 22

const ticketPattern = /^([0-9a-z]{1,9})\.([\w-]{22})$/

export class Tickets {
  readonly #hmac: Hmac
  readonly #lifetimeMs: number

  constructor(hmac: Hmac, lifetimeMs: number) {
    this.#hmac = hmac
    this.#lifetimeMs = lifetimeMs
  }

  /** @param now in the time that all trackers of one key share */
  issue(a: PeerId, b: PeerId, now: number): string {
    const expiry = Math.ceil((now + this.#lifetimeMs) / 1_000).toString(36)
    return `${expiry}.${this.#macOf(a, b, expiry)}`
  }

  /** Whether the ticket is of these two and still holds. */
  isValid(ticket: string, a: PeerId, b: PeerId, now: number): boolean {
    const [, expiry, mac] = ticketPattern.exec(ticket) ?? []
    if (expiry === undefined || Number.parseInt(expiry, 36) * 1_000 < now) return false
    return this.#macOf(a, b, expiry) === mac
  }

  /** One ticket serves both: the lesser id comes first. */
  #macOf(a: PeerId, b: PeerId, expiry: string): string {
    const [first, second] = a < b ? [a, b] : [b, a]
    return this.#hmac(`nearcast ticket 1\n${first}\n${second}\n${expiry}`).slice(0, macLength)
  }
}
