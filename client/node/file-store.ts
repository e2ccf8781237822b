/**
 * A chunk store on files, each of which holds the chunks of one root. Knows which file is whose; where a file lies
 * and how it keeps its chunks is the files' own matter. No failure leaves it: a file that fails holds nothing.
 */
import type { Bytes } from '../../shared/bytes.ts'
import type { Geometry } from '../../shared/geometry.ts'
import type { Root } from '../../shared/ids.ts'
import type { ChunkStore } from '../ports.ts'

export interface StoredChunk {
  index: number
  bytes: Bytes
}

/** The chunks of one root on disk. Any call may reject. */
export interface ChunkFile {
  held(): number[]
  read(index: number): Promise<Bytes | undefined>
  /** The bytes are taken before the call returns. @returns the indexes that are now held */
  write(chunks: readonly StoredChunk[]): Promise<number[]>
  remove(indexes: readonly number[]): Promise<void>
  /** Deletes what it keeps of its own; a file that is somebody else's stays. */
  clear(): Promise<void>
  close(): Promise<void>
}

export class FileStore implements ChunkStore {
  readonly #openFile: (root: Root, geometry: Geometry) => Promise<ChunkFile | undefined>
  readonly #files = new Map<Root, Promise<ChunkFile | undefined>>()
  #isClosed = false

  /** @param openFile gives the file of a root, or nothing when there is no place for it */
  constructor(openFile: (root: Root, geometry: Geometry) => Promise<ChunkFile | undefined>) {
    this.#openFile = openFile
  }

  opened(root: Root, geometry: Geometry): void {
    if (this.#isClosed || this.#files.has(root)) return
    this.#files.set(
      root,
      this.#openFile(root, geometry).catch(() => undefined),
    )
  }

  held(root: Root): Promise<number[]> {
    return this.#attempt(root, [], async (file) => file.held().sort((a, b) => a - b))
  }

  read(root: Root, index: number): Promise<Bytes | undefined> {
    return this.#attempt<Bytes | undefined>(root, undefined, (file) => file.read(index))
  }

  write(root: Root, chunks: readonly StoredChunk[]): Promise<number[]> {
    // Copied before anything is waited for: the caller may give its bytes away.
    const own = chunks.map(({ index, bytes }) => ({ index, bytes: bytes.slice() }))
    return this.#attempt<number[]>(root, [], (file) => file.write(own))
  }

  remove(root: Root, indexes: readonly number[]): Promise<void> {
    return this.#attempt(root, undefined, (file) => file.remove(indexes))
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#files.keys()].map((root) => this.#attempt(root, undefined, (file) => file.clear())))
  }

  close(): void {
    this.#isClosed = true
    for (const root of [...this.#files.keys()]) this.forget(root)
  }

  /** Closes the file of a root; what it keeps stays. */
  forget(root: Root): void {
    const opening = this.#files.get(root)
    this.#files.delete(root)
    void opening?.then((file) => file?.close()).catch(() => {})
  }

  async #attempt<T>(root: Root, otherwise: T, work: (file: ChunkFile) => Promise<T>): Promise<T> {
    const file = await this.#files.get(root)
    if (this.#isClosed || file === undefined) return otherwise
    try {
      return await work(file)
    } catch {
      return otherwise
    }
  }
}
