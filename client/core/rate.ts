/** Measures of speed and delay over recent time. */

const slotCount = 10

/** Bytes per second over a sliding window. */
export class RateMeter {
  readonly #slotMs: number
  readonly #slots = new Float64Array(slotCount)
  #slot = 0
  #startedAt: number | undefined

  constructor(windowMs = 1_000) {
    this.#slotMs = windowMs / slotCount
  }

  add(bytes: number, now: number): void {
    this.#advance(now)
    this.#startedAt ??= now
    this.#slots[this.#slot % slotCount]! += bytes
  }

  perSecond(now: number): number {
    if (this.#startedAt === undefined) return 0
    this.#advance(now)
    let bytes = 0
    for (const slot of this.#slots) bytes += slot
    const spanMs = Math.min(now - this.#startedAt, slotCount * this.#slotMs)
    // A burst in the first instant says little about the rate: spread it over two slots at least.
    return (bytes * 1_000) / Math.max(spanMs, 2 * this.#slotMs)
  }

  /** Forgets all, as when what was measured has ended. */
  reset(): void {
    this.#slots.fill(0)
    this.#startedAt = undefined
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot - this.#slot >= slotCount) this.#slots.fill(0)
    else for (let i = this.#slot + 1; i <= slot; i++) this.#slots[i % slotCount] = 0
    if (slot > this.#slot) this.#slot = slot
  }
}

/** Smoothed round trip with its variation (RFC 6298 §2). */
export class RoundTrip {
  #smoothedMs: number | undefined
  #variationMs = 0
  #leastMs = Number.POSITIVE_INFINITY

  add(sampleMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, sampleMs)
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = sampleMs
      this.#variationMs = sampleMs / 2
      return
    }
    this.#variationMs += (Math.abs(this.#smoothedMs - sampleMs) - this.#variationMs) / 4
    this.#smoothedMs += (sampleMs - this.#smoothedMs) / 8
  }

  get smoothedMs(): number | undefined {
    return this.#smoothedMs
  }

  /** The shortest seen: the path without queues. */
  get leastMs(): number | undefined {
    return this.#smoothedMs === undefined ? undefined : this.#leastMs
  }

  get variationMs(): number {
    return this.#variationMs
  }
}
