/**
 * Chunks in IndexedDB over idb-keyval, which this file alone imports. A chunk is one record or two, under the array
 * keys [root, index, part], so that one file's chunks lie side by side. Writes that come while another is under way
 * share the next transaction. Every failure is a miss: nothing here rejects.
 */
import { clear, createStore, promisifyRequest, setMany, type UseStore } from 'idb-keyval'
import { type Bytes, concatBytes } from '../../shared/bytes.ts'
import type { Root } from '../../shared/ids.ts'
import { KiB, MiB } from '../../shared/limits.ts'
import type { ChunkStore } from '../ports.ts'

/** idb-keyval holds one store a database (its issue 101), so this database is ours alone. */
const databaseName = 'nearcast'
const storeName = 'chunks'

/**
 * Chromium moves values of 64 KiB and more to a file each, which nearly halves its speed (bench/store.ts, three runs:
 * 25 to 49 MiB/s, where two records of 32 KiB reach 42 to 72), so the smallest chunks are stored in two parts. From
 * 256 KiB on the file pays: 57 to 112 MiB/s.
 */
const splitBytes = 64 * KiB
const partBytes = 32 * KiB

/** One transaction's share of a long queue. More gains no speed, and loses more at once when the disk is full. */
const transactionBytesMax = 4 * MiB

/** What may wait for the disk; a chunk that finds the queue full is not kept. */
const queuedBytesMax = 64 * MiB
const queuedCountMax = 4096

type Key = [root: Root, index: number, part: number]

interface Write {
  entries: [key: Key, value: ArrayBuffer][]
  bytes: number
  settle(kept: boolean): void
}

/** @returns undefined where there is no IndexedDB to use: opaque origins, some private modes, a damaged database */
export async function openIdbStore(): Promise<ChunkStore | undefined> {
  try {
    const use = createStore(databaseName, storeName)
    // Opens the database, and finds out whether it has our store.
    await use('readonly', (store) => promisifyRequest(store.count(IDBKeyRange.only(['', 0]))))
    return new IdbStore(use)
  } catch {
    return undefined
  }
}

class IdbStore implements ChunkStore {
  readonly #use: UseStore
  #queue: Write[] = []
  #queuedBytes = 0
  #queuedCount = 0
  #writing = false
  #closed = false

  constructor(use: UseStore) {
    this.#use = use
  }

  async held(root: Root): Promise<number[]> {
    const range = rangeOf(root)
    const keys = await this.#attempt(() => this.#use('readonly', (store) => promisifyRequest(store.getAllKeys(range))))
    return ((keys ?? []) as Key[]).filter(([, , part]) => part === 0).map(([, index]) => index)
  }

  async read(root: Root, index: number): Promise<Bytes | undefined> {
    const range = rangeOf(root, index)
    const parts = await this.#attempt(() => this.#use('readonly', (store) => promisifyRequest(store.getAll(range))))
    if (parts === undefined || parts.length === 0) return undefined
    if (!parts.every((part: unknown) => part instanceof ArrayBuffer)) return undefined
    return parts.length === 1 ? new Uint8Array(parts[0]!) : concatBytes(...parts.map((part) => new Uint8Array(part)))
  }

  async write(root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Promise<number[]> {
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.bytes.length
    if (this.#closed || chunks.length === 0) return []
    if (this.#queuedBytes + bytes > queuedBytesMax || this.#queuedCount + chunks.length > queuedCountMax) return []
    const entries = chunks.flatMap(({ index, bytes }) => split(bytes, (part): Key => [root, index, part]))
    const kept = await new Promise<boolean>((settle) => {
      this.#queue.push({ entries, bytes, settle })
      this.#queuedBytes += bytes
      this.#queuedCount += chunks.length
      if (!this.#writing) void this.#writeQueue()
    })
    return kept ? chunks.map(({ index }) => index) : []
  }

  async remove(root: Root, indexes: readonly number[]): Promise<void> {
    await this.#attempt(() =>
      this.#use('readwrite', (store) => {
        for (const index of indexes) store.delete(rangeOf(root, index))
        return promisifyRequest(store.transaction)
      }),
    )
  }

  async clear(): Promise<void> {
    await this.#attempt(() => clear(this.#use))
  }

  close(): void {
    this.#closed = true
    // What was written is written: a connection closes after its transactions.
    void this.#attempt(() => this.#use('readonly', (store) => store.transaction.db.close()))
  }

  async #writeQueue(): Promise<void> {
    this.#writing = true
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch()
      const entries = batch.flatMap((write) => write.entries)
      // setMany is fulfilled with undefined as well; only a failure must be told apart.
      const kept = await this.#attempt(async () => {
        await setMany(entries, this.#use)
        return true
      })
      for (const write of batch) write.settle(kept === true)
    }
    this.#writing = false
  }

  #takeBatch(): Write[] {
    let count = 0
    let bytes = 0
    do {
      bytes += this.#queue[count]!.bytes
      this.#queuedCount -= this.#queue[count]!.entries.length
      count++
    } while (count < this.#queue.length && bytes + this.#queue[count]!.bytes <= transactionBytesMax)
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
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

/** Each key that begins like this: an array sorts after every number. */
const rangeOf = (...start: [Root] | [Root, number]) => IDBKeyRange.bound(start, [...start, []])

/** Copies: a stored view would take its whole buffer along, and the caller may give its buffer away. */
function split(bytes: Bytes, keyOf: (part: number) => Key): Write['entries'] {
  if (bytes.length <= partBytes || bytes.length > splitBytes) return [[keyOf(0), bytes.slice().buffer]]
  return [
    [keyOf(0), bytes.slice(0, partBytes).buffer],
    [keyOf(1), bytes.slice(partBytes).buffer],
  ]
}
