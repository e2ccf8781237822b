/** The keys that a page pins, from the options, and the judge of manifests that they make. */
import { readPublicKeys } from '../../shared/public-key.ts'
import { type ClientOptions, NearcastError } from '../api.ts'
import type { Hasher, SignatureCheck, TrustMemory } from '../ports.ts'
import { type ManifestJudge, trustAll } from './manifest-judge.ts'
import { createManifestTrust } from './manifest-trust.ts'

export interface TrustParts {
  hasher: Hasher
  verify: SignatureCheck
  memory: TrustMemory
}

/** @throws NearcastError `usage` for what only looks like a key */
export function judgeBy({ key }: Pick<ClientOptions, 'key'>, parts: TrustParts): ManifestJudge {
  if (key === undefined) return trustAll
  const keys = typeof key === 'string' ? readPublicKeys(key) : undefined
  if (keys === undefined) {
    const right = 'ed25519: and 43 letters'
    throw new NearcastError('usage', `nearcast: key is ${key}: it must be ${right}`)
  }
  return createManifestTrust({ keys, ...parts, wallNow: () => Date.now() })
}
