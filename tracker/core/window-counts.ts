/** Counts by key within one window of time after the other. Each begins with none, so that nothing is kept for long. */

export class WindowCounts {
  readonly #windowMs: number
  readonly #keyCountMax: number
  #counts = new Map<string, number>()
  #window = 0

  /** @param keyCountMax keys that are counted in one window; any more are as if each came once */
  constructor(windowMs: number, keyCountMax = Number.POSITIVE_INFINITY) {
    this.#windowMs = windowMs
    this.#keyCountMax = keyCountMax
  }

  /** Keys that are counted now. */
  get size(): number {
    return this.#counts.size
  }

  of(key: string, now: number): number {
    this.#turn(now)
    return this.#counts.get(key) ?? 0
  }

  /** Counts one more. @returns how many there are with it */
  add(key: string, now: number): number {
    const count = this.of(key, now) + 1
    if (count > 1 || this.#counts.size < this.#keyCountMax) this.#counts.set(key, count)
    return count
  }

  #turn(now: number): void {
    const window = Math.floor(now / this.#windowMs)
    if (window === this.#window) return
    this.#window = window
    this.#counts = new Map()
  }
}
