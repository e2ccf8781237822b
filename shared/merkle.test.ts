import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  buildTree,
  sampleBytes,
  sampleManifest,
  sha256,
  syntheticHash,
  syntheticManifest,
} from '../test/fakes/sample-file.ts'
import { concatBytes, equalBytes, toHex } from './bytes.ts'
import { Geometry } from './geometry.ts'
import { chunkHash, firstChunkProof, hashByProof, leafHashes, partHash, rootOfChunks, TreeBuilder } from './merkle.ts'

/** BEP 52's definition word for word: a binary tree over 16 KiB blocks, leaf hashes beyond the end set to zero. */
function definedRoot(bytes: Uint8Array): Buffer {
  const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  const node = (from: number, leafCount: number): Buffer => {
    if (leafCount === 1) return from < bytes.length ? hash(bytes.subarray(from, from + 16_384)) : Buffer.alloc(32)
    const half = leafCount / 2
    return hash(node(from, half), node(from + half * 16_384, half))
  }
  if (bytes.length === 0) return hash()
  let leafCount = 1
  while (leafCount * 16_384 < bytes.length) leafCount *= 2
  return node(0, leafCount)
}

const rootHex = (size: number, chunkBytes?: number) =>
  toHex(buildTree(sampleBytes(size), new Geometry(size, chunkBytes)).root)

describe('the root of a file', () => {
  const sizes = [
    0, 1, 63, 64, 16_383, 16_384, 16_385, 32_768, 49_153, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 262_144,
    333_333, 1_048_577,
  ]
  it.each(sizes)('[M1] of %i bytes is what BEP 52 defines', (size) => {
    expect(rootHex(size)).toBe(definedRoot(sampleBytes(size)).toString('hex'))
  })

  // Computed with another language's SHA-256 and a loop over rows, outside this repository.
  it.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [16_383, '222f82af60dcce1785736f8e29a0d00299b5cda434719a826cec777633303660'],
    [16_384, 'de63d66fe69e92478f8282a17697dd0d961dd69f2f622c019f8d2ed1ef0ee691'],
    [16_385, 'd9fcb1b3b4d6a8252a562cb154ece68eb4af9cf2db4aea967949f477bd267f87'],
    [65_535, 'fa981dda1fa4cd46cd482139d1aadd2a12cdb941d7024efb9ebd0934692f2868'],
    [65_536, '9d2f7aadcdcd8164f443bc0e61b0def1f5b9699bcd9e1e097a43c6fd4a79c162'],
    [65_537, '3c6beff9a86095928532b82add44ee7de281970232ffc66b8af517a722134ed1'],
    [333_333, 'e17e5d0b987f854790880b4ed623a2e33fe6ee122fafc1b22603bdb4352e4567'],
    [1_048_577, '9df99d8cd1702b6490c010208604dc43b9dc9c28ac98be6a5cc3ea8503211520'],
  ])('[M1] of %i bytes is the pinned one', (size, hex) => {
    expect(rootHex(size)).toBe(hex)
  })

  it('[M1] of an all-zero file differs from that of a longer one: padding is zero hashes, not zero bytes', () => {
    const zeroes = (size: number) => toHex(buildTree(new Uint8Array(size), new Geometry(size)).root)
    expect(zeroes(3 * 16_384)).not.toBe(zeroes(4 * 16_384))
  })

  it('[M2] of an empty file is the hash of no bytes, and its chunk layer and head are empty', () => {
    const { root, chunks, head } = buildTree(new Uint8Array(0), new Geometry(0))
    expect(toHex(root)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect([chunks.length, head.length]).toEqual([0, 0])
  })

  it.each([1, 16_385, 70_000, 262_144, 1_048_577])('[M3] of %i bytes is the same for every chunk size', (size) => {
    const roots = new Set<string>()
    for (let chunkBytes = 16_384; chunkBytes <= 4_194_304; chunkBytes *= 2) roots.add(rootHex(size, chunkBytes))
    expect([...roots]).toEqual([definedRoot(sampleBytes(size)).toString('hex')])
  })
})

describe('the chunk layer', () => {
  it.each([65_537, 131_072, 1_000_000])('[M1] of %i bytes holds the hash of each chunk, computed alone', (size) => {
    const geometry = new Geometry(size)
    const bytes = sampleBytes(size)
    const { chunks, head } = buildTree(bytes, geometry)
    for (let i = 0; i < geometry.chunkCount; i++) {
      const leaves = leafHashes(bytes.subarray(geometry.startOf(i), geometry.endOf(i)), sha256)
      if (i === 0) expect(equalBytes(leaves, head)).toBe(true)
      expect(toHex(chunkHash(leaves, geometry, sha256))).toBe(toHex(chunks.subarray(i * 32, i * 32 + 32)))
    }
    expect(toHex(rootOfChunks(chunks, geometry, sha256))).toBe(definedRoot(bytes).toString('hex'))
  })

  it('[M1] of a file of one chunk is its root alone', () => {
    const { chunks, root } = buildTree(sampleBytes(40_000), new Geometry(40_000))
    expect(toHex(chunks)).toBe(toHex(root))
  })
})

describe('a tree built leaf by leaf', () => {
  const geometry = new Geometry(7 * 16_384)
  const built = (leafCount: number) => {
    const builder = new TreeBuilder(geometry, sha256)
    for (let i = 0; i < leafCount; i++) builder.addLeaf(syntheticHash(i))
    return builder
  }

  it('[M4] refuses to end before the last leaf of the file', () => {
    expect(() => built(6).finish()).toThrow('6 leaves of 7')
    expect(() => built(4).finish()).toThrow('4 leaves of 7')
  })

  it('[M4] refuses a leaf past the end of the file', () => {
    expect(() => built(7).addLeaf(syntheticHash(7))).toThrow('leaf 7 of 7')
  })

  it('[M4] keeps its own copy of every leaf hash', () => {
    const reused = new Uint8Array(32)
    const builder = new TreeBuilder(geometry, sha256)
    for (let i = 0; i < 7; i++) {
      reused.set(syntheticHash(i))
      builder.addLeaf(reused)
    }
    expect(toHex(builder.finish().root)).toBe(toHex(built(7).finish().root))
  })
})

describe('hash pages', () => {
  it.each([2049, 2560, 5000])(
    '[M14] of a file of %i chunks lead to the same root as its whole chunk layer',
    (count) => {
      const { manifest, layer } = syntheticManifest(count)
      expect(manifest.hashes.kind).toBe('pages')
      expect(manifest.root).toBe(toHex(rootOfChunks(layer, manifest.geometry, sha256)))
    },
  )

  it('[M10] the first chunk is proved to belong to a page by nine hashes', () => {
    const { manifest, layer } = syntheticManifest(2049)
    const { geometry } = manifest
    const page = layer.subarray(0, 512 * 32)
    const proof = firstChunkProof(layer, geometry, sha256)
    const expected = toHex(partHash(page, 512, geometry, sha256))
    expect(proof.length).toBe(9 * 32)
    expect(toHex(hashByProof(page.subarray(0, 32), proof, sha256))).toBe(expected)
    expect(toHex(hashByProof(page.subarray(32, 64), proof, sha256))).not.toBe(expected)
    const turned = concatBytes(proof.subarray(32, 64), proof.subarray(0, 32), proof.subarray(64))
    expect(toHex(hashByProof(page.subarray(0, 32), turned, sha256))).not.toBe(expected)
  })
})

it('[M3] the manifests of one file with two chunk sizes name one root', () => {
  expect(sampleManifest(300_000, 32_768).root).toBe(sampleManifest(300_000, 262_144).root)
})
