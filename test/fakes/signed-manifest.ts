/** Manifests signed in every way that a test wants, right and wrong. */
import { newSiteKey, type SiteKey } from '../../origin/main.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { claimsOf, type ManifestClaims, manifestType } from '../../shared/manifest-signature.ts'

export const siteKey = (former?: SiteKey): SiteKey => newSiteKey(former, Date.now()).key

export interface Signing extends Partial<Pick<ManifestClaims, 'path' | 'sequence' | 'issued' | 'expires'>> {
  key: SiteKey
  typ?: string
  /** What is signed in place of what the manifest says. */
  over?: Partial<ManifestClaims>
}

/** By default a signature that holds for an hour. */
export function signManifest(manifest: Manifest, signing: Signing): Manifest {
  const now = Math.floor(Date.now() / 1000)
  const {
    key,
    typ = manifestType,
    over,
    path = '/file.bin',
    sequence = 1,
    issued = now,
    expires = now + 3600,
  } = signing
  const claims = { ...claimsOf(manifest, { path, sequence, issued, expires }), ...over }
  const succession = key.succession.length > 0 ? { succession: [...key.succession] } : {}
  return { ...manifest, signed: { ...key.sign(typ, claims), ...succession } }
}
