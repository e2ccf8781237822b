/**
 * The verified chunks of the open files: the recent ones in memory, all of them on their way to the store. The store
 * is treated like a peer: what comes out is hashed again before anyone gets it.
 */
import type { Bytes } from '../../shared/bytes.ts'
import type { Root } from '../../shared/ids.ts'
import { MiB } from '../../shared/limits.ts'
import type { ChunkHashes, Manifest } from '../../shared/manifest.ts'
import { chunkHash } from '../../shared/merkle.ts'
import type { ChunkStore, Clock, Hasher } from '../ports.ts'

/**
 * Verified chunks kept in memory for readers and peers, by default: what was just fetched is asked for most. From the
 * store, a chunk costs its seeder as much again as sending it: it is read, copied and hashed (bench/link.ts).
 */
const hotBytesMaxDefault = 64 * MiB

/** Chunks that the store did not take are kept in memory up to this much, then the oldest are given up. */
const homelessBytesMax = 64 * MiB

/** One write's size: measured in Chromium (bench/store.ts), larger transactions gain little. */
const writeBytesMax = 4 * MiB

/** Chunks are gathered into one write up to this much, or this long: alone, each would cost ten times as much. */
const gatherBytes = 1 * MiB
const gatherMs = 300

/** While this much waits to be written, no more is asked for; below half of it, again. */
const backlogBytesMax = 16 * MiB

export interface VaultEvents {
  /** A chunk that was kept is gone, or did not verify. `isFull`: there was no room for it. */
  lost(root: Root, index: number, isFull: boolean): void
  pressure(on: boolean): void
}

/** What is needed to check a file's chunks. */
export interface VaultFile {
  manifest: Manifest
  hashes: ChunkHashes
  /** Brings a page of hashes, if it can be had. */
  fetchPage(page: number): Promise<boolean>
}

interface Chunk {
  readonly root: Root
  readonly index: number
  readonly bytes: Bytes
}

export class Vault {
  readonly #store: ChunkStore
  readonly #hasher: Hasher
  readonly #clock: Clock
  readonly #events: VaultEvents
  readonly #hotBytesMax: number
  readonly #files = new Map<Root, VaultFile>()
  /** Least recently used first. */
  readonly #hot = new Map<string, Chunk>()
  #hotBytes = 0
  readonly #homeless = new Map<string, Chunk>()
  #homelessBytes = 0
  readonly #queue = new Map<string, Chunk>()
  #backlogBytes = 0
  #isPressed = false
  #writing: Promise<void> | undefined
  #cancelGather: (() => void) | undefined
  #isFlushing = false
  #isClosed = false

  constructor(
    parts: { store: ChunkStore; hasher: Hasher; clock: Clock; hotBytesMax?: number | undefined },
    events: VaultEvents,
  ) {
    this.#store = parts.store
    this.#hasher = parts.hasher
    this.#clock = parts.clock
    this.#events = events
    this.#hotBytesMax = parts.hotBytesMax ?? hotBytesMaxDefault
  }

  open(file: VaultFile): void {
    const { root, geometry } = file.manifest
    this.#store.opened?.(root, geometry)
    this.#files.set(root, file)
  }

