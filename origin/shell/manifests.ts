/**
 * The manifest of each version of each file: in memory, on disk, or hashed now, whichever comes first. Two who ask at
 * once wait for the same hashing. Knows no request and no name under which a file is published.
 */
import type { FileHandle } from 'node:fs/promises'
import { printFirstLeaf } from '../../shared/first-leaf.ts'
import { MiB } from '../../shared/limits.ts'
import type { Log } from '../../shared/log.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { BoundedCache } from '../core/bounded-cache.ts'
import { type FileVersion, versionKey } from '../core/file-version.ts'
import { sha256 } from './file-hash.ts'
import type { HashQueue } from './hash-queue.ts'
import type { ManifestRecords } from './manifest-records.ts'

/** Kept in memory: the files of a busy site, each a few hundred bytes and at most 72 KiB of hashes. */
const knownCountMax = 8192
const knownBytesMax = 64 * MiB

/** What an entry costs beside its hashes. */
const entryBytes = 512

/** A file by the path that no symbolic link is in. */
export interface VersionedFile {
  path: string
  version: FileVersion
}

export type ManifestOutcome =
  | { kind: 'made'; manifest: Manifest; key: string }
  /** The file changes faster than it can be hashed. */
  | { kind: 'changed' }
  | { kind: 'failed'; reason: string }

interface Known {
  key: string
  /** Undefined when neither memory nor disk has one. */
  manifest: Promise<Manifest | undefined>
}

export class Manifests {
  readonly #records: ManifestRecords
  readonly #queue: HashQueue
  readonly #log: Log
  readonly #known = new BoundedCache<Known>(knownCountMax, knownBytesMax)
  readonly #making = new Map<string, Promise<ManifestOutcome>>()
  readonly #firstLeaves = new WeakMap<Manifest, string | undefined>()
  hashed = 0
  fromDisk = 0

  constructor(records: ManifestRecords, queue: HashQueue, log: Log) {
    this.#records = records
    this.#queue = queue
    this.#log = log
  }

  /** The manifest of this very version, if it can be had without hashing. */
  known({ path, version }: VersionedFile): Promise<Manifest | undefined> {
    const key = versionKey(version)
    const found = this.#known.get(path)
    if (found?.key === key) return found.manifest
    const known = { key, manifest: this.#read(path, key) }
    this.#known.set(path, known, entryBytes)
    void known.manifest.then((manifest) => {
      if (manifest !== undefined && this.#known.get(path) === known) this.#remember(path, key, manifest)
    })
    return known.manifest
  }

  /** What proves the first leaf of this manifest's file; worked out once, it may take 300 hashes. */
  firstLeafOf(manifest: Manifest): string | undefined {
    if (!this.#firstLeaves.has(manifest)) this.#firstLeaves.set(manifest, printFirstLeaf(manifest, sha256))
    return this.#firstLeaves.get(manifest)
  }

  async #read(path: string, key: string): Promise<Manifest | undefined> {
    const manifest = await this.#records.read(path, key)
    if (manifest !== undefined) this.fromDisk++
    return manifest
  }

  #remember(path: string, key: string, manifest: Manifest): void {
    const bytes = entryBytes + manifest.head.length + manifest.hashes.layer.length
    this.#known.set(path, { key, manifest: Promise.resolve(manifest) }, bytes)
  }

  /** The manifest of the file as it is by the end, which may be a later version than this one. */
  async make(file: VersionedFile): Promise<ManifestOutcome> {
    const manifest = await this.known(file)
    if (manifest !== undefined) return { kind: 'made', manifest, key: versionKey(file.version) }
    const { path } = file
    const running = this.#making.get(path)
    if (running !== undefined) return running
    const making = this.#hash(file).finally(() => this.#making.delete(path))
    this.#making.set(path, making)
    return making
  }

  async #hash({ path, version }: VersionedFile): Promise<ManifestOutcome> {
    const startMs = performance.now()
    const outcome = await this.#queue.hash(path, version.bytes)
    if (outcome.kind === 'changed') this.#log.warn({ path }, 'a file changes faster than it can be hashed')
    if (outcome.kind === 'failed') this.#log.error({ path, reason: outcome.reason }, 'a file could not be hashed')
    if (outcome.kind !== 'hashed') return outcome
    try {
      const manifest = await this.#records.write(path, outcome.file)
      const key = versionKey(outcome.file.version)
      this.hashed++
      this.#remember(path, key, manifest)
      const ms = Math.round(performance.now() - startMs)
      this.#log.info({ path, bytes: outcome.file.version.bytes, root: manifest.root, ms }, 'hashed a file')
      return { kind: 'made', manifest, key }
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  /** The chunk layer's open file, for a manifest with hash pages; undefined when it is gone and must be made again. */
  async openLayer(path: string, manifest: Manifest): Promise<FileHandle | undefined> {
    const layer = await this.#records.openLayer(path, manifest)
    if (layer === undefined) this.#known.delete(path)
    return layer
  }

  /** Waits for what runs; the queue must have been closed before. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#making.values())
  }
}
