/** Which files edges and mirrors have, and where: at the same path below another beginning, or as a manifest says. */
import type { HttpRequest } from '../ports.ts'

/**
 * Whether the tracker stands where a URL's file does: only then who names edges is who names the file's bytes, and an
 * edge's word for what the file is counts as much as its own server's.
 */
export const isOfTracker = (url: string, trackerUrl: string | undefined): boolean =>
  trackerUrl !== undefined && new URL(url).origin === new URL(trackerUrl.replace(/^ws/, 'http')).origin

/** Whether a URL is of the page's own host. A program has no page. */
export const isOfPage = (url: string): boolean => new URL(url).origin === globalThis.location?.origin

/**
 * Whether a URL is of the site whose edges the tracker names: of the page's own origin, or of the tracker's. Files of
 * other sites are asked of nobody else.
 */
export const isOfSite = (url: string, trackerUrl: string | undefined): boolean =>
  isOfTracker(url, trackerUrl) || (trackerUrl !== undefined && isOfPage(url))

/** A file's own address, and those of its mirrors by their names. */
export interface FilePlaces {
  url: string
  etag: string | undefined
  mirrors?: ReadonlyMap<string, string>
}

/** The file at an edge or a mirror, or at its own address. ETags are each server's own: elsewhere hashes are proof enough. */
export function addressAt(
  { url, etag, mirrors }: FilePlaces,
  edge: string | undefined,
): Pick<HttpRequest, 'url' | 'etag'> {
  if (edge === undefined) return { url, etag }
  const { pathname, search } = new URL(url)
  return { url: mirrors?.get(edge) ?? `${edge}${pathname.slice(1)}${search}`, etag: undefined }
}

export const addressesAt = (url: string, edges: readonly string[]): string[] =>
  edges.map((edge) => addressAt({ url, etag: undefined }, edge).url)

/** Where else a file is, each place by the name of its host. A page on https: asks nobody over http:. */
export function mirrorsOf(url: string, places: readonly string[]): Map<string, string> {
  const own = new URL(url)
  const mirrors = new Map<string, string>()
  for (const place of places) {
    const { origin, protocol } = new URL(place)
    if (origin !== own.origin && protocol >= own.protocol && !mirrors.has(origin)) mirrors.set(origin, place)
  }
  return mirrors
}
