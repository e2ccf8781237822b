/**
 * The answer to a GET or HEAD for one representation (a file, a manifest, hash pages): status, headers and which
 * bytes, by RFC 9110. Knows nothing of where the bytes are.
 */
import { firstLeafField } from '../../shared/first-leaf.ts'
import { parseRange } from './byte-range.ts'
import { type ConditionHeaders, checkConditions, rangeApplies, type Validators } from './conditions.ts'
import { printEntityTag } from './entity-tag.ts'
import { printHttpDate } from './http-date.ts'

export interface Representation extends Validators {
  bytes: number
  type: string
  /** What proves the first leaf of the whole (shared/first-leaf.ts). */
  firstLeaf?: string | undefined
}

export interface AnswerHeaders extends ConditionHeaders {
  range?: string | undefined
}

export interface Answer {
  status: 200 | 206 | 304 | 412 | 416
  headers: Record<string, string>
  /** The bytes [from, to) of the representation that make up the body; an empty range for answers without one. */
  from: number
  to: number
}

export function answerTo(
  method: 'GET' | 'HEAD',
  request: AnswerHeaders,
  representation: Representation,
  nowMs: number,
): Answer {
  const { bytes, type, firstLeaf } = representation
  const common = commonHeaders(representation)
  const verdict = checkConditions(request, representation, nowMs)
  if (verdict === 'not modified') return { status: 304, headers: common, from: 0, to: 0 }
  if (verdict === 'precondition failed') return { status: 412, headers: common, from: 0, to: 0 }
  // Range is defined for GET only (RFC 9110 §14.2), and If-Range decides whether it is looked at.
  const ranged = method === 'GET' && rangeApplies(request, representation, nowMs)
  const range = ranged ? parseRange(request.range, bytes) : { kind: 'whole' as const }
  switch (range.kind) {
    case 'unsatisfiable':
      return { status: 416, headers: { ...common, 'Content-Range': `bytes */${bytes}` }, from: 0, to: 0 }
    case 'part': {
      const { from, to } = range
      const contentRange = `bytes ${from}-${to - 1}/${bytes}`
      const headers = {
        ...common,
        'Content-Type': type,
        'Content-Range': contentRange,
        'Content-Length': `${to - from}`,
      }
      return { status: 206, headers, from, to }
    }
    case 'whole': {
      const headers = {
        ...common,
        'Content-Type': type,
        'Content-Length': `${bytes}`,
        ...(firstLeaf !== undefined && { [firstLeafField]: firstLeaf }),
      }
      return { status: 200, headers, from: 0, to: method === 'GET' ? bytes : 0 }
    }
  }
}

function commonHeaders({ etag, lastModifiedMs }: Representation): Record<string, string> {
  return {
    'Accept-Ranges': 'bytes',
    // Kept by any cache, asked about every time: the strong ETag makes that one short round trip.
    'Cache-Control': 'no-cache',
    ...(etag !== undefined && { ETag: printEntityTag(etag) }),
    ...(lastModifiedMs !== undefined && { 'Last-Modified': printHttpDate(lastModifiedMs) }),
  }
}

/**
 * On every answer: any page may read, time and embed the files (they are public, and peers hand them to any visitor),
 * and no browser guesses another type than the one given.
 */
export const sharingHeaders: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': `Accept-Ranges, Content-Length, Content-Range, Date, ETag, Last-Modified, ${firstLeafField}, Retry-After`,
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Timing-Allow-Origin': '*',
  'X-Content-Type-Options': 'nosniff',
}

export const methodsAllowed = 'GET, HEAD, OPTIONS'

/** For a CORS preflight: a suffix Range and If-Range are not on the safe list, so browsers ask first. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  Allow: methodsAllowed,
  'Access-Control-Allow-Methods': methodsAllowed,
  'Access-Control-Allow-Headers':
    'Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Pragma, Range',
  // A day; browsers cap it themselves (Chromium at two hours).
  'Access-Control-Max-Age': '86400',
}
