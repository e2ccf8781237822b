/** A finished file that belongs to somebody else, as a store of its chunks: it is read, and never written or deleted. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Bytes } from '../../shared/bytes.ts'
import type { Geometry } from '../../shared/geometry.ts'
import type { ChunkFile } from './file-store.ts'

export class WholeFile implements ChunkFile {
  readonly #handle: FileHandle
  readonly #geometry: Geometry
  /** Chunks that did not verify any more: somebody changed the file. */
  readonly #lost = new Set<number>()

  private constructor(handle: FileHandle, geometry: Geometry) {
    this.#handle = handle
    this.#geometry = geometry
  }

  static async open(path: string, geometry: Geometry): Promise<WholeFile> {
    return new WholeFile(await open(path, 'r'), geometry)
  }

  held(): number[] {
    return Array.from({ length: this.#geometry.chunkCount }, (_, index) => index).filter((i) => !this.#lost.has(i))
  }

  async read(index: number): Promise<Bytes | undefined> {
    if (this.#lost.has(index)) return undefined
    const bytes = new Uint8Array(this.#geometry.lengthOf(index))
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, this.#geometry.startOf(index))
    return bytesRead === bytes.length ? bytes : undefined
  }

  async write(): Promise<number[]> {
    return []
  }

  async remove(indexes: readonly number[]): Promise<void> {
    for (const index of indexes) this.#lost.add(index)
  }

  async clear(): Promise<void> {}

  close(): Promise<void> {
    return this.#handle.close()
  }
}
