import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { KiB, MiB } from '../../shared/limits.ts'
import { createRng } from '../../shared/rng.ts'
import { ForwardDelay } from './forward-delay.ts'
import { Yielding, yieldBytesPerSecondMax } from './yielding.ts'

const pathMs = 20

interface Scene {
  lineBytesPerSecond: number
  /** How much of that there is at an instant. */
  share?: (now: number) => number
  /** What the router holds; more is dropped. */
  bufferMs?: number
  /** What the visitor's own traffic sends at an instant, in bytes per second. */
  others?: (now: number) => number
  /** What we would send, had we no limit, in bytes per second. */
  demand?: (now: number) => number
  linkCount?: number
  /** What else delays a ping of a link, in milliseconds. */
  noise?: (link: number, now: number) => number
}

/** A thin line before which our frames and the visitor's own traffic wait in one queue, on a clock of milliseconds. */
class Line {
  readonly yielding = new Yielding()
  readonly #scene: Required<Scene>
  readonly #links: { delay: ForwardDelay; clock: number; isAsked: boolean }[]
  #pongs: { at: number; link: number; sentAt: number; clock: number }[] = []
  now = 5_000
  #queuedBytes = 0
  #allowance = 0
  ours = 0
  theirs = 0
  capacity = 0
  delays: number[] = []

  constructor(scene: Scene) {
    this.#scene = {
      share: () => 1,
      bufferMs: 1_000,
      others: () => 0,
      demand: () => 1e12,
      linkCount: 3,
      noise: () => 0,
      ...scene,
    }
    const clockOf = (link: number) => 0xfffff000 + link * 7_777
    this.#links = Array.from({ length: this.#scene.linkCount }, (_, link) => ({
      delay: new ForwardDelay(),
      clock: clockOf(link),
      isAsked: false,
    }))
    // Each link was pinged as it opened, before anything was sent.
    for (const [link] of this.#links.entries()) this.#ping(link)
  }

  get delayMs(): number {
    return (this.#queuedBytes * 1_000) / this.#scene.lineBytesPerSecond
  }

  #ping(link: number): void {
    const end = this.#links[link]!
    if (end.isAsked) return
    end.isAsked = true
    this.yielding.asked(`${link}` as PeerId, this.now)
    const arrivesAt = this.now + this.delayMs + pathMs + this.#scene.noise(link, this.now)
    this.#pongs.push({ at: arrivesAt + pathMs, link, sentAt: this.now, clock: (arrivesAt + end.clock) >>> 0 })
  }

  #tick(): void {
    const { lineBytesPerSecond, share, bufferMs, others, demand } = this.#scene
    this.now++
    const outBytes = (lineBytesPerSecond * share(this.now)) / 1_000
    this.capacity += outBytes
    this.#queuedBytes = Math.max(0, this.#queuedBytes - outBytes)
    const enqueue = (bytes: number) => {
      const room = Math.max(0, (bufferMs * lineBytesPerSecond) / 1_000 - this.#queuedBytes)
      this.#queuedBytes += Math.min(room, bytes)
      return Math.min(room, bytes)
    }
    this.theirs += enqueue(others(this.now) / 1_000)
    // Without a limit, a link sends as fast as its congestion window opens: until the router drops.
    const rate = Math.min(this.yielding.bytesPerSecondMax, demand(this.now), 4 * lineBytesPerSecond)
    if (rate === this.yielding.bytesPerSecondMax) this.yielding.held()
    const frameBytes = Math.min(64 * KiB, Math.max(4 * KiB, rate * 0.05))
    this.#allowance = Math.min(2 * frameBytes, this.#allowance + rate / 1_000)
    while (this.#allowance >= frameBytes) {
      const taken = enqueue(frameBytes)
      this.#allowance = taken < frameBytes ? 0 : this.#allowance - frameBytes
      this.ours += taken
      if (taken > 0) this.yielding.sent(taken, this.now)
    }
    for (const { link, sentAt, clock } of this.#pongs.filter(({ at }) => at <= this.now)) {
      const end = this.#links[link]!
      end.isAsked = false
      const queueMs = end.delay.add(sentAt, clock, this.yielding.queueMs)
      this.yielding.answered(`${link}` as PeerId, queueMs)
    }
    this.#pongs = this.#pongs.filter(({ at }) => at > this.now)
    if (this.now >= this.yielding.nextWake() && this.yielding.step(this.now)) {
      for (const link of this.#links.keys()) this.#ping(link)
    }
    this.delays.push(this.delayMs)
  }

  /** @returns what this time was like: our share of the line, the visitor's, and the delay in the middle and near the worst */
  pass(seconds: number) {
    const before = { ours: this.ours, theirs: this.theirs, capacity: this.capacity }
    this.delays = []
    for (let ms = 0; ms < seconds * 1_000; ms++) this.#tick()
    const bytes = this.capacity - before.capacity
    const sorted = this.delays.toSorted((a, b) => a - b)
    return {
      ours: (this.ours - before.ours) / bytes,
      theirs: (this.theirs - before.theirs) / bytes,
      p50Ms: sorted[Math.floor(sorted.length * 0.5)]!,
      p95Ms: sorted[Math.floor(sorted.length * 0.95)]!,
    }
  }
}

