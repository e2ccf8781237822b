import { describe, expect, it } from 'vitest'
import { parseHttpDate, printHttpDate } from './http-date.ts'

const now = Date.UTC(2026, 0, 1)
const example = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('an HTTP date', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    '%s is read',
    (text) => {
      expect(parseHttpDate(text, now)).toBe(example)
    },
  )

  it('is printed in the preferred form', () => {
    expect(printHttpDate(example)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })

  it('with two digits of a year lies at most 50 years ahead', () => {
    expect(new Date(parseHttpDate('Sunday, 06-Nov-76 08:49:37 GMT', now)!).getUTCFullYear()).toBe(2076)
    expect(new Date(parseHttpDate('Sunday, 06-Nov-77 08:49:37 GMT', now)!).getUTCFullYear()).toBe(1977)
    expect(new Date(parseHttpDate('Sunday, 06-Nov-26 08:49:37 GMT', now)!).getUTCFullYear()).toBe(2026)
  })

  it('may be a leap second or a leap day', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2016, 11, 31, 23, 59, 59))
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT', now)).toBe(Date.UTC(2024, 1, 29))
  })

  it.each([
    '',
    '0',
    'now',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
  ])('%j is none', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined()
  })
})
