import { describe, expect, it } from 'vitest'
import { createRng, shuffleFront } from './rng.ts'

/** sfc32 in arbitrary precision, step for step after its description. */
function* definedStream(seed: readonly [number, number, number, number]) {
  const word = (value: bigint) => value & 0xffffffffn
  let [a, b, c, counter] = seed.map((value) => word(BigInt(value))) as [bigint, bigint, bigint, bigint]
  for (;;) {
    const sum = word(a + b + counter)
    counter = word(counter + 1n)
    a = b ^ (b >> 9n)
    b = word(c + (c << 3n))
    c = word(word((c << 21n) | (c >> 11n)) + sum)
    yield Number(sum)
  }
}

describe('a seeded stream', () => {
  it.each<[number, number, number, number]>([
    [1, 2, 3, 4],
    [0, 0, 0, 0],
    [0xdeadbeef, 0, 0xffffffff, 7],
  ])('of seed %i %i %i %i is sfc32, after 15 numbers to mix the seed', (...seed) => {
    const rng = createRng(seed)
    const defined = definedStream(seed)
    for (let i = 0; i < 15; i++) defined.next()
    for (let i = 0; i < 1000; i++) expect(rng.uint32()).toBe(defined.next().value)
  })

  it('is the pinned one, on every machine', () => {
    const rng = createRng([1, 2, 3, 4])
    expect([rng.uint32(), rng.uint32(), rng.uint32()]).toEqual([800524041, 903873393, 3641854082])
  })

  it('gives integers below a bound, each of them in time', () => {
    const rng = createRng([1, 2, 3, 4])
    const seen = new Set(Array.from({ length: 500 }, () => rng.below(7)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(rng.below(1)).toBe(0)
  })

  it('gives fractions from 0 up to but not including 1', () => {
    const rng = createRng([5, 6, 7, 8])
    for (let i = 0; i < 1000; i++) {
      const fraction = rng.fraction()
      expect(fraction).toBeGreaterThanOrEqual(0)
      expect(fraction).toBeLessThan(1)
    }
  })
})

describe('a partial shuffle', () => {
  it('keeps every element once', () => {
    const array = Array.from({ length: 50 }, (_, i) => i)
    shuffleFront(array, 10, createRng([1, 2, 3, 4]))
    expect(array).not.toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect([...array].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('brings each element to the front about equally often', () => {
    const rng = createRng([1, 2, 3, 4])
    const counts = new Array<number>(5).fill(0)
    for (let i = 0; i < 5000; i++) {
      const array = [0, 1, 2, 3, 4]
      shuffleFront(array, 1, rng)
      counts[array[0]!]!++
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('of more than there is, or of nothing, is no fault', () => {
    const rng = createRng([1, 2, 3, 4])
    const array = [1, 2]
    shuffleFront(array, 9, rng)
    expect([...array].sort()).toEqual([1, 2])
    const empty: number[] = []
    shuffleFront(empty, 3, rng)
    expect(empty).toEqual([])
  })
})
