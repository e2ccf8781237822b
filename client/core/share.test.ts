import { describe, expect, it } from 'vitest'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'

const chunkBytes = 64 * 1024

/** A download whose HTTP answer is under way, among peers of which so many came before. */
function startedAmong(ahead: number): EngineDriver {
  const driver = new EngineDriver({ chunkCount: 64 })
  driver.consent()
  driver.open(true)
  driver.tracker({ type: 'welcome', id: peerId('m') })
  driver.want()
  count(driver, ahead)
  return driver
}

function count(driver: EngineDriver, ahead: number): void {
  const peers = [{ id: peerId('other'), tier: 'network' as const }]
  driver.tracker({ type: 'peers', swarm: driver.file.swarm, peers, size: ahead + 2, ahead })
}

const asked = (driver: EngineDriver) => driver.all('openRun').map(({ from }) => from / chunkBytes)

describe('a crowd that starts together', () => {
  it.each([
    [1, 32],
    [2, 16],
    [3, 48],
  ])('[S46] the one that has %i before it fetches from chunk %i of 64 on', (ahead, first) => {
    const driver = startedAmong(ahead)
    expect(driver.all('closeRun')).toHaveLength(1)
    expect(asked(driver)).toEqual([first])
  })

  it('[S46] the first of all goes on where it began', () => {
    expect(startedAmong(0).all('closeRun')).toEqual([])
  })

  it('[S46] the seventeenth leaves a crawling origin to the others, and steps in when nothing comes', () => {
    const driver = startedAmong(16)
    expect(driver.all('closeRun')).toEqual([])
    driver.meet('other', [])
    count(driver, 16)
    driver.pass(300)
    expect(driver.all('closeRun')).toHaveLength(1)
    expect(asked(driver)).toEqual([])
    driver.pass(1_000)
    expect(asked(driver)).toEqual([])
    driver.pass(2_500)
    expect(asked(driver).length).toBeGreaterThan(0)
  })

  it('[S46] one that heard nothing of the origin before it left it to others tries it later, once', () => {
    const driver = startedAmong(16)
    const other = driver.meet('other', [1])
    count(driver, 16)
    driver.pass(150)
    expect(driver.all('closeRun')).toHaveLength(1)
    // The peer brings a little, again and again: nobody starves.
    const step = (index: number) => {
      driver.pass(400)
      other.say({ type: 'have', slot: other.slot, indexes: [index + 1] })
      for (const asked of other.asked) if (!driver.swarm.have.has(asked)) other.send(asked)
    }
    for (let index = 1; index < 4; index++) step(index)
    expect(asked(driver)).toEqual([])
    for (let index = 4; index < 40; index++) step(index)
    expect(asked(driver).length).toBeGreaterThan(0)
  })

  it('[S46] the seventeenth goes on where the origin is fast', () => {
    const driver = startedAmong(16)
    const [run] = driver.swarm.runs.keys()
    driver.meet('other', [])
    count(driver, 16)
    for (let index = 0; index < 8; index++) {
      driver.feed(run!, index * chunkBytes, (index + 1) * chunkBytes)
      driver.pass(50)
    }
    expect(driver.all('closeRun')).toEqual([])
  })

  it('[S55] one that keeps to itself what it fetches is replaced: the seventeenth fetches what nobody has', () => {
    const driver = startedAmong(16)
    driver.meet('other', [])
    const miser = driver.meet('miser', [0, 1, 2, 3])
    count(driver, 16)
    miser.say({ type: 'claim', slot: miser.slot, first: 4, count: 60, withinMs: 10_000 })
    for (let i = 0; i < 7; i++) {
      driver.pass(500)
      miser.pong()
    }
    expect(miser.heard('cancel').length).toBeGreaterThan(0)
    for (let turn = 0; turn < 3; turn++) {
      driver.pass(200)
      const run = driver.all('openRun').at(-1)
      expect(run).toBeDefined()
      driver.forget()
      driver.serve(run!)
    }
  })

  it("[S46] another one's part is not begun while peers have much to bring", () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 640 })
    driver.start()
    driver.dropRuns()
    const other = driver.meet('other', driver.indexes.slice(0, 600))
    // A chunk every 100 ms: the others last for a minute.
    for (let step = 0; step < 100; step++) {
      const index = other.asked[step]
      if (index !== undefined) other.send(index)
      driver.pass(100)
    }
    expect(other.asked.length).toBeGreaterThan(90)
    expect(asked(driver)).toEqual([])
  })

  it("[S46] what another one's part lacks is fetched when it has not come for a while", () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start()
    driver.dropRuns()
    const other = driver.meet('other', driver.indexes.slice(0, 60))
    other.send(other.asked[0]!)
    driver.pass(1_000)
    expect(asked(driver)).toEqual([])
    driver.pass(2_500)
    expect(asked(driver)[0]).toBe(60)
  })
})
