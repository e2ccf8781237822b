/**
 * How a URL becomes a file: the plain request starts at once and the manifest is asked for beside it. When the
 * manifest is there in time and speaks of the same bytes, the answer is taken over; otherwise it is left untouched.
 */
import { toHex } from '../../shared/bytes.ts'
import { swarmIdOf } from '../../shared/ids.ts'
import { leafBytes } from '../../shared/limits.ts'
import { ChunkHashes, type Manifest } from '../../shared/manifest.ts'
import { NearcastError } from '../api.ts'
import type { Clock, Hasher } from '../ports.ts'
import type { ManifestSource } from './manifest-source.ts'
import { OpenFile } from './open-file.ts'
import type { ResumeHints } from './resume-hints.ts'
import type { Runtime } from './runtime.ts'
import type { Vault } from './vault.ts'

/** A file that may be in the store waits this long for its manifest before it is asked for like any other. */
const hintPatienceMs = 1_000

export interface Opener {
  runtime: Runtime
  clock: Clock
  vault: Vault
  hasher: Hasher
  hints: ResumeHints
  manifests: ManifestSource
}

export interface OpenRequest {
  url: string
  headers: Headers
  signal: AbortSignal | undefined
  /** How long after the answer's head the manifest may still come. */
  patienceMs: number
}

export type Opened =
  | { kind: 'plain'; response: Response; reason: string }
  /** `response` is missing when the store had enough to begin without asking. */
  | { kind: 'file'; file: OpenFile; response: Response | undefined; range: ByteRange | undefined }

/** Bytes [from, to) as a Range header asked for them. */
export interface ByteRange {
  from: number
  to: number
}

export async function open(opener: Opener, request: OpenRequest): Promise<Opened> {
  request.signal?.throwIfAborted()
  const ended = new AbortController()
  const manifest = opener.manifests(
    request.url,
    request.signal ? AbortSignal.any([request.signal, ended.signal]) : ended.signal,
  )
  const isRanged = request.headers.has('range')
  if (!isRanged && opener.hints.has(request.url)) {
    const known = await within(hintPatienceMs, manifest)
    refuseClosed(opener, request.url)
    if (typeof known !== 'string') return { kind: 'file', ...(await take(opener, request, known, undefined)) }
  }
  const body = new AbortController()
  const cancel = () => body.abort(request.signal?.reason)
  request.signal?.addEventListener('abort', cancel)
  request.signal?.throwIfAborted()
  const response = await fetch(request.url, { headers: request.headers, signal: body.signal })
  const plain = (reason: string): Opened => {
    ended.abort()
    return { kind: 'plain', response, reason }
  }
  if (!response.ok || !response.body) return plain(`the server answered ${response.status}`)
  const known = await within(request.patienceMs, manifest)
  request.signal?.throwIfAborted()
  if (opener.runtime.isClosed) cancel()
  refuseClosed(opener, request.url)
  if (typeof known === 'string') return plain(known)
  const wrong = disagreement(response, known)
  if (wrong) return plain(wrong)
  const range = isRanged ? parseRange(request.headers.get('range')!, known.geometry.fileBytes) : undefined
  if (!isAnswerTo(range, isRanged, response)) return plain('the range is not one that can be verified')
  // From here on the answer may serve several readers: it ends when the last of them does.
  request.signal?.removeEventListener('abort', cancel)
  return { kind: 'file', ...(await take(opener, request, known, { response, cancel, range })) }
}

function refuseClosed({ runtime }: Opener, url: string): void {
  if (runtime.isClosed) throw new NearcastError('closed', `nearcast: ${url}: the client is closed`)
}

/** Whether the answer is the whole file, or the one range that was asked for. */
function isAnswerTo(range: ByteRange | undefined, isRanged: boolean, { status, headers }: Response): boolean {
  if (!isRanged) return status === 200
  const said = headers.get('content-range')
  return range !== undefined && status === 206 && (said?.startsWith(`bytes ${range.from}-${range.to - 1}/`) ?? true)
}

async function within(ms: number, manifest: ReturnType<ManifestSource>): ReturnType<ManifestSource> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('the manifest was not ready'), ms)
  })
  // A timer that is left running would keep a program from ending.
  return Promise.race([manifest, late]).finally(() => clearTimeout(timer))
}

