/** Ed25519 by Node's own crypto. */
import { createPublicKey, verify } from 'node:crypto'
import { toBase64Url } from '../../shared/bytes.ts'
import type { SignatureCheck } from '../ports.ts'

export const nodeSignatureCheck: SignatureCheck = async (key, message, signature) => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key) }
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)
}
