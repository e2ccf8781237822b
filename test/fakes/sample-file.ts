/** Files of known content and their manifests, for tests. Knows nothing of disks or servers. */
import { createHash } from 'node:crypto'
import type { Bytes, Sha256 } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import { createManifest, type Manifest } from '../../shared/manifest.ts'
import { leafHashes, TreeBuilder } from '../../shared/merkle.ts'

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()

/** Bytes of which no two leaves are the same, up to 4 MiB. */
export function sampleBytes(size: number): Bytes {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = i * 31 + (i >> 14) * 7
  return bytes
}

/** A stand-in for a hash, for layers too long to be made of bytes. */
export function syntheticHash(index: number): Uint8Array {
  return sha256(Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index))
}

export function buildTree(bytes: Bytes, geometry: Geometry) {
  const builder = new TreeBuilder(geometry, sha256)
  const leaves = leafHashes(bytes, sha256)
  for (let at = 0; at < leaves.length; at += 32) builder.addLeaf(leaves.subarray(at, at + 32))
  return builder.finish()
}

export function sampleManifest(size: number, chunkBytes?: number): Manifest {
  const geometry = new Geometry(size, chunkBytes)
  const tree = buildTree(sampleBytes(size), geometry)
  return createManifest({ name: 'sample.bin', type: 'application/octet-stream', geometry, ...tree }, sha256)
}

/** A manifest of a file with this many chunks of one leaf each, made of stand-in leaf hashes. */
export function syntheticManifest(chunkCount: number): { manifest: Manifest; layer: Bytes } {
  const geometry = new Geometry(chunkCount * 16_384, 16_384)
  const builder = new TreeBuilder(geometry, sha256)
  for (let i = 0; i < chunkCount; i++) builder.addLeaf(syntheticHash(i))
  const tree = builder.finish()
  const file = { name: 'long.iso', type: 'application/octet-stream', geometry, ...tree }
  return { manifest: createManifest(file, sha256), layer: tree.chunks }
}
