/** A fixed-length set of indexes with its wire form: bit 0 is the high bit of byte 0, spare bits are zero (BEP 3). */
import { assert } from './assert.ts'
import type { Bytes } from './bytes.ts'
import { ok, type Result, violation } from './result.ts'

/** Set bits of each byte value: a set from outside is counted by the byte, so that a large one stays cheap to take. */
const bitCounts = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/** The first index in [from, end) whose bit, turned round by `flip`, is set in `bytes` and set in `other`. */
function firstIn(bytes: Bytes, flip: 0 | 0xff, other: Bytes | undefined, from: number, end: number) {
  if (from >= end) return undefined
  const last = (end - 1) >> 3
  for (let at = from >> 3, mask = 0xff >> (from & 7); at <= last; at++, mask = 0xff) {
    let bits = (bytes[at]! ^ flip) & mask
    if (other !== undefined) bits &= other[at]!
    if (bits === 0) continue
    const index = at * 8 + Math.clz32(bits) - 24
    return index < end ? index : undefined
  }
  return undefined
}

export class Bitfield {
  readonly length: number
  readonly bytes: Bytes
  #count = 0

  constructor(length: number) {
    assert(Number.isSafeInteger(length) && length >= 0, `bitfield length ${length}`)
    this.length = length
    this.bytes = new Uint8Array(Math.ceil(length / 8))
  }

  /** Reads a set of exactly `length` bits from outside. */
  static decode(bytes: Uint8Array, length: number): Result<Bitfield> {
    if (bytes.length !== Math.ceil(length / 8)) {
      return violation(`bitfield of ${bytes.length} bytes for ${length} bits`)
    }
    const spareBits = bytes.length * 8 - length
    if (spareBits > 0 && (bytes[bytes.length - 1]! & ((1 << spareBits) - 1)) !== 0) {
      return violation('bitfield has spare bits set')
    }
    const field = new Bitfield(length)
    field.bytes.set(bytes)
    for (const byte of bytes) field.#count += bitCounts[byte]!
    return ok(field)
  }

  static full(length: number): Bitfield {
    const field = new Bitfield(length)
    for (let i = 0; i < length; i++) field.add(i)
    return field
  }

  /** How many indexes are in the set. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  /** The first index in [from, end) that is in the set; undefined when none is. Looks at eight at a time. */
  next(from: number, end: number): number | undefined {
    return firstIn(this.bytes, 0, undefined, from, Math.min(end, this.length))
  }

  /** The first index in [from, end) that is not in the set. */
  nextMissing(from: number, end: number): number | undefined {
    return firstIn(this.bytes, 0xff, undefined, from, Math.min(end, this.length))
  }

  /** The first index in [from, end) that is in both sets. */
  nextInBoth(other: Bitfield, from: number, end: number): number | undefined {
    return firstIn(this.bytes, 0, other.bytes, from, Math.min(end, this.length))
  }

  has(index: number): boolean {
    return index < this.length && (this.bytes[index >> 3]! & (0x80 >> (index & 7))) !== 0
  }

  /** Gives true when the index was not in the set before. */
  add(index: number): boolean {
    assert(index >= 0 && index < this.length, `bit ${index} of ${this.length}`)
    if (this.has(index)) return false
    this.bytes[index >> 3]! |= 0x80 >> (index & 7)
    this.#count++
    return true
  }

  /** Gives true when the index was in the set before. */
  delete(index: number): boolean {
    if (!this.has(index)) return false
    this.bytes[index >> 3]! &= ~(0x80 >> (index & 7))
    this.#count--
    return true
  }
}
