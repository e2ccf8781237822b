/** A fixed-length set of indexes with its wire form: bit 0 is the high bit of byte 0, spare bits are zero (BEP 3). */
import { assert } from './assert.ts'
import type { Bytes } from './bytes.ts'
import { ok, type Result, violation } from './result.ts'

/** Set bits of each byte value: a set from outside is counted by the byte, so that a large one stays cheap to take. */
const bitCounts = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

type Bits = Pick<Bitfield, 'bytes' | 'words'>

/**
 * The first index in [from, end) whose bit, turned round by `flip`, is set in `set` and set in `other`. Words are only
 * compared with zero, so that the machine's order of bytes does not matter.
 */
function firstIn(set: Bits, flip: 0 | -1, other: Bits | undefined, from: number, end: number): number | undefined {
  if (from >= end) return undefined
  const last = (end - 1) >> 3
  for (let at = from >> 3, mask = 0xff >> (from & 7); at <= last; at++, mask = 0xff) {
    if ((at & 3) === 0) {
      while (at <= last && ((set.words[at >> 2]! ^ flip) & (other ? other.words[at >> 2]! : -1)) === 0) {
        at += 4
        mask = 0xff
      }
      if (at > last) return undefined
    }
    const bits = (set.bytes[at]! ^ flip) & (other ? other.bytes[at]! : -1) & mask
    if (bits === 0) continue
    const index = at * 8 + Math.clz32(bits) - 24
    return index < end ? index : undefined
  }
  return undefined
}

export class Bitfield {
  readonly length: number
  readonly bytes: Bytes
  /** The same, four at a time, with zeros after the last. */
  readonly words: Uint32Array
  #count = 0

  constructor(length: number) {
    assert(Number.isSafeInteger(length) && length >= 0, `bitfield length ${length}`)
    this.length = length
    this.words = new Uint32Array(Math.ceil(length / 32))
    this.bytes = new Uint8Array(this.words.buffer as ArrayBuffer, 0, Math.ceil(length / 8))
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

  /** The first index in [from, end) that is in the set; undefined when none is. Looks at 32 at a time. */
  next(from: number, end: number): number | undefined {
    return firstIn(this, 0, undefined, from, Math.min(end, this.length))
  }

  /** The first index in [from, end) that is not in the set. */
  nextMissing(from: number, end: number): number | undefined {
    return firstIn(this, -1, undefined, from, Math.min(end, this.length))
  }

  /** The first index in [from, end) that is in both sets. */
  nextInBoth(other: Bits, from: number, end: number): number | undefined {
    return firstIn(this, 0, other, from, Math.min(end, this.length))
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
