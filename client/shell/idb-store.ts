/**
 * Chunks in IndexedDB over idb-keyval. Chunks that are written together lie in one record, whose array key names them:
 * [root, index, index, …]. Files that no tab has open make room for others. Every failure is a miss: nothing here rejects.
 */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval'
import { type Bytes, concatBytes } from '../../shared/bytes.ts'
import type { Root } from '../../shared/ids.ts'
import { MiB } from '../../shared/limits.ts'
import { filesToDrop } from '../core/eviction.ts'
import type { ChunkStore } from '../ports.ts'
import { chunkDatabase } from './database-names.ts'
import { chunksOf, dropFile, noteUsage, readUsages } from './idb-usage.ts'

const storeName = 'chunks'

/**
 * One record's share of what is written at once. Measured in Chromium (bench/store.ts, MiB/s written and read):
 * records of one 64 KiB chunk 23 and 47, two of 32 KiB each 53 and 40, of 1 MiB 114 and 159.
 */
const recordBytesMax = 1 * MiB

/** Records kept from the last reads: chunks of one record are mostly read together. */
const recentCountMax = 4

/** How much is written before it is looked again whether that is too much. */
const lookAfterBytes = 64 * MiB

/** A file that another tab has open is written to, or was opened, within this time; what is lost of it is fetched again. */
const idleAfterMs = 5 * 60_000

export interface IdbStoreOptions {
  /** The most that is kept of files that are not open. */
  bytesMax: number
  /** Milliseconds since 1970: tabs and visits share it. */
  wallNow: () => number
}

type Key = [root: Root, ...indexes: number[]]

/** The chunks of a record end to end, in the order of its key. */
interface StoredRecord {
  lengths: number[]
  bytes: ArrayBuffer
}

/** @returns undefined where there is no IndexedDB to use: opaque origins, some private modes, a damaged database */
export async function openIdbStore(options: IdbStoreOptions): Promise<ChunkStore | undefined> {
  try {
    const use = createStore(chunkDatabase, storeName)
    // Opens the database, and finds out whether it has our store.
    await use('readonly', (store) => promisifyRequest(store.count(IDBKeyRange.only(['', 0]))))
    return new IdbStore(use, options)
  } catch {
    return undefined
  }
}

class IdbStore implements ChunkStore {
  readonly #use: UseStore
  /** Which record holds each chunk, for the files that were asked for. */
  readonly #directories = new Map<Root, Promise<Map<number, Key>>>()
  /** Least recently read first. */
  readonly #recent = new Map<string, StoredRecord>()
  /** Where a full record is put together: `put` copies it, and memory that was used before costs half as much. */
  readonly #staging = new Uint8Array(recordBytesMax)
  readonly #bytesMax: number
  readonly #wallNow: () => number
  #bytesSinceLook = lookAfterBytes
  #closed = false

  constructor(use: UseStore, { bytesMax, wallNow }: IdbStoreOptions) {
    this.#use = use
    this.#bytesMax = bytesMax
    this.#wallNow = wallNow
  }

  async held(root: Root): Promise<number[]> {
    return [...(await this.#directory(root)).keys()].sort((a, b) => a - b)
  }

  async read(root: Root, index: number): Promise<Bytes | undefined> {
    const directory = await this.#directory(root)
    const key = directory.get(index)
    if (key === undefined) return undefined
    const bytes = chunkOf(await this.#record(key), key.indexOf(index, 1) - 1)
    if (bytes === undefined) directory.delete(index)
    return bytes
  }

  async write(root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Promise<number[]> {
    if (this.#closed || chunks.length === 0) return []
    const directory = await this.#directory(root)
    if (this.#bytesSinceLook >= lookAfterBytes) await this.#makeRoom(this.#bytesMax)
    let keys = await this.#putAll(root, chunks)
    // Where the device has no room left, whatever nobody has open is worth less than this.
    if (keys === 'full') keys = (await this.#makeRoom(0)) ? await this.#putAll(root, chunks) : undefined
    if (!Array.isArray(keys)) return []
    for (const key of keys) {
      this.#recent.delete(key.join())
      for (const index of key.slice(1) as number[]) directory.set(index, key)
    }
    return chunks.map(({ index }) => index)
  }

  async #putAll(root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Promise<Key[] | 'full' | undefined> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0)
    this.#bytesSinceLook += bytes
    try {
      return await this.#use('readwrite', (store) => {
        const keys = group(chunks).map((part) => this.#put(store, root, part))
        noteUsage(store, root, bytes, this.#wallNow())
        return promisifyRequest(store.transaction).then(() => keys)
      })
    } catch (error) {
      return (error as DOMException | null)?.name === 'QuotaExceededError' ? 'full' : undefined
    }
  }

  /** Deletes files that no tab has open while there are more bytes than these. @returns whether it deleted any */
  async #makeRoom(bytesMax: number): Promise<boolean> {
    this.#bytesSinceLook = 0
    const usages = (await this.#attempt(() => this.#use('readonly', readUsages))) ?? []
    const total = usages.reduce((sum, { bytes }) => sum + bytes, 0)
    const lately = this.#wallNow() - idleAfterMs
    const idle = usages.filter(({ root, usedAtMs }) => !this.#directories.has(root) && usedAtMs < lately)
    const dropped = filesToDrop(idle, total - bytesMax)
    if (dropped.length === 0) return false
    await this.#attempt(() =>
      this.#use('readwrite', (store) => {
        for (const { root } of dropped) dropFile(store, root)
        return promisifyRequest(store.transaction)
      }),
    )
    return true
  }

  #put(store: IDBObjectStore, root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Key {
    const key: Key = [root, ...chunks.map(({ index }) => index)]
    const lengths = chunks.map(({ bytes }) => bytes.length)
    const recordBytes = lengths.reduce((sum, length) => sum + length, 0)
    const record = recordBytes === this.#staging.length ? this.#staging : new Uint8Array(recordBytes)
    let at = 0
    for (const { bytes } of chunks) {
      record.set(bytes, at)
      at += bytes.length
    }
    store.put({ lengths, bytes: record.buffer } satisfies StoredRecord, key)
    return key
  }

  async remove(root: Root, indexes: readonly number[]): Promise<void> {
    const directory = await this.#directory(root)
    const affected = [...new Set(indexes.map((index) => directory.get(index)))].filter((key) => key !== undefined)
    for (const index of indexes) directory.delete(index)
    if (affected.length === 0) return
    await this.#attempt(() =>
      this.#use('readwrite', (store) => {
        for (const key of affected) this.#shrink(store, key, directory)
        return promisifyRequest(store.transaction)
      }),
    )
  }

