import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { UncappedEgress } from './egress.ts'

describe('bodies without a cap', () => {
  it('[O27] hold little together, however many clients do not read, and a lone one is sent in large slices', () => {
    const egress = new UncappedEgress()
    const lanes = Array.from({ length: 10_000 }, () => egress.enter())
    expect(lanes[0]!.sliceBytes).toBe(128 * KiB)
    expect(lanes.reduce((sum, { sliceBytes }) => sum + 2 * sliceBytes, 0)).toBeLessThan(450 * MiB)
    for (const lane of lanes) {
      lane.leave()
      lane.leave()
    }
    expect(egress.enter().sliceBytes).toBe(128 * KiB)
  })
})
