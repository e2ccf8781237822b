import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deadlines } from './deadlines.ts'

describe('deadlines', () => {
  it('[T122] come once, never early, and at most a second late', () => {
    const set = fc.record({ item: fc.nat(20), atMs: fc.nat(100_000) })
    const stepsMs = fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(set, { maxLength: 40 }), stepsMs, (sets, steps) => {
        const deadlines = new Deadlines<number>()
        const due = new Map<number, number>()
        for (const { item, atMs } of sets) {
          deadlines.set(item, atMs)
          due.set(item, atMs)
        }
        let now = 0
        for (const step of steps) {
          now += step
          for (const item of deadlines.take(now)) {
            expect(due.get(item)).toBeLessThanOrEqual(now)
            due.delete(item)
          }
          for (const atMs of due.values()) expect(atMs).toBeGreaterThan(now - 1_000)
          expect(deadlines.size).toBe(due.size)
        }
      }),
    )
  })

  it('[T122] that are moved or cleared come as they were set last', () => {
    const deadlines = new Deadlines<string>()
    deadlines.set('moved', 1_000)
    deadlines.set('cleared', 1_000)
    deadlines.set('moved', 5_000)
    deadlines.clear('cleared')
    deadlines.extend('moved', 2_000)
    expect(deadlines.take(4_000)).toEqual([])
    expect(deadlines.take(5_000)).toEqual(['moved'])
    // What is set for a time that is over comes with the next look.
    deadlines.set('late', 1_000)
    expect(deadlines.take(6_000)).toEqual(['late'])
    expect(deadlines.size).toBe(0)
  })
})
