import { describe, expect, it } from 'vitest'
import {
  buildTree,
  sampleBytes,
  sampleManifest,
  sha256,
  syntheticHash,
  syntheticManifest,
} from '../test/fakes/sample-file.ts'
import { fromBase64, toBase64, toHex } from './bytes.ts'
import { Geometry } from './geometry.ts'
import { chunkCountMax, manifestTextMax } from './limits.ts'
import { ChunkHashes, createManifest, type Manifest, parseManifest, printManifest, readManifest } from './manifest.ts'
import { chunkHash, leafHashes } from './merkle.ts'

type Json = Record<string, unknown>

const jsonOf = (manifest: Manifest): Json => JSON.parse(printManifest(manifest)) as Json
const read = (json: unknown) => parseManifest(JSON.stringify(json), sha256)
const refusal = (json: unknown) => {
  const result = read(json)
  return result.ok ? 'taken' : result.violation
}

/** The same base64, with one bit of byte `at` turned. */
function flipped(base64: unknown, at: number): string {
  const bytes = fromBase64(base64 as string)!
  bytes[at]! ^= 1
  return toBase64(bytes)
}

const small = jsonOf(sampleManifest(300_000))
const paged = jsonOf(syntheticManifest(2049).manifest)

describe('a manifest', () => {
  it.each([0, 1, 16_385, 65_536, 65_537, 1_000_000])('[M7] of a file of %i bytes reads back as it was', (size) => {
    const manifest = sampleManifest(size)
    expect(parseManifest(printManifest(manifest), sha256)).toEqual({ ok: true, value: manifest })
  })

  it('[M7] with pages reads back as it was', () => {
    const { manifest } = syntheticManifest(2049)
    expect(parseManifest(printManifest(manifest), sha256)).toEqual({ ok: true, value: manifest })
  })

  it('[M2] of an empty file has no hashes at all', () => {
    expect(jsonOf(sampleManifest(0))).toMatchObject({
      size: 0,
      chunks: '',
      head: '',
      root: toHex(sha256(new Uint8Array(0))),
    })
  })

  it('[M14] lists 2,048 chunks, and pages past that', () => {
    expect(Object.keys(jsonOf(syntheticManifest(2048).manifest))).toContain('chunks')
    expect(Object.keys(paged)).not.toContain('chunks')
    expect(fromBase64(paged.pages as string)!.length).toBe(5 * 32)
  })

  it('[M16] may hold fields of a newer version; they are not kept', () => {
    const result = read({ ...small, signature: 'x', sequence: 7 })
    expect(result).toEqual(read(small))
    expect(result.ok && Object.keys(result.value)).not.toContain('signature')
  })
})

