/**
 * How many connections are taken in a second, in all and from one address. Who has to wait is told for how long: each
 * has a moment of its own, so that thousands who come at once come again one after another. Decides before anything is
 * spent on a connection; knows neither sockets nor why they come.
 */
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { TrackerLimits } from './limits.ts'
import type { Payers } from './place.ts'
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

/** One address has this part of the rate at most, and all of its network this. */
const addressShare = 1 / 16
const networkShare = 1 / 4

const windowMs = 1_000

/** Who waits while there is time for nobody comes back at this part of the rate. */
const shareMin = 0.2

/** Addresses and networks counted in one second; any more are as if each came once. */
const payerCountMax = 16_384

export class Intake {
  readonly #perSecond: number
  readonly #bucket: TokenBucket
  readonly #ofAddressMax: number
  readonly #ofNetworkMax: number
  /** How many came from each address, and from each network, during the current second. */
  readonly #came = new WindowCounts(windowMs, payerCountMax)
  /** When the next one of those who wait is to come. */
  #nextAt = 0
  refusedCount = 0

  constructor({ connectionsPerSecond }: TrackerLimits) {
    this.#perSecond = connectionsPerSecond
    this.#bucket = new TokenBucket(connectionsPerSecond, Math.max(1, connectionsPerSecond * burstSeconds))
    this.#ofAddressMax = Math.max(1, Math.ceil(connectionsPerSecond * addressShare))
    this.#ofNetworkMax = Math.max(1, Math.ceil(connectionsPerSecond * networkShare))
  }

  /**
   * @param payers whose address and network it is
   * @param share of the usual rate that there is time for, from 0 to 1
   * @returns 0 for one that may come in, otherwise for how many milliseconds it is to stay away
   */
  ask({ address, network }: Payers, share: number, now: number): number {
    // Who has too much moves nobody's turn but its own, and an address that has takes nothing from its network either.
    for (const [payer, countMax] of [
      [address, this.#ofAddressMax],
      [network, this.#ofNetworkMax],
    ] as const) {
      const came = this.#came.add(payer, now)
      if (came > countMax) return this.refuse((came / countMax) * windowMs)
    }
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
