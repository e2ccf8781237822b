import { describe, expect, it } from 'vitest'
import { type AnswerHeaders, answerTo, type Representation } from './answer.ts'
import { printHttpDate } from './http-date.ts'

const modified = Date.UTC(2026, 0, 1, 12)
const now = modified + 3_600_000
const file: Representation = {
  bytes: 100,
  type: 'application/zip',
  etag: { weak: false, opaque: 'root' },
  lastModifiedMs: modified,
}
const get = (headers: AnswerHeaders, representation = file) => answerTo('GET', headers, representation, now)
const validators = {
  'Accept-Ranges': 'bytes',
  'Cache-Control': 'no-cache',
  ETag: '"root"',
  'Last-Modified': printHttpDate(modified),
}

describe('the answer', () => {
  it('[O1] to a plain GET is the whole file', () => {
    expect(get({})).toEqual({
      status: 200,
      headers: { ...validators, 'Content-Type': 'application/zip', 'Content-Length': '100' },
      from: 0,
      to: 100,
    })
  })

  it('[O3] to HEAD has the headers of the whole file and no body, whatever range is asked for', () => {
    const head = answerTo('HEAD', { range: 'bytes=0-9' }, file, now)
    expect(head).toEqual({ ...get({}), to: 0 })
  })

  it('[O2] [O7] has no ETag while the root is unknown, and no date while none is sure', () => {
    const { headers } = get({}, { ...file, etag: undefined, lastModifiedMs: undefined })
    expect(headers).not.toHaveProperty('ETag')
    expect(headers).not.toHaveProperty('Last-Modified')
  })

  it('[O28] proves its first leaf where it is the whole file, and nowhere else', () => {
    const proven = { ...file, firstLeaf: ':proof:' }
    const fieldOf = (headers: AnswerHeaders, representation = proven) =>
      get(headers, representation).headers['Nearcast-First-Leaf']
    expect(fieldOf({})).toBe(':proof:')
    expect(fieldOf({ range: 'bytes=0-9' })).toBeUndefined()
    expect(fieldOf({ range: 'bytes=100-' })).toBeUndefined()
    expect(fieldOf({ 'if-none-match': '"root"' })).toBeUndefined()
    expect(get({}, file).headers).not.toHaveProperty('Nearcast-First-Leaf')
  })

  it('[O4] to a Range is that part', () => {
    expect(get({ range: 'bytes=10-19' })).toEqual({
      status: 206,
      headers: {
        ...validators,
        'Content-Type': 'application/zip',
        'Content-Length': '10',
        'Content-Range': 'bytes 10-19/100',
      },
      from: 10,
      to: 20,
    })
  })

  it('[O4] to a Range past the end is 416 with the size', () => {
    expect(get({ range: 'bytes=100-' })).toEqual({
      status: 416,
      headers: { ...validators, 'Content-Range': 'bytes */100' },
      from: 0,
      to: 0,
    })
  })

  it('[O4] to several ranges or a malformed one is the whole file', () => {
    expect(get({ range: 'bytes=0-1,5-6' })).toEqual(get({}))
    expect(get({ range: 'bytes=x' })).toEqual(get({}))
  })

  it('[O6] to a Range of another version is the whole file, even where the range would not fit', () => {
    expect(get({ range: 'bytes=10-19', 'if-range': '"old"' })).toEqual(get({}))
    expect(get({ range: 'bytes=500-', 'if-range': '"old"' })).toEqual(get({}))
    expect(get({ range: 'bytes=10-19', 'if-range': '"root"' }).status).toBe(206)
    expect(get({ range: 'bytes=500-', 'if-range': '"root"' }).status).toBe(416)
    expect(get({ 'if-range': '"old"' })).toEqual(get({}))
  })

  it('[O5] is decided by the conditions before the Range is looked at', () => {
    expect(get({ range: 'bytes=500-', 'if-none-match': '"root"' }).status).toBe(304)
    expect(get({ range: 'bytes=500-', 'if-match': '"old"' }).status).toBe(412)
    expect(get({ range: 'bytes=0-1', 'if-match': '"root"' }).status).toBe(206)
    expect(get({ range: 'bytes=0-1', 'if-none-match': '"old"' }).status).toBe(206)
  })

  it('[O5] 304 carries the validators and no body headers', () => {
    expect(get({ 'if-none-match': '"root"' })).toEqual({ status: 304, headers: validators, from: 0, to: 0 })
  })

  it('to anything about an empty file makes sense', () => {
    const empty = { ...file, bytes: 0 }
    expect(get({}, empty)).toMatchObject({ status: 200, headers: { 'Content-Length': '0' }, from: 0, to: 0 })
    expect(get({ range: 'bytes=0-' }, empty)).toMatchObject({ status: 416, headers: { 'Content-Range': 'bytes */0' } })
    expect(get({ range: 'bytes=-1' }, empty)).toMatchObject({ status: 200 })
  })
})