describe('a manifest is refused', () => {
  it.each(['nearcast', 'name', 'type', 'size', 'root', 'chunkSize', 'head'])(
    '[M8] without its %s, by name',
    (field) => {
      const { [field]: _, ...others } = small
      expect(refusal(others)).toBe(`manifest has a missing or wrong field: ${field}`)
    },
  )

  it.each<[string, unknown[]]>([
    ['nearcast', [0, 2, '1', true, null]],
    ['name', ['', 7, null, 'n'.repeat(256), ['a']]],
    ['type', ['', 7, null, `a/${'b'.repeat(126)}`]],
    ['size', [-1, 0.5, '300000', null, 2 ** 53, 1e300, [300_000]]],
    ['root', ['', 'ab', (small.root as string).toUpperCase(), `${small.root}00`, `${small.root}\n`, 7, null]],
    ['chunkSize', [0, -65_536, '65536', null, 0.5]],
    ['head', [7, null, [], 'A'.repeat(300_000)]],
    ['chunks', [7, null, []]],
  ])('[M8] when its %s is wrong, by name', (field, wrong) => {
    for (const value of wrong) {
      expect(refusal({ ...small, [field]: value })).toMatch(
        new RegExp(`^manifest has a missing or wrong field: ${field}$|^manifest of \\d+ characters$`),
      )
    }
  })

  it('[M8] when it is no JSON, or no object', () => {
    expect(parseManifest('', sha256)).toEqual({ ok: false, violation: 'manifest is not JSON' })
    expect(parseManifest('<!doctype html>', sha256)).toEqual({ ok: false, violation: 'manifest is not JSON' })
    for (const value of [null, 1, 'x', [], [small]]) expect(refusal(value)).toContain('it is no object')
  })

  it('[M8] when a field stands only on a prototype', () => {
    const { size, ...others } = small
    const text = JSON.stringify(others).replace('{', `{"__proto__":{"size":${size}},`)
    expect(parseManifest(text, sha256)).toMatchObject({ ok: false, violation: expect.stringContaining('size') })
  })

  it.each([65_535, 98_304, 8192, 8_388_608])('[M8] for a chunk size of %i', (chunkSize) => {
    expect(refusal({ ...small, chunkSize })).toBe(`manifest has a chunk size of ${chunkSize}`)
  })

  it('[M8] when it has too few or too many hashes', () => {
    const hashes = fromBase64(small.chunks as string)!
    for (const count of [0, 4, 6]) {
      const chunks = toBase64(new Uint8Array([...hashes, ...hashes]).subarray(0, count * 32))
      expect(refusal({ ...small, chunks })).toBe('manifest chunks needs 5 hashes')
    }
    expect(refusal({ ...small, chunks: toBase64(hashes.subarray(1)) })).toBe('manifest chunks needs 5 hashes')
    expect(refusal({ ...small, chunks: undefined })).toBe('manifest chunks needs 5 hashes')
    expect(refusal({ ...small, head: toBase64(new Uint8Array(3 * 32)) })).toBe('manifest head needs 4 hashes')
    expect(refusal({ ...paged, pages: undefined })).toBe('manifest pages needs 5 hashes')
    expect(refusal({ ...paged, headProof: '' })).toBe('manifest headProof needs 9 hashes')
    expect(refusal({ ...small, headProof: '' })).toBe('manifest headProof needs 3 hashes')
    expect(refusal({ ...small, headProof: undefined })).toContain('headProof')
  })

  it('[M9] when any one of its hashes does not lead to the root', () => {
    for (let i = 0; i < 5; i++) {
      expect(refusal({ ...small, chunks: flipped(small.chunks, i * 32 + i) })).toBe(
        'manifest hashes do not lead to its root',
      )
      expect(refusal({ ...paged, pages: flipped(paged.pages, i * 32 + 31) })).toBe(
        'manifest hashes do not lead to its root',
      )
    }
    expect(refusal({ ...small, root: '0'.repeat(64) })).toBe('manifest head does not lead to its root')
  })

  it('[M9] when the hashes stand in another order', () => {
    const hashes = fromBase64(small.chunks as string)!
    const first = hashes.slice(0, 32)
    hashes.copyWithin(0, 32, 64)
    hashes.set(first, 32)
    expect(refusal({ ...small, chunks: toBase64(hashes) })).toBe('manifest hashes do not lead to its root')
  })

  it('[M9] when it is of another version of the file', () => {
    const other = jsonOf(sampleManifest(300_001))
    expect(refusal({ ...small, root: other.root })).toBe('manifest head does not lead to its root')
    expect(refusal({ ...small, chunks: other.chunks })).toBe('manifest hashes do not lead to its root')
  })

  it('[M10] when its head does not lead to the root, with chunks and with pages', () => {
    expect(refusal({ ...small, head: flipped(small.head, 0) })).toBe('manifest head does not lead to its root')
    expect(refusal({ ...small, head: flipped(small.head, 127) })).toBe('manifest head does not lead to its root')
    expect(refusal({ ...small, headProof: flipped(small.headProof, 95) })).toBe(
      'manifest head does not lead to its root',
    )
    expect(refusal({ ...paged, head: flipped(paged.head, 0) })).toBe('manifest head does not lead to its root')
    expect(refusal({ ...paged, headProof: flipped(paged.headProof, 0) })).toBe(
      'manifest head does not lead to its root',
    )
    expect(refusal({ ...paged, headProof: flipped(paged.headProof, 287) })).toBe(
      'manifest head does not lead to its root',
    )
  })

  it.each([
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '/etc/passwd',
    'a\0b',
    'a\nb',
    'a\x7fb',
    'a\x85b',
    'a\ud800b',
    '\udc00',
    'fotogpj.\u202eexe',
    'a\u2067b',
  ])('[M11] for the name %j', (name) => {
    expect(refusal({ ...small, name })).toBe('manifest name is no file name')
  })

  it.each(['text', '/', 'text/', '/plain', 'text/plain\r\nx: y', 'text/ plain', 'tëxt/plain', 'text/plain;\u2028'])(
    '[M11] for the type %j',
    (type) => {
      expect(refusal({ ...small, type })).toBe('manifest type is no media type')
    },
  )

  it('[M12] past 256 KiB of text, before it is read', () => {
    const text = `${JSON.stringify(small)}${' '.repeat(manifestTextMax)}`
    expect(parseManifest(text, sha256)).toEqual({ ok: false, violation: `manifest of ${text.length} characters` })
  })

  it('[M12] when it has more chunks than a bitfield in one frame can tell of', () => {
    const size = (chunkCountMax + 1) * 16_384
    expect(refusal({ ...small, size, chunkSize: 16_384 })).toBe(`manifest has ${chunkCountMax + 1} chunks`)
  })

  it('[M13] when its base64 is not the one spelling of its bytes', () => {
    const chunks = small.chunks as string
    expect(chunks.endsWith('=')).toBe(true)
    const last = chunks.at(-2)!
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const spare = `${chunks.slice(0, -2)}${digits[digits.indexOf(last) + 1]}=`
    for (const wrong of [spare, chunks.replace(/=+$/, ''), ` ${chunks}`, `${chunks}\n`, `${chunks}====`]) {
      expect(Buffer.from(wrong, 'base64').subarray(0, 160)).toEqual(Buffer.from(chunks, 'base64'))
      expect(refusal({ ...small, chunks: wrong })).toBe('manifest chunks needs 5 hashes')
    }
  })
})

