import { describe, expect, it } from 'vitest'
import type { SwarmId } from '../../shared/ids.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'

const started = (seed = 1) => {
  const driver = new EngineDriver({ seed })
  driver.start()
  return driver
}

const joins = (driver: EngineDriver) =>
  driver.all('tell').flatMap(({ message }) => (message.type === 'join' ? message : []))

/** When the engine connects again, in milliseconds after the loss. */
const reconnectMs = (driver: EngineDriver): number => {
  const lostAt = driver.now
  driver.forget()
  driver.give({ type: 'trackerClosed' })
  while (driver.all('connectTracker').length === 0 && driver.now - lostAt < 100_000) driver.pass(10)
  return driver.now - lostAt
}

describe('the tracker', () => {
  it('[S17] is asked for peers as soon as something is wanted, and told how much is here', () => {
    const driver = started()
    expect(joins(driver).at(-1)).toMatchObject({ swarm: driver.file.swarm, have: 0, want: 8 })
  })

  it('[S17] lost, it is connected to again within 1 to 7 s, by everyone at another moment', () => {
    const times = Array.from({ length: 20 }, (_, seed) => reconnectMs(started(seed + 1)))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(7_010)
    expect(new Set(times).size).toBeGreaterThan(10)
  })

  it('[S17] as long as it is down it is tried less and less often, but at least every 30 s', () => {
    const driver = started()
    const times = Array.from({ length: 12 }, () => reconnectMs(driver))
    expect(Math.max(...times.slice(6))).toBeGreaterThan(6_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(30_010)
  })

  it('[S17] one that never says welcome counts as down', () => {
    const driver = new EngineDriver()
    driver.consent()
    driver.open()
    driver.want()
    driver.pass(15_100)
    expect(driver.all('closeTracker')).toHaveLength(1)
    driver.pass(7_100)
    expect(driver.all('connectTracker')).toHaveLength(2)
  })

  it('[T257] is told of many files at its own pace, what is wanted first, and none is refused', () => {
    const driver = new EngineDriver()
    driver.consent()
    const { manifest, hashes } = driver.file
    const swarms = Array.from({ length: 60 }, (_, i) => i.toString(16).padStart(40, '0') as SwarmId)
    for (const swarm of swarms) driver.give({ type: 'open', swarm, manifest, hashes })
    driver.open()
    driver.want()
    driver.forget()
    driver.give({ type: 'trackerMessage', message: { type: 'welcome', id: peerId('me') } })
    const told = () => joins(driver).map(({ swarm }) => swarm)
    expect(told()[0]).toBe(driver.file.swarm)
    // What a tracker lets through: twenty at once, and two a second (tracker/core/limits.ts).
    const tracker = new TokenBucket(2, 20)
    let heard = 0
    for (let ms = 0; ms < 40_000; ms += 100) {
      for (; heard < told().length; heard++) expect(tracker.take(1, driver.now)).toBe(true)
      if (ms === 10_000) expect(new Set(told()).size).toBeGreaterThan(30)
      driver.pass(100)
    }
    expect(new Set(told()).size).toBe(61)
  })

  it('[S17] while it is down links live on', () => {
    const driver = started()
    const a = driver.meet('a')
    driver.give({ type: 'trackerClosed' })
    driver.pass(100)
    expect(a.isLinked).toBe(true)
    a.send(a.asked[0]!)
    expect(driver.all('keep')).toMatchObject([{ source: a.id }])
  })

  it('[S17] back again, it is told of every file that is open', () => {
    const driver = started()
    reconnectMs(driver)
    driver.forget()
    driver.tracker({ type: 'welcome', id: peerId('n') })
    expect(joins(driver)).toMatchObject([{ swarm: driver.file.swarm }])
  })

  it('[S18] as long as peers are missing it is asked again, less and less often', () => {
    const driver = started()
    const times: number[] = []
    for (let seen = joins(driver).length, end = driver.now + 300_000; driver.now < end; driver.pass(100)) {
      const { length } = joins(driver)
      if (length > seen) times.push(driver.now)
      seen = length
    }
    const gaps = times.slice(1).map((at, place) => at - times[place]!)
    expect(times.length).toBeLessThan(12)
    expect(gaps.at(-1)).toBeGreaterThan(3 * gaps[0]!)
  })

  it('[S18] many readers that begin at once do not flood it', () => {
    const driver = started()
    driver.forget()
    for (let want = 2; want < 100; want++) driver.want('stream', 0, 100_000, want)
    driver.pass(900)
    expect(joins(driver).length).toBeLessThanOrEqual(1)
    driver.pass(1_000)
    expect(joins(driver).length).toBeGreaterThan(0)
  })

  it('[S18] when many lose the same peer they do not all ask at the same moment', () => {
    const times = Array.from({ length: 20 }, (_, seed) => {
      const driver = started(seed + 1)
      const a = driver.meet('a')
      driver.pass(2_000)
      driver.forget()
      const lostAt = driver.now
      driver.give({ type: 'linkClosed', peer: a.id })
      while (joins(driver).length === 0 && driver.now - lostAt < 10_000) driver.pass(10)
      return driver.now - lostAt
    })
    expect(new Set(times).size).toBeGreaterThan(10)
    expect(Math.max(...times)).toBeLessThan(4_000)
  })

  it('[S18] with the file complete it is told so, and no more peers are asked for', () => {
    const driver = started()
    driver.serve(driver.all('openRun')[0]!)
    driver.forget()
    driver.pass(70_000)
    expect(joins(driver).length).toBeGreaterThan(0)
    expect(joins(driver).every(({ have, want }) => have === 1 && want === 0)).toBe(true)
  })

  it('[S18] a file that is shut is left, and with the last one the tracker too', () => {
    const driver = started()
    driver.forget()
    driver.give({ type: 'shut', swarm: driver.file.swarm })
    expect(driver.all('tell')).toMatchObject([{ message: { type: 'leave', swarm: driver.file.swarm } }])
    expect(driver.all('closeTracker')).toHaveLength(1)
    driver.pass(120_000)
    expect(driver.all('connectTracker')).toEqual([])
  })

  it('[T180] it comes back as the peer that it was, with the token of its last welcome', () => {
    const driver = started()
    driver.give({ type: 'trackerClosed' })
    driver.pass(7_100)
    driver.tracker({ type: 'welcome', id: peerId('m'), resume: 'first.token' })
    driver.give({ type: 'trackerClosed' })
    driver.pass(7_100)
    driver.tracker({ type: 'welcome', id: peerId('m'), resume: 'second.token' })
    driver.give({ type: 'trackerClosed' })
    driver.pass(7_100)
    expect(driver.all('connectTracker').map(({ resume }) => resume)).toEqual([
      undefined,
      undefined,
      'first.token',
      'second.token',
    ])
  })

  it('[T180] who withdraws consent comes back as somebody else', () => {
    const driver = started()
    driver.give({ type: 'trackerClosed' })
    driver.pass(7_100)
    driver.tracker({ type: 'welcome', id: peerId('m'), resume: 'first.token' })
    driver.consent(false)
    driver.forget()
    driver.consent()
    expect(driver.all('connectTracker')).toEqual([{ type: 'connectTracker' }])
  })

  it('[T183] with its links in place it asks for no more peers than are missing when it comes back', () => {
    const driver = started()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) driver.meet(name, [])
    driver.give({ type: 'trackerClosed' })
    driver.pass(7_100)
    driver.forget()
    driver.tracker({ type: 'welcome', id: peerId('m') })
    expect(joins(driver)).toMatchObject([{ want: 2 }])
  })

  it('[T185] that is about to end is used until the moment that it named, and then come back to', () => {
    const driver = started()
    driver.forget()
    driver.tracker({ type: 'drain', afterMs: 7_000 })
    driver.pass(6_990)
    expect(driver.all('closeTracker')).toEqual([])
    expect(driver.introduce([peerId('a')])).toMatchObject([{ type: 'dial' }])
    driver.pass(10)
    expect(driver.all('closeTracker')).toHaveLength(1)
    expect(driver.all('connectTracker')).toHaveLength(1)
  })

  it('[T185] that ends before that moment is come back to at that moment all the same', () => {
    const driver = started()
    driver.tracker({ type: 'drain', afterMs: 7_000 })
    driver.pass(100)
    expect(reconnectMs(driver)).toBe(6_900)
  })

  it('[T185] that sends everyone away at once, again and again, is connected to once a second at most', () => {
    const driver = started()
    driver.forget()
    for (let round = 0; round < 100; round++) {
      driver.tracker({ type: 'drain', afterMs: 0 })
      driver.pass(100)
      driver.tracker({ type: 'welcome', id: peerId('m') })
    }
    expect(driver.all('connectTracker').length).toBeLessThanOrEqual(10)
  })

  it("[T187] that has no time is left alone for as long as it said, and a moment that is nobody else's", () => {
    const times = Array.from({ length: 20 }, (_, seed) => {
      const driver = started(seed + 1)
      driver.give({ type: 'trackerClosed' })
      driver.pass(7_100)
      driver.tracker({ type: 'busy', retryMs: 20_000 })
      return reconnectMs(driver)
    })
    expect(Math.min(...times)).toBeGreaterThanOrEqual(20_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(25_010)
    expect(new Set(times).size).toBeGreaterThan(10)
  })

  it('[T187] that says busy and does not close is given up like one that is silent', () => {
    const driver = started()
    driver.give({ type: 'trackerClosed' })
    driver.pass(7_100)
    driver.forget()
    driver.tracker({ type: 'busy', retryMs: 20_000 })
    driver.pass(15_100)
    expect(driver.all('closeTracker')).toHaveLength(1)
    expect(driver.all('connectTracker')).toEqual([])
    driver.pass(10_000)
    expect(driver.all('connectTracker')).toHaveLength(1)
  })

  it('[T189] that asks for an interval is not asked for more peers before, also when a link is lost', () => {
    const driver = started()
    const a = driver.meet('a')
    const { swarm } = driver.file
    driver.tracker({ type: 'peers', swarm, peers: [], size: 3, ahead: 0, intervalMs: 100_000 })
    driver.forget()
    driver.give({ type: 'linkClosed', peer: a.id })
    driver.pass(99_000)
    expect(joins(driver)).toEqual([])
    driver.pass(27_000)
    expect(joins(driver).length).toBeGreaterThan(0)
  })

  it('[T189] that asks for an interval is told all the same that the file is complete', () => {
    const driver = started()
    const { swarm } = driver.file
    driver.tracker({ type: 'peers', swarm, peers: [], size: 3, ahead: 0, intervalMs: 600_000 })
    const run = driver.all('openRun')[0]!
    driver.forget()
    driver.serve(run)
    driver.pass(1_000)
    expect(joins(driver)).toMatchObject([{ have: 1, want: 0 }])
  })
})
