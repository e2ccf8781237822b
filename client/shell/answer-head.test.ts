import { describe, expect, it } from 'vitest'
import { parseRange } from './answer-head.ts'

describe('a Range header', () => {
  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, 1_000],
    ['bytes=100-199', 100, 200],
    ['bytes=900-5000', 900, 1_000],
    ['bytes=-100', 900, 1_000],
    ['bytes=-5000', 0, 1_000],
    [' bytes=5-6 ', 5, 7],
  ])('[C11] %s of 1,000 bytes is [%i, %i)', (header, from, to) => {
    expect(parseRange(header, 1_000)).toEqual({ from, to })
  })

  it.each([
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=1000-',
    'bytes=-0',
    'bytes=0-1,5-6',
    'items=0-1',
    'bytes=a-b',
    'bytes=1.5-2',
    '',
  ])('[C11] "%s" is not one range that can be given', (header) => {
    expect(parseRange(header, 1_000)).toBeUndefined()
  })
})
