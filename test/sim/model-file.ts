/** A file whose chunks are cheap to make and to check: every chunk is known by its index, so no hash is computed. */
import { type Bytes, concatBytes, toHex } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import type { Root, SwarmId } from '../../shared/ids.ts'
import { KiB, MiB } from '../../shared/limits.ts'
import { ChunkHashes, type Manifest } from '../../shared/manifest.ts'
import { rootOfChunks } from '../../shared/merkle.ts'
import { sha256 } from '../fakes/sample-file.ts'

/** A larger file's chunks are made each time that they are asked for. */
const keptBytesMax = 256 * MiB

/** Frames begin at multiples of this. */
const frameStep = 16 * KiB

const falseHash = new Uint8Array(32)

export class ModelFile {
  readonly geometry: Geometry
  readonly manifest: Manifest
  readonly hashes: ChunkHashes
  readonly swarm = 'ab'.repeat(20) as SwarmId
  readonly #layer: Bytes
  readonly #chunks: (Bytes | undefined)[] = []

  constructor(fileBytes: number, chunkBytes: number) {
    this.geometry = new Geometry(fileBytes, chunkBytes)
    const { chunkCount } = this.geometry
    this.#layer = concatBytes(...Array.from({ length: chunkCount }, (_, index) => hashOf(index)))
    const head = new Uint8Array(Math.min(this.geometry.leafCount, this.geometry.leavesPerChunk) * 32)
    const root = toHex(rootOfChunks(this.#layer, this.geometry, sha256)) as Root
    const hashes = { kind: 'chunks', layer: this.#layer } as const
    const headProof = new Uint8Array(0)
    const { geometry } = this
    this.manifest = { name: 'model', type: 'application/octet-stream', root, geometry, hashes, head, headProof }
    this.hashes = new ChunkHashes(this.manifest, sha256)
  }

  chunk(index: number): Bytes {
    const kept = this.#chunks[index]
    if (kept) return kept
    const bytes = new Uint8Array(this.geometry.lengthOf(index)).fill(fillOf(index))
    new DataView(bytes.buffer).setUint32(0, index)
    if (this.geometry.fileBytes <= keptBytesMax) this.#chunks[index] = bytes
    return bytes
  }

  /** True for bytes that are the chunk's own, in the memory that all who hold it share. */
  isOwn(index: number, bytes: Uint8Array): boolean {
    return bytes.buffer === this.#chunks[index]?.buffer
  }

  isTrue(index: number, bytes: Uint8Array): boolean {
    if (bytes.length !== this.geometry.lengthOf(index)) return false
    if (this.isOwn(index, bytes)) return true
    for (let at = 0; at < 4; at++) if (bytes[at] !== ((index >>> (24 - 8 * at)) & 0xff)) return false
    // One byte of every few, and the first of what may be a frame: that is where liars in these worlds spoil it.
    const fill = fillOf(index)
    for (let at = 4; at < bytes.length; at += 997) if (bytes[at] !== fill) return false
    for (let at = frameStep; at < bytes.length; at += frameStep) if (bytes[at] !== fill) return false
    return bytes.length <= 4 || bytes[bytes.length - 1] === fill
  }

  /** The chunk's hash if these are its bytes, another one if they are not. */
  digest(index: number, bytes: Uint8Array): Uint8Array {
    return this.isTrue(index, bytes) ? this.#layer.subarray(index * 32, (index + 1) * 32) : falseHash
  }
}

const fillOf = (index: number) => (index % 251) + 1

function hashOf(index: number): Uint8Array {
  const hash = new Uint8Array(32).fill(9)
  new DataView(hash.buffer).setUint32(0, index)
  return hash
}
