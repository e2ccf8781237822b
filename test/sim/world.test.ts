import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { type PeerPlan, World, type WorldPlan } from './world.ts'
import { reportOf } from './world-report.ts'

const plan: WorldPlan = {
  seed: 1,
  fileBytes: 8 * MiB,
  chunkBytes: 64 * KiB,
  origin: { bytesPerSecond: 1 * MiB, delayMs: 10 },
}
const peer: PeerPlan = { upBytesPerSecond: 2 * MiB, downBytesPerSecond: 8 * MiB, delayMs: 10, joinAtMs: 0 }

describe('a swarm on virtual time', () => {
  it('[S8] alone, a peer takes the whole file from the origin at its speed', () => {
    const world = new World(plan)
    world.add(peer)
    world.runUntilDone(60_000)
    const { doneMs, originCopies } = reportOf(world)
    expect(doneMs[0]).toBeGreaterThan(8_000)
    expect(doneMs[0]).toBeLessThan(8_200)
    expect(originCopies).toBe(1)
  })

  it('a second peer takes nearly all from the first, and is sooner done', () => {
    const world = new World(plan)
    const first = world.add(peer)
    const second = world.add({ ...peer, joinAtMs: 9_000 })
    world.runUntilDone(60_000)
    expect(second.bytes.peers / (8 * MiB)).toBeGreaterThan(0.9)
    expect(second.doneAt! - second.startedAt).toBeLessThan(first.doneAt! - first.startedAt)
  })

  it('[S12] four peers that start together trade: the origin sends little more than one copy', () => {
    const world = new World(plan)
    for (let i = 0; i < 4; i++) world.add(peer)
    world.runUntilDone(60_000)
    const { originCopies, failures, doneMs } = reportOf(world)
    expect(failures).toEqual([])
    expect(originCopies).toBeLessThanOrEqual(1.2)
    // One copy through the origin's line: nobody can have the file sooner.
    expect(doneMs.at(-1)).toBeLessThanOrEqual(1.25 * 8_000)
  })

  it('[S12] twenty before an origin that crawls share it: each fetches little, and waits for what others fetch', () => {
    const fileBytes = 4 * MiB
    const originBytesPerSecond = MiB / 4
    const uploadBytesPerSecondMax = MiB / 8
    const origin = { bytesPerSecond: originBytesPerSecond, delayMs: 0, turnBytes: 64 * KiB }
    const world = new World({ seed: 1, fileBytes, chunkBytes: 64 * KiB, origin })
    for (let i = 0; i < 20; i++) world.add({ ...peer, uploadBytesPerSecondMax })
    world.runUntilDone(120_000)
    const { failures, doneMs } = reportOf(world)
    expect(failures).toEqual([])
    const boundMs = (20 * fileBytes * 1_000) / (originBytesPerSecond + 20 * uploadBytesPerSecondMax)
    expect(doneMs.at(-1)).toBeLessThanOrEqual(1.25 * boundMs)
  })

  it('the same seed gives the same trace', () => {
    const traces = [1, 2].map(() => {
      const world = new World(plan)
      for (let i = 0; i < 3; i++) world.add({ ...peer, joinAtMs: i * 100 })
      world.runUntilDone(60_000)
      return world.trace.hash
    })
    expect(traces[0]).toBe(traces[1])
  })
})
