/** What an operator asks of the tracker's bans, in addresses as people write them. */
import type { BanCause, Banning } from '../core/banning.ts'
import { excludeMsMax } from '../core/bus-messages.ts'
import type { Cluster } from '../core/cluster.ts'
import { keyOf, rangeOf } from './ban-ranges.ts'

export interface BanShown {
  /** `203.0.113.9`, `203.0.113.0/24`, `2001:db8:1:2::/64` or `2001:db8:1::/48`. */
  range: string
  /** Complaints of other networks, faults of its connections, or the operator's word. */
  cause: BanCause
  /** How much longer. */
  forSeconds: number
}

export interface BanDeskParts {
  banning: Banning
  /** The other trackers of the service hear of it. */
  cluster: Cluster | undefined
  now: () => number
}

const rightRange = 'an address, or a network such as 203.0.113.0/24 or 2001:db8:1::/48'

export class BanDesk {
  readonly #parts: BanDeskParts

  constructor(parts: BanDeskParts) {
    this.#parts = parts
  }

  list(): BanShown[] {
    const now = this.#parts.now()
    return this.#parts.banning.list(now).map(({ key, cause, untilMs }) => {
      return { range: rangeOf(key), cause, forSeconds: Math.ceil((untilMs - now) / 1_000) }
    })
  }

  /** Keeps an address or a network out, here and at the other trackers. @throws RangeError */
  add(range: string, forMs: number): BanShown {
    const { banning, cluster, now } = this.#parts
    const key = keyChecked(range)
    if (!(forMs > 0 && forMs <= excludeMsMax))
      throw new RangeError('a ban is for 30 days at most, and longer than nothing')
    banning.exclude(key, Math.round(forMs), now())
    cluster?.bans.exclude(key, Math.round(forMs), now())
    return { range: rangeOf(key), cause: 'operator', forSeconds: Math.ceil(forMs / 1_000) }
  }

  /** Lets it in again, whyever it was kept out. @returns whether it was, here @throws RangeError */
  lift(range: string): boolean {
    const { banning, cluster, now } = this.#parts
    const key = keyChecked(range)
    cluster?.bans.exclude(key, 0, now())
    return banning.lift(key, now())
  }
}

function keyChecked(range: string): string {
  const key = keyOf(range)
  if (key === undefined) throw new RangeError(`${JSON.stringify(range)} is not ${rightRange}`)
  return key
}
