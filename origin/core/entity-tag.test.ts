import { describe, expect, it } from 'vitest'
import { parseEntityTag, parseEntityTags, printEntityTag, strongMatch, weakMatch } from './entity-tag.ts'

const strong = (opaque: string) => ({ weak: false, opaque })
const weak = (opaque: string) => ({ weak: true, opaque })

describe('an entity tag', () => {
  it('is read as strong or weak, and printed as it was', () => {
    for (const text of ['"a"', 'W/"a"', '""', '"a,b"', '"é"', `"${'0'.repeat(64)}"`]) {
      expect(printEntityTag(parseEntityTag(text)!)).toBe(text)
    }
    expect(parseEntityTag('W/"1"')).toEqual(weak('1'))
  })

  it.each(['', 'a', '"a', 'a"', 'w/"a"', 'W/ "a"', '"a" ', ' "a"', '"a""b"', '"a b"', '*', '"a", "b"'])(
    '%j is none',
    (text) => {
      expect(parseEntityTag(text)).toBeUndefined()
    },
  )

  it('compares as RFC 9110 §8.8.3.2 shows', () => {
    expect(strongMatch(weak('1'), weak('1'))).toBe(false)
    expect(weakMatch(weak('1'), weak('1'))).toBe(true)
    expect(weakMatch(weak('1'), weak('2'))).toBe(false)
    expect(strongMatch(weak('1'), strong('1'))).toBe(false)
    expect(weakMatch(weak('1'), strong('1'))).toBe(true)
    expect(strongMatch(strong('1'), strong('1'))).toBe(true)
    expect(weakMatch(strong('1'), strong('1'))).toBe(true)
  })
})

describe('a list of entity tags', () => {
  it.each([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', [strong('a')]],
    ['"a", W/"b","c"', [strong('a'), weak('b'), strong('c')]],
    [' ,, "a" ,\t"b", ', [strong('a'), strong('b')]],
    ['"a,b", "c"', [strong('a,b'), strong('c')]],
    ['bare, "a"', [strong('a')]],
    ['"a" junk, "b"', [strong('b')]],
    ['"a"*, "b"', [strong('b')]],
    ['"open, "b"', [strong('b')]],
    ['"spaces in it, "b', []],
    ['', []],
    ['*, "a"', [strong('a')]],
  ])('%j', (header, expected) => {
    expect(parseEntityTags(header)).toEqual(expected)
  })

  it('that is absurdly long is not looked at', () => {
    expect(parseEntityTags('"a", '.repeat(5000))).toEqual([])
  })
})