/** Why an answer and a manifest do not speak of the same bytes, when they do not. */
function disagreement(response: Response, { geometry, root }: Manifest): string | undefined {
  if (response.headers.has('content-encoding')) return 'the answer is encoded'
  const total =
    response.status === 206
      ? response.headers.get('content-range')?.split('/')[1]
      : response.headers.get('content-length')
  if (total !== null && total !== String(geometry.fileBytes)) {
    return `the answer has ${total ?? 'no'} bytes, the manifest ${geometry.fileBytes}`
  }
  const etag = response.headers.get('etag')
  if (etag && /^"[0-9a-f]{64}"$/.test(etag) && etag !== `"${root}"`) return 'the manifest is of another version'
  return undefined
}

/** One range of bytes (RFC 9110 §14.1.2), or undefined for anything else. */
export function parseRange(header: string, fileBytes: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  const from = first === '' ? Math.max(0, fileBytes - Number(last)) : Number(first)
  const to = first === '' || last === '' ? fileBytes : Math.min(Number(last) + 1, fileBytes)
  return from < to ? { from, to } : undefined
}

interface Answer {
  response: Response
  cancel: () => void
  range: ByteRange | undefined
}

/** Opens the file, or finds it open, and hands it the answer that is under way where that is of use. */
async function take(
  opener: Opener,
  { url }: OpenRequest,
  manifest: Manifest,
  answer: Answer | undefined,
): Promise<{ file: OpenFile; response: Response | undefined; range: ByteRange | undefined }> {
  const { runtime, vault, hasher, hints } = opener
  const response = answer?.response
  const id = swarmIdOf(manifest.root, hasher.sha256)
  const present = runtime.fileOf(id)
  if (present) {
    answer?.cancel()
    return { file: present, response, range: answer?.range }
  }
  const hashes = new ChunkHashes(manifest, hasher.sha256)
  const etag = response?.headers.get('etag') ?? undefined
  const file = new OpenFile({ url, id, manifest, hashes, etag, vault })
  runtime.addFile(file)
  const held = vault.held(manifest.root).then((indexes) => {
    file.held(indexes)
    runtime.input({ type: 'held', swarm: id, indexes })
  })
  if (answer && !answer.range) {
    const run = runtime.engine.takeRunId()
    runtime.addRun(run, answer.cancel)
    runtime.input({ type: 'open', swarm: id, manifest, hashes, run: { id: run, to: manifest.geometry.fileBytes } })
    void pump(runtime, run, answer.response)
  } else {
    // A range that begins inside a chunk cannot be verified by itself: whole chunks are asked for in its place.
    answer?.cancel()
    runtime.input({ type: 'open', swarm: id, manifest, hashes })
    await held
  }
  hints.add(url)
  return { file, response, range: answer?.range }
}

/** Feeds an answer that is under way to the engine, no faster than it is taken. */
async function pump(runtime: Runtime, run: number, response: Response): Promise<void> {
  const reader = response.body!.getReader()
  let isFirst = true
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return runtime.runEnded(run)
      // A first read may bring megabytes: its first leaf goes ahead, hashed and released while the rest is taken in.
      const ahead = isFirst ? Math.min(leafBytes, value.length) : 0
      isFirst = false
      if (ahead > 0) {
        await runtime.runBytes(run, value.subarray(0, ahead))
        await new Promise((resolve) => setTimeout(resolve))
      }
      if (ahead < value.length) await runtime.runBytes(run, value.subarray(ahead))
    }
  } catch (error) {
    runtime.runFailed(run, { reason: error instanceof Error ? error.message : String(error), retry: true })
  }
}

/** The head of an answer that was never asked for: what the server would have said. */
export function headOf(manifest: Manifest, range: ByteRange | undefined): { status: 200 | 206; headers: Headers } {
  const { fileBytes } = manifest.geometry
  const headers = new Headers({ 'content-type': manifest.type, 'accept-ranges': 'bytes', etag: `"${manifest.root}"` })
  headers.set('content-length', String(range ? range.to - range.from : fileBytes))
  if (range) headers.set('content-range', `bytes ${range.from}-${range.to - 1}/${fileBytes}`)
  return { status: range ? 206 : 200, headers }
}

/** The error that a rejected `fetch` becomes; an abort stays what it is. */
export function openError(url: string, error: unknown): unknown {
  if (error instanceof NearcastError) return error
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) return error
  return new NearcastError('network', `nearcast: ${url} could not be reached`, { cause: error })
}

/** Random bytes as the engine's seeds and names want them. */
export const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)))
