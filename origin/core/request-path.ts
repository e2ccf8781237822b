/**
 * From a request target to the names of folders and a file. Owns what may be asked for at all: no way up or out, no
 * hidden names, one spelling of each path. Knows no file system; symbolic links are the shell's concern.
 */

export interface RequestPath {
  kind: 'path'
  /** Decoded names; none for the top folder. */
  segments: string[]
  /** True when the path names a folder: it ends with a slash. */
  folder: boolean
  /** From the question mark on, or empty. */
  query: string
}

/** `not found`: nothing can be there. `malformed`: not a path. */
export type PathAnswer = RequestPath | { kind: 'not found' } | { kind: 'malformed'; reason: string }

/** The longest target looked at; servers commonly take 8 KiB for the whole request line. */
const targetLengthMax = 8192

/** Separators that only appear by encoding, and control characters, which no manifest takes in a name. */
const forbiddenPattern = /[/\\\p{Cc}]/u

export function parseRequestPath(target: string): PathAnswer {
  if (target.length > targetLengthMax) return { kind: 'malformed', reason: 'the request target is too long' }
  const [, path, query] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?/i.exec(target) as unknown as string[]
  // A target with only a host means the top folder (RFC 9112 §3.2.2).
  const names = (path === '' ? '/' : path!).split('/')
  if (names[0] !== '') return { kind: 'malformed', reason: 'the path does not begin with a slash' }
  const folder = names.at(-1) === ''
  const segments: string[] = []
  for (const name of names.slice(1, folder ? -1 : undefined)) {
    const segment = decode(name)
    if (segment === undefined) return { kind: 'malformed', reason: 'the path has a wrong percent-encoding' }
    // Decoded once and never again, so a doubly encoded dot or slash is just a name that no file has.
    if (segment === '' || segment.startsWith('.') || forbiddenPattern.test(segment)) return { kind: 'not found' }
    segments.push(segment)
  }
  return { kind: 'path', segments, folder, query: query ?? '' }
}

function decode(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

/** The one spelling of a path. It begins with a slash and a name, so as a redirect it never leaves the host. */
export function printRequestPath(segments: readonly string[], folder = false): string {
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('')
  return folder || path === '' ? `${path}/` : path
}
