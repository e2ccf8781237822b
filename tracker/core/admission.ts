/** Who may connect and how much a connection may ask. Knows counts and rates, not what is asked for. */
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { TrackerLimits } from './limits.ts'

/** What one connection may still do. */
export interface Allowance {
  /** Everything that it sends. */
  readonly messages: TokenBucket
  readonly joins: TokenBucket
  readonly signals: TokenBucket
  /** Peers that it is told of. */
  readonly introductions: TokenBucket
  readonly complaints: TokenBucket
  readonly reports: TokenBucket
  /** Errors and excess; when these run out, so does the tracker's patience. */
  readonly faults: TokenBucket
}

export function createAllowance(limits: TrackerLimits): Allowance {
  return {
    messages: new TokenBucket(limits.messagesPerSecond, limits.messagesBurst),
    joins: new TokenBucket(limits.joinsPerSecond, limits.joinsBurst),
    signals: new TokenBucket(limits.signalsPerSecond, limits.signalsBurst),
    introductions: new TokenBucket(limits.introductionsPerSecond, limits.introductionsBurst),
    complaints: new TokenBucket(limits.complaintsPerSecond, limits.complaintsBurst),
    reports: new TokenBucket(limits.reportsPerSecond, limits.reportsBurst),
    faults: new TokenBucket(limits.faultsPerSecond, limits.faultsBurst),
  }
}

/** A client that loses its connection tries again after 1 to 3 s; a crowd behind one address does so at once. */
const windowMs = 10_000

/** All of a full address may come back twice in a window; what reconnects faster does it to get fresh allowances. */
const turnoverPerWindow = 2

/** Counts connections, in all and by subscriber. */
export class Door {
  readonly #limits: TrackerLimits
  readonly #open = new Map<string, number>()
  #count = 0
  /** Connections opened in the current window; a new window begins with an empty map, so it never grows for long. */
  #opened = new Map<string, number>()
  #window = 0
  /** All that ever came in. */
  entered = 0

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#count
  }

  /** @returns why the connection is refused; undefined when it is counted in */
  enter(subscriber: string, now: number): string | undefined {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits
    if (this.#count >= connectionsMax) return `the tracker is full: at most ${connectionsMax} connections`
    const open = this.#open.get(subscriber) ?? 0
    if (open >= connectionsPerAddressMax) return `at most ${connectionsPerAddressMax} connections from one address`
    const window = Math.floor(now / windowMs)
    if (window !== this.#window) {
      this.#window = window
      this.#opened = new Map()
    }
    const opened = this.#opened.get(subscriber) ?? 0
    const openedMax = connectionsPerAddressMax * turnoverPerWindow
    if (opened >= openedMax) return `at most ${openedMax} new connections from one address in ${windowMs / 1000} s`
    this.#opened.set(subscriber, opened + 1)
    this.#open.set(subscriber, open + 1)
    this.#count++
    this.entered++
    return undefined
  }

  leave(subscriber: string): void {
    const open = this.#open.get(subscriber)!
    if (open === 1) this.#open.delete(subscriber)
    else this.#open.set(subscriber, open - 1)
    this.#count--
  }
}
