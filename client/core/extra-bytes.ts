/**
 * What asking two sources for one chunk costs: bytes that came twice. Held to a small share of what came, by count and
 * by bytes, whoever asks and for what reason.
 */

/** Bytes that come twice may be this share of those that came. */
const extraShare = 0.03

/** And so many chunks more, so that it can be done at all at first. */
const extraChunks = 4

/** Chunks asked of a second source at once. */
const openCountMax = 32

export class ExtraBytes {
  /** Chunks asked of a second source, with what that may cost. */
  readonly #open = new Map<number, number>()
  #openBytes = 0
  #cameBytes = 0
  #spentBytes = 0

  /** So much came, of use or not. */
  came(bytes: number): void {
    this.#cameBytes += bytes
  }

  /** Asks leave to ask a second source for a chunk of this many bytes. @returns whether it is given */
  reserve(index: number, bytes: number): boolean {
    if (this.#open.has(index)) return true
    if (this.#open.size >= openCountMax || !this.hasRoom(bytes)) return false
    this.#open.set(index, bytes)
    this.#openBytes += bytes
    return true
  }

  hasRoom(chunkBytes: number): boolean {
    const most = this.#cameBytes * extraShare + extraChunks * chunkBytes
    return this.#spentBytes + this.#openBytes + chunkBytes <= most
  }

  /** One source brought the chunk; the others had brought so much of it. */
  settle(index: number, wastedBytes: number): void {
    const bytes = this.#open.get(index)
    if (bytes === undefined) return
    this.#open.delete(index)
    this.#openBytes -= bytes
    this.#spentBytes += wastedBytes
  }

  /** What was taken back came after all. */
  late(bytes: number): void {
    this.#spentBytes += bytes
  }
}
