/** Which peers somebody was told of lately: at most so many different ones within any window of time. */
import type { PeerId } from '../../shared/ids.ts'

export class Reveals {
  readonly #countMax: number
  readonly #windowMs: number
  /** When each was last told, the longest ago first. */
  readonly #lastMs = new Map<PeerId, number>()

  constructor(countMax: number, windowMs: number) {
    this.#countMax = countMax
    this.#windowMs = windowMs
  }

  /** Whether `peer` may be told: it is known already, or there is room for one more. */
  hasRoomFor(peer: PeerId, now: number): boolean {
    this.#forget(now)
    return this.#lastMs.size < this.#countMax || this.#lastMs.has(peer)
  }

  add(peer: PeerId, now: number): void {
    // To be told again is to know for longer.
    this.#lastMs.delete(peer)
    this.#lastMs.set(peer, now)
  }

  #forget(now: number): void {
    for (const [peer, lastMs] of this.#lastMs) {
      if (now - lastMs < this.#windowMs) return
      this.#lastMs.delete(peer)
    }
  }
}
