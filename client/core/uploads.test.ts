import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import type { Tier } from '../../shared/tracker-messages.ts'
import { EngineDriver, Puppet, peerId } from '../../test/fakes/engine-driver.ts'

/** An engine that holds the whole file and wants nothing. */
const seed = (plan: { chunkCount?: number; chunkBytes?: number; isManual?: boolean } = {}) => {
  const driver = new EngineDriver({ chunkCount: 16, ...plan })
  driver.consent()
  driver.open()
  driver.tracker({ type: 'welcome', id: 'm'.repeat(22) as never })
  driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
  return driver
}

const ask = (puppet: Puppet, index: number, offset = 0, length = 64 * KiB) =>
  puppet.say({ type: 'request', slot: puppet.slot, parts: [{ index, offset, length }] })

const got = (puppet: Puppet) => puppet.heard('data').map(({ index, offset }) => `${index}+${offset / KiB}`)

const sentTo = (puppet: Puppet) => puppet.heard('data').reduce((sum, { payload }) => sum + payload.length, 0)

describe('serving peers', () => {
  it('[S15] what is asked for is sent, byte for byte and in order', () => {
    const driver = seed()
    const a = driver.meet('a', [])
    ask(a, 3)
    ask(a, 1, 16 * KiB, 8 * KiB)
    expect(got(a)).toEqual(['3+0', '1+16'])
    const [whole, part] = a.heard('data')
    expect(whole!.payload).toEqual(driver.file.chunk(3))
    expect(part!.payload).toEqual(driver.file.chunk(1).subarray(16 * KiB, 24 * KiB))
    expect(driver.engine.uploads.uploadedBytes).toBe(72 * KiB)
  })

  it('[S15] only as much is sent as the link takes, and more when it has room again', () => {
    const driver = seed()
    const a = driver.meet('a', [])
    driver.give({ type: 'drained', peer: a.id, roomBytes: 64 * KiB })
    for (let index = 0; index < 4; index++) ask(a, index)
    expect(got(a)).toEqual(['0+0'])
    expect(driver.all('askRoom')).toHaveLength(1)
    driver.give({ type: 'drained', peer: a.id, roomBytes: 64 * KiB })
    expect(got(a)).toEqual(['0+0', '1+0'])
  })

  it('[S15] peers share the rate evenly, however much one of them asks for', () => {
    const driver = seed()
    const a = driver.meet('a', [])
    const b = driver.meet('b', [])
    for (const puppet of [a, b]) driver.give({ type: 'drained', peer: puppet.id, roomBytes: 0 })
    for (let index = 0; index < 8; index++) ask(a, index)
    for (let index = 0; index < 2; index++) ask(b, index)
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 64 * KiB })
    for (const puppet of [a, b]) driver.give({ type: 'drained', peer: puppet.id, roomBytes: 64 * MiB })
    driver.pass(3_000)
    expect(Math.abs(sentTo(a) - sentTo(b))).toBeLessThanOrEqual(8 * KiB)
    driver.pass(1_500)
    expect(sentTo(b)).toBe(128 * KiB)
  })

  it('[S15] a small part that is begun is finished before it is the next peer’s turn', () => {
    const driver = seed()
    const puppets = ['a', 'b', 'c'].map((name) => driver.meet(name, []))
    for (const { id } of puppets) driver.give({ type: 'drained', peer: id, roomBytes: 0 })
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 512 * KiB })
    for (const puppet of puppets) ask(puppet, 0)
    for (const { id } of puppets) driver.give({ type: 'drained', peer: id, roomBytes: 64 * MiB })
    // Each part is two frames. Whatever there is to see, at most one peer has the half of one.
    for (let step = 0; step < 40; step++) {
      driver.pass(10)
      expect(puppets.filter((puppet) => sentTo(puppet) === 32 * KiB).length).toBeLessThanOrEqual(1)
    }
    expect(puppets.map(sentTo)).toEqual([64 * KiB, 64 * KiB, 64 * KiB])
  })

  it('[S15] who asks for one small part at a time gets no more than who asks for much', () => {
    const driver = seed({ chunkCount: 64 })
    const small = driver.meet('a', [])
    const large = driver.meet('b', [])
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 512 * KiB })
    for (const { id } of [small, large]) driver.give({ type: 'drained', peer: id, roomBytes: 64 * MiB })
    for (let index = 0; index < 64; index++) ask(large, index, 0, 64 * KiB)
    for (let step = 0, index = 0; step < 400; step++) {
      if (sentTo(small) >= index * 64 * KiB) ask(small, index++ % 64)
      driver.pass(10)
    }
    expect(sentTo(small)).toBeLessThanOrEqual(sentTo(large) + 64 * KiB)
  })

  it('[S48] who has nothing of the file gets its first chunk before those that have some', () => {
    const driver = seed()
    driver.give({ type: 'lost', swarm: driver.file.swarm, index: 15 })
    driver.want()
    const some = driver.meet('some', [15])
    const nothing = driver.meet('nothing', [])
    for (const { id } of [some, nothing]) driver.give({ type: 'drained', peer: id, roomBytes: 0 })
    for (let index = 0; index < 4; index++) for (const puppet of [some, nothing]) ask(puppet, index)
    driver.give({ type: 'uploadRate', bytesPerSecondMax: 64 * KiB })
    for (const { id } of [some, nothing]) driver.give({ type: 'drained', peer: id, roomBytes: 64 * MiB })
    while (sentTo(some) === 0) driver.pass(10)
    // One chunk, and no more: then it is everybody's turn.
    expect(Math.abs(sentTo(nothing) - 64 * KiB)).toBeLessThanOrEqual(8 * KiB)
  })

  it('[S15] what is not here is refused as missing', () => {
    const driver = seed()
    driver.give({ type: 'lost', swarm: driver.file.swarm, index: 5 })
    const a = driver.meet('a', [])
    ask(a, 5)
    expect(a.heard('refuse')).toMatchObject([{ index: 5, reason: 'missing' }])
  })

  it('[S15] a chunk that cannot be read any more is refused, once, and the next is served', () => {
    const driver = seed({ isManual: true })
    const a = driver.meet('a', [])
    ask(a, 5, 0, 1 * KiB)
    ask(a, 5, 1 * KiB, 1 * KiB)
    ask(a, 6)
    const { swarm } = driver.file
    driver.give({ type: 'chunkRead', swarm, index: 5, bytes: undefined })
    driver.give({ type: 'chunkRead', swarm, index: 6, bytes: driver.file.chunk(6) })
    expect(a.heard('refuse')).toMatchObject([{ index: 5, reason: 'missing' }])
    expect(got(a)).toEqual(['6+0'])
  })

  it('[S15] the parts of one chunk are read from the store once', () => {
    const driver = seed({ chunkCount: 2, chunkBytes: 1 * MiB, isManual: true })
    const a = driver.meet('a', [])
    for (let offset = 0; offset < 1 * MiB; offset += 256 * KiB) ask(a, 0, offset, 256 * KiB)
    expect(driver.all('read')).toHaveLength(1)
    driver.give({ type: 'chunkRead', swarm: driver.file.swarm, index: 0, bytes: driver.file.chunk(0) })
    expect(a.heard('data').reduce((sum, { payload }) => sum + payload.length, 0)).toBe(1 * MiB)
    expect(driver.all('read')).toHaveLength(1)
  })

  it('[S15] chunks are read only a little ahead of their turn', () => {
    const driver = seed({ chunkCount: 128, isManual: true })
    const a = driver.meet('a', [])
    for (let index = 0; index < 128; index++) ask(a, index)
    expect(driver.all('read').length).toBeLessThanOrEqual(17)
  })

  it('[S15] of large chunks one at a time is read, however little of each is asked for', () => {
    const driver = seed({ chunkCount: 128, chunkBytes: 4 * MiB, isManual: true })
    const a = driver.meet('a', [])
    for (let index = 0; index < 128; index++) ask(a, index, 0, 1)
    expect(driver.all('read')).toHaveLength(1)
  })

  it.each(['cancel', 'detach'])('[S15] whoever asks and takes it back with %s has no more read for it', (way) => {
    const driver = seed({ chunkCount: 128, chunkBytes: 4 * MiB, isManual: true })
    const a = driver.meet('a', [])
    for (let index = 0; index < 100; index++) {
      ask(a, index)
      if (way === 'cancel') a.say({ type: 'cancel', slot: a.slot, index })
      else {
        a.say({ type: 'detach', slot: a.slot })
        a.attach([])
      }
    }
    ask(a, 100)
    expect(driver.all('read').map(({ index }) => index)).toEqual([0])
    driver.give({ type: 'chunkRead', swarm: driver.file.swarm, index: 0, bytes: driver.file.chunk(0) })
    expect(driver.all('read').map(({ index }) => index)).toEqual([0, 100])
    driver.give({ type: 'chunkRead', swarm: driver.file.swarm, index: 100, bytes: driver.file.chunk(100) })
    expect(got(a)).toEqual(['100+0'])
  })

  it('[S15] what is cancelled is not sent', () => {
    const driver = seed()
    const a = driver.meet('a', [])
    driver.give({ type: 'drained', peer: a.id, roomBytes: 0 })
    ask(a, 1)
    ask(a, 2)
    a.say({ type: 'cancel', slot: a.slot, index: 1 })
    driver.give({ type: 'drained', peer: a.id, roomBytes: 1 * MiB })
    expect(got(a)).toEqual(['2+0'])
  })

  it.each([
    ['too many', 1, 513],
    ['too large', 64 * KiB, 129],
  ])('[S15] requests that are %s for the queue are a fault, and cost no memory', (_, length, count) => {
    const driver = seed({ chunkCount: 600 })
    const a = driver.meet('a', [])
    driver.give({ type: 'drained', peer: a.id, roomBytes: 0 })
    for (let index = 0; index < count + 1; index++) ask(a, index, 0, length)
    expect(a.isLinked).toBe(true)
    expect(driver.engine.core.remotes.get(a.id)!.uploads.length).toBeLessThan(count)
    ask(a, 0, 0, 64 * KiB)
    for (let index = 0; index < 600; index++) ask(a, index, 0, length)
    expect(a.isLinked).toBe(false)
  })

  /** A seed that has sent for seconds to a peer whose pings take `lateMs` longer on their way than at first. */
  const sending = (tier: Tier, lateMs: number) => {
    const driver = seed({ chunkCount: 256 })
    const far = new Puppet(driver, peerId('far'))
    driver.introduce([far.id], driver.file.swarm, tier)
    far.open()
    far.greet('1234')
    far.attach([])
    far.pong()
    let asked = 0
    for (let step = 0; step < 200; step++) {
      driver.forget()
      if (step % 2 === 0) ask(far, asked++ % 256)
      driver.pass(25)
      for (const { nonce } of far.heard('ping')) far.say({ type: 'pong', nonce, clock: driver.now + lateMs })
    }
    return { driver, far }
  }

  it('[S40] pings that come late because our line is full hold back what goes out over it', () => {
    expect(sending('network', 0).driver.engine.uploads.yieldingBytesPerSecond).toBe(Number.POSITIVE_INFINITY)
    expect(sending('network', 400).driver.engine.uploads.yieldingBytesPerSecond).toBeLessThan(1 * MiB)
  })

  it('[S40] what does not pass the line is never held back: a peer in the same building', () => {
    expect(sending('address', 400).driver.engine.uploads.yieldingBytesPerSecond).toBe(Number.POSITIVE_INFINITY)
    const { driver, far } = sending('network', 400)
    const near = new Puppet(driver, peerId('near'))
    driver.introduce([near.id], driver.file.swarm, 'address')
    near.open()
    near.greet('5678')
    near.attach([])
    near.pong()
    driver.forget()
    for (let index = 0; index < 64; index++) ask(far, index)
    for (let index = 0; index < 64; index++) ask(near, index)
    expect(sentTo(near)).toBe(64 * 64 * KiB)
    expect(sentTo(far)).toBeLessThan(32 * 64 * KiB)
  })
})
