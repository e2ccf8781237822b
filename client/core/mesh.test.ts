import { describe, expect, it } from 'vitest'
import type { Signal } from '../../shared/tracker-messages.ts'
import { EngineDriver, flip, Puppet, peerId } from '../../test/fakes/engine-driver.ts'

const started = (plan = {}) => {
  const driver = new EngineDriver(plan)
  driver.start()
  driver.forget()
  return driver
}

const call = (driver: EngineDriver, name: string, signal: Signal) =>
  driver.tracker({ type: 'signal', from: peerId(name), tier: 'network', signal })

const offer = (session: string): Signal => ({ session, description: { type: 'offer', sdp: 'x' } })

const signals = (driver: EngineDriver) =>
  driver.all('tell').flatMap(({ message }) => (message.type === 'signal' ? message : []))

describe('links to peers', () => {
  it('[S19] at most four calls are under way at once, and the next begins when one ends', () => {
    const driver = started()
    driver.introduce(['a', 'b', 'c', 'd', 'e', 'f'].map(peerId))
    expect(driver.all('dial')).toHaveLength(4)
    driver.give({ type: 'linkClosed', peer: peerId('a') })
    expect(driver.all('dial').at(-1)).toMatchObject({ peer: peerId('e'), initiator: true })
  })

  it('[S19] no more links than the limit, whoever calls; the others hear busy', () => {
    const driver = started({ linkCountMax: 2 })
    driver.meet('a')
    driver.meet('b')
    driver.forget()
    call(driver, 'c', offer('c1'))
    driver.introduce([peerId('d')])
    expect(driver.all('dial')).toEqual([])
    expect(signals(driver)).toMatchObject([{ to: peerId('c'), signal: { session: 'c1', busy: true } }])
  })

  it('[S19] a call that is not answered within 10 s is given up, and not tried again for 30 s', () => {
    const driver = started()
    driver.introduce([peerId('a')])
    driver.pass(10_100)
    expect(driver.all('hangUp')).toMatchObject([{ peer: peerId('a') }])
    driver.forget()
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toEqual([])
    driver.pass(31_000)
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toHaveLength(1)
  })

  it('[S19] a peer that is busy, or that the tracker does not know any more, is let go', () => {
    const driver = started()
    driver.introduce([peerId('a'), peerId('b')])
    driver.give({ type: 'linkSignal', peer: peerId('a'), description: { type: 'offer', sdp: 'x' } })
    driver.pass(100)
    const { session } = signals(driver)[0]!.signal
    call(driver, 'a', { session: 'another', busy: true })
    expect(driver.all('hangUp')).toEqual([])
    call(driver, 'a', { session, busy: true })
    driver.tracker({ type: 'refused', code: 'not-introduced', message: 'no', to: peerId('b') })
    expect(driver.all('hangUp').map(({ peer }) => peer)).toEqual([peerId('a'), peerId('b')])
  })

  it('[S20] candidates found together travel together', () => {
    const driver = started()
    driver.introduce([peerId('a')])
    driver.give({ type: 'linkSignal', peer: peerId('a'), description: { type: 'offer', sdp: 'x' } })
    for (let i = 0; i < 3; i++) {
      driver.give({ type: 'linkSignal', peer: peerId('a'), candidate: { candidate: `c${i}` } })
    }
    driver.pass(100)
    expect(signals(driver)).toMatchObject([{ signal: { description: { sdp: 'x' }, candidates: [{}, {}, {}] } }])
  })

  it('[S20] an answer to another attempt, and an answer to a call that was taken, are not heard', () => {
    const driver = started()
    call(driver, 'a', offer('a1'))
    driver.forget()
    call(driver, 'a', { session: 'a0', candidates: [{ candidate: 'old' }] })
    call(driver, 'a', { session: 'a1', description: { type: 'answer', sdp: 'x' } })
    expect(driver.all('linkSignal')).toEqual([])
  })

  it.each([
    ['greater', 'z', true],
    ['lesser', 'a', false],
  ])('[S20] both call at once: against a peer of %s id its own call stands: %s', (_, name, stands) => {
    const driver = started()
    driver.introduce([peerId(name)])
    call(driver, name, offer('other'))
    expect(driver.all('dial').map(({ initiator }) => initiator)).toEqual(stands ? [true] : [true, false])
    expect(driver.all('hangUp')).toHaveLength(stands ? 0 : 1)
  })

  it('[S20] a linked peer that calls anew has lost the link: the new one takes its place', () => {
    const driver = started()
    const a = driver.meet('a')
    driver.forget()
    call(driver, 'a', offer('again'))
    expect(driver.all('hangUp')).toMatchObject([{ peer: a.id }])
    expect(driver.all('dial')).toMatchObject([{ peer: a.id, initiator: false }])
    a.open()
    a.greet('1234')
    a.attach(driver.indexes)
    expect(a.heard('attach')).toHaveLength(1)
  })

  it('[S20] a link to oneself and a second link to the same client are closed', () => {
    const driver = started()
    const self = driver.meet('self', [], '80'.repeat(8))
    expect(self.heard('bye')).toEqual([{ type: 'bye', reason: 'duplicate' }])
    driver.meet('a', [], '7000000000000000')
    const second = driver.meet('b', [], '7000000000000000')
    expect(second.heard('bye')).toEqual([{ type: 'bye', reason: 'duplicate' }])
    const third = driver.meet('c', [], '9000000000000000')
    const fourth = driver.meet('d', [], '9000000000000000')
    expect([third.isLinked, fourth.isLinked]).toEqual([true, true])
  })

  it('[S21] a peer of another wire version is told so and let go', () => {
    const driver = started()
    const a = new Puppet(driver, peerId('a'))
    driver.introduce([a.id])
    a.open()
    a.say({ type: 'hello', version: 2, instance: new Uint8Array(8), frameBytesMax: 65_536 })
    expect(a.heard('bye')).toHaveLength(1)
    expect(a.isLinked).toBe(false)
  })

  it.each([
    ['malformed frames', (a: Puppet) => a.frame(Uint8Array.of(0x06, 1))],
    ['empty frames', (a: Puppet) => a.frame(new Uint8Array(0))],
    ['frames of no known type', (a: Puppet) => a.frame(Uint8Array.of(0xff, 1, 2))],
    ['a second hello', (a: Puppet) => a.greet('1234')],
    [
      'a bitfield of a wrong length',
      (a: Puppet) => a.say({ type: 'attach', slot: 9, swarm: new Uint8Array(20).fill(0xab), have: new Uint8Array(99) }),
    ],
    ['a slot that is taken', (a: Puppet) => a.attach([])],
    ['haves beyond the file', (a: Puppet) => a.say({ type: 'have', slot: a.slot, indexes: [8] })],
    [
      'requests beyond the file',
      (a: Puppet) => a.say({ type: 'request', slot: a.slot, parts: [{ index: 8, offset: 0, length: 1 }] }),
    ],
    [
      'requests beyond a chunk',
      (a: Puppet) => a.say({ type: 'request', slot: a.slot, parts: [{ index: 0, offset: 1, length: 65_536 }] }),
    ],
    [
      'requests for nothing',
      (a: Puppet) => a.say({ type: 'request', slot: a.slot, parts: [{ index: 0, offset: 0, length: 0 }] }),
    ],
  ])('[S3] three times %s end the link for good; two do not', (_, wrong) => {
    const driver = started()
    const a = driver.meet('a')
    wrong(a)
    wrong(a)
    expect(a.isLinked).toBe(true)
    wrong(a)
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'violation' }])
    driver.forget()
    driver.pass(3_600_000)
    driver.introduce([a.id])
    expect(driver.all('dial')).toEqual([])
  })

  it('[S3] words before the hello are strikes', () => {
    const driver = started()
    const a = new Puppet(driver, peerId('a'))
    driver.introduce([a.id])
    a.open()
    for (let time = 0; time < 3; time++) a.say({ type: 'have', slot: 0, indexes: [1] })
    expect(a.isLinked).toBe(false)
  })

  it('[S21] a peer that falls silent is pinged, and after 15 s given up; its chunks come from elsewhere', () => {
    const driver = started({ mode: 'frugal' })
    const a = driver.meet('a')
    driver.forget()
    driver.pass(14_000)
    expect(a.heard('ping').length).toBeGreaterThan(0)
    expect(a.isLinked).toBe(true)
    driver.pass(1_500)
    expect(a.isLinked).toBe(false)
    expect(driver.swarm.flights.size).toBe(0)
  })

  it('[S21] a peer that answers its pings stays', () => {
    const driver = started()
    const a = driver.meet('a', [0])
    for (let i = 0; i < 20; i++) {
      driver.pass(2_000)
      a.pong()
    }
    expect(a.isLinked).toBe(true)
    expect(driver.engine.core.remotes.get(a.id)!.roundTrip.leastMs).toBeGreaterThan(0)
  })

  it('[S21] a link that carries no swarm for 30 s is closed', () => {
    const driver = started()
    const a = driver.meet('a', [])
    a.say({ type: 'detach', slot: a.slot })
    for (let i = 0; i < 20; i++) {
      driver.pass(2_000)
      a.pong()
    }
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'idle' }])
  })

  it('[S21] a peer that says bye is let go at once, and all that it was asked for is asked elsewhere', () => {
    const driver = started({ mode: 'frugal', chunkCount: 4 })
    driver.dropRuns()
    const a = driver.meet('a')
    const b = driver.meet('b')
    expect(b.asked).toEqual([])
    a.say({ type: 'bye', reason: 'leaving' })
    driver.pass(200)
    expect(b.asked.toSorted()).toEqual([0, 1, 2, 3])
  })

  it('[S21] of many banned peers the latest thousand are remembered, and no more', () => {
    const driver = started()
    for (let i = 0; i < 1_100; i++) {
      const liar = driver.meet(`liar${i}`, [0])
      if (liar.asked.length > 0) liar.send(0, flip)
      else for (let time = 0; time < 3; time++) liar.frame(new Uint8Array(0))
      expect(liar.isLinked).toBe(false)
      if (i % 50 === 0) driver.forget()
    }
    driver.forget()
    driver.introduce([peerId('liar1099'), peerId('liar0')])
    expect(driver.all('dial').map(({ peer }) => peer)).toEqual([peerId('liar0')])
  })

  it('[S21] five hundred links opened and closed leave nothing behind', () => {
    const driver = started({ mode: 'frugal', chunkCount: 16 })
    driver.dropRuns()
    for (let i = 0; i < 500; i++) {
      const a = driver.meet(`p${i}`)
      a.say({ type: 'request', slot: a.slot, parts: [{ index: 0, offset: 0, length: 1 }] })
      driver.give({ type: 'linkClosed', peer: a.id })
      driver.forget()
    }
    const { core } = driver.engine
    expect(core.remotes.size).toBe(0)
    expect(driver.swarm.flights.size).toBe(0)
    expect([...driver.swarm.copies]).toEqual(new Array(16).fill(0))
  })
})
