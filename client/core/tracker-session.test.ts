import { describe, expect, it } from 'vitest'
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

  it('[S17] lost, it is connected to again within 1 to 3 s, by everyone at another moment', () => {
    const times = Array.from({ length: 20 }, (_, seed) => reconnectMs(started(seed + 1)))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(3_010)
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
    driver.pass(3_100)
    expect(driver.all('connectTracker')).toHaveLength(2)
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
})
