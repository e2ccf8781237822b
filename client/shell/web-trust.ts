/**
 * Trust in a browser: the page's keys, the platform's check, what the device remembers. Put together apart from the engine,
 * which most pages need without it.
 */
import type { ClientOptions } from '../api.ts'
import type { Hasher } from '../ports.ts'
import { createIdbTrustMemory } from './idb-trust-memory.ts'
import type { ManifestJudge } from './manifest-judge.ts'
import { createTrustMemory } from './manifest-trust.ts'
import { judgeBy } from './pinned-keys.ts'
import { createWebSignatureCheck } from './web-signature-check.ts'

export interface WebTrust {
  judge: ManifestJudge
  forget(): Promise<void>
}

export type WebTrustMaker = (options: Pick<ClientOptions, 'key' | 'store'>, hasher: Hasher) => WebTrust

/** @throws NearcastError `usage` for what only looks like a key */
export const createWebTrust: WebTrustMaker = ({ key, store }, hasher) => {
  const memory = store === 'memory' ? createTrustMemory() : createIdbTrustMemory()
  const pinned = key === undefined ? {} : { key }
  return { judge: judgeBy(pinned, { hasher, verify: createWebSignatureCheck(), memory }), forget: () => memory.clear() }
}
