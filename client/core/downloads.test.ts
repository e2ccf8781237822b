import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { EngineDriver, type Puppet } from '../../test/fakes/engine-driver.ts'

const frugal = (chunkCount = 64, chunkBytes = 64 * KiB) => {
  const driver = new EngineDriver({ mode: 'frugal', chunkCount, chunkBytes })
  driver.start()
  driver.dropRuns()
  return driver
}

const data = (puppet: Puppet, index: number, offset: number, length: number) =>
  puppet.say({ type: 'data', slot: puppet.slot, index, offset, payload: new Uint8Array(length) })

describe('asking peers for chunks', () => {
  it('[S1] a peer is asked at once for a first window of 256 KiB, in one message', () => {
    const driver = frugal()
    const a = driver.meet('a')
    expect(a.heard('request')).toHaveLength(1)
    expect(a.asked).toHaveLength(4)
  })

  it('[S1] several peers are asked for different chunks', () => {
    const driver = frugal()
    const asked = ['a', 'b', 'c'].flatMap((name) => driver.meet(name).asked)
    expect(new Set(asked).size).toBe(asked.length)
  })

  it('[S1] the window is filled again as it drains', () => {
    const driver = frugal()
    const a = driver.meet('a')
    a.send(a.asked[0]!)
    a.send(a.asked[1]!)
    expect(a.asked.length).toBeGreaterThan(4)
  })

  it('[S1] large chunks are asked for in slices, from the first byte to the last', () => {
    const driver = frugal(2, 4 * MiB)
    const a = driver.meet('a', [1])
    a.send(1)
    const parts = a.heard('request').flatMap(({ parts }) => parts)
    expect(parts.every(({ index, length }) => index === 1 && length <= 256 * KiB)).toBe(true)
    expect(parts.reduce((at, { offset, length }) => (offset === at ? at + length : -1), 0)).toBe(4 * MiB)
    expect(driver.all('keep')).toMatchObject([{ index: 1, source: a.id }])
  })

  it.each([
    ['truncated', (a: Puppet, index: number) => [0, 2_000].map((offset) => data(a, index, offset, 1_000))],
    ['longer than asked for', (a: Puppet, index: number) => data(a, index, 0, 64 * KiB + 1)],
    ['misplaced', (a: Puppet, index: number) => data(a, index, 16, 1_000)],
    ['sent twice', (a: Puppet, index: number) => [0, 0].map((offset) => data(a, index, offset, 1_000))],
  ])('[S2] bytes that are %s end the link for good, and nothing of them is kept', (_, lie) => {
    const driver = frugal()
    const a = driver.meet('a')
    lie(a, a.asked[0]!)
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'violation' }])
    expect(a.isLinked).toBe(false)
    expect(driver.all('digest')).toEqual([])
    expect(driver.swarm.flights.size).toBe(0)
  })

  it('[S3] unasked data three times ends the link; others are unaffected', () => {
    const driver = frugal()
    const a = driver.meet('a', [0, 1])
    const b = driver.meet('b')
    data(a, 40, 0, 100)
    data(a, 41, 0, 100)
    expect(a.isLinked).toBe(true)
    data(a, 2 ** 32 - 1, 0, 100)
    expect(a.isLinked).toBe(false)
    expect(b.isLinked).toBe(true)
    expect(driver.engine.core.wastedBytes).toBe(300)
  })

  it('[S3] a chunk that has come in full and comes again is unasked', () => {
    const driver = frugal()
    const a = driver.meet('a', [0])
    a.send(0)
    for (let time = 0; time < 3; time++) a.send(0)
    expect(a.isLinked).toBe(false)
  })

  it('[S4] what comes after it was taken back is no fault, and the chunk is not asked again before it is over', () => {
    const driver = frugal(4)
    const a = driver.meet('a')
    expect(a.asked).toHaveLength(4)
    driver.unwant()
    expect(a.heard('cancel').map(({ index }) => index)).toEqual(a.asked)
    driver.forget()
    driver.want()
    expect(a.asked).toEqual([])
    for (const index of driver.indexes) a.send(index)
    expect(a.isLinked).toBe(true)
  })

  it('[S4] once the peer has answered a ping sent after the cancel, it is asked again', () => {
    const driver = frugal(4)
    const a = driver.meet('a')
    driver.forget()
    driver.unwant()
    const pings = a.heard('ping')
    expect(pings).toHaveLength(1)
    driver.want()
    driver.forget()
    a.say({ type: 'pong', nonce: pings[0]!.nonce, clock: 0 })
    a.pong()
    expect(a.asked.toSorted()).toEqual([0, 1, 2, 3])
    for (const index of a.asked) a.send(index)
    expect(driver.all('keep')).toHaveLength(4)
  })

  it('[S5] a peer that sends nothing loses its requests after 3 s, rests, and others are asked', () => {
    const driver = frugal(4)
    const silent = driver.meet('silent')
    const other = driver.meet('other', [])
    other.say({ type: 'have', slot: other.slot, indexes: driver.indexes })
    driver.forget()
    driver.pass(3_000)
    expect(silent.heard('cancel')).toHaveLength(4)
    const hedged = driver.all('openRun').map(({ from }) => driver.file.geometry.chunkAt(from))
    expect([...new Set([...other.asked, ...hedged])].toSorted()).toEqual([0, 1, 2, 3])
    expect(other.asked.length).toBeGreaterThan(2)
    expect(silent.asked).toEqual([])
  })

  it('[S5] peers that never send cannot keep a chunk going round among them', () => {
    const driver = frugal(1)
    const misers = [driver.meet('a'), driver.meet('b'), driver.meet('c')]
    for (let i = 0; i < 200; i++) {
      driver.pass(50)
      for (const miser of misers) miser.pong()
      driver.forget()
    }
    // All three rest, and the origin is asked.
    const honest = driver.meet('honest')
    expect(honest.asked).toEqual([0])
  })

  it('[S5] a peer that drips is as good as silent', () => {
    const driver = frugal(4)
    const a = driver.meet('a')
    for (let second = 0; second < 4; second++) {
      a.say({ type: 'data', slot: a.slot, index: a.asked[0]!, offset: second, payload: new Uint8Array(1) })
      driver.pass(1_000)
    }
    expect(a.heard('cancel')).toHaveLength(4)
  })

  it('[S5] a peer that stalls again rests longer each time', () => {
    const driver = frugal(4)
    const a = driver.meet('a')
    const restMs = () => {
      driver.pass(3_000)
      a.pong()
      driver.forget()
      const since = driver.now
      while (a.asked.length === 0 && driver.now - since < 100_000) {
        driver.pass(500)
        a.pong()
        for (const run of [...driver.swarm.runs.keys()]) driver.failRun(run)
      }
      return driver.now - since
    }
    const first = restMs()
    expect(restMs()).toBeGreaterThan(1.5 * first)
  })

  it('[S6] a chunk refused as missing is asked elsewhere, and not of that peer again', () => {
    const driver = frugal(2)
    const a = driver.meet('a')
    const b = driver.meet('b')
    driver.forget()
    a.say({ type: 'refuse', slot: a.slot, index: 0, reason: 'missing' })
    expect(b.asked).toEqual([0])
    driver.pass(100)
    a.pong()
    expect(a.asked).toEqual([])
  })

  it.each(['busy', 'off'] as const)(
    '[S6] a peer that refuses as %s rests, and the chunk is asked elsewhere',
    (reason) => {
      const driver = frugal(2)
      const a = driver.meet('a')
      const b = driver.meet('b')
      driver.forget()
      a.say({ type: 'refuse', slot: a.slot, index: 1, reason })
      expect(b.asked).toEqual([1])
      a.pong()
      expect(a.asked).toEqual([])
    },
  )

  it('[S6] a refusal of what was never asked is nothing', () => {
    const driver = frugal(2)
    const a = driver.meet('a', [])
    a.say({ type: 'refuse', slot: a.slot, index: 9, reason: 'missing' })
    expect(a.isLinked).toBe(true)
  })

  it('[S7] a stream is asked for in order', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start('stream')
    driver.dropRuns()
    expect(driver.meet('a').asked).toEqual([0, 1, 2, 3])
  })

  it('[S7] a bulk download takes what fewest peers have first', () => {
    const driver = frugal(16)
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: [15] })
    driver.give({ type: 'pressure', on: true })
    driver.meet('a', [0, 1, 2, 3, 4, 5, 6, 7])
    driver.meet('b', [0, 1, 2, 3, 4, 5, 6, 7])
    const c = driver.meet('c', [0, 1, 2, 3, 4, 5, 8, 9])
    driver.engine.core.remotes.get(c.id)!.holdings.get(driver.file.swarm)!.cursor = 0
    for (const name of ['a', 'b']) driver.give({ type: 'linkClosed', peer: driver.meet(`${name}2`, [0, 1, 2]).id })
    driver.give({ type: 'pressure', on: false })
    expect([8, 9]).toContain(c.asked[0])
  })

  it('[S1] a client that has nothing asks a crowd for two chunks at first, and soon for more', () => {
    const driver = frugal(16)
    const crowd = ['a', 'b', 'c', 'd'].map((name, index) => driver.meet(name, [index]))
    const askedCount = () => crowd.filter(({ asked }) => asked.length > 0).length
    expect(askedCount()).toBe(2)
    driver.pass(600)
    expect(askedCount()).toBe(4)
  })

  it('[S1] with its first chunk a client asks everybody', () => {
    const driver = frugal(16)
    const crowd = ['a', 'b', 'c', 'd'].map((name, index) => driver.meet(name, [index]))
    const first = crowd.find(({ asked }) => asked.length > 0)!
    first.send(first.asked[0]!)
    expect(crowd.filter(({ asked }) => asked.length > 0)).toHaveLength(4)
  })

  it('[S10] what an origin that has fallen silent was about to bring is asked of peers', () => {
    const driver = new EngineDriver({ chunkCount: 4 })
    driver.start()
    const a = driver.meet('a')
    expect(a.asked).not.toContain(0)
    driver.pass(2_500)
    for (let at = 0; at < a.asked.length; at++) a.send(a.asked[at]!)
    expect(driver.swarm.have.isFull).toBe(true)
  })

  it('[S11] at the end a chunk that a slow peer keeps is asked of a fast one too, and the slower one is told', () => {
    const driver = frugal(8)
    const slow = driver.meet('slow', [0])
    const fast = driver.meet('fast')
    for (let at = 0; at < fast.asked.length; at++) {
      fast.send(fast.asked[at]!)
      driver.pass(20)
    }
    expect(fast.asked).toContain(0)
    expect(slow.heard('cancel')).toEqual([{ type: 'cancel', slot: 0, index: 0 }])
    expect(driver.all('keep')).toHaveLength(8)
  })

  it('[S6] a peer that three times in a row does not have what it said is not asked for a while', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 32 })
    driver.start()
    driver.dropRuns()
    const a = driver.meet('a')
    for (const index of a.asked.slice(0, 3)) a.say({ type: 'refuse', slot: a.slot, index, reason: 'missing' })
    const left = a.asked.slice(3)
    for (const index of left) a.say({ type: 'refuse', slot: a.slot, index, reason: 'missing' })
    const askedCount = a.asked.length
    a.pong()
    driver.pass(5_000)
    expect(a.asked).toHaveLength(askedCount)
    driver.pass(6_000)
    expect(a.asked.length).toBeGreaterThan(askedCount)
  })
})
