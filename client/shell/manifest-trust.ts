/**
 * Whether a manifest is one that the site signed, where the page has pinned the site's key. What held once is remembered,
 * after every check: no older version, and no key that was replaced, is taken again. Without a pinned key it takes all.
 */
import type { Bytes } from '../../shared/bytes.ts'
import { checkSignature, clockToleranceMs, signedPathOf, type Vouched } from '../../shared/manifest-signature.ts'
import type { KeyId } from '../../shared/public-key.ts'
import { type KeyRecord, refusalOf, remembering, replaced } from '../core/site-trust.ts'
import type { Hasher, SignatureCheck, TrustMemory } from '../ports.ts'
import type { ManifestJudge } from './manifest-judge.ts'

export interface ManifestTrustParts {
  /** The pinned keys. */
  keys: readonly Bytes[]
  hasher: Hasher
  verify: SignatureCheck
  memory: TrustMemory
  /** Milliseconds since 1970. */
  wallNow: () => number
}

export function createManifestTrust({ keys, hasher, verify, memory, wallNow }: ManifestTrustParts): ManifestJudge {
  const tools = { sha256: hasher.sha256, verify }
  return async (manifest, url) => {
    try {
      const path = signedPathOf(new URL(url).pathname)
      const terms = { path, keys, nowMs: wallNow() - clockToleranceMs }
      const checked = await checkSignature(manifest, terms, tools)
      return checked.ok ? await judgeByMemory(checked.value, memory) : checked.violation
    } catch (error) {
      return `the manifest's signature cannot be checked here: ${error instanceof Error ? error.message : error}`
    }
  }
}

async function judgeByMemory(
  { keyId, claims, successions }: Vouched,
  memory: TrustMemory,
): Promise<string | undefined> {
  for (const { from, to } of successions) {
    const known = (await memory.read(from))?.successor
    if (known !== undefined && known !== to) return 'a key that was replaced by one names another now'
  }
  const refusal = refusalOf(await memory.read(keyId), claims)
  if (refusal !== undefined) return refusal
  for (const { from, to } of successions) await memory.update(from, (record) => replaced(record, to))
  await memory.update(keyId, (record) => remembering(record, claims))
  return undefined
}

/** What is remembered for as long as the program runs. */
export function createTrustMemory(): TrustMemory {
  const records = new Map<KeyId, KeyRecord>()
  return {
    read: async (keyId) => records.get(keyId),
    async update(keyId, change) {
      records.set(keyId, change(records.get(keyId)))
    },
    async clear() {
      records.clear()
    },
  }
}
