import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, formatRate, parseBytes, parseDuration, parseRate } from './quantity.ts'

describe('amounts as people write them', () => {
  it.each([
    ['0', 0],
    ['1500', 1500],
    ['1kB', 1000],
    ['1KiB', 1024],
    ['4MiB', 4_194_304],
    ['4 mib', 4_194_304],
    ['1.5MiB', 1_572_864],
    ['2GB', 2e9],
    ['100Mbit', 12_500_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes)
  })

  it.each([
    '',
    ' ',
    'MiB',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '4 M',
    '4Mi',
    '1,5MiB',
    '4MiBB',
    '9999999999999999',
    'constructor',
  ])('refuses %j', (text) => {
    expect(parseBytes(text)).toBeUndefined()
  })

  it('takes a rate with or without "/s"', () => {
    expect(parseRate('4MiB/s')).toBe(4_194_304)
    expect(parseRate('4MiB / s')).toBe(4_194_304)
    expect(parseRate('4MiB')).toBe(4_194_304)
    expect(parseRate('100Mbit/s')).toBe(12_500_000)
    expect(parseRate('4MiB/min')).toBeUndefined()
    expect(parseRate('/s')).toBeUndefined()
  })
})

describe('times', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2 h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '5', '-1s', '1.5h', '5 minutes', '1h30m'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it.each([
    [0, '0 s'],
    [1_234, '1.2 s'],
    [65_000, '65 s'],
    [600_000, '10 min'],
    [7_300_000, '2 h'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('amounts as people read them', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1536, '1.5 KiB'],
    [4_194_304, '4 MiB'],
    [104_857_600, '100 MiB'],
    [1_073_741_824, '1 GiB'],
    [1_048_575, '1 MiB'],
  ])('%d bytes read %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('a printed rate can be given back as a setting', () => {
    expect(parseRate(formatRate(4_194_304))).toBe(4_194_304)
  })
})
