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
  readonly #openFile: (root: Root, geometry: Geometry) => Promise<ChunkFile>
  readonly #files = new Map<Root, Promise<ChunkFile>>()
  readonly #afterClose: () => Promise<void>
  #isClosed = false

  /** @param openFile gives the file of a root; rejects when there is no place for it */
  constructor(
    openFile: (root: Root, geometry: Geometry) => Promise<ChunkFile>,
    afterClose: () => Promise<void> = async () => {},
  ) {
    this.#openFile = openFile
    this.#afterClose = afterClose
  }

  opened(root: Root, geometry: Geometry): void {
    // Whoever wants to know why it failed asks with `open`.
    this.open(root, geometry).catch(() => {})
  }

  /** The same, for those who want to know: rejects with why there is no file for this root. */
  async open(root: Root, geometry: Geometry): Promise<void> {
    if (this.#isClosed) return
    const opening = this.#files.get(root) ?? this.#openFile(root, geometry)
    this.#files.set(root, opening)
    try {
      await opening
    } catch (error) {
      if (this.#files.get(root) === opening) this.#files.delete(root)
      throw error
    }
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

  async clear(kept?: ReadonlySet<Root>): Promise<void> {
    const roots = [...this.#files.keys()].filter((root) => !kept?.has(root))
    await Promise.all(roots.map((root) => this.#attempt(root, undefined, (file) => file.clear())))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all([...this.#files.keys()].map((root) => this.forget(root)))
    await this.#afterClose()
  }

  /** Closes the file of a root; what it keeps stays. */
  async forget(root: Root): Promise<void> {
    const opening = this.#files.get(root)
    this.#files.delete(root)
    // One that could not be opened needs no closing.
    await opening?.then((file) => file.close()).catch(() => {})
  }

  async #attempt<T>(root: Root, otherwise: T, work: (file: ChunkFile) => Promise<T>): Promise<T> {
    try {
      const file = await this.#files.get(root)
      return this.#isClosed || file === undefined ? otherwise : await work(file)
    } catch {
      return otherwise
    }
  }
}
