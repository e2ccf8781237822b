import { describe, expect, it } from 'vitest'
import { FragmentTiming } from './fragment-timing.ts'

const fragment = { bytes: 1_000_000, peerBytes: 0, originBytes: 0, ms: 5, playsMs: 4_000 }

describe('how long a fragment counts as having taken', () => {
  it('[B73] is what it took, when the server brought it', () => {
    const timing = new FragmentTiming()
    expect(timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 800 })).toBe(800)
    expect(timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 100 })).toBe(100)
  })

  it('[B73] is what the server would have taken, when it was stored', () => {
    const timing = new FragmentTiming()
    timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 800 })
    expect(timing.countedMs(fragment)).toBe(805)
    expect(timing.countedMs({ ...fragment, originBytes: 400_000, ms: 320 })).toBeCloseTo(320 + 480)
  })

  it('[B73] is half of what it plays for, when it was stored and the server has brought nothing', () => {
    expect(new FragmentTiming().countedMs(fragment)).toBe(2_005)
    expect(new FragmentTiming().countedMs({ ...fragment, playsMs: undefined })).toBe(5)
  })

  it('[B73] is no less than half of what the server would have taken, when peers brought it', () => {
    const timing = new FragmentTiming()
    const fromPeers = { ...fragment, peerBytes: 1_000_000, ms: 20 }
    expect(timing.countedMs(fromPeers)).toBe(20)
    timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 800 })
    expect(timing.countedMs(fromPeers)).toBe(400)
    expect(timing.countedMs({ ...fromPeers, ms: 700 })).toBe(700)
  })

  it('[B73] is no longer than it plays beside what it took, however slow the server was', () => {
    const timing = new FragmentTiming()
    timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 60_000 })
    expect(timing.countedMs(fragment)).toBe(4_005)
  })

  it('[B73] follows a server that changes, and takes nothing from an empty fragment', () => {
    const timing = new FragmentTiming()
    timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 2_000 })
    for (let i = 0; i < 20; i++) timing.countedMs({ ...fragment, originBytes: 1_000_000, ms: 100 })
    expect(timing.countedMs(fragment)).toBeLessThan(120)
    expect(timing.countedMs({ ...fragment, bytes: 0, ms: 7 })).toBe(7)
  })
})
