/** Visits each item once a period, a slice of them at a time, so that thousands never answer in one instant. */

/** Slices of a period. */
const slotCount = 30

export interface Beating {
  /** The slice that the item is in. */
  slot: number
}

export class Heartbeat<T extends Beating> {
  readonly #slots = Array.from({ length: slotCount }, () => new Set<T>())
  readonly #timer: NodeJS.Timeout
  #next = 0
  #filling = 0

  constructor(periodMs: number, beat: (item: T) => void, eachSlot: () => void) {
    const tick = (): void => {
      this.#next = (this.#next + 1) % slotCount
      for (const item of this.#slots[this.#next]!) beat(item)
      eachSlot()
    }
    this.#timer = setInterval(tick, periodMs / slotCount)
    this.#timer.unref()
  }

  add(item: T): void {
    this.#filling = (this.#filling + 1) % slotCount
    item.slot = this.#filling
    this.#slots[this.#filling]!.add(item)
  }

  remove(item: T): void {
    this.#slots[item.slot]!.delete(item)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
