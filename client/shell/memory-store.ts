/**
 * Chunks in memory, up to a cap. The least recently used of other files make room; a file never drives out its own
 * chunks, so that what does not fit is refused and not silently lost. Gone with the page.
 */
import type { Bytes } from '../../shared/bytes.ts'
import type { Root } from '../../shared/ids.ts'
import type { ChunkStore } from '../ports.ts'

/** Chunks held at once, whatever their size: many files of a few bytes would cost more in keys than in bytes. */
const chunkCountMax = 65_536

export class MemoryStore implements ChunkStore {
  readonly #bytesMax: number
  /** Files and the chunks of each, the least recently used first. */
  readonly #files = new Map<Root, Map<number, Bytes>>()
  #bytes = 0
  #count = 0
  #closed = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  async held(root: Root): Promise<number[]> {
    return [...(this.#files.get(root)?.keys() ?? [])].sort((a, b) => a - b)
  }

  async read(root: Root, index: number): Promise<Bytes | undefined> {
    const chunks = this.#files.get(root)
    const bytes = chunks?.get(index)
    if (!chunks || !bytes) return undefined
    chunks.delete(index)
    chunks.set(index, bytes)
    this.#files.delete(root)
    this.#files.set(root, chunks)
    return bytes.slice()
  }

  async write(root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Promise<number[]> {
    const kept: number[] = []
    for (const { index, bytes } of chunks) {
      this.#drop(root, index)
      if (this.#closed || !this.#makeRoom(bytes.length, root)) continue
      const file = this.#files.get(root) ?? new Map<number, Bytes>()
      this.#files.set(root, file.set(index, bytes.slice()))
      this.#bytes += bytes.length
      this.#count++
      kept.push(index)
    }
    return kept
  }

  async remove(root: Root, indexes: readonly number[]): Promise<void> {
    for (const index of indexes) this.#drop(root, index)
  }

  async clear(kept?: ReadonlySet<Root>): Promise<void> {
    for (const [root, chunks] of this.#files) {
      if (!kept?.has(root)) for (const index of chunks.keys()) this.#drop(root, index)
    }
  }

  close(): void {
    this.#closed = true
    void this.clear()
  }

  /** @returns whether so many bytes of this file fit, after others' have gone */
  #makeRoom(bytes: number, root: Root): boolean {
    const fits = () => this.#bytes + bytes <= this.#bytesMax && this.#count < chunkCountMax
    if (bytes > this.#bytesMax) return false
    for (const [other, chunks] of this.#files) {
      if (other === root) continue
      for (const index of chunks.keys()) {
        if (fits()) return true
        this.#drop(other, index)
      }
    }
    return fits()
  }

  #drop(root: Root, index: number): void {
    const chunks = this.#files.get(root)
    const bytes = chunks?.get(index)
    if (!chunks || !bytes) return
    chunks.delete(index)
    if (chunks.size === 0) this.#files.delete(root)
    this.#bytes -= bytes.length
    this.#count--
  }
}
