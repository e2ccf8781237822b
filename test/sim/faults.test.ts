import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { boaster, dripper, freeRider, liar, recanter } from './behaviours.ts'
import { type PeerPlan, World, type WorldPlan } from './world.ts'
import { reportOf } from './world-report.ts'

const fileBytes = 8 * MiB
const plan: WorldPlan = {
  seed: 1,
  fileBytes,
  chunkBytes: 64 * KiB,
  origin: { bytesPerSecond: 2 * MiB, delayMs: 10 },
}
const peer: PeerPlan = { upBytesPerSecond: 2 * MiB, downBytesPerSecond: 8 * MiB, delayMs: 10, joinAtMs: 0 }

/** What one run beside peers brings at most here: half a second of the line. */
const runBytesMax = 8 * MiB

/** Alone, over HTTP: the time to which all others are compared. */
const httpMs = (fileBytes / (2 * MiB)) * 1_000 + 20

/** A world with one peer that has the file, ten that join it later, and as many of those as asked behaving otherwise. */
function crowd(badCount: number, corrupt: NonNullable<PeerPlan['corrupt']>, seed = plan.seed) {
  const world = new World({ ...plan, seed })
  world.add({ ...peer, upBytesPerSecond: 8 * MiB })
  const bad = Array.from({ length: badCount }, () => world.add({ ...peer, joinAtMs: 5_000, corrupt }))
  const good = Array.from({ length: 10 - badCount }, () => world.add({ ...peer, joinAtMs: 5_000 }))
  world.runUntilDone(120_000)
  return { world, bad, good, slowestMs: Math.max(...good.map((node) => (node.doneAt ?? Infinity) - node.startedAt)) }
}

