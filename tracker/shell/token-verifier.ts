/** Checks tokens: JSON Web Tokens (RFC 7519) in the compact form, by jose. Whatever goes wrong, the token is not good. */
import { createHash } from 'node:crypto'
import { type CompactJWSHeaderParameters, compactVerify, errors } from 'jose'
import { grantOf, type TokenRefusal, type Verification } from '../core/grant.ts'
import type { TokenKey } from './token-keys.ts'

export interface TokenVerifier {
  /** Never rejects. @param webOrigin the page that the connection comes from, as a browser says */
  verify(token: string, webOrigin: string | undefined): Promise<Verification>
}

export interface TokenVerifierOptions {
  key: TokenKey
  lifetimeMaxMs: number
  /** Milliseconds since 1970. */
  wallNow: () => number
}

class KeysMissing extends Error {}

const refused = (code: TokenRefusal, message: string): Verification => ({ ok: false, code, message })

export function createTokenVerifier({ key, lifetimeMaxMs, wallNow }: TokenVerifierOptions): TokenVerifier {
  const algorithms = [...key.algorithms]
  return {
    async verify(token, webOrigin) {
      try {
        const { payload, protectedHeader } = await signed(token, key, algorithms)
        // Extensions that change how a token is read (RFC 7515 §4.1.11) are none of ours.
        if (protectedHeader.crit !== undefined) return refused('bad-token', 'the token wants extensions')
        const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
        const digest = createHash('sha256').update(token).digest('base64url')
        return grantOf(claims, { wallMs: wallNow(), lifetimeMaxMs, webOrigin, digest })
      } catch (error) {
        return refusalOf(error, algorithms)
      }
    },
  }
}

async function signed(token: string, key: TokenKey, algorithms: string[]) {
  if (key.kind === 'fixed') return compactVerify(token, key.key, { algorithms })
  const keys = (await key.keys()) ?? missing()
  const among = (set: typeof keys) =>
    compactVerify(token, (header: CompactJWSHeaderParameters, jws) => set(header, jws), { algorithms })
  try {
    return await among(keys)
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    return among((await key.newer()) ?? missing())
  }
}

function missing(): never {
  throw new KeysMissing()
}

/** Only what the bearer can see in the token itself, or what tells the operator where to look. */
function refusalOf(error: unknown, algorithms: readonly string[]): Verification {
  if (error instanceof KeysMissing) return refused('unverified', 'tokens cannot be verified at the moment')
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return refused('bad-token', `the token is not signed by ${algorithms.join(' or ')}`)
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return refused('bad-token', 'no key of the set is the one of the token')
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return refused('bad-token', 'the token names none of several keys')
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused('bad-token', "the token's signature is wrong")
  return refused('bad-token', 'this is no signed JSON Web Token')
}
