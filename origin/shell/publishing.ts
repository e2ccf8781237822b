/** Publishing to static hosts, put together: a folder gets its manifests, or is checked against them. Serves nothing. */
import type { Bytes } from '../../shared/bytes.ts'
import { silentLog } from '../../shared/log.ts'
import type { Manifest } from '../../shared/manifest.ts'
import type { PublishSelection } from '../core/publish-plan.ts'
import { printRequestPath } from '../core/request-path.ts'
import type { HashFile } from '../ports.ts'
import { HashQueue } from './hash-queue.ts'
import { HashThread } from './hash-thread.ts'
import { ManifestRecords } from './manifest-records.ts'
import { ManifestSigner, type SigningOptions } from './manifest-signer.ts'
import { Manifests } from './manifests.ts'
import { PublishedFiles } from './published-files.ts'
import { judgeSignature } from './signature-judge.ts'
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
  /** How the addresses of mirrors of the folder begin, each with a slash at its end. */
  mirrors?: readonly string[] | undefined
  /** Who signs, if anybody does. */
  signing?: SigningOptions | undefined
  /** The path at which the folder is published, with a slash at both ends. */
  basePath?: string | undefined
  /** Signs every manifest anew, whatever its signature still is good for. */
  isRenewal?: boolean | undefined
  onProgress?: (progress: PublishProgress) => void
}

export interface VerifyOptions extends FolderOptions {
  /** The keys of which one must have signed; without any only the hashes are compared. */
  keys?: readonly Bytes[] | undefined
  basePath?: string | undefined
  onFile?: (file: VerifiedFile) => void
}

/** Where a file of the folder is published. */
const placeOf = (basePath: string, path: string): string => `${basePath}${path.slice(1)}`

/** @throws Error where it changed: whoever pinned its key would share it no more, which nobody means */
function unchanged(manifest: Manifest, present: Manifest): Manifest {
  const isSame = manifest.root === present.root && manifest.type === present.type
  if (isSame) return present
  throw new Error('its manifest is signed: say by which key, or delete it first')
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
  const { signing, basePath = '/', isRenewal = false, mirrors = [] } = options
  const files = await PublishedFiles.open(folder, new Map())
  const records = await ManifestRecords.open(hashFolder, silentLog)
  return withQueue(options, (queue) => {
    const manifests = new Manifests(records, queue, silentLog)
    const signer = signing && new ManifestSigner(signing)
    const finish = async (made: Manifest, path: string, present: Manifest | undefined) => {
      const at = printRequestPath(path.slice(1).split('/')).slice(1)
      const manifest = mirrors.length > 0 ? { ...made, mirrors: mirrors.map((mirror) => mirror + at) } : made
      if (signer) return signer.signed(manifest, placeOf(basePath, path), present, isRenewal)
      return present?.signed ? unchanged(manifest, present) : manifest
    }
    return new SitePublisher({ folder, outFolder, files, manifests, selection, finish, onProgress }).run(signal)
  })
}

/** Rejects with one line when the folder cannot be read. */
export async function verifyFolder(options: VerifyOptions): Promise<VerifiedFile[]> {
  const { folder, outFolder = folder, signal, onFile = () => {}, keys, basePath = '/' } = options
  const files = await PublishedFiles.open(folder, new Map())
  const judge = (manifest: Manifest, path: string) =>
    judgeSignature(manifest, placeOf(basePath, path), keys, Date.now())
  return withQueue(options, (queue) => verifySite({ folder, outFolder, files, queue, judge, onFile }, signal))
}
