/**
 * How a URL becomes a file: the plain request starts at once and the manifest is asked for beside it. When the
 * manifest is there in time and speaks of the same bytes, the answer is taken over; otherwise it is left untouched.
 */
import { type Bytes, hashBytes } from '../../shared/bytes.ts'
import { readFirstLeaf } from '../../shared/first-leaf.ts'
import type { Root } from '../../shared/ids.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { NearcastError } from '../api.ts'
import type { Clock, Hasher } from '../ports.ts'
import { AnswerBody } from './answer-body.ts'
import { type ByteRange, disagreement, isAnswerTo, leafClaimOf, parseRange } from './answer-head.ts'
import type { BegunRequest } from './begun-request.ts'
import { earlyLeaf } from './early-leaf.ts'
import { fetchAnywhere } from './failover.ts'
import { enter } from './file-entry.ts'
import { inTime, type ManifestSource } from './manifest-source.ts'
import type { OpenFile } from './open-file.ts'
import type { Rehearsal } from './rehearsal.ts'
import type { ResumeHints } from './resume-hints.ts'
import type { Runtime } from './runtime.ts'
import type { Vault } from './vault.ts'

/** A file that may be in the store waits this long for its manifest before it is asked for like any other. */
const hintPatienceMs = 1_000

/** Where nothing but signed files is taken, a file waits for its manifest longer than any manifest is on its way. */
const signedPatienceMs = 10_000

export interface Opener {
  runtime: Runtime
  clock: Clock
  vault: Vault
  hasher: Hasher
  hints: ResumeHints
  manifests: ManifestSource
  /** Whether a file is refused that has no manifest to be trusted, in place of coming over plain HTTP. */
  isStrict: boolean
  /** Hosts whose answers prove their first leaf, or are thought to: there the manifest is asked for after it. */
  leafHosts: Set<string>
  /** Whether the edges that the tracker names have a URL's file as well, and which they are now. */
  hasEdges: (url: string) => boolean
  edgesOf: (url: string) => readonly string[]
  /** Addresses that may stand in for its own server's from the first byte on: of these edges, and of the page's mirrors. */
  standIns: (url: string) => readonly string[]
  /** Where else a file is, as its manifest says and as the page does. */
  mirrorsFor: (url: string, named?: readonly string[]) => ReadonlyMap<string, string>
  rehearsal: Rehearsal
}

export interface OpenRequest {
  url: string
  headers: Headers
  signal: AbortSignal | undefined
  /** How long after the answer's head the manifest may still come. */
  patienceMs: number
  /** The plain request, where it is under way. */
  begun?: Pick<BegunRequest, 'response' | 'cancel'> | undefined
}

export type Opened =
  /** `body` when its beginning was looked at: the response's own has been taken. */
  | { kind: 'plain'; response: Response; body: AnswerBody | undefined; reason: string }
  /** `response` is missing when the store had enough to begin without asking. */
  | { kind: 'file'; file: OpenFile; response: Response | undefined; range: ByteRange | undefined }

/** An answer whose first leaf is read ahead of all else. */
export interface Begun {
  kind: 'begun'
  response: Response
  root: Root
  /** The first leaf, verified; undefined when it is wrong or long in coming. */
  leaf: Promise<Bytes | undefined>
  /** Where the bytes after the leaf are, or all of them when there is no leaf. */
  rest: Promise<Opened>
}

/** The answer to the plain request, and what was asked beside it. */
interface Asked {
  response: Response
  /** The manifest, or why there is none; asked for now if it was not before. */
  manifest: () => ReturnType<ManifestSource>
  /** How long after the answer's head the manifest may still come. */
  patienceMs: number
  isRanged: boolean
  /** Ends the request for the manifest. */
  endManifest: () => void
  /** Ends the answer. */
  cancel: () => void
}

/** What is there once the manifest came or did not. */
export async function open(opener: Opener, request: OpenRequest): Promise<Opened> {
  const asked = await ask(opener, request, false)
  return 'kind' in asked ? asked : settle(opener, request, asked, undefined)
}

/**
 * The same, but the first leaf comes as soon as it is proven: by the answer's head, without waiting for the manifest,
 * or by the manifest, before the file is opened.
 */
export async function openEarly(opener: Opener, request: OpenRequest): Promise<Opened | Begun> {
  const { host } = new URL(request.url)
  const isRanged = request.headers.has('range')
  const asked = await ask(opener, request, !isRanged && !opener.isStrict && opener.leafHosts.has(host))
  if ('kind' in asked) return asked
  const { response, cancel } = asked
  if (isRanged || !response.ok) return settle(opener, request, asked, undefined)
  // Without a manifest that is trusted the leaf is plain HTTP's own, like all that follows: never kept, never shared.
  const claim = opener.isStrict ? undefined : leafClaimOf(response)
  if (!claim) {
    opener.leafHosts.delete(host)
    const judged = await judge(opener, request, asked, undefined)
    if (judged.kind === 'plain' || judged.manifest.geometry.fileBytes === 0)
      return admit(opener, request, asked, judged)
    const { head, geometry } = judged.manifest
    const body = new AnswerBody(response.body!)
    const leaf = earlyLeaf(opener.hasher, body, geometry.fileBytes, () => head.subarray(0, hashBytes))
    return begin(response, judged.manifest.root, leaf, () => admit(opener, request, asked, { ...judged, body }))
  }
  opener.leafHosts.add(host)
  refuseOver(opener, request, cancel)
  const { field, root, fileBytes } = claim
  const body = new AnswerBody(response.body!)
  const hashOf = () => readFirstLeaf(field, root, fileBytes, opener.hasher.sha256)
  return begin(response, root, earlyLeaf(opener.hasher, body, fileBytes, hashOf), () =>
    settle(opener, request, asked, body),
  )
}

