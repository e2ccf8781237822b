/**
 * What lets an answer's first 16 KiB be checked before its manifest is here: a header field with the first leaf's hash
 * and what leads from it to the root, which the same answer's ETag names. A few hundred bytes for any file.
 */
import { type Bytes, concatBytes, equalBytes, fromBase64, fromHex, hashBytes, type Sha256, toBase64 } from './bytes.ts'
import type { Root } from './ids.ts'
import { leafBytes } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { firstLeafProof, firstLeafProofCount, firstPageProof, hashByProof } from './merkle.ts'

/** The field's name. Its value is a byte sequence of RFC 9651 §3.3.5: base64 between colons. */
export const firstLeafField = 'Nearcast-First-Leaf'

/** @returns the field's value, or undefined for an empty file, which has no leaf */
export function printFirstLeaf({ geometry, head, headProof, hashes }: Manifest, sha256: Sha256): string | undefined {
  if (head.length === 0) return undefined
  const parts = [head.subarray(0, hashBytes), firstLeafProof(head, geometry, sha256), headProof]
  if (hashes.kind === 'pages') parts.push(firstPageProof(hashes.layer, geometry, sha256))
  return `:${toBase64(concatBytes(...parts))}:`
}

/** @returns the first leaf's hash, if the field proves that it belongs to a file of this root and size */
export function readFirstLeaf(value: string, root: Root, fileBytes: number, sha256: Sha256): Bytes | undefined {
  const leafCount = Math.ceil(fileBytes / leafBytes)
  const bytes = leafCount > 0 && hashesOf(value, 1 + firstLeafProofCount(leafCount))
  if (!bytes) return undefined
  const leaf = bytes.slice(0, hashBytes)
  return equalBytes(hashByProof(leaf, bytes.subarray(hashBytes), sha256), fromHex(root)!) ? leaf : undefined
}

function hashesOf(value: string, count: number): Bytes | undefined {
  const bytes = /^:[A-Za-z0-9+/]*={0,2}:$/.test(value) ? fromBase64(value.slice(1, -1)) : undefined
  return bytes?.length === count * hashBytes ? bytes : undefined
}
