import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

describe('a token bucket', () => {
  it('lets a burst through at once and refuses what is above it', () => {
    const bucket = new TokenBucket(100, 10)
    expect(bucket.take(10, 0)).toBe(true)
    expect(bucket.take(1, 0)).toBe(false)
  })

  it('refills at its rate and holds no more than the burst', () => {
    const bucket = new TokenBucket(100, 10)
    bucket.take(10, 0)
    expect(bucket.take(5, 49)).toBe(false)
    expect(bucket.take(5, 50)).toBe(true)
    expect(bucket.take(11, 1_000_000)).toBe(true)
    expect(bucket.take(1, 1_000_000)).toBe(false)
  })

  it('says when tokens will be there, and keeps its word for any rate and amount', () => {
    for (const rate of [0.3, 7, 1000, 4_194_304, 1e9 / 3]) {
      for (const amount of [1, 3, 65_536, 1e6 / 7]) {
        const bucket = new TokenBucket(rate, amount)
        let nowMs = 1_764_000_000_123.4
        for (let i = 0; i < 50; i++) {
          nowMs = bucket.availableAt(amount, nowMs)
          expect(bucket.take(amount, nowMs)).toBe(true)
        }
      }
    }
  })

  it('takes an amount above its burst from a full bucket and pays the debt before anything else passes', () => {
    const bucket = new TokenBucket(100, 10)
    expect(bucket.take(30, 0)).toBe(true)
    expect(bucket.availableAt(1, 0)).toBeCloseTo(210)
    expect(bucket.take(1, 209)).toBe(false)
    expect(bucket.take(1, 211)).toBe(true)
  })

  it('gives its rate, no more and no less, to a caller who takes all that he can', () => {
    const bucket = new TokenBucket(4_000_000, 200_000)
    let taken = 0
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 7) while (bucket.take(65_536, nowMs)) taken += 65_536
    expect(taken / 60).toBeGreaterThan(4_000_000 * 0.99)
    expect(taken / 60).toBeLessThan(4_000_000 * 1.01)
  })

  it('is not fooled by a clock that goes back', () => {
    const bucket = new TokenBucket(100, 10)
    bucket.take(10, 1000)
    expect(bucket.take(1, 0)).toBe(false)
    expect(bucket.take(1, 1000)).toBe(false)
    expect(bucket.take(1, 1010)).toBe(true)
  })

  it('refuses a rate or burst that is no limit', () => {
    expect(() => new TokenBucket(0, 10)).toThrow(/rate of 0/)
    expect(() => new TokenBucket(10, Number.POSITIVE_INFINITY)).toThrow(/burst of Infinity/)
  })
})
