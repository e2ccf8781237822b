/** A14, A17, A22: peers that send what nobody asked for, or say so much that others pay for it. */
import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import type { WireMessage } from '../../shared/wire.ts'
import { EngineDriver, type Puppet } from '../fakes/engine-driver.ts'

function frugal(chunkCount = 64): EngineDriver {
  const driver = new EngineDriver({ mode: 'frugal', chunkCount })
  driver.start()
  driver.dropRuns()
  return driver
}

/** Says it again and again, and answers every ping. @returns how often it was heard */
function flood(attacker: Puppet, say: (time: number) => WireMessage, timesMax = 20_000): number {
  for (let time = 0; time < timesMax; time++) {
    if (!attacker.isLinked) return time
    attacker.say(say(time))
  }
  return timesMax
}

const missing = (slot: number): WireMessage => {
  const parts = Array.from({ length: 64 }, (_, index) => ({ index, offset: 0, length: 1 }))
  return { type: 'request', slot, parts }
}

describe('a peer that floods', () => {
  const floods: [string, (a: Puppet, time: number) => WireMessage][] = [
    ['pings', (_, nonce) => ({ type: 'ping', nonce })],
    ['empty HAVEs', ({ slot }) => ({ type: 'have', slot, indexes: [] })],
    ['the same HAVEs', ({ slot }) => ({ type: 'have', slot, indexes: Array(1024).fill(1) })],
    ['HAVE and LOST in turn', ({ slot }, time) => ({ type: time % 2 ? 'lost' : 'have', slot, indexes: [9] })],
    ['refusals of nothing', ({ slot }) => ({ type: 'refuse', slot, index: 5, reason: 'busy' })],
    ['requests for what is not here', ({ slot }) => missing(slot)],
    ['cancels of nothing', ({ slot }) => ({ type: 'cancel', slot, index: 3 })],
    ['words about a swarm that it is not in', (_, index) => ({ type: 'cancel', slot: 60_000, index })],
    [
      'attaching swarms that are not here',
      (_, slot) => ({ type: 'attach', slot: slot % 60_000, swarm: new Uint8Array(20), have: new Uint8Array(8) }),
    ],
    ['claims', ({ slot }) => ({ type: 'claim', slot, first: 0, count: 64, withinMs: 10_000 })],
  ]

  it.each(floods)('[S22] with %s is cut off, having cost few answers; another goes on', (_, say) => {
    const driver = frugal()
    const honest = driver.meet('honest', [0, 1, 2, 3])
    const attacker = driver.meet('attacker', [])
    const before = driver.log.length
    const heard = flood(attacker, (time) => say(attacker, time))
    expect(attacker.isLinked).toBe(false)
    expect(heard).toBeLessThan(10_000)
    expect(driver.log.length - before).toBeLessThan(12_000)
    const index = honest.asked[0]!
    honest.send(index)
    expect(driver.all('keep')).toMatchObject([{ index, source: honest.id }])
  })

  it('[S22] by attaching and detaching without end is cut off', () => {
    const driver = frugal()
    const attacker = driver.meet('attacker', [])
    let rounds = 0
    for (; attacker.isLinked && rounds < 2_000; rounds++) {
      attacker.say({ type: 'detach', slot: attacker.slot })
      attacker.attach([])
    }
    expect(attacker.isLinked).toBe(false)
  })

  it('[S22] with data in frames of one byte is cut off before a chunk is through', () => {
    const driver = frugal()
    const attacker = driver.meet('attacker')
    const index = attacker.asked[0]!
    const bytes = driver.file.chunk(index)
    flood(attacker, (offset) => ({
      type: 'data',
      slot: attacker.slot,
      index,
      offset,
      payload: bytes.subarray(offset, offset + 1),
    }))
    expect(attacker.isLinked).toBe(false)
    expect(driver.all('keep')).toEqual([])
  })

  it('[S22] over and over, but no more than an honest one says, stays', () => {
    const driver = frugal()
    const peer = driver.meet('peer', [])
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 200; i++) peer.say({ type: 'ping', nonce: i })
      driver.pass(1_000)
    }
    expect(peer.isLinked).toBe(true)
  })
})

describe('a peer that was asked and refused', () => {
  it('[S4] may not send endless data of that chunk in place of it', () => {
    const driver = frugal()
    const attacker = driver.meet('attacker')
    const index = attacker.asked[0]!
    attacker.say({ type: 'refuse', slot: attacker.slot, index, reason: 'busy' })
    const payload = new Uint8Array(32 * KiB)
    const heard = flood(attacker, () => ({ type: 'data', slot: attacker.slot, index, offset: 0, payload }))
    expect(attacker.isLinked).toBe(false)
    // What had been asked for, and three frames more.
    expect(heard).toBeLessThanOrEqual(5)
  })

  it('[S4] may send what was on its way when the request was taken back', () => {
    const driver = frugal()
    const peer = driver.meet('peer')
    const asked = peer.asked
    driver.unwant()
    for (const index of asked) peer.send(index)
    expect(peer.isLinked).toBe(true)
  })
})

describe('a peer that claims what it never fetches', () => {
  it('[S12] is not believed for longer by claiming again in time', () => {
    const driver = frugal()
    const honest = driver.meet('honest', [0])
    honest.send(0)
    const liar = driver.meet('liar', [])
    const claim = () => liar.say({ type: 'claim', slot: liar.slot, first: 0, count: 64, withinMs: 10_000 })
    claim()
    driver.dropRuns()
    for (let seconds = 0; seconds < 14; seconds++) {
      driver.pass(1_000)
      claim()
      for (const peer of [liar, honest]) peer.pong()
    }
    expect(driver.all('openRun').length).toBeGreaterThan(0)
  })

  it('[S12] is not believed for having the last chunk of what it claims, nor while nobody brings anything', () => {
    const driver = frugal()
    const liar = driver.meet('liar', [63])
    liar.send(63)
    const claim = () => liar.say({ type: 'claim', slot: liar.slot, first: 0, count: 64, withinMs: 10_000 })
    driver.dropRuns()
    driver.forget()
    for (let seconds = 0; seconds < 4; seconds++) {
      claim()
      driver.pass(1_000)
      liar.pong()
    }
    expect(driver.all('openRun').length).toBeGreaterThan(0)
  })

  it('[S46] does not make one that is not among the first wait for longer than once', () => {
    const driver = new EngineDriver({ chunkCount: 64 })
    driver.start()
    driver.meet('empty', [])
    driver.tracker({ type: 'peers', swarm: driver.file.swarm, peers: [], size: 20, ahead: 16 })
    driver.dropRuns()
    driver.pass(4_000)
    for (let turn = 0; turn < 8; turn++) {
      const [run] = driver.swarm.runs.keys()
      expect(run).toBeDefined()
      driver.serve(driver.all('openRun').find((one) => one.run === run)!)
      driver.pass(50)
    }
  })
})
