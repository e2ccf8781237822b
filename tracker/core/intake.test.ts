import { describe, expect, it } from 'vitest'
import { Intake } from './intake.ts'
import { trackerLimits } from './limits.ts'

const intake = (connectionsPerSecond = 1_000) => new Intake({ ...trackerLimits, connectionsPerSecond })

/** Everybody from an address and a network of their own. */
const payers = (i: number) => ({ address: `address ${i}`, network: `network ${i}` })

describe('the intake', () => {
  it('[T186] lets everybody in who comes at a bearable rate', () => {
    const door = intake()
    const waits = [...Array(5_000).keys()].map((i) => door.ask(payers(i), 1, i * 1.1))
    expect(waits.every((wait) => wait === 0)).toBe(true)
    expect(door.refusedCount).toBe(0)
  })

  it('[T186] gives those of a crowd that have to wait a moment each, one after another', () => {
    const door = intake()
    const waits = [...Array(5_000).keys()].map((i) => door.ask(payers(i), 1, 0))
    const waiting = waits.filter((wait) => wait > 0)
    expect(waits.length - waiting.length).toBe(250)
    expect(Math.min(...waiting)).toBeGreaterThanOrEqual(1_000)
    const perSecond = new Map<number, number>()
    for (const wait of waiting)
      perSecond.set(Math.floor(wait / 1_000), (perSecond.get(Math.floor(wait / 1_000)) ?? 0) + 1)
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(801)
  })

  it('[T186] has all of a crowd in soon if it comes when it was told', () => {
    const door = intake()
    let waiting = [...Array(10_000).keys()].map((i) => ({ i, at: (i * 4_000) / 10_000 }))
    let lastAt = 0
    for (let tries = 0; waiting.length > 0; tries++) {
      expect(tries).toBeLessThan(20)
      const again: typeof waiting = []
      for (const { i, at } of waiting.toSorted((a, b) => a.at - b.at)) {
        const wait = door.ask(payers(i), 1, at)
        if (wait > 0) again.push({ i, at: at + wait })
        else lastAt = Math.max(lastAt, at)
      }
      waiting = again
    }
    // 10 s at the full rate.
    expect(lastAt).toBeLessThan(14_000)
  })

  it('[T186] gives one address a small part, and its crowd keeps nobody else out', () => {
    const door = intake()
    const crowd = [...Array(500).keys()].map(() => door.ask(payers(1), 1, 0))
    expect(crowd.filter((wait) => wait === 0).length).toBe(63)
    expect(Math.max(...crowd)).toBeGreaterThan(2_000)
    expect(door.ask(payers(2), 1, 0)).toBe(0)
    expect(door.ask({ ...payers(2), network: payers(1).network }, 1, 0)).toBe(0)
    expect(door.ask(payers(1), 1, 1_000)).toBe(0)
  })

  it('[T291] gives one network a quarter, however many addresses it has, and keeps nobody else out for it', () => {
    const door = intake()
    const letIn = (second: number) => {
      const crowd = [...Array(100_000).keys()].map((i) => ({ address: `address ${i}`, network: 'one' }))
      return crowd.filter((one, i) => door.ask(one, 1, second * 1_000 + i / 200) === 0).length
    }
    expect(letIn(0)).toBe(250)
    const others = [...Array(200).keys()].map((i) => door.ask(payers(i), 1, 1_100 + i * 4))
    expect(others.every((wait) => wait === 0)).toBe(true)
    expect(letIn(2)).toBe(250)
  })

  it('[T186] never asks for more than a minute, however many come', () => {
    const door = intake(1)
    const waits = [...Array(10_000).keys()].map((i) => door.ask(payers(i), 1, 0))
    expect(Math.max(...waits)).toBe(60_000)
  })

  it('[T188] lets half as many in with half the time, and nobody with none', () => {
    const letIn = (share: number) => {
      const door = intake()
      return [...Array(10_000).keys()].filter((i) => door.ask(payers(i), share, i) === 0).length
    }
    expect(letIn(1)).toBe(10_000)
    expect(letIn(0.5)).toBeGreaterThan(4_900)
    expect(letIn(0.5)).toBeLessThan(5_300)
    expect(letIn(0)).toBe(0)
    expect(intake().ask(payers(1), 0, 0)).toBe(5_000)
  })
})
