/** Which files edges have, and where: at the same path below another beginning. */
import type { HttpRequest } from '../ports.ts'

/**
 * Whether a URL is of the site whose edges the tracker names: of the page's own origin, or of the tracker's. Files of
 * other sites are asked of nobody else.
 */
export function isOfSite(url: string, trackerUrl: string | undefined): boolean {
  if (trackerUrl === undefined) return false
  const { origin } = new URL(url)
  const page = typeof location === 'undefined' ? undefined : location.origin
  return origin === page || origin === new URL(trackerUrl.replace(/^ws/, 'http')).origin
}

/**
 * Whether the tracker stands where a URL's file does: only then who names edges is who names the file's bytes, and an
 * edge's word for what the file is counts as much as its own server's.
 */
export const isOfTracker = (url: string, trackerUrl: string | undefined): boolean =>
  trackerUrl !== undefined && new URL(url).origin === new URL(trackerUrl.replace(/^ws/, 'http')).origin

/** The file at an edge, or at its own address. ETags are each server's own: at an edge the hashes are proof enough. */
export function addressAt(
  { url, etag }: { url: string; etag: string | undefined },
  edge: string | undefined,
): Pick<HttpRequest, 'url' | 'etag'> {
  if (edge === undefined) return { url, etag }
  const { pathname, search } = new URL(url)
  return { url: `${edge}${pathname.slice(1)}${search}`, etag: undefined }
}
