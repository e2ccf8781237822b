/** A line that brings one thing after another, in the order in which they came to it. */
import type { Due, VirtualTime } from './virtual-time.ts'

/** What would be through this soon is through at once: an event would cost more than it tells. */
const instantMs = 0.05

export class QueueLine {
  readonly #time: VirtualTime
  readonly #bytesPerMs: number
  #freeAt = 0
  #lastAt = 0
  receivedBytes = 0

  constructor(time: VirtualTime, bytesPerSecond: number) {
    this.#time = time
    this.#bytesPerMs = bytesPerSecond / 1_000
  }

  /** @returns whether it is through at once; otherwise `item` is due when it is */
  isThrough(bytes: number, item: Due): boolean {
    const { now } = this.#time
    this.receivedBytes += bytes
    this.#freeAt = Math.max(now, this.#freeAt) + bytes / this.#bytesPerMs
    // Nothing overtakes what waits.
    if (this.#freeAt - now < instantMs && this.#lastAt < now) return true
    this.#lastAt = this.#freeAt
    this.#time.plan(this.#freeAt, item)
    return false
  }
}
