/** Who says whether a manifest is to be trusted: what opens files knows no more of signatures than this. */
import type { Manifest } from '../../shared/manifest.ts'

/** Gives why a manifest is not to be trusted for a URL; undefined when it is. */
export type ManifestJudge = (manifest: Manifest, url: string) => Promise<string | undefined>

/** Where no key is pinned. */
export const trustAll: ManifestJudge = async () => undefined
