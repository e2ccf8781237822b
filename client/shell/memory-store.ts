/** Chunks in memory, up to a cap; the least recently used go first. Gone with the page. */
import type { Bytes } from '../../shared/bytes.ts'
import type { Root } from '../../shared/ids.ts'
import type { ChunkStore } from '../ports.ts'

/** Chunks held at once, whatever their size: many files of a few bytes would cost more in keys than in bytes. */
const chunkCountMax = 65_536

interface Held {
  root: Root
  index: number
  bytes: Bytes
}

export class MemoryStore implements ChunkStore {
  readonly #bytesMax: number
  /** By key, least recently used first. */
  readonly #chunks = new Map<string, Held>()
  #bytes = 0
  #closed = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  async held(root: Root): Promise<number[]> {
    const indexes: number[] = []
    for (const held of this.#chunks.values()) if (held.root === root) indexes.push(held.index)
    return indexes.sort((a, b) => a - b)
  }

  async read(root: Root, index: number): Promise<Bytes | undefined> {
    const key = keyOf(root, index)
    const held = this.#chunks.get(key)
    if (held === undefined) return undefined
    this.#chunks.delete(key)
    this.#chunks.set(key, held)
    return held.bytes.slice()
  }

  async write(root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Promise<number[]> {
    for (const { index, bytes } of chunks) {
      this.#drop(keyOf(root, index))
      if (this.#closed || bytes.length > this.#bytesMax) continue
      this.#chunks.set(keyOf(root, index), { root, index, bytes: bytes.slice() })
      this.#bytes += bytes.length
      this.#evict()
    }
    return chunks.map(({ index }) => index).filter((index) => this.#chunks.has(keyOf(root, index)))
  }

  async remove(root: Root, indexes: readonly number[]): Promise<void> {
    for (const index of indexes) this.#drop(keyOf(root, index))
  }

  async clear(): Promise<void> {
    this.#chunks.clear()
    this.#bytes = 0
  }

  close(): void {
    this.#closed = true
    void this.clear()
  }

  #evict(): void {
    for (const key of this.#chunks.keys()) {
      if (this.#bytes <= this.#bytesMax && this.#chunks.size <= chunkCountMax) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#chunks.get(key)?.bytes.length ?? 0
    this.#chunks.delete(key)
  }
}

const keyOf = (root: Root, index: number) => `${root}/${index}`
