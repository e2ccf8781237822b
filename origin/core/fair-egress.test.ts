import { describe, expect, it } from 'vitest'
import { MiB } from '../../shared/limits.ts'
import { FairEgress } from './fair-egress.ts'

/** Bodies that always want more, on virtual time whose wakes come late as timers do. @returns bytes sent by each */
function run(rate: number, seconds: number, bodies: { prompt?: boolean; slice?: number }[], lateMs = 3) {
  const egress = new FairEgress(rate)
  const sent = bodies.map(() => 0)
  const ask = (id: number) => {
    const { prompt = false, slice = egress.sliceBytes } = bodies[id]!
    egress.ask(id, Math.min(slice, egress.sliceBytes), prompt)
  }
  for (const id of bodies.keys()) ask(id)
  for (let now = 0; now < seconds * 1000; now = egress.nextWake(now) + lateMs) {
    for (let id = egress.next(now); id !== undefined; id = egress.next(now)) {
      sent[id]! += Math.min(bodies[id]!.slice ?? egress.sliceBytes, egress.sliceBytes)
      ask(id)
    }
  }
  return sent
}

const total = (sent: number[]) => sent.reduce((sum, bytes) => sum + bytes, 0)

describe('capped egress', () => {
  it.each([50_000, 300_000, 4 * MiB, 500 * MiB])(
    '[O20] carries %i bytes per second over all bodies, within 5 %%',
    (rate) => {
      for (const count of [1, 2, 37]) {
        const rates = total(run(rate, 10, Array(count).fill({}))) / 10
        expect(rates / rate).toBeGreaterThan(0.95)
        expect(rates / rate).toBeLessThan(1.05)
      }
    },
  )

  it('[O20] gives every body the same share', () => {
    const sent = run(4 * MiB, 20, Array(7).fill({}))
    expect(Math.max(...sent) / Math.min(...sent)).toBeLessThan(1.05)
  })

  /** Who sends which slice, under a cap that each body fills as soon as it may. */
  const order = (rate: number, count: number, sliceCount: number) => {
    const egress = new FairEgress(rate)
    for (let id = 0; id < count; id++) egress.ask(id, egress.sliceBytes, false)
    const ids: number[] = []
    for (let now = 0; ids.length < sliceCount; now = egress.nextWake(now)) {
      const id = egress.next(now)
      if (id === undefined) continue
      ids.push(id)
      egress.ask(id, egress.sliceBytes, false)
    }
    return ids
  }

  it('[O20] of visitors who begin together, one after another has its first 64 KiB whole', () => {
    expect(order(1 * MiB, 3, 6)).toEqual([0, 0, 1, 1, 2, 2])
    expect(order(4 * MiB, 3, 6)).toEqual([0, 1, 2, 0, 1, 2])
  })

  it('[O20] under a low cap with many who wait, turns are shorter, so that nobody waits long', () => {
    expect(order(100_000, 100, 6)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('[O20] one who does not ask for more in its turn holds nobody up', () => {
    const egress = new FairEgress(1 * MiB)
    egress.ask(0, egress.sliceBytes, false)
    egress.ask(1, egress.sliceBytes, false)
    expect(egress.next(0)).toBe(0)
    expect(egress.next(1_000)).toBe(1)
  })

  it('[O20] lets a small answer go before the bodies that wait', () => {
    const egress = new FairEgress(4 * MiB)
    for (let id = 0; id < 100; id++) egress.ask(id, egress.sliceBytes, false)
    while (egress.next(0) !== undefined);
    egress.ask(1000, 2000, true)
    expect(egress.next(egress.nextWake(0))).toBe(1000)
  })

  it('[O20] starves no download when small answers flood', () => {
    const sent = run(4 * MiB, 10, [{}, ...Array(50).fill({ prompt: true })])
    expect(sent[0]! / total(sent)).toBeGreaterThan(0.15)
  })

  it('forgets a body that went away, and does not wake for nobody', () => {
    const egress = new FairEgress(1 * MiB)
    expect(egress.nextWake(0)).toBe(Number.POSITIVE_INFINITY)
    egress.ask(1, 1000, false)
    egress.ask(2, 1000, true)
    egress.withdraw(1)
    egress.withdraw(2)
    egress.withdraw(3)
    expect(egress.next(0)).toBeUndefined()
    expect(egress.nextWake(0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('cuts shorter slices under a low cap, so that turns come often', () => {
    expect(new FairEgress(100_000).sliceBytes).toBe(4096)
    expect(new FairEgress(10).sliceBytes).toBe(1024)
    expect(new FairEgress(1e9).sliceBytes).toBe(65_536)
  })
})
