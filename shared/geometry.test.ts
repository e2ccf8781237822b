import { describe, expect, it } from 'vitest'
import { chunkBytesFor, Geometry, isChunkBytes } from './geometry.ts'
import { chunkCountMax, fileBytesMax, GiB, KiB, MiB } from './limits.ts'

describe('the chunk size', () => {
  it.each([
    [0, 64 * KiB],
    [1, 64 * KiB],
    [128 * MiB, 64 * KiB],
    [128 * MiB + 1, 128 * KiB],
    [256 * MiB, 128 * KiB],
    [256 * MiB + 1, 256 * KiB],
    [4 * GiB, 2 * MiB],
    [8 * GiB, 4 * MiB],
    [8 * GiB + 1, 4 * MiB],
    [fileBytesMax, 4 * MiB],
  ])('[M5] of a file of %i bytes is %i', (fileBytes, chunkBytes) => {
    expect(chunkBytesFor(fileBytes)).toBe(chunkBytes)
  })

  it('[M5] keeps a file up to 8 GiB at 2,048 chunks or fewer', () => {
    for (let fileBytes = 1; fileBytes <= 8 * GiB; fileBytes = fileBytes * 3 + 1) {
      expect(new Geometry(fileBytes).chunkCount).toBeLessThanOrEqual(2048)
    }
  })

  it('[M5] is a power of two from one leaf to 4 MiB, and nothing else', () => {
    for (const right of [16_384, 32_768, 65_536, 4 * MiB]) expect(isChunkBytes(right)).toBe(true)
    for (const wrong of [0, -65_536, 8192, 16_383, 65_535, 65_537, 98_304, 8 * MiB, 65_536.5, Number.NaN, Infinity]) {
      expect(isChunkBytes(wrong)).toBe(false)
    }
  })
})

describe('the chunks of a file', () => {
  it.each([1, 16_384, 65_535, 65_536, 65_537, 1_000_003])('[M6] of %i bytes cover each byte once', (fileBytes) => {
    const geometry = new Geometry(fileBytes)
    let at = 0
    for (let i = 0; i < geometry.chunkCount; i++) {
      expect(geometry.startOf(i)).toBe(at)
      expect(geometry.chunkAt(at)).toBe(i)
      expect(geometry.chunkAt(geometry.endOf(i) - 1)).toBe(i)
      if (i < geometry.chunkCount - 1) expect(geometry.lengthOf(i)).toBe(geometry.chunkBytes)
      at += geometry.lengthOf(i)
    }
    expect(at).toBe(fileBytes)
  })

  it('[M6] of a file of 100 GB are 23,842, the last one short', () => {
    const geometry = new Geometry(100e9)
    expect(geometry).toMatchObject({
      chunkBytes: 4_194_304,
      chunkCount: 23_842,
      leafCount: 6_103_516,
      leavesPerChunk: 256,
    })
    expect(geometry.startOf(23_841)).toBe(99_996_401_664)
    expect(geometry.lengthOf(23_841)).toBe(3_598_336)
    expect(geometry.chunkAt(99_999_999_999)).toBe(23_841)
    expect(geometry.chunksOver(99_996_401_663, 99_996_401_665)).toEqual([23_840, 23_842])
  })

  it('[M6] of an empty file are none', () => {
    expect(new Geometry(0)).toMatchObject({ chunkCount: 0, leafCount: 0 })
    expect(new Geometry(0).chunksOver(0, 0)).toEqual([0, 0])
  })

  it('[M6] that cover a range end with the one that holds its last byte', () => {
    const geometry = new Geometry(200_000)
    expect(geometry.chunksOver(0, 200_000)).toEqual([0, 4])
    expect(geometry.chunksOver(0, 65_536)).toEqual([0, 1])
    expect(geometry.chunksOver(65_535, 65_537)).toEqual([0, 2])
    expect(geometry.chunksOver(65_536, 65_537)).toEqual([1, 2])
    expect(geometry.chunksOver(70_000, 70_000)).toEqual([0, 0])
    expect(geometry.chunksOver(9, 3)).toEqual([0, 0])
  })

  it('[M5] of the largest file fit a bitfield of 64 KiB', () => {
    expect(new Geometry(fileBytesMax).chunkCount).toBe(chunkCountMax)
    expect(chunkCountMax / 8).toBe(64 * KiB)
  })
})

it.each([-1, 0.5, Number.NaN, fileBytesMax + 1])('a file of %d bytes is the caller’s mistake', (fileBytes) => {
  expect(() => new Geometry(fileBytes)).toThrow(`file of ${fileBytes} bytes`)
})

it('a chunk size that is no power of two is the caller’s mistake', () => {
  expect(() => new Geometry(1, 65_535)).toThrow('chunk of 65535 bytes')
})