  /** What is stored stays; what comes out of it is not judged any more, so nobody gets it. */
  leave(root: Root): void {
    this.#files.delete(root)
    for (const [key, chunk] of this.#hot) if (chunk.root === root) this.#cool(key)
  }

  /** Deletes what is stored of every file but these, none of which others are open any more. */
  async clear(kept: ReadonlySet<Root>): Promise<void> {
    // What is being written now would be there again.
    await this.flushed()
    for (const [key, { root, bytes }] of this.#homeless) {
      if (kept.has(root)) continue
      this.#homeless.delete(key)
      this.#homelessBytes -= bytes.length
    }
    await this.#store.clear(kept)
  }

  /** @returns the chunks of a file that the store says it holds */
  held(root: Root): Promise<number[]> {
    return this.#store.held(root)
  }

  /** Takes a verified chunk. */
  keep(root: Root, index: number, bytes: Bytes): void {
    if (this.#isClosed) return
    const key = keyOf(root, index)
    if (this.#queue.has(key)) return
    const chunk = { root, index, bytes }
    this.#warm(key, chunk)
    this.#queue.set(key, chunk)
    this.#addBacklog(bytes.length)
    if (this.#backlogBytes >= gatherBytes) this.#startWriting()
    else this.#gather()
  }

  /** Writes a little later, together with what comes until then. */
  #gather(): void {
    this.#cancelGather ??= this.#clock.at(this.#clock.now() + gatherMs, () => this.#startWriting())
  }

  #startWriting(): void {
    this.#cancelGather?.()
    this.#cancelGather = undefined
    this.#writing ??= this.#write()
  }

  #warm(key: string, chunk: Chunk): void {
    const before = this.#hot.get(key)
    this.#hot.delete(key)
    this.#hot.set(key, chunk)
    this.#hotBytes += chunk.bytes.length - (before?.bytes.length ?? 0)
    for (const [oldest, { bytes }] of this.#hot) {
      if (this.#hotBytes <= this.#hotBytesMax) return
      this.#hot.delete(oldest)
      this.#hotBytes -= bytes.length
    }
  }

  #addBacklog(bytes: number): void {
    this.#backlogBytes += bytes
    const isPressed = this.#backlogBytes > (this.#isPressed ? backlogBytesMax / 2 : backlogBytesMax)
    if (isPressed === this.#isPressed) return
    this.#isPressed = isPressed
    this.#events.pressure(isPressed)
  }

  async #write(): Promise<void> {
    while (this.#queue.size > 0 && !this.#isClosed) {
      const batch = this.#nextBatch()
      // A store that fails holds nothing.
      const written = new Set(await this.#store.write(batch[0]!.root, batch).catch(() => []))
      for (const chunk of batch) {
        const key = keyOf(chunk.root, chunk.index)
        this.#queue.delete(key)
        this.#addBacklog(-chunk.bytes.length)
        if (!written.has(chunk.index)) this.#keepHomeless(key, chunk)
      }
      if (this.#backlogBytes < gatherBytes && !this.#isFlushing) break
    }
    this.#writing = undefined
    if (this.#queue.size > 0 && !this.#isClosed) this.#gather()
  }

  /** The next chunks of one file. */
  #nextBatch(): Chunk[] {
    const batch: Chunk[] = []
    let bytes = 0
    for (const chunk of this.#queue.values()) {
      if (batch.length > 0 && (chunk.root !== batch[0]!.root || bytes + chunk.bytes.length > writeBytesMax)) break
      batch.push(chunk)
      bytes += chunk.bytes.length
    }
    return batch
  }

  #keepHomeless(key: string, chunk: Chunk): void {
    this.#homeless.set(key, chunk)
    this.#homelessBytes += chunk.bytes.length
    for (const [oldest, { root, index, bytes }] of this.#homeless) {
      if (this.#homelessBytes <= homelessBytesMax) return
      this.#homeless.delete(oldest)
      this.#homelessBytes -= bytes.length
      this.#cool(oldest)
      this.#events.lost(root, index, true)
    }
  }

  #cool(key: string): void {
    const chunk = this.#hot.get(key)
    if (!chunk) return
    this.#hot.delete(key)
    this.#hotBytes -= chunk.bytes.length
  }

  /** A chunk in memory, verified already. */
  peek(root: Root, index: number): Bytes | undefined {
    const key = keyOf(root, index)
    const chunk = this.#hot.get(key)
    if (chunk) {
      this.#warm(key, chunk)
      return chunk.bytes
    }
    return (this.#queue.get(key) ?? this.#homeless.get(key))?.bytes
  }

  /** A chunk, verified; undefined when it is not here any more, which `lost` has said as well. */
  async read(root: Root, index: number): Promise<Bytes | undefined> {
    const inMemory = this.peek(root, index)
    if (inMemory) return inMemory
    const bytes = await this.#store.read(root, index).catch(() => undefined)
    const judged = bytes ? await this.#judge(root, index, bytes) : 'wrong'
    // It may have come anew meanwhile.
    const again = this.peek(root, index)
    if (again || this.#isClosed) return again
    if (bytes && judged === 'right') {
      this.#warm(keyOf(root, index), { root, index, bytes })
      return bytes
    }
    this.#events.lost(root, index, false)
    if (bytes && judged === 'wrong') await this.#store.remove(root, [index])
    return undefined
  }

  async #judge(root: Root, index: number, bytes: Bytes): Promise<'right' | 'wrong' | 'unknown'> {
    const file = this.#files.get(root)
    if (!file) return 'unknown'
    if (bytes.length !== file.manifest.geometry.lengthOf(index)) return 'wrong'
    const page = file.hashes.missingPage(index)
    if (page !== undefined && !(await file.fetchPage(page))) return 'unknown'
    return file.hashes.matches(index, await this.hashOf(file.manifest, bytes)) ? 'right' : 'wrong'
  }

  /** A chunk's hash, as its file's tree has it. */
  async hashOf(manifest: Manifest, bytes: Bytes): Promise<Uint8Array> {
    return chunkHash(await this.#hasher.leafHashes(bytes), manifest.geometry, this.#hasher.sha256)
  }

  /** Fulfilled when all that was kept so far has reached the store. */
  async flushed(): Promise<void> {
    this.#isFlushing = true
    if (this.#queue.size > 0) this.#startWriting()
    await this.#writing
    this.#isFlushing = false
  }

  async close(clear: boolean): Promise<void> {
    if (!clear) await this.flushed()
    this.#cancelGather?.()
    this.#isClosed = true
    await this.#writing
    if (clear) await this.#store.clear()
    await this.#store.close()
    this.#hot.clear()
    this.#queue.clear()
    this.#homeless.clear()
  }
}

const keyOf = (root: Root, index: number) => `${root}/${index}`
