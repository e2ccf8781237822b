import { describe, expect, it } from 'vitest'
import { BoundedCache } from './bounded-cache.ts'

describe('a bounded cache', () => {
  it('drops what was not used for the longest time once there are too many', () => {
    const cache = new BoundedCache<number>(2, 100)
    cache.set('a', 1, 1)
    cache.set('b', 2, 1)
    cache.get('a')
    cache.set('c', 3, 1)
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3])
  })

  it('drops as many as a large value needs, and counts a replaced value once', () => {
    const cache = new BoundedCache<number>(10, 100)
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, 0, 25)
    cache.set('d', 1, 50)
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([undefined, 0, 0, 1])
  })

  it('does not keep a value that is too large, nor the older one of the same name', () => {
    const cache = new BoundedCache<number>(10, 100)
    cache.set('a', 1, 10)
    cache.set('a', 2, 101)
    expect(cache.get('a')).toBeUndefined()
    cache.set('b', 3, 100)
    expect(cache.get('b')).toBe(3)
  })
})
