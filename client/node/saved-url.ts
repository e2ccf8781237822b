/**
 * A URL saved to disk: verified and from peers where it has a manifest, by plain HTTP where it has none. Owns the order
 * of things: room, chunks in place, the check of the whole, the name. A file that changes meanwhile is begun anew.
 */
import { createHash } from 'node:crypto'
import type { Manifest } from '../../shared/manifest.ts'
import { type BytesBySource, type Client, type Download, NearcastError } from '../api.ts'
import type { ChunkStore } from '../ports.ts'
import { openError } from '../shell/open-error.ts'
import { FileStore } from './file-store.ts'
import { type ManifestAnswer, type ManifestDesk, pause } from './manifest-desk.ts'
import { PartFile } from './part-file.ts'
import { lockPath } from './path-lock.ts'
import { savePlain } from './plain-file.ts'

/** Unfinished files are called so. */
export const partSuffix = '.part'

/** A server that is still hashing the file is waited for so long; then it is plain HTTP this time. */
const manifestPatienceMs = 10_000

/** A file that changes more often than this while it is fetched is not one to fetch. */
const versionsMax = 3

export interface SaveProgress {
  state: 'starting' | 'running' | 'checking' | 'lingering'
  totalBytes: number | undefined
  doneBytes: number
  bytes: BytesBySource
  uploadedBytes: number
  /** Peers that are connected now. */
  peers: number
  /** Why the file comes by plain HTTP, unverified and without peers, when it does. */
  plainReason?: string
}

export interface Saved {
  bytes: number
  /** Of the whole file, in hex. */
  sha256: string
  from: BytesBySource
  uploaded: number
  /** Until the file had its name; serving others afterwards is not counted. */
  ms: number
}

export interface SaveOptions {
  url: string
  /** The finished file; the unfinished one is beside it. An existing one is replaced. */
  path: string
  signal?: AbortSignal
  /** Goes on serving others this long after the file has its name; the signal ends that early. */
  lingerMs?: number
  onProgress?: (progress: SaveProgress) => void
}

export interface SaveParts {
  manifests: ManifestDesk
  /** Whether a file without a manifest to be trusted is refused. */
  isStrict: boolean
  makeClient(store: ChunkStore): Client
}

type Run = Required<Omit<SaveOptions, 'signal' | 'onProgress'>> & {
  signal: AbortSignal
  tell(progress: SaveProgress): void
  startedAt: number
}

/** @throws NearcastError why it cannot be saved; what an abort gives as its reason, with the unfinished file kept */
export async function saveUrl(options: SaveOptions, parts: SaveParts): Promise<Saved> {
  const { signal = new AbortController().signal, lingerMs = 0, onProgress: tell = () => {} } = options
  const run: Run = { url: options.url, path: options.path, signal, lingerMs, tell, startedAt: performance.now() }
  const unlock = await lockPath(run.path + partSuffix).catch(storageError)
  try {
    return await saveLatest(run, parts)
  } finally {
    await unlock()
  }
}

async function saveLatest(run: Run, parts: SaveParts): Promise<Saved> {
  const { signal } = run
  for (let version = 1; ; version++) {
    const answer = await parts.manifests.ask(run.url, signal, manifestPatienceMs)
    if (answer.kind === 'none' && parts.isStrict) throw untrusted(run.url, answer)
    if (answer.kind === 'none') return savePlainly(run, answer.reason)
    try {
      return await saveVerified(run, answer.manifest, parts)
    } catch (error) {
      signal.throwIfAborted()
      if (version >= versionsMax || !isOtherVersion(error)) throw error
      // The server may serve another file by now, whose manifest says so; if it does not, its bytes are wrong.
      const next = await parts.manifests.ask(run.url, signal, manifestPatienceMs)
      if (next.kind !== 'manifest' || next.manifest.root === answer.manifest.root) throw error
    }
  }
}

