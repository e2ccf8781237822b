import { describe, expect, it } from 'vitest'
import { sampleBytes, sampleManifest, sha256, syntheticHash, syntheticManifest } from '../test/fakes/sample-file.ts'
import { printFirstLeaf, readFirstLeaf } from './first-leaf.ts'
import type { Root } from './ids.ts'

describe('the field that proves the first leaf', () => {
  it.each([1, 17, 16_384, 16_385, 65_536, 65_537, 200_000, 600_000, 3_000_000])(
    '[M18] leads from the leaf to the root of a file of %i bytes, whatever its chunk size',
    (size) => {
      const leaf = sha256(sampleBytes(size).subarray(0, 16_384))
      for (const chunkBytes of [16_384, 65_536, 1_048_576]) {
        const manifest = sampleManifest(size, chunkBytes)
        const value = printFirstLeaf(manifest, sha256)!
        expect(readFirstLeaf(value, manifest.root, size, sha256)).toEqual(new Uint8Array(leaf))
      }
    },
  )

  it('[M18] leads to the root also where the manifest lists pages, in a few hundred bytes', () => {
    const { manifest } = syntheticManifest(5_000)
    const value = printFirstLeaf(manifest, sha256)!
    const { root, geometry } = manifest
    expect(readFirstLeaf(value, root, geometry.fileBytes, sha256)).toEqual(new Uint8Array(syntheticHash(0)))
    expect(value.length).toBeLessThan(700)
  })

  it('[M18] an empty file has none', () => {
    const manifest = sampleManifest(0)
    expect(printFirstLeaf(manifest, sha256)).toBeUndefined()
    expect(readFirstLeaf('::', manifest.root, 0, sha256)).toBeUndefined()
  })

  it('[M18] proves nothing for another root or size, changed anywhere, or badly written', () => {
    const size = 600_000
    const { root } = sampleManifest(size)
    const value = printFirstLeaf(sampleManifest(size), sha256)!
    const refused = (text: string, of: Root = root, bytes = size) =>
      expect(readFirstLeaf(text, of, bytes, sha256), text).toBeUndefined()
    refused(value, sampleManifest(size + 1).root)
    refused(value, root, 2 * size)
    refused(value, root, 16_384)
    const raw = Buffer.from(value.slice(1, -1), 'base64')
    for (let at = 0; at < raw.length; at += 13) {
      const changed = Buffer.from(raw)
      changed[at]! ^= 1
      refused(`:${changed.toString('base64')}:`)
    }
    refused(`:${raw.subarray(32).toString('base64')}:`)
    refused(`:${Buffer.concat([raw, raw.subarray(0, 32)]).toString('base64')}:`)
    for (const text of ['', ':', '::', value.slice(1), value.slice(0, -1), `${value}, ${value}`, ` ${value}`])
      refused(text)
  })
})
