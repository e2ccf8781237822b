import { expect, it } from 'vitest'
import { Durations } from './durations.ts'

it('[T203] counts each duration in the first bucket that holds it, and all that are longer in the last', () => {
  const durations = new Durations()
  for (const seconds of [0, 5e-5, 6e-5, 0.05, 3]) durations.add(seconds)
  const { counts, sum } = durations.read()
  expect(counts).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1])
  expect(sum).toBeCloseTo(3.05011)
})
