/** Who says whether a manifest is to be trusted: what opens files knows no more of signatures than this. */
import type { Manifest } from '../../shared/manifest.ts'

/** Gives why a manifest is not to be trusted for a URL; undefined when it is. Never rejects. */
export type ManifestJudge = (manifest: Manifest, url: string) => Promise<string | undefined>

/** Where no key is pinned. */
export const trustAll: ManifestJudge = async () => undefined

/** A judge that is still being made, or loaded. */
export function judgeLater(making: () => Promise<ManifestJudge>): ManifestJudge {
  let made: Promise<ManifestJudge> | undefined
  return async (manifest, url) => {
    made ??= making()
    try {
      return await (await made)(manifest, url)
    } catch (error) {
      made = undefined
      return `the manifest's signature cannot be checked: ${error instanceof Error ? error.message : error}`
    }
  }
}
