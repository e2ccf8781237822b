import { describe, expect, it } from 'vitest'
import { Bitfield } from './bitfield.ts'
import { createRng } from './rng.ts'

const fieldOf = (length: number, ...indexes: number[]) => {
  const field = new Bitfield(length)
  for (const index of indexes) field.add(index)
  return field
}

describe('a bitfield', () => {
  it('[W7] puts index 0 in the high bit of the first byte', () => {
    expect([...fieldOf(20, 0, 9, 19).bytes]).toEqual([0x80, 0x40, 0x10])
  })

  it('[W7] read from the wire holds the same indexes and counts them', () => {
    const read = Bitfield.decode(fieldOf(20, 0, 9, 19).bytes, 20)
    if (!read.ok) throw new Error(read.violation)
    expect(Array.from({ length: 20 }, (_, index) => index).filter((index) => read.value.has(index))).toEqual([0, 9, 19])
    expect(read.value).toMatchObject({ count: 3, length: 20, isFull: false })
  })

  it('[W7] read from the wire is its own copy', () => {
    const frame = Uint8Array.of(0xff, 0xa0, 0xff)
    const read = Bitfield.decode(frame.subarray(1, 2), 8)
    frame.fill(0)
    expect(read).toMatchObject({ ok: true, value: { count: 2 } })
    expect(read.ok && read.value.has(2)).toBe(true)
  })

  it.each([
    [0, [], true],
    [1, [0x80], true],
    [1, [0x40], false],
    [7, [0x01], false],
    [7, [0xfe], true],
    [8, [0xff], true],
    [9, [0xff, 0x80], true],
    [9, [0xff, 0xc0], false],
    [9, [0xff, 0x01], false],
  ])('[W7] of %i bits in bytes %j is taken only without spare bits: %j', (length, bytes, taken) => {
    expect(Bitfield.decode(Uint8Array.from(bytes), length).ok).toBe(taken)
  })

  it.each([
    [0, 1],
    [1, 0],
    [8, 2],
    [9, 1],
    [2048, 255],
    [2048, 257],
  ])('[W7] of %i bits in %i bytes is refused for its length', (length, bytes) => {
    expect(Bitfield.decode(new Uint8Array(bytes), length)).toEqual({
      ok: false,
      violation: `bitfield of ${bytes} bytes for ${length} bits`,
    })
  })

  it('[W7] that is full has every index and no spare bit', () => {
    for (const length of [0, 1, 7, 8, 9, 64, 2047]) {
      const full = Bitfield.full(length)
      expect(full).toMatchObject({ count: length, isFull: true })
      expect(Bitfield.decode(full.bytes, length)).toMatchObject({ ok: true, value: { count: length, isFull: true } })
    }
  })

  it('counts an index once, however often it is added or deleted', () => {
    const field = new Bitfield(10)
    expect([field.add(3), field.add(3), field.add(9)]).toEqual([true, false, true])
    expect(field.count).toBe(2)
    expect([field.delete(3), field.delete(3), field.delete(5)]).toEqual([true, false, false])
    expect(field.count).toBe(1)
    expect([field.has(3), field.has(9)]).toEqual([false, true])
  })

  it('has no index outside its length, whatever a peer says', () => {
    const full = Bitfield.full(12)
    for (const index of [12, 15, 16, 4_294_967_295, -1, Number.NaN]) {
      expect(full.has(index)).toBe(false)
      expect(full.delete(index)).toBe(false)
    }
    expect(full.count).toBe(12)
  })

  it.each([12, -1, Number.NaN])('takes index %d of 12 as the caller’s mistake', (index) => {
    expect(() => new Bitfield(12).add(index)).toThrow(`bit ${index} of 12`)
  })

  it('finds the next index that is in it, not in it, or in both of two, as one by one would', () => {
    const rng = createRng([1, 2, 3, 4])
    for (const length of [0, 1, 7, 8, 31, 32, 33, 64, 100, 259]) {
      for (const share of [0, 0.02, 0.5, 1]) {
        const indexes = Array.from({ length }, (_, index) => index)
        const [a, b] = [0, 1].map(() => fieldOf(length, ...indexes.filter(() => rng.fraction() < share))) as [
          Bitfield,
          Bitfield,
        ]
        for (let i = 0; i < 50; i++) {
          const [from, end] = [rng.below(length + 1), rng.below(length + 9)]
          const within = indexes.slice(from, Math.max(from, end))
          expect(a.next(from, end)).toBe(within.find((index) => a.has(index)))
          expect(a.nextMissing(from, end)).toBe(within.find((index) => !a.has(index)))
          expect(a.nextInBoth(b, from, end)).toBe(within.find((index) => a.has(index) && b.has(index)))
        }
      }
    }
  })
})
