/** What a publisher is told of the signature of a manifest of its own. */
import type { Bytes } from '../../shared/bytes.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { checkSignature, claimsFault, readClaims } from '../../shared/manifest-signature.ts'
import { signatureTools } from './manifest-signer.ts'

/** Signatures that end so soon are worth a word. */
const noticeMs = 7 * 24 * 60 * 60 * 1000

export interface SignatureFindings {
  faults: string[]
  notes: string[]
}

/**
 * @param path where the file is published
 * @param keys of which one must have signed; without them the signature is only compared with what it came with
 */
export async function judgeSignature(
  manifest: Manifest,
  path: string | undefined,
  keys: readonly Bytes[] | undefined,
  nowMs: number,
): Promise<SignatureFindings> {
  const claims = manifest.signed && readClaims(manifest.signed)
  if (keys === undefined) {
    if (manifest.signed === undefined) return { faults: [], notes: [] }
    const fault = claims ? claimsFault(manifest, claims, path, nowMs) : 'its signature is over something else'
    return { faults: fault === undefined ? [] : [fault], notes: ['it is signed; --key says by whom it must be'] }
  }
  const checked = await checkSignature(manifest, { path, keys, nowMs }, signatureTools)
  if (!checked.ok) return { faults: [checked.violation], notes: [] }
  const leftMs = checked.value.claims.expires * 1000 - nowMs
  const days = Math.floor(leftMs / 86_400_000)
  return { faults: [], notes: leftMs < noticeMs ? [`its signature runs out in ${days} days`] : [] }
}
