/**
 * BEP 52's per-file Merkle tree: SHA-256 over 16 KiB leaves (the last one short, not padded), leaf hashes padded
 * with zeroes to a power of two. A chunk is a whole subtree of it; the chunk layer is the row of their roots.
 * An empty file, which BEP 52 gives no tree, has the hash of no bytes as its root.
 *
 * Layers are hashes end to end in one byte string. https://www.bittorrent.org/beps/bep_0052.html
 */
import { assert } from './assert.ts'
import { type Bytes, concatBytes, hashBytes, type Sha256 } from './bytes.ts'
import type { Geometry } from './geometry.ts'
import { leafBytes, manifestChunksMax, pageChunks } from './limits.ts'

export function leafHashes(bytes: Uint8Array, sha256: Sha256): Bytes {
  const count = Math.ceil(bytes.length / leafBytes)
  const layer = new Uint8Array(count * hashBytes)
  for (let i = 0; i < count; i++) {
    layer.set(sha256(bytes.subarray(i * leafBytes, (i + 1) * leafBytes)), i * hashBytes)
  }
  return layer
}

/** The root over a layer whose missing right side is `pad`, up to `width` nodes (a power of two). */
function fold(layer: Uint8Array, width: number, pad: Uint8Array, sha256: Sha256): Bytes {
  assert(Number.isInteger(Math.log2(width)) && layer.length <= width * hashBytes, `tree of width ${width}`)
  let row: Uint8Array = layer
  let padding = pad
  const pair = new Uint8Array(2 * hashBytes)
  for (let nodes = width; nodes > 1; nodes /= 2) {
    const present = row.length / hashBytes
    const next = new Uint8Array(Math.ceil(present / 2) * hashBytes)
    for (let i = 0; i < present; i += 2) {
      pair.set(row.subarray(i * hashBytes, (i + 1) * hashBytes))
      pair.set(i + 1 < present ? row.subarray((i + 1) * hashBytes, (i + 2) * hashBytes) : padding, hashBytes)
      next.set(sha256(pair), (i / 2) * hashBytes)
    }
    pair.set(padding)
    pair.set(padding, hashBytes)
    padding = sha256(pair)
    row = next
  }
  return row.length === 0 ? new Uint8Array(padding) : new Uint8Array(row)
}

/** The hash of a subtree of `leaves` leaves that all lie past the end of the file. */
function padHash(leaves: number, sha256: Sha256): Bytes {
  return fold(new Uint8Array(0), leaves, new Uint8Array(hashBytes), sha256)
}

const powerOfTwoFrom = (count: number) => 2 ** Math.ceil(Math.log2(Math.max(count, 1)))

/** One chunk's hash from the hashes of its leaves. A file of a single chunk has its root here. */
export function chunkHash(leaves: Uint8Array, geometry: Geometry, sha256: Sha256): Bytes {
  return fold(leaves, chunkWidth(geometry), new Uint8Array(hashBytes), sha256)
}

const chunkWidth = ({ chunkCount, leavesPerChunk, leafCount }: Geometry) =>
  chunkCount > 1 ? leavesPerChunk : powerOfTwoFrom(leafCount)

/** The root from the whole chunk layer. */
export function rootOfChunks(layer: Uint8Array, geometry: Geometry, sha256: Sha256): Bytes {
  assert(layer.length === geometry.chunkCount * hashBytes, `chunk layer of ${layer.length} bytes`)
  if (geometry.chunkCount === 0) return new Uint8Array(sha256(new Uint8Array(0)))
  return fold(layer, powerOfTwoFrom(geometry.chunkCount), padHash(geometry.leavesPerChunk, sha256), sha256)
}

/** The hash of a part of the chunk layer: the subtree over `partChunks` chunk hashes (a power of two), padded. */
export function partHash(part: Uint8Array, partChunks: number, geometry: Geometry, sha256: Sha256): Bytes {
  return fold(part, partChunks, padHash(geometry.leavesPerChunk, sha256), sha256)
}

/** Hashes in the proof that the first chunk belongs to its page, or, where there are no pages, to the root. */
export const firstChunkProofCount = ({ chunkCount }: Geometry): number => Math.log2(firstWidth(chunkCount))

const firstWidth = (chunkCount: number) => (chunkCount > manifestChunksMax ? pageChunks : powerOfTwoFrom(chunkCount))

