/** Publishing to static hosts, put together: a folder gets its manifests, or is checked against them. Serves nothing. */
import { silentLog } from '../../shared/log.ts'
import type { Manifest } from '../../shared/manifest.ts'
import type { PublishSelection } from '../core/publish-plan.ts'
import type { HashFile } from '../ports.ts'
import { HashQueue } from './hash-queue.ts'
import { HashThread } from './hash-thread.ts'
import { ManifestRecords } from './manifest-records.ts'
import { Manifests } from './manifests.ts'
import { PublishedFiles } from './published-files.ts'
import { type PublishProgress, type PublishReport, SitePublisher } from './site-publisher.ts'
import { type VerifiedFile, verifySite } from './site-verifier.ts'

interface FolderOptions {
  folder: string
  /** Where the manifests are, when not beside the files. */
  outFolder?: string | undefined
  signal: AbortSignal
  /** What hashes files; a thread of its own by default. */
  hashFile?: HashFile | undefined
}

export interface PublishOptions extends FolderOptions {
  /** Where hashes are kept, so that what did not change is not hashed again. */
  hashFolder: string
  selection: PublishSelection
  onProgress?: (progress: PublishProgress) => void
}

export interface VerifyOptions extends FolderOptions {
  onFile?: (file: VerifiedFile) => void
}

/** Hashes with a queue that is closed again, whatever happens. */
async function withQueue<T>({ hashFile, signal }: FolderOptions, work: (queue: HashQueue) => Promise<T>): Promise<T> {
  const thread = hashFile === undefined ? new HashThread() : undefined
  const queue = new HashQueue(hashFile ?? thread!.hash)
  const close = () => queue.close()
  signal.addEventListener('abort', close)
  try {
    return await work(queue)
  } finally {
    signal.removeEventListener('abort', close)
    queue.close()
    await thread?.close()
  }
}

/** Rejects with one line when the folder or the one for hashes cannot be used. */
export async function publishFolder(options: PublishOptions): Promise<PublishReport> {
  const { folder, outFolder = folder, hashFolder, selection, signal, onProgress = () => {} } = options
  const files = await PublishedFiles.open(folder, new Map())
  const records = await ManifestRecords.open(hashFolder, silentLog)
  return withQueue(options, (queue) => {
    const manifests = new Manifests(records, queue, silentLog)
    const finish = (manifest: Manifest) => manifest
    return new SitePublisher({ folder, outFolder, files, manifests, selection, finish, onProgress }).run(signal)
  })
}

/** Rejects with one line when the folder cannot be read. */
export async function verifyFolder(options: VerifyOptions): Promise<VerifiedFile[]> {
  const { folder, outFolder = folder, signal, onFile = () => {} } = options
  const files = await PublishedFiles.open(folder, new Map())
  const judge = async () => ({ faults: [], notes: [] })
  return withQueue(options, (queue) => verifySite({ folder, outFolder, files, queue, judge, onFile }, signal))
}
