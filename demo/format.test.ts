import { describe, expect, test } from 'vitest'
import { createFormat } from './format.ts'

const format = createFormat('en')
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('numbers as the page shows them', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1015, '1.0 KiB'],
    [1024, '1.0 KiB'],
    [65_536, '64.0 KiB'],
    [4 * 2 ** 20, '4.0 MiB'],
    [99_300_000, '94.7 MiB'],
    [150 * 2 ** 20, '150 MiB'],
    [1024 * 2 ** 20 - 1, '1.0 GiB'],
    [5 * 2 ** 40, '5.0 TiB'],
  ])('%d bytes read %s', (bytes, text) => {
    expect(plain(format.bytes(bytes))).toBe(text)
  })

  test('a number that stands still has no digits to spare', () => {
    expect(plain(format.fixedBytes(65_536))).toBe('64 KiB')
    expect(plain(format.fixedRate(4.5 * 2 ** 20))).toBe('4.5 MiB/s')
  })

  test('a size never breaks between the number and its unit', () => {
    expect(format.bytes(2048)).not.toContain(' ')
  })

  test('a file that misses its last chunk does not read 100%', () => {
    expect(format.percent(0.9996)).toBe('99%')
    expect(format.percent(1)).toBe('100%')
  })

  test.each([
    [200, '1 sec'],
    [12_000, '12 sec'],
    [65_000, '1 min 5 sec'],
    [120_000, '2 min'],
    [7_800_000, '2 hr 10 min'],
    [200_000_000, '2 days'],
  ])('%d ms left read %s', (ms, text) => {
    expect(plain(format.duration(ms))).toBe(text)
  })

  test('another language writes its own numbers', () => {
    expect(plain(createFormat('de').bytes(99_300_000))).toBe('94,7 MiB')
  })
})
