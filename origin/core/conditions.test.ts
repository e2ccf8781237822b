import { describe, expect, it } from 'vitest'
import { type ConditionHeaders, checkConditions, lastModifiedOf, rangeApplies, type Validators } from './conditions.ts'
import { printHttpDate } from './http-date.ts'

const modified = Date.UTC(2026, 0, 1, 12)
const now = modified + 3_600_000
const on = printHttpDate(modified)
const before = printHttpDate(modified - 1000)
const after = printHttpDate(modified + 1000)
const both: Validators = { etag: { weak: false, opaque: 'root' }, lastModifiedMs: modified }
const dateOnly: Validators = { etag: undefined, lastModifiedMs: modified }
const none: Validators = { etag: undefined, lastModifiedMs: undefined }

const check = (headers: ConditionHeaders, current = both) => checkConditions(headers, current, now)
const applies = (ifRange: string | undefined, current = both) => rangeApplies({ 'if-range': ifRange }, current, now)

describe('a request without conditions', () => {
  it('gets the file', () => {
    expect(check({})).toBe('send')
    expect(check({}, none)).toBe('send')
  })
})

describe('If-None-Match', () => {
  it.each(['"root"', 'W/"root"', '"old", "root"', '*', ' * '])('[O5] %s: not modified', (header) => {
    expect(check({ 'if-none-match': header })).toBe('not modified')
  })

  it.each(['"old"', 'root', '', '"ROOT"', '"root'])('[O5] %j: the file is sent', (header) => {
    expect(check({ 'if-none-match': header })).toBe('send')
  })

  it('[O5] names no version while the root is unknown, except by *', () => {
    expect(check({ 'if-none-match': '"root"' }, dateOnly)).toBe('send')
    expect(check({ 'if-none-match': '*' }, dateOnly)).toBe('not modified')
  })

  it('[O5] outweighs If-Modified-Since, whatever that says', () => {
    expect(check({ 'if-none-match': '"old"', 'if-modified-since': after })).toBe('send')
    expect(check({ 'if-none-match': '"root"', 'if-modified-since': before })).toBe('not modified')
    expect(check({ 'if-none-match': 'nonsense', 'if-modified-since': after })).toBe('send')
  })
})

describe('If-Modified-Since', () => {
  it('[O5] gives 304 from the very second of the last change on', () => {
    expect(check({ 'if-modified-since': on })).toBe('not modified')
    expect(check({ 'if-modified-since': after })).toBe('not modified')
    expect(check({ 'if-modified-since': before })).toBe('send')
  })

  it('[O5] is ignored when it is no date, or when the file has none', () => {
    expect(check({ 'if-modified-since': 'yesterday' })).toBe('send')
    expect(check({ 'if-modified-since': after }, none)).toBe('send')
  })
})

describe('If-Match', () => {
  it('[O5] holds for the same version by strong comparison only', () => {
    expect(check({ 'if-match': '"root"' })).toBe('send')
    expect(check({ 'if-match': '"old", "root"' })).toBe('send')
    expect(check({ 'if-match': '*' })).toBe('send')
    expect(check({ 'if-match': 'W/"root"' })).toBe('precondition failed')
    expect(check({ 'if-match': '"old"' })).toBe('precondition failed')
    expect(check({ 'if-match': '' })).toBe('precondition failed')
  })

  it('[O5] fails while the root is unknown, except for *', () => {
    expect(check({ 'if-match': '"root"' }, dateOnly)).toBe('precondition failed')
    expect(check({ 'if-match': '*' }, none)).toBe('send')
  })

  it('[O5] outweighs If-Unmodified-Since', () => {
    expect(check({ 'if-match': '"root"', 'if-unmodified-since': before })).toBe('send')
    expect(check({ 'if-match': '"old"', 'if-unmodified-since': after })).toBe('precondition failed')
  })

  it('[O5] comes before If-None-Match and If-Modified-Since', () => {
    expect(check({ 'if-match': '"old"', 'if-none-match': '"root"' })).toBe('precondition failed')
    expect(check({ 'if-match': '"root"', 'if-none-match': '"root"' })).toBe('not modified')
    expect(check({ 'if-match': '"root"', 'if-modified-since': after })).toBe('not modified')
  })
})

describe('If-Unmodified-Since', () => {
  it('[O5] fails once the file has changed after that second', () => {
    expect(check({ 'if-unmodified-since': on })).toBe('send')
    expect(check({ 'if-unmodified-since': after })).toBe('send')
    expect(check({ 'if-unmodified-since': before })).toBe('precondition failed')
  })

  it('[O5] comes before If-None-Match, and is ignored when it is no date', () => {
    expect(check({ 'if-unmodified-since': before, 'if-none-match': '"root"' })).toBe('precondition failed')
    expect(check({ 'if-unmodified-since': 'x', 'if-none-match': '"root"' })).toBe('not modified')
    expect(check({ 'if-unmodified-since': before }, none)).toBe('send')
  })
})

describe('If-Range', () => {
  it('[O6] lets a Range through for exactly this version', () => {
    expect(applies(undefined)).toBe(true)
    expect(applies('"root"')).toBe(true)
    expect(applies(on)).toBe(true)
    expect(applies(on, dateOnly)).toBe(true)
  })

  it.each(['W/"root"', '"old"', '*', '"root", "old"', '', 'root', before, after, 'yesterday'])(
    '[O6] %j makes the answer the whole file',
    (header) => {
      expect(applies(header)).toBe(false)
    },
  )

  it('[O6] never holds against a version that has no such validator', () => {
    expect(applies('"root"', dateOnly)).toBe(false)
    expect(applies(on, none)).toBe(false)
  })
})

describe('the Last-Modified date', () => {
  it('[O7] is given in whole seconds once its second is over', () => {
    expect(lastModifiedOf(5_999.9, 6_000)).toBe(5_000)
    expect(lastModifiedOf(5_000, 6_000)).toBe(5_000)
  })

  it('[O7] is not given while the file can still change under the same date, nor when it lies ahead', () => {
    expect(lastModifiedOf(5_100, 5_999)).toBeUndefined()
    expect(lastModifiedOf(90_000, 6_000)).toBeUndefined()
  })
})
