/**
 * How many STUN answers go out, in all and to one network: a sender's address proves nothing over UDP, so what is
 * answered may hit somebody who never asked. Knows counts, not what is asked.
 */
import { TokenBucket } from '../../shared/token-bucket.ts'
import { payersAt } from './place.ts'
import { WindowCounts } from './window-counts.ts'

export interface StunLimits {
  stunAnswersPerSecond: number
  stunAnswersPerNetworkPerSecond: number
}

const windowMs = 1_000

export class StunAllowance {
  readonly #perNetworkMax: number
  readonly #all: TokenBucket
  /** Answers to each network in this second. Only what was answered is noted, so all networks together have a cap too. */
  readonly #answered = new WindowCounts(windowMs)

  constructor({ stunAnswersPerSecond, stunAnswersPerNetworkPerSecond }: StunLimits) {
    this.#perNetworkMax = Math.max(1, stunAnswersPerNetworkPerSecond)
    this.#all = new TokenBucket(stunAnswersPerSecond, Math.max(1, stunAnswersPerSecond))
  }

  /** Networks that are remembered now: never more than were answered in a second. */
  get networkCount(): number {
    return this.#answered.size
  }

  /** @param address 4 or 16 bytes @returns whether one more answer may go there; it is counted then */
  take(address: Uint8Array, now: number): boolean {
    const { network } = payersAt(address)
    // First, so that one that floods takes nothing from the others.
    if (this.#answered.of(network, now) >= this.#perNetworkMax) return false
    if (!this.#all.take(1, now)) return false
    this.#answered.add(network, now)
    return true
  }
}
