import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepNewest } from './newest.ts'

describe('keeping the newest', () => {
  it('forgets the oldest entry for a new one, and says which', () => {
    const map = new Map<string, number>()
    expect(keepNewest(map, 'a', 1, 2)).toBeUndefined()
    expect(keepNewest(map, 'b', 2, 2)).toBeUndefined()
    expect(keepNewest(map, 'c', 3, 2)).toBe('a')
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ])
  })

  it('takes an entry that is set again for the newest, and forgets none for it', () => {
    const map = new Map<string, number>()
    keepNewest(map, 'a', 1, 2)
    keepNewest(map, 'b', 2, 2)
    expect(keepNewest(map, 'a', 3, 2)).toBeUndefined()
    expect([...map]).toEqual([
      ['b', 2],
      ['a', 3],
    ])
  })

  it('holds the last ones set, each once, whatever is set', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (keys, countMax) => {
        const map = new Map<number, number>()
        const forgotten = keys.map((key, at) => keepNewest(map, key, at, countMax))
        const lastFirst = [...new Set(keys.toReversed())]
        expect([...map.keys()].reverse()).toEqual(lastFirst.slice(0, countMax))
        if (lastFirst.length > countMax) expect(forgotten).toContain(lastFirst[countMax])
      }),
    )
  })
})
