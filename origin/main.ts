/** The origin's composition root: a folder and single files, served over HTTP with their manifests. */
import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { keyedSwarmIdOf, type Root, type SwarmId } from '../shared/ids.ts'
import type { Log } from '../shared/log.ts'
import { parseRequestPath } from './core/request-path.ts'
import type { HashFile } from './ports.ts'
import { createApp } from './shell/app.ts'
import { CappedEgress, UncappedEgress } from './shell/egress.ts'
import { HashQueue } from './shell/hash-queue.ts'
import { HashThread } from './shell/hash-thread.ts'
import { ManifestDesk } from './shell/manifest-desk.ts'
import { ManifestRecords } from './shell/manifest-records.ts'
import { ManifestSigner, type SigningOptions } from './shell/manifest-signer.ts'
import { Manifests } from './shell/manifests.ts'
import type { OriginStats } from './shell/metrics.ts'
import { type ListedFile, PublishedFiles } from './shell/published-files.ts'
import { RequestHandler } from './shell/request-handler.ts'
import { Traffic } from './shell/traffic.ts'

export { type PublishSelection, publishedBytesMinDefault } from './core/publish-plan.ts'
export type { SigningOptions } from './shell/manifest-signer.ts'
export { type OriginStats, originMetrics } from './shell/metrics.ts'
export { publishFolder, verifyFolder } from './shell/publishing.ts'
export { newSiteKey, readSiteKey, type SiteKey } from './shell/site-key.ts'
export type { PublishProgress, PublishReport } from './shell/site-publisher.ts'
export type { VerifiedFile } from './shell/site-verifier.ts'

/** How long a request for a manifest waits for its hash: some 2 GB worth; whoever asks has the file's bytes already. */
const manifestWaitMsDefault = 2000

export interface OriginOptions {
  /** Served at `/`. Names that begin with a dot are hidden. */
  folder?: string | undefined
  /** Single files from elsewhere: the URL path, and the absolute path on disk. They come before the folder's. */
  files?: ReadonlyMap<string, string> | undefined
  /** Where computed manifests are kept. Made if missing. */
  hashFolder: string
  /** The most that all bodies together may use, fairly shared. No cap by default. */
  egressBytesPerSecondMax?: number | undefined
  /** How long a request for a manifest waits for the hash before it is told to come again. 2,000 by default. */
  manifestWaitMs?: number | undefined
  /** A key of the site's own, at least 32 bytes: its swarms then have names that nobody else can make. */
  siteKey?: Uint8Array | undefined
  /** Who signs the manifests, if anybody does. */
  signing?: SigningOptions | undefined
  log: Log
  /** What hashes files; a thread of its own by default. */
  hashFile?: HashFile | undefined
}

export interface Origin {
  /** Answers every request: files, manifests, hash pages, or an error. Never throws. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** The published files, at most `countMax`. */
  list(countMax: number): Promise<ListedFile[]>
  /** Sees that the file at this URL path has its manifest ready. Fulfilled when it has; never rejects, but logs. */
  warm(path: string): Promise<void>
  stats(): OriginStats
  /** Breaks off what is under way and frees everything. */
  close(): Promise<void>
}

/** Rejects with one clear line when the folder, a file or the folder for manifests cannot be used. */
export async function createOrigin(options: OriginOptions): Promise<Origin> {
  const { hashFolder, egressBytesPerSecondMax, manifestWaitMs = manifestWaitMsDefault, log } = options
  if (egressBytesPerSecondMax !== undefined && !(egressBytesPerSecondMax >= 1)) {
    throw new Error(`an egress cap of ${egressBytesPerSecondMax} bytes per second is none: it must be 1 or more`)
  }
  const files = await PublishedFiles.open(options.folder, options.files ?? new Map())
  const records = await ManifestRecords.open(hashFolder, log)
  const thread = options.hashFile === undefined ? new HashThread() : undefined
  const queue = new HashQueue(options.hashFile ?? thread!.hash)
  const manifests = new Manifests(records, queue, log)
  const { siteKey, signing } = options
  const terms = { swarmOf: swarmNames(siteKey), signer: signing && new ManifestSigner(signing) }
  const desk = new ManifestDesk(files, manifests, manifestWaitMs, terms)
  const egress =
    egressBytesPerSecondMax === undefined ? new UncappedEgress() : new CappedEgress(egressBytesPerSecondMax)
  const traffic = new Traffic()
  const requests = new RequestHandler({ files, manifests, desk, egress, traffic, log })
  void records.prune(Date.now()).catch((error: Error) => log.warn({ reason: error.message }, 'old manifests stay'))

  return {
    handler: createApp((request, response) => requests.answer(request, response)),
    list: (countMax) => files.list(countMax),
    async warm(path) {
      const parsed = parseRequestPath(path)
      const segments = parsed.kind === 'path' && !parsed.folder ? parsed.segments : undefined
      const found = segments && (await desk.make(segments).catch(() => undefined))
      if (found?.kind !== 'manifest') log.warn({ path }, 'there is no manifest for this path')
    },
    stats: () => ({
      requests: traffic.requests,
      bytesSent: traffic.bytesSent,
      bytesSentByPath: traffic.bytesByPath(),
      activeResponses: traffic.activeResponses,
      manifests: { served: traffic.manifestsServed, hashed: manifests.hashed, fromDisk: manifests.fromDisk },
    }),
    async close() {
      queue.close()
      await traffic.breakOff()
      await manifests.close()
      await thread?.close()
    },
  }
}

/** As long as the hash: a shorter key is easier to guess than the names that it makes. */
const siteKeyBytesMin = 32

/** @throws Error that says what is wrong with the key */
function swarmNames(key: Uint8Array | undefined): ((root: Root) => SwarmId) | undefined {
  if (key === undefined) return undefined
  if (key.length < siteKeyBytesMin) {
    throw new Error(`a site key of ${key.length} bytes can be guessed: it must have ${siteKeyBytesMin} or more`)
  }
  return (root) => keyedSwarmIdOf(root, (bytes) => createHmac('sha256', key).update(bytes).digest())
}
