/**
 * A file while it is fetched: every chunk at its own place in one sparse file, and a journal beside it that says which
 * ones are there. Another process, or this one after a kill, goes on from it; one that was for other bytes is begun
 * anew. Knows no hash: what is read is checked by whoever asked.
 */
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Bytes, concatBytes } from '../../shared/bytes.ts'
import type { Geometry } from '../../shared/geometry.ts'
import type { Root } from '../../shared/ids.ts'
import { NearcastError } from '../api.ts'
import type { ChunkFile, StoredChunk } from './file-store.ts'
import { PartJournal } from './part-journal.ts'

/** What stat counts blocks in, whatever the disk's own are. */
const statBlockBytes = 512

/** Beside the unfinished file, under its name and this. */
export const journalSuffix = '.have'

export class PartFile implements ChunkFile {
  readonly path: string
  readonly #geometry: Geometry
  readonly #handle: FileHandle
  readonly #journal: PartJournal
  #waiting: (() => void)[] = []
  #closed: Promise<unknown> | undefined
  #failure: Error | undefined
  #tellFailure!: (failure: Error) => void
  /** Fulfilled when a chunk could not be written, with why, the first time. */
  readonly failed = new Promise<Error>((resolve) => {
    this.#tellFailure = resolve
  })

  private constructor(path: string, geometry: Geometry, handle: FileHandle, journal: PartJournal) {
    this.path = path
    this.#geometry = geometry
    this.#handle = handle
    this.#journal = journal
  }

  /**
   * Goes on with the unfinished file at `path` when it was for this root, and begins anew otherwise.
   * @throws NearcastError `usage` when the file there is not ours
   */
  static async open(path: string, root: Root, geometry: Geometry): Promise<PartFile> {
    const { fileBytes, chunkBytes } = geometry
    const head = JSON.stringify({ nearcast: 1, root, size: fileBytes, chunkSize: chunkBytes })
    await refuseForeign(path)
    const known = await PartJournal.reopen(path + journalSuffix, head)
    const handle = known && (await open(path, 'r+').catch(() => undefined))
    if (known && handle) return new PartFile(path, geometry, handle, known)
    await known?.close()
    // The journal goes first: it must never speak of bytes that are not the ones it means.
    const journal = await PartJournal.create(path + journalSuffix, head)
    const fresh = await open(path, 'w+')
    const part = new PartFile(path, geometry, fresh, journal)
    try {
      await fresh.truncate(fileBytes)
      return part
    } catch (error) {
      await part.#abandon()
      throw error
    }
  }

  /**
   * Leaves nothing behind where nothing can be finished.
   * @throws NearcastError `storage` when what is missing of the file does not fit on its disk
   */
  async requireRoom(): Promise<void> {
    const [{ blocks }, { bavail, bsize }] = await Promise.all([stat(this.path), statfs(this.path)])
    const neededBytes = this.#geometry.fileBytes - blocks * statBlockBytes
    const freeBytes = bavail * bsize
    if (neededBytes <= freeBytes) return
    await (this.#journal.held.size === 0 ? this.#abandon() : this.close())
    throw new NearcastError(
      'storage',
      `${this.path} needs ${neededBytes} bytes more, and its disk has ${freeBytes} free`,
    )
  }

  held(): number[] {
    return [...this.#journal.held.keys()]
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  get isWhole(): boolean {
    return this.#journal.held.size === this.#geometry.chunkCount
  }

  /** Fulfilled when every chunk is in its place, or when one could not be put there. */
  async settled(): Promise<void> {
    while (!this.isWhole && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async read(index: number): Promise<Bytes | undefined> {
    const length = this.#journal.held.get(index)
    if (length === undefined) return undefined
    const bytes = new Uint8Array(length)
    const { bytesRead } = await this.#handle.read(bytes, 0, length, this.#geometry.startOf(index))
    return bytesRead === length ? bytes : undefined
  }

  async write(chunks: readonly StoredChunk[]): Promise<number[]> {
    const kept: number[] = []
    try {
      for (const run of this.#runs(chunks)) {
        const bytes = run.length === 1 ? run[0]!.bytes : concatBytes(...run.map((chunk) => chunk.bytes))
        await writeAll(this.#handle, bytes, this.#geometry.startOf(run[0]!.index))
        await this.#journal.add(run.map((chunk) => ({ index: chunk.index, length: chunk.bytes.length })))
        kept.push(...run.map(({ index }) => index))
      }
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      this.#tellFailure(this.#failure)
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
    return kept
  }

  /** Chunks that lie side by side are written in one go. */
  #runs(chunks: readonly StoredChunk[]): StoredChunk[][] {
    const runs: StoredChunk[][] = []
    for (const chunk of [...chunks].sort((a, b) => a.index - b.index)) {
      const last = runs.at(-1)?.at(-1)
      const isNext = last?.index === chunk.index - 1 && last.bytes.length === this.#geometry.chunkBytes
      if (isNext) runs.at(-1)!.push(chunk)
      else runs.push([chunk])
    }
    return runs
  }

  remove(indexes: readonly number[]): Promise<void> {
    return this.#journal.remove(indexes)
  }

  /** Gives the whole file its name, once all of it is safely on the disk. An open one can be read on as before. */
  async finish(finalPath: string): Promise<void> {
    const handle = await open(this.path, 'r+')
    await handle.sync().finally(() => handle.close())
    await rename(this.path, finalPath)
    await rm(this.path + journalSuffix, { force: true })
    await syncFolder(dirname(finalPath))
  }

  async clear(): Promise<void> {
    await this.#journal.remove(this.held())
    await this.#delete()
  }

  async #abandon(): Promise<void> {
    await this.close()
    await this.#delete()
  }

  async #delete(): Promise<void> {
    await Promise.all([rm(this.path, { force: true }), rm(this.path + journalSuffix, { force: true })])
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#handle.close(), this.#journal.close()])
    return this.#closed.then(() => {})
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  // A disk that fills up takes a part first, and says why with the rest.
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}

/** A file of this name without a journal is somebody else's: other programs use the ending as well. */
export async function refuseForeign(path: string): Promise<void> {
  const isThere = async (name: string) => (await stat(name).catch(() => undefined)) !== undefined
  if (!(await isThere(path)) || (await isThere(path + journalSuffix))) return
  throw new NearcastError('usage', `${path} is in the way, and is no unfinished download of ours: move it`)
}

/** Makes a new name last through a power cut, where folders can be synced. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
