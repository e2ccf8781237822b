import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { EngineDriver, type Puppet, peerId } from '../../test/fakes/engine-driver.ts'
import { startBytes } from './merit.ts'

const chunkCount = 64
const chunkBytes = 64 * KiB

/** An engine with the first half of the file; it wants the other half, unless it only serves. */
function halfway({ wants = true, rate = 512 * KiB } = {}) {
  const driver = new EngineDriver({ mode: 'frugal', chunkCount, chunkBytes })
  driver.consent()
  driver.open()
  driver.tracker({ type: 'welcome', id: peerId('m') })
  driver.give({ type: 'held', swarm: driver.file.swarm, indexes: wants ? low : driver.indexes })
  if (wants) {
    driver.want()
    driver.dropRuns()
  }
  return { driver, limit: () => driver.give({ type: 'uploadRate', bytesPerSecondMax: rate }) }
}

const low = Array.from({ length: chunkCount / 2 }, (_, index) => index)

/** Asks for chunks as long as the queue takes them, over and over. */
const askMuch = (puppet: Puppet) => {
  const parts = low.map((index) => ({ index, offset: 0, length: chunkBytes }))
  puppet.say({ type: 'request', slot: puppet.slot, parts })
}

/** Serves the engine whatever it asks of this peer, until it asks for no more. */
const give = (puppet: Puppet, count: number) => {
  for (let given = 0; given < count; given++) {
    const index = puppet.asked[given]
    if (index === undefined) return
    puppet.send(index)
  }
}

const sentTo = (puppet: Puppet) => puppet.heard('data').reduce((sum, { payload }) => sum + payload.length, 0)

describe('who is served first', () => {
  it('[S41] while more is asked for than the line carries, those that give have nearly all of it', () => {
    const { driver, limit } = halfway()
    const giver = driver.meet('giver', driver.indexes.slice(32))
    const taker = driver.meet('taker', [0])
    give(giver, 16)
    limit()
    for (const puppet of [giver, taker]) askMuch(puppet)
    driver.pass(1_200)
    const before = { giver: sentTo(giver), taker: sentTo(taker) }
    expect(before.taker).toBeGreaterThanOrEqual(startBytes / 2)
    driver.pass(1_500)
    const giverBytes = sentTo(giver) - before.giver
    const takerBytes = sentTo(taker) - before.taker
    expect(giverBytes).toBeGreaterThan(512 * KiB)
    expect(takerBytes).toBeLessThan(giverBytes / 4)
  })

  it('[S41] one that announces nothing has a chunk on credit, and no more', () => {
    const { driver, limit } = halfway()
    const giver = driver.meet('giver', driver.indexes.slice(32))
    give(giver, 16)
    const silent = driver.meet('silent', [])
    limit()
    for (const puppet of [giver, silent]) askMuch(puppet)
    driver.pass(2_000)
    expect(sentTo(giver)).toBeGreaterThan(768 * KiB)
    expect(sentTo(silent)).toBe(chunkBytes)
  })

  it('[S41] one that was asked and gave nothing has no more than that either', () => {
    const { driver, limit } = halfway()
    const giver = driver.meet('giver', driver.indexes.slice(32, 60))
    give(giver, 28)
    const miser = driver.meet('miser', driver.indexes.slice(60))
    expect(miser.asked.length).toBeGreaterThan(0)
    driver.pass(3_100)
    limit()
    for (const puppet of [giver, miser]) askMuch(puppet)
    driver.pass(2_000)
    expect(sentTo(giver)).toBeGreaterThan(768 * KiB)
    expect(sentTo(miser)).toBe(chunkBytes)
  })

  it('[S41] while one that gives may ask at any moment, the others are sent small pieces into an empty line', () => {
    const { driver } = halfway()
    const giver = driver.meet('giver', driver.indexes.slice(32))
    give(giver, 16)
    const silent = driver.meet('silent', [])
    askMuch(silent)
    const frames = () => silent.heard('data').map(({ payload }) => payload.length)
    // The chunk on credit is sent as to anybody.
    expect(frames()[0]).toBe(chunkBytes)
    const drained = () => driver.give({ type: 'drained', peer: silent.id, roomBytes: 64 * MiB })
    for (let i = 0; i < 20; i++) {
      drained()
      driver.pass(10)
    }
    const spare = frames().slice(1)
    expect(spare.length).toBeGreaterThan(8)
    // More at once where more was sent before.
    expect(spare[0]).toBeLessThan(chunkBytes)
  })

  it('[S41] an idle line serves whoever asks', () => {
    const { driver, limit } = halfway()
    const taker = driver.meet('taker', [])
    limit()
    askMuch(taker)
    driver.pass(3_000)
    expect(sentTo(taker)).toBeGreaterThan(1.4 * MiB)
  })

  it('[S41] a newcomer has its first bytes as fast as those that give', () => {
    const { driver, limit } = halfway()
    const giver = driver.meet('giver', driver.indexes.slice(32))
    give(giver, 16)
    const newcomer = driver.meet('new', [0])
    limit()
    for (const puppet of [giver, newcomer]) askMuch(puppet)
    driver.pass(900)
    expect(Math.abs(sentTo(giver) - sentTo(newcomer))).toBeLessThanOrEqual(2 * chunkBytes)
  })

  it('[S41] to come back is no way to be new again: what a peer took is remembered', () => {
    const { driver, limit } = halfway()
    const giver = driver.meet('giver', driver.indexes.slice(32))
    give(giver, 16)
    const taker = driver.meet('taker', [])
    askMuch(taker)
    driver.give({ type: 'linkClosed', peer: taker.id })
    const back = driver.meet('taker', [])
    driver.forget()
    limit()
    for (const puppet of [giver, back]) askMuch(puppet)
    driver.pass(1_500)
    expect(sentTo(back)).toBeLessThan(sentTo(giver) / 4)
  })

  it('[S41] a client that wants nothing more serves all alike, but for those that gave to it', () => {
    const { driver, limit } = halfway({ wants: false })
    const a = driver.meet('a', [])
    const b = driver.meet('b', [])
    limit()
    askMuch(a)
    driver.pass(2_000)
    askMuch(b)
    driver.forget()
    driver.pass(1_000)
    expect(Math.abs(sentTo(a) - sentTo(b))).toBeLessThanOrEqual(2 * chunkBytes)
  })
})
