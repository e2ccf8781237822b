import { describe, expect, it } from 'vitest'
import { parseRange } from './byte-range.ts'

const part = (from: number, to: number) => ({ kind: 'part', from, to })

describe('a Range header', () => {
  it.each([
    ['bytes=0-0', part(0, 1)],
    ['bytes=0-99', part(0, 100)],
    ['bytes=10-19', part(10, 20)],
    ['bytes=99-', part(99, 100)],
    ['bytes=0-', part(0, 100)],
    ['bytes=90-1000', part(90, 100)],
    ['bytes=90-99999999999999999999999999', part(90, 100)],
    ['bytes=-1', part(99, 100)],
    ['bytes=-100', part(0, 100)],
    ['bytes=-5000', part(0, 100)],
    ['BYTES=1-2', part(1, 3)],
    ['bytes= 1-2 ', part(1, 3)],
    ['bytes=1-2,', part(1, 3)],
    ['bytes=, ,1-2', part(1, 3)],
    ['bytes=007-9', part(7, 10)],
  ])('[O4] %s of 100 bytes is honoured', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected)
  })

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=99999999999999999999999-'])(
    '[O4] %s of 100 bytes cannot be satisfied',
    (header) => {
      expect(parseRange(header, 100)).toEqual({ kind: 'unsatisfiable' })
    },
  )

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=,',
    'bytes=5-2',
    'bytes=a-b',
    'bytes=1-2-3',
    'bytes=0x1-2',
    'bytes=+1-2',
    'bytes=1.5-2',
    'bytes=1 -2',
    'bytes 1-2',
    'bytes =1-2',
    'items=1-2',
    'bytes=0-1,5-6',
    'bytes=0-1,x',
    `bytes=${'0'.repeat(500)}-1`,
  ])('[O4] %s is ignored: the whole file is the answer', (header) => {
    expect(parseRange(header, 100)).toEqual({ kind: 'whole' })
  })

  it('[O4] of an empty file is unsatisfiable, but its last bytes are the whole file', () => {
    expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
    expect(parseRange('bytes=0-0', 0)).toEqual({ kind: 'unsatisfiable' })
    expect(parseRange('bytes=-5', 0)).toEqual({ kind: 'whole' })
  })
})
