/**
 * How fast a stream's reader reads, learned from how its position moves: a player plays at its rate, a page that wants
 * the bytes themselves takes them as they come. Knows nothing of where they come from.
 */

/** What was read this long ago counts a third. */
const memoryMs = 4_000

/** A gap this many times as long as the same bytes took before is a pause, and says nothing about the pace. */
const pauseFactor = 4

/** Who always waits would read faster than it can: the time for which it waited counts by half. */
const waitShare = 0.5

/** The first instants say little about a pace. */
const beginMs = 200

/** A reader that has not taken what came for so long was not waiting for it. */
const reactMs = 50

export class ReadPace {
  /** The first byte that the reader has not taken. */
  position: number
  #isWaiting: boolean
  #arrivedAt: number
  /** Since when it has been reading, or waiting, as it is now. */
  #since: number
  /** Counted of what it read since it last moved. */
  #openMs = 0
  #bytes = 0
  #ms = 0
  #hasMoved = false

  constructor(position: number, isHere: boolean, now: number) {
    this.position = position
    this.#isWaiting = !isHere
    this.#arrivedAt = now
    this.#since = now
  }

  /** Whether it takes all that there is: it would read faster than bytes come. */
  isHungry(now: number): boolean {
    return this.#isWaiting || now - this.#arrivedAt < reactMs
  }

  /** The reader has taken all before `position`; `isHere` tells whether it can go on at once. */
  moved(position: number, isHere: boolean, now: number): void {
    const bytes = position - this.position
    this.#pass(!isHere, now)
    this.position = position
    if (bytes === 0) return
    this.#arrivedAt = Number.NEGATIVE_INFINITY
    const openMs = this.#openMs
    this.#openMs = 0
    // A seek is no reading; and what a player does before it begins says nothing of how fast it plays.
    if (bytes < 0 || !this.#hasMoved) {
      this.#hasMoved = true
      this.#bytes = this.#ms = 0
      return
    }
    const usualMs = this.#bytes === 0 ? openMs : (bytes * this.#ms) / this.#bytes
    const ms = this.#ms === 0 ? openMs : Math.min(openMs, pauseFactor * usualMs)
    const kept = Math.exp(-ms / memoryMs)
    this.#bytes = this.#bytes * kept + bytes
    this.#ms = this.#ms * kept + ms
  }

  /** What the reader waited for is here. */
  arrived(now: number): void {
    if (this.#isWaiting) this.#arrivedAt = now
    this.#pass(false, now)
  }

  #pass(isWaiting: boolean, now: number): void {
    this.#openMs += (now - this.#since) * (this.#isWaiting ? waitShare : 1)
    this.#since = now
    this.#isWaiting = isWaiting
  }

  /**
   * @param nextBytes what lies before the reader and could be taken: as long as it has taken nothing, it is at most
   * that fast
   */
  bytesPerSecond(nextBytes: number, now: number): number {
    const openMs = this.#openMs + (now - this.#since) * (this.#isWaiting ? waitShare : 1)
    if (this.#bytes === 0) return (nextBytes * 1_000) / Math.max(openMs, beginMs)
    // Nothing taken for a while: it is slower than it was, or has paused.
    const usualMs = (nextBytes * this.#ms) / this.#bytes
    const overdueMs = Math.max(0, openMs - pauseFactor * usualMs)
    return (this.#bytes * 1_000) / Math.max(this.#ms + overdueMs, 1)
  }
}
