import { describe, expect, it } from 'vitest'
import { choice, type Field, fixed, rest, restOf, restU32, struct, u8, u16, u32 } from './codec.ts'

function written<T>(field: Field<T>, value: T): number[] {
  const bytes = new Uint8Array(field.size(value))
  field.put(new DataView(bytes.buffer), 0, value)
  return [...bytes]
}

/** Reads from the middle of a larger buffer, where a wrong offset shows. */
function read<T>(field: Field<T>, ...bytes: number[]): { value: T | undefined; left: number } {
  const buffer = Uint8Array.of(0xaa, 0xbb, ...bytes, 0xcc)
  const reader = { view: new DataView(buffer.buffer, 2, bytes.length), at: 0 }
  return { value: field.get(reader), left: bytes.length - reader.at }
}

describe('whole numbers', () => {
  it.each([
    ['u8', u8, 255, [255]],
    ['u16', u16, 65_534, [0xff, 0xfe]],
    ['u32', u32, 4_294_967_294, [0xff, 0xff, 0xff, 0xfe]],
  ])('[W1] %s stands high byte first', (_, field, value, bytes) => {
    expect(written(field, value)).toEqual(bytes)
    expect(read(field, ...bytes, 9)).toEqual({ value, left: 1 })
    expect(read(field, ...bytes.slice(1)).value).toBeUndefined()
  })

  it.each([256, -1, 0.5, Number.NaN, Infinity])('[W8] %d does not fit one byte', (value) => {
    expect(() => written(u8, value)).toThrow('in 1 bytes')
  })
})

describe('byte fields', () => {
  it('[W3] read no further than the message, though the buffer goes on', () => {
    expect(read(fixed(2), 1, 2)).toEqual({ value: Uint8Array.of(1, 2), left: 0 })
    expect(read(fixed(3), 1, 2).value).toBeUndefined()
    expect(read(rest, 1, 2)).toEqual({ value: Uint8Array.of(1, 2), left: 0 })
    expect(read(rest)).toEqual({ value: new Uint8Array(0), left: 0 })
  })

  it('[W8] of a fixed length are written in that length only', () => {
    expect(written(fixed(2), Uint8Array.of(7, 8, 9).subarray(1))).toEqual([8, 9])
    expect(() => written(fixed(2), Uint8Array.of(1))).toThrow('1 bytes for 2')
    expect(() => written(fixed(2), Uint8Array.of(1, 2, 3))).toThrow('3 bytes for 2')
  })
})

describe('a list to the end of the message', () => {
  it('[W6] holds whole elements, up to its count', () => {
    const two = restU32(2)
    expect(read(two)).toEqual({ value: [], left: 0 })
    expect(read(two, 0, 0, 0, 1, 255, 255, 255, 255)).toEqual({ value: [1, 4_294_967_295], left: 0 })
    expect(read(two, 0, 0, 0).value).toBeUndefined()
    expect(read(two, ...new Array<number>(12).fill(0)).value).toBeUndefined()
    expect(() => written(two, [1, 2, 3])).toThrow('3 numbers, at most 2')
  })
})

describe('records to the end of the message', () => {
  it('[W6] are whole, one at least, up to their count', () => {
    const two = restOf(struct({ id: u8, size: u16 }), 2)
    const value = [
      { id: 1, size: 2 },
      { id: 3, size: 4 },
    ]
    expect(written(two, value)).toEqual([1, 0, 2, 3, 0, 4])
    expect(read(two, 1, 0, 2, 3, 0, 4)).toEqual({ value, left: 0 })
    expect(read(two).value).toBeUndefined()
    expect(read(two, 1, 0, 2, 3).value).toBeUndefined()
    expect(read(two, ...new Array<number>(9).fill(0)).value).toBeUndefined()
    expect(() => written(two, [])).toThrow('0 elements')
    expect(() => written(two, [...value, ...value])).toThrow('4 elements')
  })
})

describe('a choice', () => {
  it('[W4] has no value beyond its names', () => {
    const side = choice('left', 'right')
    expect(written(side, 'right')).toEqual([1])
    expect(read(side, 1).value).toBe('right')
    expect(read(side, 2).value).toBeUndefined()
    expect(read(side).value).toBeUndefined()
  })
})

describe('a struct', () => {
  const pair = struct({ id: u16, tag: fixed(1), tail: rest })

  it('[W1] stands in the order of its declaration', () => {
    const value = { id: 0x0102, tag: Uint8Array.of(3), tail: Uint8Array.of(4, 5) }
    expect(written(pair, value)).toEqual([1, 2, 3, 4, 5])
    expect(read(pair, 1, 2, 3, 4, 5)).toEqual({ value, left: 0 })
  })

  it('[W4] with one field missing is no value', () => {
    expect(read(pair, 1, 2).value).toBeUndefined()
  })
})
