/** Ed25519 public keys as a site gives them out: one word that names the algorithm. Knows nothing of private ones. */
import { asciiBytes, type Bytes, fromBase64Url, hashBytes, type Sha256, toBase64Url } from './bytes.ts'
import { wordsIn } from './word-list.ts'

/** RFC 7638's thumbprint, 43 digits of base64url: what a signature names its key by. */
export type KeyId = string

/** RFC 8032 §5.1.5. */
const publicKeyBytes = 32

const prefix = 'ed25519:'

/** A site with a former key or two, and never so many that to try them takes time. */
export const pinnedKeysMax = 8

export const printPublicKey = (key: Uint8Array): string => `${prefix}${toBase64Url(key)}`

export function readPublicKey(text: string): Bytes | undefined {
  const key = text.startsWith(prefix) ? fromBase64Url(text.slice(prefix.length)) : undefined
  return key?.length === publicKeyBytes ? key : undefined
}

/** One or more, with spaces or commas between; undefined when one of them is none. */
export function readPublicKeys(text: string): Bytes[] | undefined {
  const keys = wordsIn(text).map(readPublicKey)
  const right = keys.filter((key) => key !== undefined)
  return right.length === keys.length && right.length > 0 && right.length <= pinnedKeysMax ? right : undefined
}

/** The thumbprint of the key as a JWK (RFC 8037 §2). */
export function keyIdOf(key: Uint8Array, sha256: Sha256): KeyId {
  const hash = sha256(asciiBytes(`{"crv":"Ed25519","kty":"OKP","x":"${toBase64Url(key)}"}`))
  return toBase64Url(hash.subarray(0, hashBytes))
}
