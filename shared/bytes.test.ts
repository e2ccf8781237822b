import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, fromBase64, fromHex, toBase64, toHex } from './bytes.ts'

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

describe('base64', () => {
  // RFC 4648 §10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('[M13] of %j is %j, and back', (plain, text) => {
    expect(toBase64(ascii(plain))).toBe(text)
    expect(fromBase64(text)).toEqual(ascii(plain))
  })

  it('[M13] agrees with another implementation for every byte and length', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7 + length)
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    }
  })

  it.each([
    'Z',
    'Zg',
    'Zg=',
    'Zh==',
    'Zm9=',
    '=',
    '==',
    '====',
    'Z===',
    'Zg==Zg==',
    'Zm9v\n',
    ' Zm9',
    'Zm-v',
    'Zm_v',
    'Zm9é',
    'Zm9\ud800',
    'Z=9v',
    '=m9v',
    'Zm9v=',
    '\0\0\0\0',
  ])('[M13] refuses %j', (text) => {
    expect(fromBase64(text)).toBeUndefined()
  })
})

describe('hex', () => {
  it('[M13] has two lower-case digits for each byte, and back', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(toHex(all)).toBe(Buffer.from(all).toString('hex'))
    expect(fromHex(toHex(all))).toEqual(all)
    expect(fromHex('')).toEqual(new Uint8Array(0))
  })

  it.each(['0', 'abc', 'AB', 'aB', '0x00', 'zz', ' 00', '00\n', '0\u0660', '-1', '1.'])('[M13] refuses %j', (text) => {
    expect(fromHex(text)).toBeUndefined()
  })
})

describe('byte strings', () => {
  it('are equal when every byte is', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(0, 1, 2).subarray(1))).toBe(true)
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 2, 0), Uint8Array.of(1, 2))).toBe(false)
  })

  it('join end to end, also from views into larger buffers', () => {
    const buffer = Uint8Array.of(9, 1, 2, 9)
    expect(concatBytes(buffer.subarray(1, 3), new Uint8Array(0), Uint8Array.of(3))).toEqual(Uint8Array.of(1, 2, 3))
    expect(concatBytes()).toEqual(new Uint8Array(0))
  })
})
