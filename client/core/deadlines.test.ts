import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import { EngineDriver, type Puppet, peerId } from '../../test/fakes/engine-driver.ts'

const chunkBytes = 64 * KiB
/** 4 Mbit/s. */
const playBytesPerSecond = 500_000

/** What the origin brings in a step of the clock: 2 MiB/s. */
const stepMs = 20
const stepBytes = 40 * KiB

/** A film of a minute at an origin that answers at once; its player begins when the first chunks are here. */
class Film {
  readonly driver = new EngineDriver({ chunkCount: 460 })
  /** Where the player is. */
  readAt = 0
  #isPlaying = false

  constructor(hereCount: number) {
    const { driver } = this
    driver.consent()
    driver.open(true)
    driver.tracker({ type: 'welcome', id: peerId('m') })
    driver.want('stream')
    while (driver.swarm.have.count < hereCount) this.pass(stepMs)
    this.#isPlaying = true
  }

  /** Time passes; the peer sends one chunk that it was asked for every so many milliseconds. */
  pass(ms: number, peer?: { puppet: Puppet; everyMs: number }): void {
    for (const end = this.driver.now + ms; this.driver.now < end; ) {
      this.driver.pass(stepMs)
      for (const run of [...this.driver.swarm.runs.values()]) this.#bring(run)
      if (peer && this.driver.now % peer.everyMs < stepMs) this.#send(peer.puppet)
      if (this.#isPlaying) this.#play()
    }
  }

  #bring({ id, at, to }: { id: number; at: number; to: number }): void {
    this.driver.feed(id, at, Math.min(to, at + stepBytes))
    if (at + stepBytes >= to) this.driver.give({ type: 'runEnded', run: id })
  }

  #send(puppet: Puppet): void {
    const remote = this.driver.engine.core.remotes.get(puppet.id)
    const next = remote?.transfers.get(this.driver.file.swarm)?.keys().next().value
    if (next !== undefined) puppet.send(next)
  }

  #play(): void {
    this.readAt += Math.min((playBytesPerSecond * stepMs) / 1_000, this.aheadBytes)
    this.driver.give({ type: 'reading', swarm: this.driver.file.swarm, want: 1, position: this.readAt })
  }

  get aheadBytes(): number {
    let index = Math.floor(this.readAt / chunkBytes)
    while (this.driver.swarm.have.has(index)) index++
    return index * chunkBytes - this.readAt
  }

  /** How long the player can go on with what is here. */
  get aheadMs(): number {
    return (this.aheadBytes * 1_000) / playBytesPerSecond
  }

  /** The chunks at which requests to the origin began. */
  get asked(): number[] {
    return this.driver.all('openRun').map(({ from }) => from / chunkBytes)
  }

  /** Plays until the origin is asked for something. */
  untilAsked(): void {
    for (const end = this.driver.now + 60_000; this.asked.length === 0 && this.driver.now < end; ) this.pass(stepMs)
  }
}

/** A film of which somebody else has the beginning and no more, and with it a link that has proven its worth. */
function withFellow() {
  const film = new Film(32)
  const fellow = film.driver.meet('a', film.driver.indexes.slice(0, 50))
  film.pass(1_000, { puppet: fellow, everyMs: stepMs })
  expect(film.asked).toEqual([])
  return { film, fellow }
}

describe('a film that is played', () => {
  it('[S56] comes from peers alone while they bring it in time', () => {
    const film = new Film(32)
    const puppet = film.driver.meet('a')
    film.pass(20_000, { puppet, everyMs: 100 })
    expect(film.asked).toEqual([])
    expect(film.aheadMs).toBeGreaterThan(0)
  })

  it('[S56] comes from the origin where peers have nothing of it: not all at once, and in time', () => {
    const { film } = withFellow()
    for (let count = 0; count < 500; count++) {
      film.pass(stepMs)
      expect(film.aheadMs).toBeGreaterThan(0)
      expect(film.aheadMs).toBeLessThan(8_000)
    }
    expect(film.asked.length).toBeGreaterThan(2)
  })

  it('[S56] is not asked of a peer that would bring it too late for the origin to step in', () => {
    const film = new Film(40)
    const slow = film.driver.meet('slow')
    film.pass(10_000, { puppet: slow, everyMs: 1_000 })
    film.driver.forget()
    const playing = Math.floor(film.readAt / chunkBytes)
    film.pass(3_000, { puppet: slow, everyMs: 1_000 })
    expect(slow.asked.length).toBeGreaterThan(0)
    for (const index of slow.asked) expect(index).toBeGreaterThan(playing + 8)
  })

  it('[S10] goes on without a stop when a peer that brought it falls silent', () => {
    const film = new Film(32)
    const puppet = film.driver.meet('a')
    film.pass(3_000, { puppet, everyMs: 120 })
    for (let count = 0; count < 1_000; count++) {
      film.pass(stepMs)
      expect(film.aheadMs).toBeGreaterThan(0)
    }
  })
})

describe('a download beside peers that say that they have all and bring nothing', () => {
  it('[S9] goes on over HTTP without a pause, through what they were asked for as well', () => {
    const driver = new EngineDriver({ chunkCount: 64 })
    driver.consent()
    driver.open(true)
    driver.tracker({ type: 'welcome', id: peerId('m') })
    driver.want()
    driver.feed(1, 0, 4 * chunkBytes)
    const boasters = ['a', 'b', 'c'].map((name) => driver.meet(name))
    expect(boasters.some(({ asked }) => asked.length > 0)).toBe(true)
    driver.feed(1, 4 * chunkBytes, 64 * chunkBytes)
    expect(driver.swarm.have.isFull).toBe(true)
    expect(driver.all('openRun')).toEqual([])
    for (const boaster of boasters) expect(boaster.heard('cancel').length).toBe(boaster.asked.length)
  })
})

describe('two who play the same film at once', () => {
  it('[S57] fetch early what nobody has, and say so', () => {
    const { film, fellow } = withFellow()
    film.untilAsked()
    expect(film.asked[0]).toBeGreaterThanOrEqual(50)
    expect(fellow.heard('claim')).toMatchObject([{ first: film.asked[0] }])
  })

  it('[S57] leave what the other is fetching to it, until it would be late', () => {
    const [alone, claimed] = [withFellow(), withFellow()]
    alone.film.untilAsked()
    const { slot } = claimed.fellow
    claimed.fellow.say({ type: 'claim', slot, first: 50, count: 410, withinMs: 9_000 })
    claimed.film.untilAsked()
    expect(claimed.film.asked[0]).toBe(50)
    expect(claimed.film.aheadMs).toBeGreaterThan(0)
    expect(claimed.film.driver.now).toBeGreaterThan(alone.film.driver.now + 500)
  })
})