/** The hashes beside the way from a layer's first node up to the top of a tree of this width, the lowest first. */
function firstNodeProof(layer: Uint8Array, width: number, pad: Uint8Array, sha256: Sha256): Bytes {
  const proof: Bytes[] = []
  for (let nodes = 1; nodes < width; nodes *= 2) {
    proof.push(fold(layer.subarray(nodes * hashBytes, 2 * nodes * hashBytes), nodes, pad, sha256))
  }
  return concatBytes(...proof)
}

/** The hashes beside the way from the first chunk up to the first page's hash, or to the root, the lowest first. */
export function firstChunkProof(layer: Uint8Array, geometry: Geometry, sha256: Sha256): Bytes {
  return firstNodeProof(layer, firstWidth(geometry.chunkCount), padHash(geometry.leavesPerChunk, sha256), sha256)
}

/** The hashes beside the way from the first leaf up to the first chunk's hash. */
export function firstLeafProof(head: Uint8Array, geometry: Geometry, sha256: Sha256): Bytes {
  return firstNodeProof(head, chunkWidth(geometry), new Uint8Array(hashBytes), sha256)
}

/** The hashes beside the way from the first page's hash up to the root. */
export function firstPageProof(pages: Uint8Array, geometry: Geometry, sha256: Sha256): Bytes {
  const pad = padHash(geometry.leavesPerChunk * pageChunks, sha256)
  return firstNodeProof(pages, powerOfTwoFrom(pages.length / hashBytes), pad, sha256)
}

/** Hashes in the proof that the first leaf belongs to the root, whatever the chunk size. */
export const firstLeafProofCount = (leafCount: number): number => Math.log2(powerOfTwoFrom(leafCount))

/** The hash of the subtree that begins with this node and that the proof leads to the top of, if it is right. */
export function hashByProof(firstNode: Uint8Array, proof: Uint8Array, sha256: Sha256): Bytes {
  let hash = firstNode
  for (let at = 0; at < proof.length; at += hashBytes) {
    hash = sha256(concatBytes(hash, proof.subarray(at, at + hashBytes)))
  }
  return new Uint8Array(hash)
}

/** The root from the hashes of all parts of a chunk layer that is longer than one part. */
export function rootOfParts(layer: Uint8Array, partChunks: number, geometry: Geometry, sha256: Sha256): Bytes {
  const pad = padHash(geometry.leavesPerChunk * partChunks, sha256)
  return fold(layer, powerOfTwoFrom(layer.length / hashBytes), pad, sha256)
}

/** Builds the chunk layer from leaves that arrive in order, keeping no more than one chunk's leaf hashes. */
export class TreeBuilder {
  readonly #geometry: Geometry
  readonly #sha256: Sha256
  readonly #layer: Bytes
  readonly #leaves: Bytes
  #leafCount = 0
  #heldCount = 0
  #chunkCount = 0
  #head: Bytes | undefined

  constructor(geometry: Geometry, sha256: Sha256) {
    this.#geometry = geometry
    this.#sha256 = sha256
    this.#layer = new Uint8Array(geometry.chunkCount * hashBytes)
    this.#leaves = new Uint8Array(geometry.leavesPerChunk * hashBytes)
  }

  addLeaf(hash: Uint8Array): void {
    const { leafCount, leavesPerChunk } = this.#geometry
    assert(this.#leafCount < leafCount && hash.length === hashBytes, `leaf ${this.#leafCount} of ${leafCount}`)
    this.#leafCount++
    this.#leaves.set(hash, this.#heldCount++ * hashBytes)
    if (this.#heldCount === leavesPerChunk) this.#closeChunk()
  }

  #closeChunk(): void {
    const leaves = this.#leaves.slice(0, this.#heldCount * hashBytes)
    this.#head ??= leaves
    this.#layer.set(chunkHash(leaves, this.#geometry, this.#sha256), this.#chunkCount++ * hashBytes)
    this.#heldCount = 0
  }

  /** @returns the chunk layer, the first chunk's leaf hashes, and the root */
  finish(): { chunks: Bytes; head: Bytes; root: Bytes } {
    assert(this.#leafCount === this.#geometry.leafCount, `${this.#leafCount} leaves of ${this.#geometry.leafCount}`)
    if (this.#heldCount > 0) this.#closeChunk()
    return {
      chunks: this.#layer,
      head: this.#head ?? new Uint8Array(0),
      root: rootOfChunks(this.#layer, this.#geometry, this.#sha256),
    }
  }
}
