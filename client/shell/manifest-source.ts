/** Where the manifest of a URL comes from: beside the file, over the platform's fetch. Asks once, and keeps nothing. */
import { manifestTextMax } from '../../shared/limits.ts'
import { type Manifest, manifestSuffix, readManifest } from '../../shared/manifest.ts'
import type { Hasher } from '../ports.ts'
import { readBody } from './limited-body.ts'

/** Gives a URL's manifest, or why there is none. Never rejects. */
export type ManifestSource = (url: string, signal: AbortSignal) => Promise<Manifest | string>

export function manifestAddress(url: string): URL {
  const address = new URL(url)
  address.pathname += manifestSuffix
  return address
}

export function createManifestSource(hasher: Hasher): ManifestSource {
  return async (url, signal) => {
    try {
      const response = await fetch(manifestAddress(url), { signal })
      if (!response.ok) return `no manifest: the server answered ${response.status}`
      return await manifestIn(response, hasher)
    } catch (error) {
      return `no manifest: ${error instanceof Error ? error.message : error}`
    }
  }
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
