import { describe, expect, it } from 'vitest'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'

describe('permission', () => {
  it('[P1] without consent there is no tracker and no peer, whatever is wanted', () => {
    const driver = new EngineDriver()
    driver.open()
    driver.want()
    driver.introduce([peerId('a')])
    driver.tracker({
      type: 'signal',
      from: peerId('b'),
      tier: 'network',
      signal: { session: '1', description: { type: 'offer', sdp: 'x' } },
    })
    driver.pass(5_000)
    expect(driver.all('connectTracker')).toEqual([])
    expect(driver.all('dial')).toEqual([])
    expect(driver.all('tell')).toEqual([])
    expect(driver.all('openRun').length).toBeGreaterThan(0)
  })

  it('[P1] with consent the tracker is asked only once a file is open', () => {
    const driver = new EngineDriver()
    driver.consent()
    expect(driver.all('connectTracker')).toEqual([])
    driver.open()
    expect(driver.all('connectTracker')).toHaveLength(1)
  })

  it('[P2] consent withdrawn: every peer hears bye, every link and the tracker close, and HTTP goes on at once', () => {
    const driver = new EngineDriver({ mode: 'frugal' })
    driver.start()
    const a = driver.meet('a')
    const b = driver.meet('b')
    driver.dropRuns()
    driver.pass(1_000)
    expect(driver.all('openRun')).toEqual([])
    expect(driver.swarm.flights.size).toBeGreaterThan(0)
    driver.forget()
    driver.consent(false)
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'leaving' }])
    expect(b.heard('bye')).toEqual([{ type: 'bye', reason: 'leaving' }])
    expect(driver.all('hangUp').map(({ peer }) => peer)).toEqual([a.id, b.id])
    expect(driver.all('closeTracker')).toHaveLength(1)
    expect(driver.all('openRun')).toMatchObject([{ from: 0, to: driver.file.geometry.fileBytes }])
  })

  it('[P2] what was under way when consent was withdrawn links to nobody', () => {
    const driver = new EngineDriver()
    driver.start()
    driver.consent(false)
    driver.forget()
    driver.introduce([peerId('a')])
    driver.tracker({
      type: 'signal',
      from: peerId('b'),
      tier: 'network',
      signal: { session: '1', description: { type: 'offer', sdp: 'x' } },
    })
    expect(driver.all('dial')).toEqual([])
    expect(driver.all('tell')).toEqual([])
  })

  it('[P2] granted anew, the tracker is asked anew', () => {
    const driver = new EngineDriver()
    driver.start()
    driver.consent(false)
    driver.forget()
    driver.consent()
    expect(driver.all('connectTracker')).toHaveLength(1)
  })

  it('[P3] uploads keep to their rate, from one moment to the next', () => {
    const rate = 256 * 1024
    const driver = new EngineDriver({ uploadBytesPerSecondMax: rate })
    driver.consent()
    driver.open()
    driver.tracker({ type: 'welcome', id: peerId('m') })
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    const a = driver.meet('a', [])
    for (const index of driver.indexes) {
      a.say({ type: 'request', slot: a.slot, parts: [{ index, offset: 0, length: 64 * 1024 }] })
    }
    const sent = () => a.heard('data').reduce((sum, { payload }) => sum + payload.length, 0)
    const burst = 128 * 1024
    expect(sent()).toBeLessThanOrEqual(burst)
    driver.pass(500)
    expect(sent()).toBeLessThanOrEqual(burst + rate / 2)
    driver.pass(2_000)
    expect(sent()).toBe(driver.file.geometry.fileBytes)
  })

  it('[P3] a rate for each peer holds beside the rate for all, and both can be set at any time', () => {
    const driver = new EngineDriver({ chunkCount: 64 })
    driver.consent()
    driver.open()
    driver.tracker({ type: 'welcome', id: peerId('m') })
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    const puppets = ['a', 'b', 'c'].map((name) => driver.meet(name, []))
    driver.give({ type: 'uploadRate', bytesPerSecondMax: Number.POSITIVE_INFINITY, peerBytesPerSecondMax: 128 * 1024 })
    for (const puppet of puppets) {
      const parts = driver.indexes.map((index) => ({ index, offset: 0, length: 64 * 1024 }))
      puppet.say({ type: 'request', slot: puppet.slot, parts })
    }
    const sent = () => puppets.map((a) => a.heard('data').reduce((sum, { payload }) => sum + payload.length, 0))
    driver.pass(4_000)
    for (const bytes of sent()) expect(bytes / (4 * 128 * 1024)).toBeCloseTo(1, 1)
    driver.forget()
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 192 * 1024, peerBytesPerSecondMax: 128 * 1024 })
    driver.pass(4_000)
    for (const bytes of sent()) expect(bytes / (4 * 64 * 1024)).toBeCloseTo(1, 1)
    driver.forget()
    driver.give({ type: 'uploadRate', bytesPerSecondMax: Number.POSITIVE_INFINITY })
    // The links take what they are given at once.
    for (let round = 0; round < 100; round++) {
      for (const { id } of puppets) driver.give({ type: 'drained', peer: id, roomBytes: 64 * 1024 * 1024 })
    }
    for (const bytes of sent()) expect(bytes).toBeGreaterThan(2 * 1024 * 1024)
  })

  it('[P4] uploads turned off: what waits and what comes is refused at once', () => {
    const driver = new EngineDriver({ uploadBytesPerSecondMax: 1 })
    driver.consent()
    driver.open()
    driver.tracker({ type: 'welcome', id: peerId('m') })
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    const a = driver.meet('a', [])
    const part = (index: number) => ({ index, offset: 0, length: 64 * 1024 })
    a.say({ type: 'request', slot: a.slot, parts: [part(0), part(1), part(2), part(3)] })
    const before = a.heard('data').length
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 0 })
    a.say({ type: 'request', slot: a.slot, parts: [part(5)] })
    driver.pass(60_000)
    expect(a.heard('data')).toHaveLength(before)
    expect(a.heard('refuse').map(({ index, reason }) => `${index} ${reason}`)).toEqual([
      '0 off',
      '1 off',
      '2 off',
      '3 off',
      '5 off',
    ])
  })

  it('[P5] with uploads off nothing that is here is announced, nor what is fetched, and the tracker is told', () => {
    const driver = new EngineDriver({ uploadBytesPerSecondMax: 0 })
    driver.start()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: [0, 1] })
    const a = driver.meet('a', [2])
    a.send(2)
    driver.pass(10_000)
    expect(driver.all('openRun').length).toBeGreaterThan(1)
    expect(a.heard('attach').map(({ have }) => [...have])).toEqual([[0]])
    expect([...a.heard('have'), ...a.heard('claim')]).toEqual([])
    const joins = driver.all('tell').flatMap(({ message }) => (message.type === 'join' ? [message.gives] : []))
    expect(new Set(joins)).toEqual(new Set([false]))
  })

  it('[P5] uploads turned on, peers and the tracker hear what can be had here, and when it cannot any more', () => {
    const driver = new EngineDriver({ uploadBytesPerSecondMax: 0 })
    driver.start()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: [0, 3] })
    const a = driver.meet('a', [2])
    driver.forget()
    const joined = () => driver.all('tell').flatMap(({ message }) => (message.type === 'join' ? [message.gives] : []))
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 1_000_000 })
    driver.give({ type: 'wake' })
    expect(a.heard('have')).toMatchObject([{ indexes: [0, 3] }])
    expect(joined()).toEqual([undefined])
    driver.forget()
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 0 })
    driver.give({ type: 'wake' })
    expect(a.heard('lost')).toMatchObject([{ indexes: [0, 3] }])
    expect(joined()).toEqual([false])
  })

  it('[P5] who gives nothing and has everything lets go of its links', () => {
    const driver = new EngineDriver({ uploadBytesPerSecondMax: 0 })
    driver.start()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    const a = driver.meet('a', [2])
    for (let second = 0; second < 40; second++) {
      driver.pass(1_000)
      a.pong()
    }
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'idle' }])
  })
})