const lines = [64 * KiB, 125_000, 512 * KiB, 2_500_000]

describe('yielding to the visitor', () => {
  it.each(lines)('[S40] a line of %i bytes a second is filled, with little waiting before it', (lineBytesPerSecond) => {
    const line = new Line({ lineBytesPerSecond })
    expect(line.pass(3).p95Ms).toBeGreaterThan(900)
    line.pass(7)
    const { ours, p50Ms, p95Ms } = line.pass(60)
    expect(ours).toBeGreaterThan(0.98)
    expect(p50Ms).toBeLessThan(80)
    expect(p95Ms).toBeLessThan(120)
  })

  it('[S40] what the visitor sends goes first, and its delay stays small', () => {
    const line = new Line({ lineBytesPerSecond: 512 * KiB, others: (now) => (now > 25_000 ? 200 * KiB : 0) })
    line.pass(20)
    line.pass(10)
    const { ours, theirs, p95Ms } = line.pass(30)
    expect(theirs).toBeCloseTo(200 / 512, 2)
    expect(ours).toBeGreaterThan(0.55)
    expect(p95Ms).toBeLessThan(120)
  })

  it('[S40] a line that the visitor fills is left to the visitor, and taken again within seconds when it is free', () => {
    const lineBytesPerSecond = 512 * KiB
    const isFull = (now: number) => now > 25_000 && now < 55_000
    const line = new Line({ lineBytesPerSecond, others: (now) => (isFull(now) ? lineBytesPerSecond : 0) })
    line.pass(20)
    line.pass(10)
    const { ours, theirs } = line.pass(20)
    expect(ours).toBeLessThan(0.02)
    expect(theirs).toBeGreaterThan(0.98)
    line.pass(20)
    expect(line.pass(10).ours).toBeGreaterThan(0.9)
  })

  it('[S40] uploads that few ask for are not slowed, and a burst after them finds the rate as it was', () => {
    const lineBytesPerSecond = 512 * KiB
    const demand = (now: number) => (now > 25_000 && now < 45_000 ? 50_000 : 1e12)
    const line = new Line({ lineBytesPerSecond, demand })
    line.pass(20)
    line.pass(1)
    expect(line.pass(18).ours).toBeCloseTo(50_000 / lineBytesPerSecond, 2)
    line.pass(3)
    expect(line.pass(5).ours).toBeGreaterThan(0.95)
  })

  it.each([1, 3, 8])('[S40] a line that gives now more, now less, every %i s, is nearly filled', (seconds) => {
    const rng = createRng([5, 6, 7, 8])
    const shares = Array.from({ length: 200 }, () => 0.3 + 0.7 * rng.fraction())
    const share = (now: number) => shares[Math.floor(now / (1_000 * seconds)) % shares.length]!
    const line = new Line({ lineBytesPerSecond: 2 * MiB, share })
    line.pass(10)
    const { ours, p50Ms } = line.pass(60)
    expect(p50Ms).toBeLessThan(400)
    expect(ours).toBeGreaterThan(0.85)
  })

  it('[S40] one slow peer among others, and a device that is busy for moments, slow nobody down', () => {
    const rng = createRng([1, 2, 3, 4])
    // Below what the line carries: nothing waits, and all the delay there is comes from elsewhere.
    const demand = () => 1 * MiB
    const noise = (link: number) => (link === 0 ? 300 : rng.fraction() < 0.4 ? 500 * rng.fraction() : 3)
    const line = new Line({ lineBytesPerSecond: 2 * MiB, demand, noise })
    line.pass(60)
    expect(line.yielding.bytesPerSecondMax).toBe(Number.POSITIVE_INFINITY)
  })

  it('[S40] a line that is not thin is left alone, whatever delays', () => {
    const line = new Line({ lineBytesPerSecond: 2 * yieldBytesPerSecondMax })
    expect(line.pass(20).p50Ms).toBeGreaterThan(900)
    expect(line.yielding.bytesPerSecondMax).toBe(Number.POSITIVE_INFINITY)
  })

  it('[S40] a link that opens while a queue stands does not take it for its path', () => {
    const delay = new ForwardDelay()
    expect(delay.add(1_000, 5_000, 200)).toBe(200)
    expect(delay.add(2_000, 5_900, 200)).toBe(100)
    expect(delay.add(3_000, 6_900, 0)).toBe(100)
  })

  it('[S40] a path that has become longer is known as such after minutes', () => {
    const delay = new ForwardDelay()
    for (let at = 0; at < 60_000; at += 1_000) delay.add(at, at + 20, 0)
    for (let at = 60_000; at < 240_000; at += 1_000) delay.add(at, at + 170, 0)
    expect(delay.add(241_000, 241_170, 0)).toBe(0)
  })

  it('[S40] clocks may pass 2^32', () => {
    const delay = new ForwardDelay()
    delay.add(1_000, 2 ** 32 - 10, 0)
    expect(delay.add(1_100, 120, 0)).toBe(30)
  })
})