function begin(response: Response, root: Root, leaf: Promise<Bytes | undefined>, next: () => Promise<Opened>): Begun {
  const rest = leaf.then(async () => {
    // A turn later: the page has its first bytes before anything is done that they do not need.
    await new Promise((resolve) => setTimeout(resolve))
    return next()
  })
  return { kind: 'begun', response, root, leaf, rest }
}

/** @param isLate whether the manifest is left for later: its request slows the file's down on a busy machine */
async function ask(opener: Opener, request: OpenRequest, isLate: boolean): Promise<Opened | Asked> {
  const { begun } = request
  request.signal?.throwIfAborted()
  const ended = new AbortController()
  const isRanged = request.headers.has('range')
  let fetching: ReturnType<ManifestSource> | undefined
  let address = request.url
  const signal = request.signal ? AbortSignal.any([request.signal, ended.signal]) : ended.signal
  const manifest = () => {
    fetching ??= opener.manifests(request.url, signal, address)
    return fetching
  }
  if (!isRanged && opener.hints.has(request.url)) {
    const known = await inTime(hintPatienceMs, manifest())
    refuseClosed(opener, request.url)
    if (typeof known !== 'string') {
      begun?.cancel()
      return { kind: 'file', ...(await enter(opener, request, known, undefined)) }
    }
  }
  const body = new AbortController()
  const cancel = () => {
    body.abort(request.signal?.reason)
    begun?.cancel(request.signal?.reason)
  }
  request.signal?.addEventListener('abort', cancel)
  request.signal?.throwIfAborted()
  // The file is asked for first: its head is what the page would wait for without Nearcast too.
  const init = { headers: request.headers, signal: body.signal }
  const answering = fetchAnywhere(request.url, init, () => opener.standIns(request.url), begun?.response)
  if (!isLate) void manifest()
  const askedAt = opener.clock.now()
  const { response, address: answerer } = await answering.finally(opener.rehearsal.asking())
  if (answerer !== address) {
    // A manifest of another server may be of another version.
    address = answerer
    fetching = undefined
    void manifest()
  }
  // Asked for later, it takes a round trip from here: about as long as this head took.
  const patienceMs = opener.isStrict
    ? signedPatienceMs
    : request.patienceMs + (isLate ? opener.clock.now() - askedAt : 0)
  return { response, manifest, patienceMs, isRanged, endManifest: () => ended.abort(), cancel }
}

/** An answer and what came of its manifest. */
type Judged =
  | Extract<Opened, { kind: 'plain' }>
  | { kind: 'file'; manifest: Manifest; range: ByteRange | undefined; body: AnswerBody | undefined }

async function settle(
  opener: Opener,
  request: OpenRequest,
  asked: Asked,
  body: AnswerBody | undefined,
): Promise<Opened> {
  return admit(opener, request, asked, await judge(opener, request, asked, body))
}

async function judge(
  opener: Opener,
  request: OpenRequest,
  { response, manifest: askForManifest, patienceMs, isRanged, endManifest, cancel }: Asked,
  body: AnswerBody | undefined,
): Promise<Judged> {
  const plain = (reason: string): Judged => {
    endManifest()
    if (!opener.isStrict || !response.ok) return { kind: 'plain', response, body, reason }
    cancel()
    throw new NearcastError('untrusted', `nearcast: ${request.url}: ${reason}`)
  }
  if (!response.ok || !response.body) return plain(`the server answered ${response.status}`)
  const manifest = await inTime(patienceMs, askForManifest())
  refuseOver(opener, request, cancel)
  if (typeof manifest === 'string') return plain(manifest)
  const wrong = disagreement(response, manifest)
  if (wrong) return plain(wrong)
  const range = isRanged ? parseRange(request.headers.get('range')!, manifest.geometry.fileBytes) : undefined
  if (!isAnswerTo(range, isRanged, response)) return plain('the range is not one that can be verified')
  return { kind: 'file', manifest, range, body }
}

async function admit(opener: Opener, request: OpenRequest, asked: Asked, judged: Judged): Promise<Opened> {
  if (judged.kind === 'plain') return judged
  const { response, cancel } = asked
  refuseOver(opener, request, cancel)
  // From here on the answer may serve several readers: it ends when the last of them does.
  request.signal?.removeEventListener('abort', cancel)
  const { manifest, range, body } = judged
  return { kind: 'file', ...(await enter(opener, request, manifest, { response, body, cancel, range })) }
}

/** Who asked is gone, or the client is. */
function refuseOver(opener: Opener, { signal, url }: OpenRequest, cancel: () => void): void {
  signal?.throwIfAborted()
  if (opener.runtime.isClosed) cancel()
  refuseClosed(opener, url)
}

function refuseClosed({ runtime }: Opener, url: string): void {
  if (runtime.isClosed) throw new NearcastError('closed', `nearcast: ${url}: the client is closed`)
}
