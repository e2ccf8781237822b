import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { CappedEgress, UncappedEgress } from './egress.ts'

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

describe('bodies under a cap', () => {
  it('[O20] what is prompt and large goes ahead with its beginning only', async () => {
    const egress = new CappedEgress(4 * MiB)
    const [large, ...others] = [true, false, false, false].map((prompt) => egress.enter(prompt))
    const sent = new Map<unknown, number>()
    const order: unknown[] = []
    const pump = async (lane: NonNullable<typeof large>) => {
      while (order.length < 200) {
        await lane.turn(lane.sliceBytes)
        order.push(lane)
        sent.set(lane, (sent.get(lane) ?? 0) + 1)
      }
    }
    await Promise.all([large!, ...others].map(pump))
    const most = Math.max(...others.map((lane) => sent.get(lane)!))
    expect(sent.get(large)!).toBeLessThanOrEqual(most + (2 * 64 * KiB) / large!.sliceBytes + 2)
    for (const lane of [large!, ...others]) lane.leave()
  })
})
