/**
 * Which files of a folder get a manifest beside them, and what becomes of the manifests that lie there. Knows no disk.
 */
import type { PathPattern } from '../../shared/path-pattern.ts'

export interface PublishSelection {
  /** Files that get a manifest are at least this long, */
  bytesMin: number
  /** and match one of these; all do where there are none. */
  match: readonly PathPattern[]
  /** Never these. */
  exclude: readonly PathPattern[]
}

/** Below this a file is here over HTTP before the first peer is connected. */
export const publishedBytesMinDefault = 1024 * 1024

export interface PublishCandidate {
  /** `/a/b.zip`, decoded. */
  path: string
  bytes: number
  /** Whether a manifest that this program made lies beside it. */
  hasManifest: boolean
}

/**
 * `publish`: it gets a manifest, or keeps its own up to date, however it was selected: one that speaks of other bytes
 * would fail downloads. `withdraw`: its manifest goes. `leave`: it has none and gets none.
 */
export function planFor(
  { path, bytes, hasManifest }: PublishCandidate,
  { bytesMin, match, exclude }: PublishSelection,
): 'publish' | 'withdraw' | 'leave' {
  if (exclude.some((pattern) => pattern(path))) return hasManifest ? 'withdraw' : 'leave'
  if (hasManifest) return 'publish'
  const isMatched = match.length === 0 || match.some((pattern) => pattern(path))
  return isMatched && bytes >= bytesMin ? 'publish' : 'leave'
}
