/**
 * How many STUN answers go out, in all and to one network: a sender's address proves nothing over UDP, so what is
 * answered may hit somebody who never asked. Knows counts, not what is asked.
 */
import { TokenBucket } from '../../shared/token-bucket.ts'
import { prefixKey, unmapped } from './place.ts'

export interface StunLimits {
  stunAnswersPerSecond: number
  stunAnswersPerNetworkPerSecond: number
}

const windowMs = 1_000

/** What one owner has at least: the network of whoever would be hit (place.ts). */
const networkBitsV4 = 24
const networkBitsV6 = 48

export class StunAllowance {
  readonly #perNetworkMax: number
  readonly #all: TokenBucket
  /** Answers to each network in this second. Only what was answered is noted, so all networks together have a cap too. */
  #answered = new Map<string, number>()
  #window = 0

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
    const window = Math.floor(now / windowMs)
    if (window !== this.#window) {
      this.#window = window
      this.#answered = new Map()
    }
    const bytes = unmapped(address)
    const network = prefixKey(bytes, bytes.length === 4 ? networkBitsV4 : networkBitsV6)
    const answered = this.#answered.get(network) ?? 0
    // First, so that one that floods takes nothing from the others.
    if (answered >= this.#perNetworkMax) return false
    if (!this.#all.take(1, now)) return false
    this.#answered.set(network, answered + 1)
    return true
  }
}
