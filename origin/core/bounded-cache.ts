/** Keeps what was used last, within a count and a number of bytes. */

export class BoundedCache<Value> {
  readonly #countMax: number
  readonly #bytesMax: number
  // A Map keeps the order of insertion: the first entry is the one that was not used for the longest time.
  readonly #entries = new Map<string, { value: Value; bytes: number }>()
  #bytes = 0

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** Drops the longest unused entries until all fit; a value that is too large by itself is not kept. */
  set(key: string, value: Value, bytes: number): void {
    this.delete(key)
    this.#entries.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#countMax && this.#bytes <= this.#bytesMax) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }
}
