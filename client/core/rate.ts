/** Measures of speed and delay over recent time. */

const slotCount = 10

/** Bytes per second over a sliding window. */
export class RateMeter {
  readonly #slotMs: number
  readonly #slots = new Float64Array(slotCount)
  #slot = 0
  #bytes = 0
  #startedAt: number | undefined

  constructor(windowMs = 1_000) {
    this.#slotMs = windowMs / slotCount
  }

  add(bytes: number, now: number): void {
    this.#advance(now)
    this.#startedAt ??= now
    this.#slots[this.#slot % slotCount]! += bytes
    this.#bytes += bytes
  }

  perSecond(now: number): number {
    if (this.#startedAt === undefined) return 0
    this.#advance(now)
    const spanMs = Math.min(now - this.#startedAt, slotCount * this.#slotMs)
    // A burst in the first instant says little about the rate: spread it over two slots at least.
    return (this.#bytes * 1_000) / Math.max(spanMs, 2 * this.#slotMs)
  }

  /** Forgets all, as when what was measured has ended. */
  reset(): void {
    this.#clear()
    this.#startedAt = undefined
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot <= this.#slot) return
    if (slot - this.#slot >= slotCount) this.#clear()
    else {
      for (let i = this.#slot + 1; i <= slot; i++) {
        this.#bytes -= this.#slots[i % slotCount]!
        this.#slots[i % slotCount] = 0
      }
    }
    this.#slot = slot
  }

  #clear(): void {
    this.#slots.fill(0)
    this.#bytes = 0
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

/** How long a source takes for a byte while it is at work, with the variation: RFC 6298 §2 over the chunks it brought. */
export class Service {
  #msPerByte: number | undefined
  #variation = 0
  #broughtAt = Number.NEGATIVE_INFINITY

  /** A chunk came in full. @param askedAt before then the source was not at work on it */
  brought(bytes: number, askedAt: number, now: number): void {
    const sample = (now - Math.max(askedAt, this.#broughtAt)) / bytes
    this.#broughtAt = now
    if (this.#msPerByte === undefined) {
      this.#msPerByte = sample
      this.#variation = sample / 2
      return
    }
    this.#variation += (Math.abs(this.#msPerByte - sample) - this.#variation) / 4
    this.#msPerByte += (sample - this.#msPerByte) / 8
  }

  /** Whether anything ever came. */
  get isKnown(): boolean {
    return this.#msPerByte !== undefined
  }

  /** What `bytes` take, in milliseconds; with `caution`, so many variations more. Infinity while nothing is known. */
  msFor(bytes: number, caution = 0): number {
    return this.#msPerByte === undefined
      ? Number.POSITIVE_INFINITY
      : bytes * (this.#msPerByte + caution * this.#variation)
  }

  /** Forgets all: the source has fallen silent. */
  reset(): void {
    this.#msPerByte = undefined
  }
}

/** How far what came is ahead of a pace that is to be held. */
export class PaceBook {
  #aheadBytes = 0
  #at: number | undefined

  add(bytes: number, now: number): void {
    this.#at ??= now
    this.#aheadBytes += bytes
  }

  /** @returns how far it is ahead, in bytes; what is more than `memoryMs` ahead or behind is forgotten */
  ahead(bytesPerSecond: number, memoryMs: number, now: number): number {
    const mostBytes = (bytesPerSecond * memoryMs) / 1_000
    this.#aheadBytes -= (bytesPerSecond * (now - (this.#at ?? now))) / 1_000
    this.#aheadBytes = Math.max(-mostBytes, Math.min(mostBytes, this.#aheadBytes))
    this.#at = now
    return this.#aheadBytes
  }
}