describe('faults', () => {
  it('[S5] every peer leaves at once: the one that stays has the file from the origin, a little later', () => {
    const world = new World(plan)
    const others = [0, 1, 2].map(() => world.add(peer))
    const stays = world.add({ ...peer, joinAtMs: 4_500 })
    world.run(4_900)
    for (const other of others) world.leave(other)
    world.runUntilDone(60_000)
    expect(stays.doneAt! - stays.startedAt).toBeLessThan(httpMs + 4_000)
    expect(stays.engine.core.remotes.size).toBe(0)
  })

  it('[S17] the tracker restarts midway: all finish, and newcomers find the others again', () => {
    const world = new World(plan)
    for (let i = 0; i < 4; i++) world.add(peer)
    const late = world.add({ ...peer, joinAtMs: 12_000 })
    world.run(2_000)
    world.tracker.stop()
    world.run(2_500)
    world.tracker.start()
    world.runUntilDone(60_000)
    expect(reportOf(world).failures).toEqual([])
    expect(late.bytes.peers / fileBytes).toBeGreaterThan(0.8)
  })

  it('[S17] the tracker is killed midway of a crowd: the origin sees at most twice what an undisturbed crowd asks, and all are back', () => {
    const count = 50
    /** What the origin was asked for and sent, at most in a second, from when half of the crowd's bytes are there. */
    const mostOf = (isKilled: boolean) => {
      const world = new World({ ...plan, origin: { bytesPerSecond: 8 * MiB, delayMs: 10 } })
      const slow = { ...peer, upBytesPerSecond: 512 * KiB }
      const crowd = Array.from({ length: count }, (_, i) => world.add({ ...slow, joinAtMs: i * 20 }))
      const held = () => crowd.reduce((sum, { bytes }) => sum + bytes.peers + bytes.origin, 0)
      while (held() < (count * fileBytes) / 2) world.run(world.time.now + 1_000)
      expect(crowd.filter(({ doneAt }) => doneAt === undefined).length).toBeGreaterThan(count / 2)
      if (isKilled) world.tracker.stop()
      const most = { requests: 0, bytes: 0 }
      while (crowd.some(({ doneAt }) => doneAt === undefined)) {
        const { requestCount, sentBytes } = world.origin
        world.run(world.time.now + 500)
        world.tracker.start()
        world.run(world.time.now + 500)
        most.requests = Math.max(most.requests, world.origin.requestCount - requestCount)
        most.bytes = Math.max(most.bytes, world.origin.sentBytes - sentBytes)
      }
      expect(reportOf(world).failures).toEqual([])
      world.run(world.time.now + 10_000)
      expect(crowd.map(({ engine }) => engine.session.state)).toEqual(crowd.map(() => 'open'))
      return most
    }
    const usual = mostOf(false)
    const killed = mostOf(true)
    expect(killed.requests).toBeLessThanOrEqual(2 * usual.requests)
    expect(killed.bytes).toBeLessThanOrEqual(2 * usual.bytes)
  })

  // Monotonic clocks do not go back (High Resolution Time, section 8).
  it('[S21] a clock that jumps an hour ahead midway, as after a sleep: all finish, the others unhindered', () => {
    const world = new World(plan)
    world.add({ ...peer, upBytesPerSecond: 8 * MiB })
    const others = [0, 1, 2, 3].map(() => world.add({ ...peer, joinAtMs: 5_000 }))
    const jumper = world.add({ ...peer, joinAtMs: 5_000 })
    world.run(6_000)
    world.jump(jumper, 3_600_000)
    world.runUntilDone(60_000)
    for (const { doneAt, startedAt } of others) expect(doneAt! - startedAt).toBeLessThan(httpMs)
    expect(jumper.doneAt! - jumper.startedAt).toBeLessThan(httpMs + 4_000)
  })

  it('[S17] without any tracker from the start, everyone has the file from the origin', () => {
    const world = new World(plan)
    world.tracker.stop()
    for (let i = 0; i < 3; i++) world.add(peer)
    world.runUntilDone(60_000)
    const { doneMs, originCopies } = reportOf(world)
    expect(doneMs.every(Number.isFinite)).toBe(true)
    expect(originCopies).toBe(3)
  })

  it('[C7] the origin dies once one copy is out: everyone else has it from peers', () => {
    const world = new World(plan)
    const first = world.add(peer)
    const late = [0, 1, 2].map(() => world.add({ ...peer, joinAtMs: 5_000 }))
    world.run(60_000, () => first.doneAt !== undefined)
    world.origin.stop()
    world.runUntilDone(120_000)
    expect(reportOf(world).failures).toEqual([])
    expect(late.map(({ bytes }) => bytes)).toEqual(late.map(() => ({ peers: fileBytes, origin: 0 })))
  })

  it('[C7] the origin dies midway with nobody who has the rest: everyone is told', () => {
    const world = new World(plan)
    for (let i = 0; i < 2; i++) world.add(peer)
    world.run(1_500)
    world.origin.stop()
    world.runUntilDone(600_000)
    expect(reportOf(world).failures).toEqual(['network', 'network'])
  })

  it.each([1, 5])(
    '[C3] %i of 10 peers lie about every byte: nobody keeps one, and all are done in good time',
    (count) => {
      const { good, slowestMs, world, bad } = crowd(count, liar)
      expect(slowestMs).toBeLessThan(2 * httpMs)
      // Each liar is believed once by each of the others, for as much as was asked of it at once: two first windows.
      const wasted = (nodes: typeof good) => nodes.reduce((sum, node) => sum + node.engine.core.wastedBytes, 0)
      const honest = crowd(0, liar).good
      const wastedBytes = wasted(good) - wasted(honest) * (good.length / honest.length)
      expect(wastedBytes).toBeLessThan(good.length * bad.length * 512 * KiB)
      const liars = new Set(bad.map(({ id }) => id))
      for (const { engine } of good) {
        for (const remote of engine.core.remotes.values()) if (liars.has(remote.id)) expect(remote.refusedBytes).toBe(0)
      }
      expect(reportOf(world).failures).toEqual([])
    },
  )

  it.each([1, 2, 3, 4])(
    '[S5] half of the peers claim to have all and give nothing: the others are done in good time (seed %i)',
    (seed) => {
      const { slowestMs, good } = crowd(5, boaster(fileBytes / plan.chunkBytes), seed)
      expect(slowestMs).toBeLessThan(2 * httpMs)
      const wastedBytes = good.reduce((sum, node) => sum + node.engine.core.wastedBytes, 0)
      expect(wastedBytes / (good.length * fileBytes)).toBeLessThan(0.1)
    },
  )

  it('[S6] half of the peers claim to have all and refuse every request: it costs the others next to nothing', () => {
    const { slowestMs, good } = crowd(5, recanter(fileBytes / plan.chunkBytes))
    // The same five, but honest about giving nothing.
    expect(slowestMs).toBeLessThan(1.2 * crowd(5, freeRider).slowestMs)
    const wastedBytes = good.reduce((sum, node) => sum + node.engine.core.wastedBytes, 0)
    expect(wastedBytes / (good.length * fileBytes)).toBeLessThan(0.1)
  })

  it('[S5] three of ten drip: the others are done in good time', () => {
    expect(crowd(3, dripper).slowestMs).toBeLessThan(3 * httpMs)
  })

  it('[C9] a slow reader of a large file has 32 MiB ahead of it, and no more than one run beyond', () => {
    const world = new World({
      ...plan,
      fileBytes: 96 * MiB,
      chunkBytes: 1 * MiB,
      origin: { bytesPerSecond: 16 * MiB, delayMs: 10 },
    })
    const fast = { ...peer, upBytesPerSecond: 16 * MiB, downBytesPerSecond: 16 * MiB }
    world.add(fast)
    const reader = world.add({ ...fast, order: 'stream', readBytesPerSecond: 2 * MiB, joinAtMs: 10 })
    world.run(40_000)
    expect(reader.readAt).toBeGreaterThan(70 * MiB)
    expect(reader.aheadBytesMax).toBeLessThanOrEqual(33 * MiB + runBytesMax)
  })

  it('[S7] a stream is never held up: its reader has the file as fast as HTTP brings it', () => {
    const world = new World(plan)
    world.add(peer)
    const reader = world.add({ ...peer, order: 'stream', joinAtMs: 5_000 })
    world.runUntilDone(60_000)
    expect(reader.doneAt! - reader.startedAt).toBeLessThan(1.1 * httpMs)
    expect(reader.bytes.peers).toBeGreaterThan(0.5 * fileBytes)
  })
})