describe('names and types that real files have', () => {
  it.each([
    'game 2.1 (final).zip',
    'été.iso',
    '東京.mp4',
    'لعبة.zip',
    '🎮.bin',
    '.hidden',
    '...',
    `${'n'.repeat(251)}.iso`,
    '%2e%2e',
    'a:b',
  ])('[M11] the name %j is taken', (name) => {
    expect(refusal({ ...small, name })).toBe('taken')
  })

  it.each(['text/html; charset=utf-8', 'application/vnd.apple.mpegurl', 'image/svg+xml', 'application/octet-stream'])(
    '[M11] the type %j is taken',
    (type) => {
      expect(refusal({ ...small, type })).toBe('taken')
    },
  )
})

describe('the hashes of chunks', () => {
  it('[M15] match their own chunk and no other', () => {
    const bytes = sampleBytes(300_000)
    const manifest = sampleManifest(300_000)
    const { geometry } = manifest
    const hashes = new ChunkHashes(manifest, sha256)
    for (let i = 0; i < geometry.chunkCount; i++) {
      const leaves = leafHashes(bytes.subarray(geometry.startOf(i), geometry.endOf(i)), sha256)
      const hash = chunkHash(leaves, geometry, sha256)
      expect(hashes.missingPage(i)).toBeUndefined()
      for (let j = 0; j < geometry.chunkCount; j++) expect(hashes.matches(j, hash)).toBe(i === j)
    }
  })

  it('[M9] of a manifest that was only read match nothing when its layer is wrong, and its head is proven all the same', () => {
    const wrong = { ...small, chunks: flipped(small.chunks, 4 * 32) }
    const manifest = readManifest(JSON.stringify(wrong), sha256)
    if (!manifest.ok) throw new Error(manifest.violation)
    const hashes = new ChunkHashes(manifest.value, sha256)
    for (let i = 0; i < 5; i++) {
      expect(hashes.matches(i, manifest.value.hashes.layer.subarray(i * 32, (i + 1) * 32))).toBe(false)
    }
    expect(readManifest(JSON.stringify({ ...small, head: flipped(small.head, 0) }), sha256).ok).toBe(false)
  })

  it('[M15] match nothing that is no hash, and nothing past the last chunk', () => {
    const hashes = new ChunkHashes(sampleManifest(300_000), sha256)
    expect(hashes.matches(0, new Uint8Array(0))).toBe(false)
    expect(hashes.matches(0, new Uint8Array(32))).toBe(false)
    expect(hashes.matches(5, new Uint8Array(0))).toBe(false)
    expect(hashes.matches(4_294_967_295, new Uint8Array(0))).toBe(false)
    expect(hashes.matches(-1, new Uint8Array(0))).toBe(false)
  })

  it('[M15] of one version do not match the chunks of another', () => {
    const changed = sampleBytes(300_000)
    changed[299_999]! ^= 1
    const geometry = new Geometry(300_000)
    const after = createManifest({ name: 'a', type: 'a/b', geometry, ...buildTree(changed, geometry) }, sha256)
    const before = sampleManifest(300_000)
    const lastOf = (manifest: Manifest) => manifest.hashes.layer.subarray(4 * 32, 5 * 32)
    expect(after.root).not.toBe(before.root)
    expect(new ChunkHashes(before, sha256).matches(4, lastOf(after))).toBe(false)
    expect(new ChunkHashes(after, sha256).matches(4, lastOf(after))).toBe(true)
  })
})

