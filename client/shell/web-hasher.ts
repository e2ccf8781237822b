/** SHA-256: leaves by the platform, off the main thread; single nodes in JavaScript, at once. */
import { sha256 } from '@noble/hashes/sha2.js'
import { type Bytes, hashBytes } from '../../shared/bytes.ts'
import { leafBytes } from '../../shared/limits.ts'
import { leafHashes } from '../../shared/merkle.ts'
import type { Hasher } from '../ports.ts'

/** @param subtle the platform's digests; a page that is no secure context has none, and JavaScript does it all */
export function createWebHasher(subtle: SubtleCrypto | null = globalThis.crypto?.subtle ?? null): Hasher {
  return {
    sha256: (bytes) => sha256(bytes),
    leafHashes: (bytes) => (subtle ? digestLeaves(subtle, bytes) : Promise.resolve(leafHashes(bytes, sha256))),
  }
}

async function digestLeaves(subtle: SubtleCrypto, bytes: Bytes): Promise<Bytes> {
  const count = Math.ceil(bytes.length / leafBytes)
  const digests = Array.from({ length: count }, (_, i) =>
    subtle.digest('SHA-256', bytes.subarray(i * leafBytes, (i + 1) * leafBytes)),
  )
  const layer = new Uint8Array(count * hashBytes)
  for (const [i, digest] of (await Promise.all(digests)).entries()) layer.set(new Uint8Array(digest), i * hashBytes)
  return layer
}
