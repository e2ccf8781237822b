/**
 * Signs manifests by a site's key, for the path at which each is published, and knows when one that is signed still
 * does: for long enough, by the present key, for the same bytes.
 */
import { createPublicKey, verify } from 'node:crypto'
import { toBase64Url } from '../../shared/bytes.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { checkSignature, claimsOf, manifestType, type SignatureTools } from '../../shared/manifest-signature.ts'
import { sha256 } from './file-hash.ts'
import type { SiteKey } from './site-key.ts'

/** Signed anew once less than this share of its time is left: a run once a week keeps one of a month alive. */
const renewalShare = 1 / 2

export interface SigningOptions {
  key: SiteKey
  /** How long a signature holds. */
  lifetimeMs: number
  /** Milliseconds since 1970. */
  wallNow: () => number
}

export const signatureTools: SignatureTools = {
  sha256,
  async verify(key, message, signature) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key) }
    return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  },
}

export class ManifestSigner {
  readonly #options: SigningOptions
  readonly #succession: readonly string[]

  constructor(options: SigningOptions) {
    this.#options = options
    this.#succession = options.key.succession
  }

  /** @returns whether what is signed now is to be signed anew, whenever it is asked */
  endOfUse(): () => boolean {
    const { wallNow, lifetimeMs } = this.#options
    const renewAtMs = wallNow() + lifetimeMs * (1 - renewalShare)
    return () => wallNow() >= renewAtMs
  }

  /**
   * The manifest, signed: the one that was there before where it still does.
   * @param path where it is published, decoded
   */
  async signed(manifest: Manifest, path: string, present: Manifest | undefined, isRenewal = false): Promise<Manifest> {
    const { key, lifetimeMs, wallNow } = this.#options
    const nowMs = wallNow()
    const held = present && (await this.#heldOf(present, path))
    const seconds = Math.round(lifetimeMs / 1000)
    const isLongEnough = held && held.expires * 1000 - nowMs >= lifetimeMs * renewalShare
    if (!isRenewal && isLongEnough && held.expires - held.issued === seconds) {
      if (JSON.stringify(claimsOf(manifest, held)) === JSON.stringify(held)) return present
    }
    const issued = Math.floor(nowMs / 1000)
    // Of two runs the later one has the greater number, also where nothing is left of the earlier one.
    const sequence = Math.max(nowMs, (held?.sequence ?? -1) + 1)
    const claims = claimsOf(manifest, { path, sequence, issued, expires: issued + seconds })
    const succession = this.#succession.length > 0 ? { succession: [...this.#succession] } : {}
    return { ...manifest, signed: { ...key.sign(manifestType, claims), ...succession } }
  }

  /** What a manifest says that this key signed for this path, whether it ran out or not. */
  async #heldOf(present: Manifest, path: string) {
    const { publicKey } = this.#options.key
    const checked = await checkSignature(present, { path, keys: [publicKey], nowMs: 0 }, signatureTools)
    const succession = present.signed?.succession ?? []
    const isSame = succession.join() === this.#succession.join()
    return checked.ok && isSame ? checked.value.claims : undefined
  }
}
