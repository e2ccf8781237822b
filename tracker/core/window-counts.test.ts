import { describe, expect, it } from 'vitest'
import { WindowCounts } from './window-counts.ts'

describe('counts within a window', () => {
  it('are of each key by itself, and begin anew with the next window', () => {
    const counts = new WindowCounts(1_000)
    expect([counts.add('a', 1), counts.add('a', 2), counts.add('b', 999)]).toEqual([1, 2, 1])
    expect([counts.of('a', 999), counts.of('a', 1_000), counts.size]).toEqual([2, 0, 0])
    expect(counts.add('a', 1_001)).toBe(1)
  })

  it('take no more memory than they may: further keys are as if each came once', () => {
    const counts = new WindowCounts(1_000, 2)
    for (const key of ['a', 'b', 'c', 'c']) counts.add(key, 1)
    expect([counts.size, counts.of('c', 1), counts.add('a', 1)]).toEqual([2, 0, 2])
  })
})
