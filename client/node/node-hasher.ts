/** SHA-256 by Node's own crypto, at once: a job in its thread pool costs more than the hash of a leaf does. */
import { createHash } from 'node:crypto'
import { leafHashes } from '../../shared/merkle.ts'
import type { Hasher } from '../ports.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

export const nodeHasher: Hasher = {
  sha256,
  leafHashes: async (bytes) => leafHashes(bytes, sha256),
}
