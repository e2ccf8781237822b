import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import { addressBytes, farAddress, only, swarmA } from '../../test/fakes/tracker-crowd.ts'
import { trackerLimits } from './limits.ts'
import { Load, type LoadLevel, type LoadSample, loadLevels } from './load.ts'
import { TrackerMachine } from './tracker-machine.ts'

const calm: LoadSample = { lagMs: 1, busyShare: 0.1 }

/** A load that is looked at ten times a second. */
class Shift {
  readonly load = new Load({ ...trackerLimits, loopLagMaxMs: 200 })
  now = 0

  /** @returns the levels that came one after another */
  pass(seconds: number, sample: LoadSample): LoadLevel[] {
    const levels: LoadLevel[] = []
    for (let i = 0; i < seconds * 10; i++) {
      this.now += 100
      this.load.sample(sample, this.now)
      if (levels.at(-1) !== this.load.level) levels.push(this.load.level)
    }
    return levels
  }
}

describe('the load', () => {
  it('[T188] is calm with little to do: everything is as asked', () => {
    const { load } = new Shift()
    expect([load.grant(20), load.intervalMs, load.intakeShare, load.hasTime]).toEqual([20, undefined, 1, true])
  })

  it.each([
    [{ lagMs: 60, busyShare: 0.5 }, 'warm'],
    [{ lagMs: 5, busyShare: 0.9 }, 'warm'],
    [{ lagMs: 120, busyShare: 0.9 }, 'hot'],
    [{ lagMs: 5, busyShare: 1 }, 'hot'],
    [{ lagMs: 400, busyShare: 1 }, 'full'],
  ] as const)('[T188] of %j is soon %s', (sample, level) => {
    expect(new Shift().pass(3, sample).at(-1)).toBe(level)
  })

  it('[T188] of work alone, without lateness, keeps nobody out', () => {
    const shift = new Shift()
    shift.pass(5, { lagMs: 20, busyShare: 1 })
    expect(shift.load.intakeShare).toBe(1)
  })

  it('[T188] is not made by one late moment', () => {
    const shift = new Shift()
    shift.pass(0.1, { lagMs: 190, busyShare: 1 })
    expect(shift.load.level).toBe('calm')
  })

  it('[T188] makes each answer cheaper than the level before, and in the end lets nobody in', () => {
    const rungs = [
      { lagMs: 60, busyShare: 0.5 },
      { lagMs: 120, busyShare: 0.5 },
      { lagMs: 400, busyShare: 0.5 },
    ].map((sample) => {
      const shift = new Shift()
      shift.pass(5, sample)
      return shift.load
    })
    expect(rungs.map(({ level }) => level)).toEqual(['warm', 'hot', 'full'])
    expect(rungs.map((load) => load.grant(20))).toEqual([4, 2, 1])
    expect(rungs.map((load) => load.grant(0))).toEqual([0, 0, 0])
    const intervals = rungs.map(({ intervalMs }) => intervalMs!)
    expect(intervals).toEqual(intervals.toSorted((a, b) => a - b))
    expect(rungs[0]!.intakeShare).toBe(1)
    expect(rungs[1]!.intakeShare).toBeCloseTo(0.8)
    expect(rungs[2]!.intakeShare).toBe(0)
    expect(rungs.some(({ hasTime }) => hasTime)).toBe(false)
  })

  it('[T190] that is over goes down one level at a time, each after some seconds', () => {
    const shift = new Shift()
    shift.pass(3, { lagMs: 1_000, busyShare: 1 })
    expect(shift.pass(2, calm)).toEqual(['full'])
    expect(shift.pass(30, calm)).toEqual(['full', 'hot', 'warm', 'calm'])
  })

  it('[T190] that swings about a border does not swing the answers', () => {
    const shift = new Shift()
    shift.pass(3, { lagMs: 110, busyShare: 0.5 })
    const levels = [...Array(60).keys()].flatMap((i) => shift.pass(0.5, { lagMs: i % 2 ? 80 : 120, busyShare: 0.5 }))
    expect(new Set(levels)).toEqual(new Set(['hot']))
  })

  it('[T190] knows four levels', () => {
    expect(loadLevels).toEqual(['calm', 'warm', 'hot', 'full'])
  })
})

describe('a tracker with much to do', () => {
  const crowd = (sample: LoadSample) => {
    const { load } = new Shift()
    const machine = new TrackerMachine({ rng: createRng([1, 2, 3, 4]), load, limits: { reportsBurst: 1 } })
    const ids = Array.from({ length: 10 }, (_, i) => String(i).padStart(22, 'p') as PeerId)
    const join = (id: PeerId, want: number) =>
      only(machine.receive(id, JSON.stringify({ type: 'join', swarm: swarmA, have: 1, want }), 0), 'peers', id)
    for (const [i, id] of ids.entries()) {
      machine.connect(id, addressBytes(farAddress(i)), undefined, 0)
      join(id, 0)
    }
    for (let i = 0; i < 50; i++) load.sample(sample, i * 100)
    return { machine, join, ids }
  }

  it('[T188] names fewer peers, and asks to be asked less often', () => {
    const { join, ids } = crowd({ lagMs: 120, busyShare: 0.9 })
    const { peers, size, intervalMs } = join(ids[0]!, 8)
    expect(peers).toHaveLength(2)
    expect(size).toBe(10)
    expect(intervalMs).toBe(120_000)
  })

  it('[T188] names as many as are wanted when there is time, and asks for nothing', () => {
    const { join, ids } = crowd(calm)
    const answer = join(ids[0]!, 8)
    expect(answer.peers).toHaveLength(8)
    expect(answer).not.toHaveProperty('intervalMs')
  })

  it.each([
    [calm, 1],
    [{ lagMs: 120, busyShare: 0.9 }, 0],
  ])('[T188] leaves out reports: with %j it hears %i', (sample, heard) => {
    const { machine, join, ids } = crowd(sample)
    const { peers } = join(ids[0]!, 8)
    const links = [{ peer: peers[0]!.id, result: 'failed' }]
    machine.receive(ids[0]!, JSON.stringify({ type: 'report', links }), 0)
    const outcomes = Object.values(machine.stats().outcomes)
    expect(outcomes.reduce((sum, { failed }) => sum + failed, 0)).toBe(heard)
  })
})
