/**
 * Conditional requests: whether a GET or HEAD is answered with the file, with 304, or with 412, and whether its Range
 * still means the version at hand. RFC 9110 §13.1 gives the conditions, §13.2.2 their order.
 */
import { type EntityTag, parseEntityTag, parseEntityTags, strongMatch, weakMatch } from './entity-tag.ts'
import { parseHttpDate } from './http-date.ts'

export interface ConditionHeaders {
  'if-match'?: string | undefined
  'if-none-match'?: string | undefined
  'if-modified-since'?: string | undefined
  'if-unmodified-since'?: string | undefined
  'if-range'?: string | undefined
}

/** What the version at hand can be told apart by. */
export interface Validators {
  etag: EntityTag | undefined
  /** In whole seconds; undefined while no date tells this version from others. */
  lastModifiedMs: number | undefined
}

export type Verdict = 'send' | 'not modified' | 'precondition failed'

export function checkConditions(headers: ConditionHeaders, current: Validators, nowMs: number): Verdict {
  if (!mayProceed(headers, current, nowMs)) return 'precondition failed'
  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined) return listHas(noneMatch, current.etag, weakMatch) ? 'not modified' : 'send'
  const since = dateOf(headers['if-modified-since'], nowMs)
  if (since === undefined || current.lastModifiedMs === undefined) return 'send'
  return current.lastModifiedMs <= since ? 'not modified' : 'send'
}

function mayProceed(headers: ConditionHeaders, current: Validators, nowMs: number): boolean {
  const match = headers['if-match']
  if (match !== undefined) return listHas(match, current.etag, strongMatch)
  const since = dateOf(headers['if-unmodified-since'], nowMs)
  return since === undefined || current.lastModifiedMs === undefined || current.lastModifiedMs <= since
}

/** `*` matches any version that exists, and the one at hand does. */
function listHas(header: string, etag: EntityTag | undefined, matches: (a: EntityTag, b: EntityTag) => boolean) {
  const tags = parseEntityTags(header)
  return tags === '*' || (etag !== undefined && tags.some((tag) => matches(tag, etag)))
}

const dateOf = (header: string | undefined, nowMs: number) =>
  header === undefined ? undefined : parseHttpDate(header, nowMs)

/**
 * True when the Range may be honoured: there is no If-Range, or it names exactly this version. Only strong validators
 * count (RFC 9110 §13.1.5): two halves joined by a weak one could be of two versions.
 */
export function rangeApplies(headers: ConditionHeaders, current: Validators, nowMs: number): boolean {
  const header = headers['if-range']
  if (header === undefined) return true
  const tag = parseEntityTag(header)
  if (tag !== undefined) return current.etag !== undefined && strongMatch(tag, current.etag)
  const date = parseHttpDate(header, nowMs)
  return date !== undefined && date === current.lastModifiedMs
}

/**
 * The Last-Modified date to go by, in whole seconds. While the file's last second still runs (or lies ahead) there is
 * none: the file can change again under the same date, and a 304 or a Range would then mean another version. A date
 * that is only given once its second is over is strong (RFC 9110 §8.8.2.2).
 */
export function lastModifiedOf(modifiedMs: number, nowMs: number): number | undefined {
  const second = Math.floor(modifiedMs / 1000) * 1000
  return second + 1000 <= nowMs ? second : undefined
}
