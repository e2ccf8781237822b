/**
 * How trackers of one service know each other's words: sealed under the key that they share, numbered by the clock, and
 * for one reader or one purpose alone. Who can write to the bus and has no key can neither read nor forge, and what was
 * said once is taken once. Knows no cryptography: the cipher is given. Knows no message.
 */
import { keepNewest } from '../../shared/newest.ts'
import { isNodeId, type NodeId } from './node-ids.ts'

/** Authenticated encryption under the shared key. `header` is not hidden, and bound to the text; no two are the same. */
export interface BusCipher {
  /** @returns base64url */
  seal(from: NodeId, at: number, header: string, text: string): string
  /** @returns undefined for what was not sealed so */
  open(from: NodeId, at: number, header: string, sealed: string): string | undefined
}

/** For whom or for what: a node, all nodes, or the swarm that a digest is about. */
export type Purpose = string

export const everyone: Purpose = 'all'

/** The longest signal that a client may send, what goes with it, and a third more for base64. */
export const envelopeLengthMax = 24 * 1024

/** On the way, and in the queue of a bus that comes back, a message is at most some seconds; clocks differ by less. */
const messageAgeMsMax = 30_000

/** As long as a digest lives at most. */
const digestAgeMsMax = 60_000

/** How many nodes are known by what they said last: ten times as many as one Redis serves well. */
const nodeCountMax = 1_024

/** Why something was not taken. */
export const envelopeFaults = ['malformed', 'forged', 'late', 'repeated'] as const
export type EnvelopeFault = (typeof envelopeFaults)[number]

export interface Opened {
  readonly from: NodeId
  /** When it was said, on the sender's clock, in milliseconds. */
  readonly at: number
  readonly text: string
}

/** Envelopes count microseconds: a sender never says two things at once, and its count does not run ahead. */
const ticksPerMs = 1_000

export class Envelopes {
  readonly #own: NodeId
  readonly #cipher: BusCipher
  #lastOwn = 0
  /** What each node said last, the one not heard for longest first. */
  readonly #last = new Map<NodeId, number>()

  constructor(own: NodeId, cipher: BusCipher) {
    this.#own = own
    this.#cipher = cipher
  }

  /** @param now in the time of all trackers, in milliseconds */
  wrap(purpose: Purpose, text: string, now: number): string {
    const at = Math.max(this.#lastOwn + 1, Math.floor(now * ticksPerMs))
    this.#lastOwn = at
    const header = `${this.#own}.${purpose}.${at.toString(36)}`
    return `${header}.${this.#cipher.seal(this.#own, at, header, text)}`
  }

  /** A message for this node or for all. @returns undefined for this node's own words */
  openMessage(envelope: string, now: number): Opened | EnvelopeFault | undefined {
    const parts = this.#read(envelope, [this.#own, everyone], messageAgeMsMax, now)
    if (typeof parts === 'string') return parts
    if (parts.from === this.#own) return undefined
    if (parts.ticks <= (this.#last.get(parts.from) ?? 0)) return 'repeated'
    const opened = this.#open(parts)
    if (typeof opened !== 'string') this.#keep(parts)
    return opened
  }

  /** What lay there to be read, by anyone and as often as they like. */
  openDigest(purpose: Purpose, envelope: string, now: number): Opened | EnvelopeFault {
    const parts = this.#read(envelope, [purpose], digestAgeMsMax, now)
    return typeof parts === 'string' ? parts : this.#open(parts)
  }

  /** Cheap checks first: junk costs no cryptography. */
  #read(envelope: string, purposes: readonly Purpose[], ageMsMax: number, now: number): Parts | EnvelopeFault {
    if (envelope.length > envelopeLengthMax) return 'malformed'
    const [from, purpose = '', digits = '', sealed = '', ...rest] = envelope.split('.', 5)
    if (!isNodeId(from) || !purposes.includes(purpose) || !/^[0-9a-z]{1,11}$/.test(digits) || rest.length > 0) {
      return 'malformed'
    }
    const ticks = Number.parseInt(digits, 36)
    if (!Number.isSafeInteger(ticks)) return 'malformed'
    if (Math.abs(now - ticks / ticksPerMs) > ageMsMax) return 'late'
    return { from, ticks, header: `${from}.${purpose}.${digits}`, sealed }
  }

  #open({ from, ticks, header, sealed }: Parts): Opened | EnvelopeFault {
    const text = this.#cipher.open(from, ticks, header, sealed)
    return text === undefined ? 'forged' : { from, at: ticks / ticksPerMs, text }
  }

  #keep({ from, ticks }: Parts): void {
    keepNewest(this.#last, from, ticks, nodeCountMax)
  }
}

interface Parts {
  from: NodeId
  ticks: number
  header: string
  sealed: string
}
