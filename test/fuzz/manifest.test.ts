import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { fromBase64, fromHex, toBase64, toHex } from '../../shared/bytes.ts'
import { parseManifest, printManifest } from '../../shared/manifest.ts'
import { sampleManifest, sha256, syntheticManifest } from '../fakes/sample-file.ts'
import { allocatedBytes } from './allocation.ts'
import { damagedJson, oddText } from './json-arbitrary.ts'

// Thousands of runs a test: half a second when the machine is idle, several when it is not.
vi.setConfig({ testTimeout: 60_000 })

const manifests = [
  ...[0, 1, 40_000, 65_536, 200_000].map((size) => sampleManifest(size)),
  sampleManifest(40_000, 16_384),
  syntheticManifest(2049).manifest,
]
const valid = fc.constantFrom(...manifests.map((manifest) => JSON.parse(printManifest(manifest)) as object))
const roots = new Set(manifests.map((manifest) => manifest.root))

/** One character of the text changed: shapes stay whole, and mostly a hash is no longer right. */
const scratched = fc.tuple(valid, fc.nat(), fc.constantFrom(...'0A9f=+/-"{},: ')).map(([object, place, letter]) => {
  const text = JSON.stringify(object)
  const at = place % text.length
  return text.slice(0, at) + letter + text.slice(at + 1)
})

describe('a manifest from anywhere', () => {
  it('[M8] gives a violation, or a manifest that says the same when printed and read again', () => {
    fc.assert(
      fc.property(fc.oneof(oddText, damagedJson(valid), scratched), (text) => {
        const read = parseManifest(text, sha256)
        if (!read.ok) expect(read.violation).toMatch(/\w/)
        else expect(parseManifest(printManifest(read.value), sha256)).toEqual(read)
      }),
      { numRuns: 2000 },
    )
  })

  it('[M9] [M10] that is taken holds the very hashes of a published file', () => {
    const published = new Set(manifests.flatMap(({ hashes, head }) => [toHex(hashes.layer), toHex(head)]))
    fc.assert(
      fc.property(fc.oneof(damagedJson(valid), scratched), (text) => {
        const read = parseManifest(text, sha256)
        if (!read.ok) return
        expect(roots).toContain(read.value.root)
        expect(published).toContain(toHex(read.value.hashes.layer))
        expect(published).toContain(toHex(read.value.head))
      }),
      { numRuns: 2000 },
    )
  })

  it('[M12] makes the reader allocate no more than a few times its own length', () => {
    // Rows of the tree are half as long each, padding and pairs of hashes take a fixed amount a row.
    const fixedBytes = 32_768
    fc.assert(
      fc.property(fc.oneof(oddText, damagedJson(valid), scratched), (text) => {
        expect(allocatedBytes(() => parseManifest(text, sha256))).toBeLessThanOrEqual(4 * text.length + fixedBytes)
      }),
      { numRuns: 500 },
    )
  })
})

describe('base64 and hex from anywhere', () => {
  const base64Like = fc
    .array(fc.constantFrom(...'ABYZabyz0189+/=-_ \n'), { maxLength: 40 })
    .map((list) => list.join(''))
  const hexLike = fc.array(fc.constantFrom(...'0189abfAFg '), { maxLength: 40 }).map((list) => list.join(''))

  it('[M13] of any bytes read back as these bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes)
        expect(fromHex(toHex(bytes))).toEqual(bytes)
      }),
      { numRuns: 300 },
    )
  })

  it('[M13] of any text give nothing, or bytes that print as exactly this text', () => {
    fc.assert(
      fc.property(fc.oneof(base64Like, fc.base64String(), hexLike, fc.string({ unit: 'binary' })), (text) => {
        const base64 = fromBase64(text)
        if (base64 !== undefined) expect(toBase64(base64)).toBe(text)
        const hex = fromHex(text)
        if (hex !== undefined) expect(toHex(hex)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('[M13] of any text allocate no more than its length', () => {
    fc.assert(
      fc.property(fc.oneof(base64Like, fc.base64String(), hexLike), (text) => {
        expect(allocatedBytes(() => fromBase64(text))).toBeLessThanOrEqual(text.length)
        expect(allocatedBytes(() => fromHex(text))).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 500 },
    )
  })
})
