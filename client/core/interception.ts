/**
 * What a service worker may take into its hands: which requests, and which answers of the server. Everything else stays
 * between browser and server, untouched. Knows no worker and no page.
 */
import { leafBytes } from '../../shared/limits.ts'
import type { PathTest } from './url-globs.ts'

/** What there is to know of a request, as the Fetch standard names it. */
export interface RequestFacts {
  method: string
  /** Of its address. */
  origin: string
  pathname: string
  username: string
  mode: string
  cache: string
  destination: string
  /** Lower-case names. */
  headers: ReadonlyMap<string, string>
}

/** Of a manifest or of ours: these must come from the server itself. */
const ownPath = /^\/\.nearcast\/|\.nearcast\.(json|pages)$/

/** Who names one of these wants the server, or the browser's cache alone. */
const bypassingCaches = ['no-store', 'reload', 'no-cache', 'only-if-cached']

/** What runs or can run with the rights of the page stays with the server, whose word alone it has. */
// biome-ignore format: a list of words
const activeDestinations = [
  'document', 'embed', 'frame', 'iframe', 'fencedframe', 'json', 'manifest', 'object', 'report', 'script',
  'serviceworker', 'sharedworker', 'style', 'worker', 'xslt', 'audioworklet', 'paintworklet',
]

/** Why a request is none of the worker's; undefined for one that is. */
export function refusalOf(request: RequestFacts, siteOrigin: string, isMatch: PathTest): string | undefined {
  const { origin, pathname, username } = request
  if (request.method !== 'GET') return 'not a GET'
  if (origin !== siteOrigin || username !== '') return 'another site'
  if (request.mode === 'navigate') return 'a navigation'
  if (ownPath.test(pathname)) return 'an address of Nearcast'
  if (bypassingCaches.includes(request.cache)) return `cache: ${request.cache}`
  if (request.headers.has('authorization')) return 'for one visitor alone'
  if (activeDestinations.includes(request.destination)) return 'active content'
  const range = request.headers.get('range')
  if (range !== undefined && !/^bytes=\d*-\d*$/.test(range)) return 'not one range of bytes'
  return isMatch(pathname) ? undefined : 'not on the list'
}

/** Below this the server's own answer is here before anybody could help with it. */
export const acceleratedBytesMin = 4 * leafBytes

const activeTypes = /javascript|ecmascript|html|xml|css|wasm|^text\//

/** The bytes [from, to) of a file that an answer brings. */
export interface AnsweredRange {
  from: number
  to: number
  fileBytes: number
}

export interface AnswerFacts {
  status: number
  /** As the Fetch standard names it; what is not `basic` is of another site. */
  type: string
  redirected: boolean
  headers: ReadonlyMap<string, string>
}

/** What an answer brings, when it is one that may come from peers as well. */
export function acceleratedRange({ status, type, redirected, headers }: AnswerFacts): AnsweredRange | undefined {
  if (type !== 'basic' || redirected) return undefined
  if (headers.has('content-encoding')) return undefined
  if (/\bno-store\b|\bprivate\b/i.test(headers.get('cache-control') ?? '')) return undefined
  const mediaType = headers.get('content-type')?.toLowerCase() ?? ''
  if (mediaType === '' || activeTypes.test(mediaType) || mediaType.startsWith('multipart/')) return undefined
  const range = status === 206 ? partOf(headers) : status === 200 ? wholeOf(headers) : undefined
  return range && range.to - range.from >= acceleratedBytesMin ? range : undefined
}

function wholeOf(headers: ReadonlyMap<string, string>): AnsweredRange | undefined {
  const fileBytes = lengthOf(headers)
  return fileBytes === undefined ? undefined : { from: 0, to: fileBytes, fileBytes }
}

function partOf(headers: ReadonlyMap<string, string>): AnsweredRange | undefined {
  const [, first, last, total] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers.get('content-range') ?? '') ?? []
  if (first === undefined) return undefined
  const range = { from: Number(first), to: Number(last) + 1, fileBytes: Number(total) }
  const length = headers.has('content-length') ? lengthOf(headers) : range.to - range.from
  const isWhole = range.from < range.to && range.to <= range.fileBytes
  return isWhole && length === range.to - range.from ? range : undefined
}

function lengthOf(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get('content-length') ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/**
 * How to ask the server for what is missing of a body that broke off, so that no byte of another version can follow:
 * under If-Range (RFC 9110 §13.1.5), and only where the ETag is the root by which the bytes before were verified. Any
 * other ETag names a version of which nobody knows whether it is the manifest's.
 */
export function continuationOf(
  etag: string | undefined,
  root: string,
  { from, to }: { from: number; to: number },
): Record<string, string> | undefined {
  if (etag !== `"${root}"`) return undefined
  return { Range: `bytes=${from}-${to - 1}`, 'If-Range': etag }
}

/** Whether an answer brings exactly the bytes that were missing, of the very version that began. */
export function isContinuation(answer: AnswerFacts, wanted: AnsweredRange, root: string): boolean {
  if (answer.status !== 206 || answer.headers.has('content-encoding')) return false
  const range = partOf(answer.headers)
  if (range?.from !== wanted.from || range.to !== wanted.to || range.fileBytes !== wanted.fileBytes) return false
  return answer.headers.get('etag') === `"${root}"`
}
