/** Makes tokens and keys for them: what a site's backend does, for the command line and for tests. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

/** What a token says; see docs/guides/admission.md. */
export interface TokenClaims {
  swarms?: readonly string[] | 'any'
  prefix?: string
  origin?: readonly string[]
  sub?: string
  jti?: string
  uses?: number
  region?: string
  peers?: number
}

export type SigningKey = { alg: 'HS256'; key: Uint8Array } | { alg: 'EdDSA'; key: KeyObject }

/** @throws Error that says why the text is no private key of Ed25519 */
export function signingKeyOf(pem: string): SigningKey {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of ${key.asymmetricKeyType}, not of Ed25519`)
  return { alg: 'EdDSA', key }
}

/** @param end seconds since 1970 */
export function mintToken(claims: TokenClaims, end: number, { alg, key }: SigningKey): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg }).setExpirationTime(end).sign(key)
}

/** A pair of Ed25519 keys as PEM: the private one signs, the public one is the tracker's `tokenKeyFile`. */
export function newTokenKeys(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
