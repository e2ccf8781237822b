/** One file that the client takes part in: its addresses, what came from where, and who waits for its next bytes. */
import { type Bytes, hashBytes } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { chunkCountMax } from '../../shared/limits.ts'
import type { ChunkHashes, Manifest } from '../../shared/manifest.ts'
import { type BytesBySource, type ErrorCode, NearcastError } from '../api.ts'
import type { Source } from '../core/engine-events.ts'
import { pagesAddress } from './beside-file.ts'
import { fetchAnywhere } from './failover.ts'
import { readBody } from './limited-body.ts'
import type { Vault } from './vault.ts'

/** In `sourceOf`: a chunk that is not here, or came from the store. 1 is the origin, and peers follow. */
export const sourceMissing = 0
export const sourceStore = 2

/** More peers than this share the last colour of the map. */
const sourceCountMax = 255

export interface OpenFileInit {
  url: string
  id: SwarmId
  manifest: Manifest
  hashes: ChunkHashes
  etag: string | undefined
  vault: Vault
  /** Where else the file is by now. */
  elsewhere: () => readonly string[]
  /** Its mirrors' addresses, by the names that the engine knows them by. */
  mirrors: ReadonlyMap<string, string>
}

export class OpenFile {
  readonly url: string
  readonly id: SwarmId
  readonly manifest: Manifest
  readonly hashes: ChunkHashes
  readonly etag: string | undefined
  readonly #vault: Vault
  readonly #elsewhere: () => readonly string[]
  readonly mirrors: ReadonlyMap<string, string>
  /** Who brought each chunk: an index into `sources`. */
  readonly sourceOf: Uint8Array
  readonly sources: ['missing', 'origin', 'store', ...string[]] = ['missing', 'origin', 'store']
  /** What came, also what has been lost since. */
  readonly bytes: BytesBySource = { peers: 0, origin: 0, store: 0 }
  /** What is here. */
  heldBytes = 0
  failure: NearcastError | undefined
  /** Fulfilled when the first bytes are here, or never will be: what they do not need waits for it. */
  readonly begun: Promise<void>
  #begin = () => {}
  #layerProven: Promise<boolean> | undefined
  readonly #pages = new Map<number, Promise<boolean>>()
  readonly #early: { from: number; bytes: Bytes }[] = []
  readonly #listeners = new Set<() => void>()
  /** Counts the changes, so that one between a look and a wait is not missed. */
  version = 0

  constructor(init: OpenFileInit) {
    this.url = init.url
    this.id = init.id
    this.manifest = init.manifest
    this.hashes = init.hashes
    this.etag = init.etag
    this.#vault = init.vault
    this.#elsewhere = init.elsewhere
    this.mirrors = init.mirrors
    this.sourceOf = new Uint8Array(init.manifest.geometry.chunkCount)
    this.#vault.open(this)
    this.begun = new Promise((resolve) => {
      // A turn later: whoever waits for the bytes themselves has them by then.
      this.#begin = () => setTimeout(resolve)
    })
  }

  /** Whether the chunk layer leads to the root: before it is known no chunk is compared. Proven once it is asked for. */
  get layerProven(): Promise<boolean> {
    this.#layerProven ??= proveLayer(this.hashes)
    return this.#layerProven
  }

  /** The store has these from before. */
  held(indexes: readonly number[]): void {
    for (const index of indexes) {
      if (this.sourceOf[index] !== sourceMissing) continue
      this.sourceOf[index] = sourceStore
      this.bytes.store += this.manifest.geometry.lengthOf(index)
      this.heldBytes += this.manifest.geometry.lengthOf(index)
    }
    this.#tell()
  }

  kept(index: number, bytes: Bytes, source: Source): void {
    this.#vault.keep(this.manifest.root, index, bytes)
    this.bytes[source === 'origin' ? 'origin' : 'peers'] += bytes.length
    if (this.sourceOf[index] === sourceMissing) this.heldBytes += bytes.length
    this.sourceOf[index] = this.#numberOf(source)
    if (index === 0) this.#early.length = 0
    this.#tell()
  }

  #numberOf(source: string): number {
    const known = this.sources.indexOf(source)
    if (known >= 0) return known
    if (this.sources.length < sourceCountMax) this.sources.push(source)
    return this.sources.length - 1
  }

  lost(index: number): void {
    if (this.sourceOf[index] === sourceMissing) return
    this.heldBytes -= this.manifest.geometry.lengthOf(index)
    if (this.sourceOf[index] === sourceStore) this.bytes.store -= this.manifest.geometry.lengthOf(index)
    this.sourceOf[index] = sourceMissing
    this.#tell()
  }

  /** Verified leaves of the first chunk, before the whole of it is here. */
  released(from: number, bytes: Bytes): void {
    this.#early.push({ from, bytes })
    this.#tell()
  }

  fail(code: ErrorCode, reason: string): void {
    this.failure = new NearcastError(code, `nearcast: ${this.url}: ${reason}`)
    this.#tell()
  }

  /** A verified piece that holds the byte at `position`, if one is here; undefined when it is not, or not any more. */
  piece(position: number): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    const { geometry, root } = this.manifest
    const index = geometry.chunkAt(position)
    if (this.sourceOf[index] === sourceMissing) {
      const early = this.#early.find(({ from, bytes }) => position >= from && position < from + bytes.length)
      return early?.bytes.subarray(position - early.from)
    }
    const skip = position - geometry.startOf(index)
    const inMemory = this.#vault.peek(root, index)
    return inMemory?.subarray(skip) ?? this.#vault.read(root, index).then((bytes) => bytes?.subarray(skip))
  }

  /** Brings a page of chunk hashes, checked against the manifest; once for all who ask meanwhile. */
  fetchPage(page: number): Promise<boolean> {
    const present = this.#pages.get(page)
    if (present) return present
    const fetched = this.#fetchPage(page).finally(() => this.#pages.delete(page))
    this.#pages.set(page, fetched)
    return fetched
  }

  async #fetchPage(page: number): Promise<boolean> {
    const [from, to] = this.hashes.pageRange(page)
    try {
      // Whoever brings it, it is checked against the manifest.
      const headers = { range: `bytes=${from}-${to - 1}` }
      const pagesAt = (url: string) => pagesAddress(url).href
      const { response } = await fetchAnywhere(pagesAt(this.url), { headers }, () => this.#elsewhere().map(pagesAt))
      if (!response.ok) return false
      // A server without ranges sends them all: 64 MiB of them at most, at 32 bytes for each of the most chunks.
      const bytesMax = response.status === 206 ? to - from : chunkCountMax * hashBytes
      const body = await readBody(response, bytesMax)
      if (!body) return false
      const bytes = response.status === 206 ? body : body.slice(from, to)
      return this.hashes.addPage(page, bytes)
    } catch {
      // Without its page a chunk cannot be checked: the caller ends the download.
      return false
    }
  }

  /** Calls back at every change. @returns a function that stops it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A new reader may find what an earlier one did not. */
  retry(): void {
    this.failure = undefined
  }

  #tell(): void {
    this.version++
    this.#begin()
    this.#begin = () => {}
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Proves the layer a step at a time, so that the first bytes, which are proven by the head alone, do not wait for it. */
async function proveLayer(hashes: ChunkHashes): Promise<boolean> {
  do await new Promise((resolve) => setTimeout(resolve))
  while (!hashes.proveStep())
  return hashes.isLayerRight
}