/** A server that cannot be asked is another matter than one that answers with the wrong thing. */
function untrusted(url: string, { reason, status, cause }: Extract<ManifestAnswer, { kind: 'none' }>): unknown {
  if (status === undefined && cause !== undefined) return openError(url, cause)
  return new NearcastError(status !== undefined && status >= 500 ? 'http-status' : 'untrusted', `${url}: ${reason}`)
}

const isOtherVersion = (error: unknown) =>
  error instanceof NearcastError && (error.code === 'file-changed' || error.code === 'corrupt-origin')

async function saveVerified(run: Run, manifest: Manifest, { makeClient }: SaveParts): Promise<Saved> {
  const part = await PartFile.open(run.path + partSuffix, manifest.root, manifest.geometry).catch(storageError)
  await part.requireRoom()
  const client = makeClient(new FileStore(async () => part))
  try {
    const download = client.download(run.url)
    const sha256 = await fetchAll(run, download, client, part)
    if (run.lingerMs === 0) await client.close()
    else await part.settled()
    if (part.failure) throw storageError(part.failure)
    await part.finish(run.path).catch(storageError)
    const { bytes } = download.progress()
    const ms = performance.now() - run.startedAt
    if (run.lingerMs > 0) await linger(run, download, client)
    return { bytes: manifest.geometry.fileBytes, sha256, from: bytes, uploaded: client.stats().bytes.uploaded, ms }
  } finally {
    await client.close()
    await part.close()
  }
}

/** Brings every chunk to its place, and reads the whole once more. @returns its hash */
async function fetchAll(run: Run, download: Download, client: Client, part: PartFile): Promise<string> {
  const { signal } = run
  const cancel = () => download.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const stopTelling = download.onProgress(() => run.tell(progressOf(download, client, 'running')))
  const failed = part.failed.then((failure) => {
    download.cancel()
    throw storageError(failure)
  })
  try {
    signal.throwIfAborted()
    await Promise.race([download.done, failed])
    if (!download.progress().verified) throw new NearcastError('file-changed', `${run.url} has lost its manifest`)
    run.tell(progressOf(download, client, 'checking'))
    return await Promise.race([hashOf(download, signal), failed])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    stopTelling()
    signal.removeEventListener('abort', cancel)
  }
}

/** Reads the file in order, verified; what an earlier run left wrong on the disk is fetched again on the way. */
async function hashOf(download: Download, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of download.stream()) {
    signal.throwIfAborted()
    hash.update(bytes)
  }
  return hash.digest('hex')
}

async function linger(run: Run, download: Download, client: Client): Promise<void> {
  const stop = setInterval(() => run.tell(progressOf(download, client, 'lingering')), 1_000)
  // An end that comes early is an end all the same.
  await pause(run.lingerMs, run.signal).catch(() => {})
  clearInterval(stop)
}

function progressOf(download: Download, client: Client, state: SaveProgress['state']): SaveProgress {
  const { totalBytes, doneBytes, bytes } = download.progress()
  const stats = client.stats()
  const peers = stats.peers.filter((peer) => peer.state === 'open').length
  return { state, totalBytes, doneBytes, bytes, uploadedBytes: stats.bytes.uploaded, peers }
}

async function savePlainly(run: Run, plainReason: string): Promise<Saved> {
  const { url, path, signal } = run
  const sources = (doneBytes: number, store: number) => ({ peers: 0, origin: doneBytes - store, store })
  const saved = await savePlain(url, { partPath: path + partSuffix, finalPath: path }, signal, (progress) => {
    const { doneBytes, totalBytes, storedBytes } = progress
    const bytes = sources(doneBytes, storedBytes)
    run.tell({ state: 'running', totalBytes, doneBytes, bytes, uploadedBytes: 0, peers: 0, plainReason })
  })
  const ms = performance.now() - run.startedAt
  return {
    bytes: saved.doneBytes,
    sha256: saved.sha256,
    from: sources(saved.doneBytes, saved.storedBytes),
    uploaded: 0,
    ms,
  }
}

/** What the disk refused, in the words of the public API. */
function storageError(cause: unknown): never {
  if (cause instanceof NearcastError) throw cause
  throw new NearcastError('storage', cause instanceof Error ? cause.message : String(cause), { cause })
}
