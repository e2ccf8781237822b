/** One file that the client takes part in: its addresses, what came from where, and who waits for its next bytes. */
import type { Bytes } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { type ChunkHashes, type Manifest, pagesSuffix } from '../../shared/manifest.ts'
import { type BytesBySource, NearcastError } from '../api.ts'
import type { FailureCode, Source } from '../core/engine-events.ts'
import type { Hasher } from '../ports.ts'
import type { Vault } from './vault.ts'

/** In `sourceOf`: a chunk that is not here, or came from the origin, or from the store. Peers follow. */
export const sourceMissing = 0
export const sourceOrigin = 1
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
  hasher: Hasher
}

export class OpenFile {
  readonly url: string
  readonly id: SwarmId
  readonly manifest: Manifest
  readonly hashes: ChunkHashes
  readonly etag: string | undefined
  readonly #vault: Vault
  readonly #hasher: Hasher
  /** Who brought each chunk: an index into `sources`. */
  readonly sourceOf: Uint8Array
  readonly sources: string[] = ['missing', 'origin', 'store']
  readonly bytes: BytesBySource = { peers: 0, origin: 0, store: 0 }
  failure: NearcastError | undefined
  #early: { from: number; bytes: Bytes }[] = []
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
    this.#hasher = init.hasher
    this.sourceOf = new Uint8Array(init.manifest.geometry.chunkCount)
    this.#vault.open(init.manifest, init.hashes)
  }

  /** The store has these from before. */
  held(indexes: readonly number[]): void {
    for (const index of indexes) {
      if (this.sourceOf[index] !== sourceMissing) continue
      this.sourceOf[index] = sourceStore
      this.bytes.store += this.manifest.geometry.lengthOf(index)
    }
    this.#tell()
  }

  kept(index: number, bytes: Bytes, source: Source): void {
    this.#vault.keep(this.manifest.root, index, bytes)
    this.bytes[source === 'origin' ? 'origin' : 'peers'] += bytes.length
    this.sourceOf[index] = this.#numberOf(source)
    if (index === 0) this.#early = []
    this.#tell()
  }

  #numberOf(source: string): number {
    const known = this.sources.indexOf(source)
    if (known >= 0) return known
    if (this.sources.length < sourceCountMax) this.sources.push(source)
    return this.sources.length - 1
  }

  lost(index: number): void {
    if (this.sourceOf[index] === sourceStore) this.bytes.store -= this.manifest.geometry.lengthOf(index)
    this.sourceOf[index] = sourceMissing
    this.#tell()
  }

  /** Verified leaves of the first chunk, before the whole of it is here. */
  released(from: number, bytes: Bytes): void {
    this.#early.push({ from, bytes })
    this.#tell()
  }

  fail(code: FailureCode, reason: string): void {
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

  /** Brings a page of chunk hashes, checked against the manifest. */
  async fetchPage(page: number): Promise<boolean> {
    const [from, to] = this.hashes.pageRange(page)
    const address = new URL(this.url)
    address.pathname += pagesSuffix
    try {
      const response = await fetch(address, { headers: { range: `bytes=${from}-${to - 1}` } })
      if (!response.ok) return false
      const body = new Uint8Array(await response.arrayBuffer())
      const bytes = response.status === 206 ? body : body.slice(from, to)
      return this.hashes.addPage(page, bytes, this.#hasher.sha256)
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
    for (const listener of [...this.#listeners]) listener()
  }
}