describe('a file with hash pages', () => {
  const { manifest, layer } = syntheticManifest(2049)
  const pageOf = (page: number) => layer.slice(page * 512 * 32, (page + 1) * 512 * 32)
  const withPage = (page: number) => {
    const hashes = new ChunkHashes(manifest, sha256)
    expect(hashes.addPage(page, pageOf(page))).toBe(true)
    return hashes
  }

  it('[M14] needs a chunk’s page before the chunk can be checked', () => {
    const hashes = new ChunkHashes(manifest, sha256)
    expect([0, 511, 512, 2047, 2048].map((index) => hashes.missingPage(index))).toEqual([0, 0, 1, 3, 4])
    expect(hashes.matches(512, syntheticHash(512))).toBe(false)
    expect(hashes.addPage(1, pageOf(1))).toBe(true)
    expect(hashes.missingPage(512)).toBeUndefined()
    expect(hashes.missingPage(511)).toBe(0)
    expect(hashes.matches(512, syntheticHash(512))).toBe(true)
    expect(hashes.matches(1023, syntheticHash(1023))).toBe(true)
    expect(hashes.matches(513, syntheticHash(512))).toBe(false)
    expect(hashes.matches(0, syntheticHash(512))).toBe(false)
  })

  it('[M14] reads pages at their places, the last one short', () => {
    const hashes = new ChunkHashes(manifest, sha256)
    expect(hashes.pageRange(0)).toEqual([0, 16_384])
    expect(hashes.pageRange(3)).toEqual([49_152, 65_536])
    expect(hashes.pageRange(4)).toEqual([65_536, 65_568])
    expect(withPage(4).matches(2048, syntheticHash(2048))).toBe(true)
    expect(withPage(4).matches(2049, new Uint8Array(0))).toBe(false)
  })

  it('[M14] refuses a page that is changed, short, long, empty, or another one', () => {
    const hashes = new ChunkHashes(manifest, sha256)
    const changed = pageOf(0)
    changed[16_383]! ^= 0x80
    for (const wrong of [
      changed,
      pageOf(1),
      pageOf(4),
      layer.slice(0, 16_352),
      layer.slice(0, 16_416),
      new Uint8Array(0),
    ]) {
      expect(hashes.addPage(0, wrong)).toBe(false)
    }
    expect(hashes.missingPage(0)).toBe(0)
    expect(hashes.matches(0, syntheticHash(0))).toBe(false)
  })

  it('[M14] refuses a page that the file does not have', () => {
    const hashes = new ChunkHashes(manifest, sha256)
    for (const page of [-1, 5, 6, 4_294_967_295]) {
      expect(hashes.addPage(page, pageOf(0))).toBe(false)
      expect(hashes.addPage(page, new Uint8Array(0))).toBe(false)
    }
  })

  it('[M14] keeps a page as it was checked, whatever becomes of the buffer that it came in', () => {
    const hashes = new ChunkHashes(manifest, sha256)
    const buffer = pageOf(0)
    hashes.addPage(0, buffer)
    buffer.fill(0)
    expect(hashes.matches(0, syntheticHash(0))).toBe(true)
    expect(hashes.matches(0, new Uint8Array(32))).toBe(false)
  })

  it('[M14] a file without pages takes none', () => {
    expect(new ChunkHashes(sampleManifest(300_000), sha256).addPage(0, new Uint8Array(160))).toBe(false)
  })
})
