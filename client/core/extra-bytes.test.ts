import { describe, expect, it } from 'vitest'
import { ExtraBytes } from './extra-bytes.ts'

const chunkBytes = 1_000

/** Asks for as many chunks as it may. @returns how many */
function reserveAll(extra: ExtraBytes, first = 0): number {
  let count = 0
  while (extra.reserve(first + count, chunkBytes)) count++
  return count
}

describe('what asking two sources may cost', () => {
  it('[S11] is four chunks at first, and 3 % of what came', () => {
    const extra = new ExtraBytes()
    expect(reserveAll(extra)).toBe(4)
    extra.came(200 * chunkBytes)
    expect(reserveAll(extra, 4)).toBe(6)
  })

  it('[S11] is nothing when the other source had not begun', () => {
    const extra = new ExtraBytes()
    for (let index = 0; index < 100; index++) {
      expect(extra.reserve(index, chunkBytes)).toBe(true)
      extra.settle(index, 0)
    }
  })

  it('[S11] is what came twice, also when it comes late', () => {
    const extra = new ExtraBytes()
    reserveAll(extra)
    for (let index = 0; index < 4; index++) extra.settle(index, index < 2 ? chunkBytes : 0)
    extra.late(chunkBytes)
    expect(reserveAll(extra, 4)).toBe(1)
  })

  it('[S11] is held by count as well', () => {
    const extra = new ExtraBytes()
    extra.came(1_000_000 * chunkBytes)
    expect(reserveAll(extra)).toBe(32)
  })

  it('[S11] is counted once for a chunk that is asked for again', () => {
    const extra = new ExtraBytes()
    reserveAll(extra)
    expect(extra.reserve(0, chunkBytes)).toBe(true)
    extra.settle(0, 0)
    extra.settle(0, 0)
    expect(reserveAll(extra, 10)).toBe(1)
  })
})
