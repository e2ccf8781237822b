/**
 * What is handed out beside a file: its manifest, under the name that it is published by, and its hash pages. Hashing
 * may take longer than a client waits; then it is told to come again. Knows no request.
 */
import type { FileHandle } from 'node:fs/promises'
import { toHex } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import type { Root, SwarmId } from '../../shared/ids.ts'
import { fileBytesMax, MiB, manifestChunksMax } from '../../shared/limits.ts'
import { type Manifest, printManifest } from '../../shared/manifest.ts'
import { BoundedCache } from '../core/bounded-cache.ts'
import { type FileVersion, versionKey } from '../core/file-version.ts'
import { printRequestPath } from '../core/request-path.ts'
import { sha256 } from './file-hash.ts'
import type { ManifestSigner } from './manifest-signer.ts'
import type { Manifests } from './manifests.ts'
import type { Opened, PublishedFiles } from './published-files.ts'
import { pathOf } from './site-folder.ts'
import { versionOf } from './stat-version.ts'

/** Printed manifests in memory: printing one with 2,048 hashes takes a millisecond or two. */
const printedCountMax = 1024
const printedBytesMax = 16 * MiB

/** Times that a file may turn out changed between being hashed and being handed out. */
const triesMax = 3

/** Why there is nothing to hand out: no such file, or not yet. */
export type NotHere = { kind: 'absent'; opened: Opened } | { kind: 'later'; reason: string }

export type ManifestFound = { kind: 'manifest'; manifest: Manifest; path: string } | NotHere

export interface PrintedManifest {
  text: Buffer
  /** Names these very bytes, not the file's. */
  etag: string
}

/** What is handed out beside what the hashes are. */
export interface ManifestTerms {
  /** The name of a file's swarm, where it does not follow from the root alone. */
  swarmOf?: ((root: Root) => SwarmId) | undefined
  signer?: ManifestSigner | undefined
}

export class ManifestDesk {
  readonly #files: PublishedFiles
  readonly #manifests: Manifests
  readonly #waitMs: number
  readonly #terms: ManifestTerms
  readonly #printed = new BoundedCache<PrintedManifest & { isOver(): boolean }>(printedCountMax, printedBytesMax)

  /** @param waitMs how long a client is kept waiting for a hash; hashing goes on after it */
  constructor(files: PublishedFiles, manifests: Manifests, waitMs: number, terms: ManifestTerms = {}) {
    this.#files = files
    this.#manifests = manifests
    this.#waitMs = waitMs
    this.#terms = terms
  }

  /** The manifest of the file at these names, in time or not at all. */
  async manifestFor(segments: readonly string[]): Promise<ManifestFound> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<ManifestFound>((resolve) => {
      const reason = 'the file is being hashed; its manifest comes soon'
      timer = setTimeout(() => resolve({ kind: 'later', reason }), this.#waitMs)
    })
    try {
      return await Promise.race([this.make(segments), late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The manifest of the file at these names, however long it takes. */
  async make(segments: readonly string[]): Promise<ManifestFound> {
    for (let tried = 0; tried < triesMax; tried++) {
      const opened = await this.#files.open(segments)
      if (opened.kind !== 'file') return { kind: 'absent', opened }
      await opened.handle.close()
      if (opened.version.bytes > fileBytesMax) return { kind: 'absent', opened: { kind: 'none' } }
      const outcome = await this.#manifests.make(opened)
      if (outcome.kind === 'failed') return { kind: 'later', reason: 'the file could not be hashed' }
      if (outcome.kind === 'changed') break
      // Two who ask at once get the same hash, but never that of a version that was gone when they asked.
      if (outcome.key === versionKey(opened.version)) {
        const { name, type, path } = opened
        return { kind: 'manifest', manifest: { ...outcome.manifest, name, type }, path }
      }
    }
    return { kind: 'later', reason: 'the file keeps changing' }
  }

  /** @param segments the file's names: the same bytes may be published by several */
  async print(segments: readonly string[], manifest: Manifest): Promise<PrintedManifest> {
    const key = `${manifest.root}${printRequestPath(segments)}`
    const found = this.#printed.get(key)
    if (found !== undefined && !found.isOver()) return found
    const { swarmOf, signer } = this.#terms
    const swarm = swarmOf?.(manifest.root)
    const named = swarm === undefined ? manifest : { ...manifest, swarm }
    const isOver = signer?.endOfUse() ?? (() => false)
    const signed = signer === undefined ? named : await signer.signed(named, pathOf(segments), undefined)
    const text = Buffer.from(printManifest(signed))
    const printed = { text, etag: toHex(sha256(text)), isOver }
    this.#printed.set(key, printed, text.length)
    return printed
  }

  /** The open chunk layer of the file at these names; absent for files whose manifest has all hashes. */
  async pagesFor(
    segments: readonly string[],
  ): Promise<{ kind: 'pages'; handle: FileHandle; version: FileVersion; root: Root } | NotHere> {
    const none: NotHere = { kind: 'absent', opened: { kind: 'none' } }
    if (!(await this.#hasPages(segments))) return none
    const found = await this.manifestFor(segments)
    if (found.kind !== 'manifest') return found
    const { manifest, path } = found
    if (manifest.hashes.kind !== 'pages') return none
    const handle = await this.#manifests.openLayer(path, manifest)
    if (handle === undefined) return { kind: 'later', reason: 'the hash pages are being made again' }
    return { kind: 'pages', handle, version: versionOf(await handle.stat({ bigint: true })), root: manifest.root }
  }

  /** Asked before anything is hashed: most files have no pages, whatever their hashes. */
  async #hasPages(segments: readonly string[]): Promise<boolean> {
    const opened = await this.#files.open(segments)
    if (opened.kind !== 'file') return false
    await opened.handle.close()
    const { bytes } = opened.version
    return bytes <= fileBytesMax && new Geometry(bytes).chunkCount > manifestChunksMax
  }
}

/** The names of a file from those of what stands beside it: `/a/b.zip` from `/a/b.zip.nearcast.json`. */
export function baseOf(segments: readonly string[], suffix: string): string[] {
  return [...segments.slice(0, -1), segments.at(-1)!.slice(0, -suffix.length)]
}
