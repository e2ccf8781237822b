/**
 * How much longer a link's way out takes than at its best: the queue before our own line, seen in what the other side's
 * clock shows when a ping comes in. Neither clock need be right, and the way back does not matter (RFC 6817 §3).
 */

/** The best of this many spans counts: routes change, and clocks drift by some milliseconds a minute. */
const spanCount = 3
const spanMs = 60_000

export class ForwardDelay {
  #first: number | undefined
  /** The least of each span, the present one last. */
  readonly #leasts: number[] = []
  #spanEndsAt = 0

  /**
   * @param theirClock milliseconds modulo 2^32, when the ping came in there
   * @param queueMs what waits before the line already, as other links see it: a new link knows no better time
   * @returns the delay beyond the least, in milliseconds
   */
  add(sentAt: number, theirClock: number, queueMs: number): number {
    const difference = (theirClock - Math.floor(sentAt)) | 0
    this.#first ??= difference
    const delay = (difference - this.#first) | 0
    if (this.#leasts.length === 0) this.#begin(sentAt, -queueMs)
    else if (sentAt >= this.#spanEndsAt) this.#begin(sentAt, delay)
    const last = this.#leasts.length - 1
    this.#leasts[last] = Math.min(this.#leasts[last]!, delay)
    return delay - Math.min(...this.#leasts)
  }

  #begin(now: number, least: number): void {
    this.#leasts.push(least)
    if (this.#leasts.length > spanCount) this.#leasts.shift()
    this.#spanEndsAt = now + spanMs
  }
}