  /** Replaces a record by one of those of its chunks that are still in the directory under its key. */
  #shrink(store: IDBObjectStore, key: Key, directory: Map<number, Key>): void {
    this.#recent.delete(key.join())
    const request: IDBRequest<StoredRecord | undefined> = store.get(key)
    request.onsuccess = () => {
      const [root, ...indexes] = key
      const kept = indexes.flatMap((index, place) => {
        const bytes = directory.get(index) === key ? chunkOf(request.result, place) : undefined
        return bytes === undefined ? [] : { index, bytes }
      })
      store.delete(key)
      const bytesBefore = request.result?.bytes?.byteLength ?? 0
      const bytesKept = kept.reduce((sum, chunk) => sum + chunk.bytes.length, 0)
      noteUsage(store, root, bytesKept - bytesBefore, this.#wallNow())
      if (kept.length === 0) return
      const smaller: Key = [root, ...kept.map(({ index }) => index)]
      const bytes = concatBytes(...kept.map((chunk) => chunk.bytes)).buffer
      store.put({ lengths: kept.map((chunk) => chunk.bytes.length), bytes } satisfies StoredRecord, smaller)
      for (const { index } of kept) directory.set(index, smaller)
    }
  }

  async clear(kept: ReadonlySet<Root> = new Set()): Promise<void> {
    for (const root of this.#directories.keys()) if (!kept.has(root)) this.#directories.delete(root)
    this.#recent.clear()
    await this.#attempt(() =>
      this.#use('readwrite', (store) => {
        const usages = readUsages(store).then((usages) => {
          for (const range of rangesWithout(kept)) store.delete(range)
          for (const { root, bytes, usedAtMs } of usages) if (kept.has(root)) noteUsage(store, root, bytes, usedAtMs)
        })
        return usages.then(() => promisifyRequest(store.transaction))
      }),
    )
  }

  close(): void {
    this.#closed = true
    // What was written is written: a connection closes after its transactions.
    void this.#attempt(() => this.#use('readonly', (store) => store.transaction.db.close()))
  }

  #directory(root: Root): Promise<Map<number, Key>> {
    if (this.#closed) return Promise.resolve(new Map())
    const known = this.#directories.get(root)
    if (known) return known
    const read = this.#attempt(() =>
      this.#use('readonly', (store) => promisifyRequest(store.getAllKeys(chunksOf(root)))),
    ).then((keys) => {
      const directory = new Map<number, Key>()
      for (const key of (keys ?? []) as Key[]) {
        for (const index of key.slice(1)) if (isIndex(index)) directory.set(index, key)
      }
      return directory
    })
    this.#directories.set(root, read)
    return read
  }

  async #record(key: Key): Promise<StoredRecord | undefined> {
    const name = key.join()
    const record =
      this.#recent.get(name) ??
      (await this.#attempt(() => this.#use('readonly', (store) => promisifyRequest(store.get(key)))))
    this.#recent.delete(name)
    if (record) this.#recent.set(name, record)
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= recentCountMax) break
      this.#recent.delete(oldest)
    }
    return record
  }

  /** Quota, a database that the user deleted, a disk that fails: all the same to a cache. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch {
      return undefined
    }
  }
}

/** Whatever runs on the site's pages can write into the database: texts and dates are keys too. */
const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** One chunk of a record, in bytes of its own; undefined when the record is not what this file writes. */
function chunkOf(record: StoredRecord | undefined, place: number): Bytes | undefined {
  const { lengths, bytes } = record ?? {}
  if (!Array.isArray(lengths) || !(bytes instanceof ArrayBuffer)) return undefined
  let start = 0
  for (let i = 0; i < place; i++) start += lengths[i] ?? Number.NaN
  const end = start + (lengths[place] ?? Number.NaN)
  return end <= bytes.byteLength ? new Uint8Array(bytes.slice(start, end)) : undefined
}

/** All keys but those of these files: numbers, dates and texts go before arrays, and a root's own array before its chunks'. */
function rangesWithout(kept: ReadonlySet<Root>): IDBKeyRange[] {
  const ranges: IDBKeyRange[] = []
  let after: IDBValidKey = Number.NEGATIVE_INFINITY
  for (const root of [...kept].sort()) {
    ranges.push(IDBKeyRange.bound(after, [root], false, true))
    after = [root, []]
  }
  return [...ranges, IDBKeyRange.lowerBound(after)]
}

/** Chunks in the order given, in groups of about a record each. */
function group<T extends { bytes: Bytes }>(chunks: readonly T[]): T[][] {
  const groups: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const chunk of chunks) {
    if (bytes + chunk.bytes.length > recordBytesMax) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(chunk)
    bytes += chunk.bytes.length
  }
  return groups
}
