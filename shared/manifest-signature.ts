/**
 * What a signed manifest says beyond its hashes, and whether it holds: which file at which path, by which key, as which
 * version and until when. Keys follow one another by what the one before signed. Makes no signature, keeps nothing.
 */
import type { Bytes, Sha256 } from './bytes.ts'
import { isRoot, isSwarmId } from './ids.ts'
import { type Jws, readCompact, readHeader, readPayload, readSignature, signedBytes } from './jws.ts'
import { nameLengthMax } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { type KeyId, keyIdOf, printPublicKey, readPublicKey } from './public-key.ts'
import { ok, type Result, violation } from './result.ts'
import { guard, type Infer, integer, literal, object, optional, text } from './schema.ts'
import { mirrorsShape } from './servers.ts'

/** `typ` of a manifest's signature, and of one by which a key names the next. */
export const manifestType = 'nearcast-manifest'
export const nextKeyType = 'nearcast-key'

/** What common servers take as a request target. */
export const pathLengthMax = 8192

/**
 * Clocks of visitors are wrong by a wrong time zone, or by minutes; one that is wrong by more has no HTTPS either. So long
 * after its end a manifest is still taken.
 */
export const clockToleranceMs = 24 * 60 * 60 * 1000

const seconds = integer(0, 2 ** 40)

const claimsShape = object({
  nearcast: literal(1),
  path: text(pathLengthMax, 1),
  name: text(nameLengthMax, 1),
  type: text(127, 1),
  size: integer(0, Number.MAX_SAFE_INTEGER),
  root: guard(isRoot),
  chunkSize: integer(1, Number.MAX_SAFE_INTEGER),
  swarm: optional(guard(isSwarmId)),
  mirrors: optional(mirrorsShape),
  sequence: integer(0, Number.MAX_SAFE_INTEGER),
  issued: seconds,
  expires: seconds,
})

/** What is signed of a manifest. The rest of it follows from the root. Times in seconds since 1970. */
export type ManifestClaims = Infer<typeof claimsShape>

const nextKeyShape = object({ nearcast: literal(1), key: text(64, 1), issued: seconds })
export type NextKeyClaims = Infer<typeof nextKeyShape>

export interface SignatureTools {
  sha256: Sha256
  /** Rejects where the platform cannot check Ed25519. */
  verify(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean>
}

export interface SignatureTerms {
  /** Where the file is published; undefined for an address that no manifest can be signed for. */
  path: string | undefined
  /** The keys that are believed from the start. */
  keys: readonly Bytes[]
  /** Milliseconds since 1970, less what clocks may be wrong. */
  nowMs: number
}

/** A signature that holds. */
export interface Vouched {
  keyId: KeyId
  claims: ManifestClaims
  /** Which key took the place of which, as far as it was shown here. */
  successions: { from: KeyId; to: KeyId }[]
}

/** The path of a file as signatures have it: decoded, from the part of a URL; undefined where two could have one spelling. */
export function signedPathOf(pathname: string): string | undefined {
  try {
    const segments = pathname.split('/').map(decodeURIComponent)
    return segments.some((segment) => segment.includes('/')) ? undefined : segments.join('/')
  } catch {
    return undefined
  }
}

/** What of a manifest is signed, beside where and when. */
export function claimsOf(
  manifest: Manifest,
  when: Pick<ManifestClaims, 'path' | 'sequence' | 'issued' | 'expires'>,
): ManifestClaims {
  const { name, type, root, geometry, swarm, mirrors } = manifest
  return {
    nearcast: 1,
    path: when.path,
    name,
    type,
    size: geometry.fileBytes,
    root,
    chunkSize: geometry.chunkBytes,
    ...(swarm !== undefined && { swarm }),
    ...(mirrors !== undefined && { mirrors: [...mirrors] }),
    sequence: when.sequence,
    issued: when.issued,
    expires: when.expires,
  }
}

export const readClaims = (jws: Jws): ManifestClaims | undefined => readPayload(jws, claimsShape)

/** Keys that are believed, by their ids, and what was shown of which replaced which. */
interface Ring {
  keys: Map<KeyId, Bytes>
  successions: Vouched['successions']
}

async function ringOf(
  succession: readonly string[],
  keys: readonly Bytes[],
  tools: SignatureTools,
): Promise<Result<Ring>> {
  const ring: Ring = { keys: new Map(keys.map((key) => [keyIdOf(key, tools.sha256), key])), successions: [] }
  for (const line of succession) {
    const jws = readCompact(line)
    const header = jws && readHeader(jws)
    if (!jws || !header?.ok || header.value.typ !== nextKeyType) return violation('a former key is named wrongly')
    const former = ring.keys.get(header.value.kid)
    // One from before the pinned keys says nothing here.
    if (former === undefined) continue
    if (!(await isSignedBy(former, jws, tools))) return violation('a former key did not sign the next one')
    const next = readPayload(jws, nextKeyShape)
    const key = next && readPublicKey(next.key)
    if (key === undefined) return violation('a former key names no key')
    const to = keyIdOf(key, tools.sha256)
    ring.keys.set(to, key)
    ring.successions.push({ from: header.value.kid, to })
  }
  return ok(ring)
}

async function isSignedBy(key: Bytes, jws: Jws, { verify }: SignatureTools): Promise<boolean> {
  const signature = readSignature(jws)
  return signature !== undefined && (await verify(key, signedBytes(jws), signature))
}

/** Whether a manifest's signature holds for this path, by these keys, now. What was seen before is the caller's to know. */
export async function checkSignature(
  manifest: Manifest,
  { path, keys, nowMs }: SignatureTerms,
  tools: SignatureTools,
): Promise<Result<Vouched>> {
  const { signed } = manifest
  if (signed === undefined) return violation('the manifest is not signed')
  const header = readHeader(signed)
  if (!header.ok) return header
  if (header.value.typ !== manifestType) return violation(`the signature is that of a ${header.value.typ}`)
  const ring = await ringOf(signed.succession ?? [], keys, tools)
  if (!ring.ok) return ring
  const keyId = header.value.kid
  const key = ring.value.keys.get(keyId)
  if (key === undefined) return violation(`the manifest is signed by another key (${keyId})`)
  if (ring.value.successions.some(({ from }) => from === keyId)) {
    return violation('the manifest is signed by a key that another one replaced')
  }
  if (!(await isSignedBy(key, signed, tools))) return violation("the manifest's signature is wrong")
  const claims = readClaims(signed)
  if (claims === undefined) return violation('the signature is over something else than a manifest')
  const fault = claimsFault(manifest, claims, path, nowMs)
  return fault === undefined ? ok({ keyId, claims, successions: ring.value.successions }) : violation(fault)
}

/** What is wrong between signed claims and the manifest that they came with. */
export function claimsFault(
  manifest: Manifest,
  claims: ManifestClaims,
  path: string | undefined,
  nowMs: number,
): string | undefined {
  // Printed alike: both were made by one function, and every field of both was read by a schema.
  if (JSON.stringify(claimsOf(manifest, claims)) !== JSON.stringify(claims)) {
    return 'the manifest is another one than was signed'
  }
  if (claims.path !== path) return `the manifest is signed for ${claims.path}`
  if (claims.expires * 1000 < nowMs) {
    return `the manifest's signature ran out at ${new Date(claims.expires * 1000).toISOString()}`
  }
  return undefined
}

/** A key's claims over the next one. */
export const nextKeyClaims = (key: Uint8Array, issued: number): NextKeyClaims => ({
  nearcast: 1,
  key: printPublicKey(key),
  issued,
})
