/** SHA-256 by Node's own crypto, at once: a job in its thread pool costs more than the hash of a leaf does. */
import { hash } from 'node:crypto'
import type { Bytes } from '../../shared/bytes.ts'
import { leafHashes } from '../../shared/merkle.ts'
import type { Hasher } from '../ports.ts'

const sha256 = (bytes: Uint8Array): Bytes => hash('sha256', bytes, 'buffer') as Uint8Array as Bytes

export const nodeHasher: Hasher = {
  sha256,
  leafHashes: async (bytes) => leafHashes(bytes, sha256),
}
