/**
 * How many connections are taken in a second, in all and from one address. Who has to wait is told for how long: each
 * has a moment of its own, so that thousands who come at once come again one after another. Decides before anything is
 * spent on a connection; knows neither sockets nor why they come.
 */
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { TrackerLimits } from './limits.ts'
import { WindowCounts } from './window-counts.ts'

/** Not sooner: what was too much now still is a moment later. With time for nobody, longer. */
const retryMsMin = 1_000
const fullRetryMsMin = 5_000

/** Who would have to wait longer than this comes then, and perhaps has to wait again. */
const retryMsMax = 60_000

/** The part of the rate that is promised to those who wait; the rest is for those who come for the first time. */
const promisedShare = 0.8

/** As much of a second's rate may come in one instant. */
const burstSeconds = 0.25

/** One address has this part of the rate at most. */
const addressShare = 1 / 16

const windowMs = 1_000

/** Who waits while there is time for nobody comes back at this part of the rate. */
const shareMin = 0.2

/** Addresses counted in one second; the rate keeps their number below this unless somebody forges them. */
const addressCountMax = 8_192

export class Intake {
  readonly #perSecond: number
  readonly #bucket: TokenBucket
  readonly #ofAddressMax: number
  /** How many came from each address during the current second. */
  readonly #came = new WindowCounts(windowMs, addressCountMax)
  /** When the next one of those who wait is to come. */
  #nextAt = 0
  refusedCount = 0

  constructor({ connectionsPerSecond }: TrackerLimits) {
    this.#perSecond = connectionsPerSecond
    this.#bucket = new TokenBucket(connectionsPerSecond, Math.max(1, connectionsPerSecond * burstSeconds))
    this.#ofAddressMax = Math.max(1, Math.ceil(connectionsPerSecond * addressShare))
  }

  /**
   * @param subscriber whose address it is
   * @param share of the usual rate that there is time for, from 0 to 1
   * @returns 0 for one that may come in, otherwise for how many milliseconds it is to stay away
   */
  ask(subscriber: string, share: number, now: number): number {
    const came = this.#came.add(subscriber, now)
    // An address that has too much moves nobody's turn but its own.
    if (came > this.#ofAddressMax) return this.refuse((came / this.#ofAddressMax) * windowMs)
    if (share > 0 && this.#bucket.take(1 / share, now)) return 0
    const soonest = now + (share > 0 ? retryMsMin : fullRetryMsMin)
    const at = Math.min(Math.max(this.#nextAt, soonest), now + retryMsMax)
    this.#nextAt = at + 1_000 / (this.#perSecond * promisedShare * Math.max(share, shareMin))
    return this.refuse(at - now)
  }

  /** Counts one that has to wait. */
  refuse(retryMs: number): number {
    this.refusedCount++
    return Math.min(Math.ceil(retryMs), retryMsMax)
  }
}
