/** Where the manifest of a URL comes from: beside the file, over the platform's fetch. Asks once, and keeps nothing. */
import { manifestTextMax } from '../../shared/limits.ts'
import { type Manifest, readManifest } from '../../shared/manifest.ts'
import type { Hasher } from '../ports.ts'
import { manifestAddress } from './beside-file.ts'
import { readBody } from './limited-body.ts'
import type { ManifestJudge } from './manifest-judge.ts'

/**
 * Gives a URL's manifest, or why there is none that can be used. Never rejects.
 * @param address where it is asked for, when another server answers for this URL
 */
export type ManifestSource = (url: string, signal: AbortSignal, address?: string) => Promise<Manifest | string>

export function createManifestSource(hasher: Hasher, judge?: ManifestJudge): ManifestSource {
  return async (url, signal, address = url) => {
    try {
      const place = manifestAddress(address)
      const response = await fetch(place, { signal }).catch(async (error) => {
        throw (await forbidden(place)) ?? error
      })
      if (!response.ok) return `no manifest: the server answered ${response.status}`
      const manifest = await manifestIn(response, hasher)
      return typeof manifest === 'string' ? manifest : ((await judge?.(manifest, url)) ?? manifest)
    } catch (error) {
      return `no manifest: ${error instanceof Error ? error.message : error}`
    }
  }
}

/**
 * Why a page cannot read from a host that does answer, which no error tells: only asked for when it could not.
 * @returns undefined where it is something else
 */
async function forbidden(address: URL): Promise<string | undefined> {
  const page = globalThis.location?.origin
  if (!page || page === address.origin) return undefined
  try {
    await fetch(address, { mode: 'no-cors' })
  } catch {
    return undefined // nobody answers at all
  }
  return `${address.origin} has none, or must send Access-Control-Allow-Origin: ${page} or *`
}

/** The manifest in an answer's body, or what is wrong with it; rejects when the body breaks off. */
export async function manifestIn(response: Response, hasher: Hasher): Promise<Manifest | string> {
  const text = await readBody(response, manifestTextMax)
  if (!text) return `no manifest: it is longer than ${manifestTextMax} bytes`
  const manifest = readManifest(new TextDecoder().decode(text), hasher.sha256)
  return manifest.ok ? manifest.value : manifest.violation
}

/** What is asked for, or that it was not there in time. */
export async function inTime(ms: number, manifest: ReturnType<ManifestSource>): ReturnType<ManifestSource> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('the manifest was not ready'), ms)
  })
  // A timer that is left running would keep a program from ending.
  return Promise.race([manifest, late]).finally(() => clearTimeout(timer))
}
