/**
 * A site's key: makes it, reads it from its file, and signs with it. The file is a JSON Web Key (RFC 7517, RFC 8037) that
 * also holds what its predecessors signed. Nothing of the private part leaves this module but into that file.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Bytes, fromBase64Url, toBase64Url } from '../../shared/bytes.ts'
import { type Jws, printCompact, printHeader, printPart, signedBytes } from '../../shared/jws.ts'
import { nextKeyClaims, nextKeyType } from '../../shared/manifest-signature.ts'
import { type KeyId, keyIdOf, printPublicKey } from '../../shared/public-key.ts'
import { guard, list, literal, object, optional, text } from '../../shared/schema.ts'
import { successionMax } from '../../shared/signed-parts.ts'
import { sha256 } from './file-hash.ts'

export interface SiteKey {
  id: KeyId
  publicKey: Bytes
  /** The public key in the one line that readers pin. */
  publicText: string
  /** What leads from former keys to this one, the oldest first. */
  succession: readonly string[]
  sign(typ: string, claims: object): Jws
}

const isPart = (value: unknown): value is string => typeof value === 'string' && fromBase64Url(value)?.length === 32

const keyShape = object({
  kty: literal('OKP'),
  crv: literal('Ed25519'),
  x: guard(isPart),
  d: guard(isPart),
  succession: optional(list(text(2048, 1), successionMax)),
})

/** @throws Error that says why the text is no key, and never repeats it */
export function readSiteKey(json: string): SiteKey {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error('it is not JSON')
  }
  const fields = keyShape(value)
  if (fields === undefined) {
    throw new Error(`it has a missing or wrong field: ${keyShape.wrongField(value) ?? 'it is no object'}`)
  }
  const { kty, crv, x, d, succession = [] } = fields
  const privateKey = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' })
  if (publicPart(privateKey) !== x) throw new Error('its public part is that of another key')
  return siteKeyOf(privateKey, succession)
}

const publicPart = (privateKey: KeyObject): string =>
  createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }).x!

function siteKeyOf(privateKey: KeyObject, succession: readonly string[]): SiteKey {
  const publicKey = fromBase64Url(publicPart(privateKey))!
  const id = keyIdOf(publicKey, sha256)
  return {
    id,
    publicKey,
    publicText: printPublicKey(publicKey),
    succession,
    sign(typ, claims) {
      const parts = { protected: printHeader(typ, id), payload: printPart(claims) }
      return { ...parts, signature: toBase64Url(sign(null, signedBytes(parts), privateKey)) }
    },
  }
}

/**
 * A new key.
 * @param former the key that it replaces, which signs it
 * @returns the text of its file, which is for its owner alone, and the key
 */
export function newSiteKey(former: SiteKey | undefined, nowMs: number): { text: string; key: SiteKey } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x, d } = privateKey.export({ format: 'jwk' })
  const own = siteKeyOf(privateKey, [])
  const claims = nextKeyClaims(own.publicKey, Math.floor(nowMs / 1000))
  // The oldest go first: whoever still pins one of them has to pin another.
  const succession =
    former && [...former.succession, printCompact(former.sign(nextKeyType, claims))].slice(-successionMax)
  const jwk = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: own.id, x, d }
  const text = `${JSON.stringify({ ...jwk, ...(succession && { succession }) }, undefined, 2)}\n`
  return { text, key: siteKeyOf(privateKey, succession ?? []) }
}
