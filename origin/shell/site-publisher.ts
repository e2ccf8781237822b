/**
 * Writes the manifests of a folder that a static host serves: beside the content, or into a folder of the same shape.
 * Only what changed is written, so that copying the folder to its host stays cheap. Changes no file but manifests.
 */
import { hashBytes } from '../../shared/bytes.ts'
import { fileBytesMax } from '../../shared/limits.ts'
import { type Manifest, parseManifest, printManifest } from '../../shared/manifest.ts'
import { type PublishSelection, planFor } from '../core/publish-plan.ts'
import { forEachAtOnce } from './at-once.ts'
import { readFully, sha256 } from './file-hash.ts'
import { ManifestFolder } from './manifest-folder.ts'
import type { Manifests } from './manifests.ts'
import type { OpenFile, PublishedFiles } from './published-files.ts'
import { pathOf, readSiteFolder, type SiteFolder } from './site-folder.ts'

/** As many as the hashing thread takes, and as many again that only look whether anything changed. */
const atOnceMax = 4

export interface PublishProgress {
  /** Files that are done, and that there are. */
  filesDone: number
  files: number
  bytesDone: number
  bytes: number
  /** The one that was begun last. */
  path: string
}

export interface PublishReport {
  /** Files that have a manifest now, and their bytes. */
  files: number
  bytes: number
  /** Paths in order: whose manifest was written, and whose was removed. */
  written: string[]
  removed: string[]
  failed: { path: string; reason: string }[]
}

export interface SitePublisherParts {
  folder: string
  /** Where manifests go; the folder itself mostly. */
  outFolder: string
  files: PublishedFiles
  manifests: Manifests
  selection: PublishSelection
  /** What is printed of a manifest, and of the one that was there before: that one itself where it still holds. */
  finish(manifest: Manifest, path: string, present: Manifest | undefined): Promise<Manifest>
  onProgress(progress: PublishProgress): void
}

interface Selected {
  segments: string[]
  path: string
  bytes: number
}

export class SitePublisher {
  readonly #parts: SitePublisherParts
  readonly #out: ManifestFolder
  readonly #report: PublishReport = { files: 0, bytes: 0, written: [], removed: [], failed: [] }

  constructor(parts: SitePublisherParts) {
    this.#parts = parts
    this.#out = new ManifestFolder(parts.outFolder)
  }

  /** @param signal ends it after the files that are at work; what is written by then is whole */
  async run(signal: AbortSignal): Promise<PublishReport> {
    const { folder, outFolder } = this.#parts
    const site = await readSiteFolder(folder)
    const out = folder === outFolder ? site : await readSiteFolder(outFolder)
    this.#report.failed.push(...site.failed)
    const selected = await this.#select(site)
    await this.#publishAll(selected, signal)
    if (!signal.aborted) await this.#removeOrphans(site, out)
    const { written, removed, failed } = this.#report
    written.sort()
    removed.sort()
    failed.sort((a, b) => (a.path < b.path ? -1 : 1))
    return this.#report
  }

  async #select(site: SiteFolder): Promise<Selected[]> {
    const selected: Selected[] = []
    for (const segments of site.files) {
      const path = pathOf(segments)
      const present = await this.#presentAt(segments)
      const opened = await this.#open(segments)
      if (opened === undefined) continue
      const { bytes } = opened.version
      const plan = planFor({ path, bytes, hasManifest: present !== undefined }, this.#parts.selection)
      if (plan === 'publish') selected.push({ segments, path, bytes })
      if (plan === 'withdraw') await this.#withdraw(segments)
    }
    return selected
  }

  /** The file, its handle closed again; undefined when it is not to be seen, or cannot be read, which is reported. */
  async #open(segments: readonly string[]): Promise<OpenFile | undefined> {
    const opened = await this.#parts.files.open(segments)
    if (opened.kind === 'failed') this.#fail(pathOf(segments), opened.reason.message)
    if (opened.kind !== 'file') return undefined
    await opened.handle.close()
    return opened
  }

  #fail(path: string, reason: string): void {
    this.#report.failed.push({ path, reason })
  }

  /** A manifest of ours: one that leads to its root, for a file of this name. */
  async #presentAt(segments: readonly string[]): Promise<Manifest | undefined> {
    const text = await this.#out.manifestText(segments)
    const manifest = text === undefined ? undefined : parseManifest(text, sha256)
    return manifest?.ok && manifest.value.name === segments.at(-1) ? manifest.value : undefined
  }

  async #publishAll(selected: readonly Selected[], signal: AbortSignal): Promise<void> {
    const bytes = selected.reduce((sum, one) => sum + one.bytes, 0)
    const progress = { filesDone: 0, files: selected.length, bytesDone: 0, bytes, path: '' }
    await forEachAtOnce(selected, atOnceMax, signal, async ({ segments, path, bytes }) => {
      this.#parts.onProgress({ ...progress, path })
      await this.#publish(segments).catch((error: Error) => this.#fail(path, error.message))
      progress.filesDone++
      progress.bytesDone += bytes
      this.#parts.onProgress({ ...progress, path })
    })
  }

  async #publish(segments: readonly string[]): Promise<void> {
    const { manifests, finish } = this.#parts
    const path = pathOf(segments)
    const opened = await this.#open(segments)
    if (opened === undefined) return
    const { version, name, type, path: place } = opened
    if (version.bytes > fileBytesMax) return this.#fail(path, `it is larger than ${fileBytesMax} bytes`)
    const outcome = await manifests.make(opened)
    if (outcome.kind === 'failed') return this.#fail(path, outcome.reason)
    if (outcome.kind === 'changed') return this.#fail(path, 'it changes faster than it can be hashed')
    const made: Manifest = { ...outcome.manifest, name, type }
    const pages = made.hashes.kind === 'pages' ? await this.#layerOf(place, made) : undefined
    const text = printManifest(await finish(made, path, await this.#presentAt(segments)))
    if (await this.#out.put(segments, `${text}\n`, pages)) this.#report.written.push(path)
    this.#report.files++
    this.#report.bytes += made.geometry.fileBytes
  }

  async #layerOf(place: string, manifest: Manifest) {
    const layer = await this.#parts.manifests.openLayer(place, manifest)
    if (layer === undefined) throw new Error('its hash pages were lost: publish again')
    try {
      return await readFully(layer, new Uint8Array(manifest.geometry.chunkCount * hashBytes), 0)
    } finally {
      await layer.close()
    }
  }

  async #removeOrphans(site: SiteFolder, out: SiteFolder): Promise<void> {
    const present = new Set(site.files.map(pathOf))
    // What lies in a folder that cannot be read is not gone.
    const isHidden = (path: string) => site.failed.some((one) => path.startsWith(one.path))
    for (const segments of out.manifests) {
      const path = pathOf(segments)
      if (!present.has(path) && !isHidden(path) && (await this.#presentAt(segments))) await this.#withdraw(segments)
    }
  }

  async #withdraw(segments: readonly string[]): Promise<void> {
    await this.#out.remove(segments)
    this.#report.removed.push(pathOf(segments))
  }
}
