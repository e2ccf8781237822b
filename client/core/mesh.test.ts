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

  it('[S19] a call that is not answered within 5 s is made again, and after 10 s more not for 30 s', () => {
    const driver = started()
    driver.introduce([peerId('a')])
    driver.pass(5_100)
    expect(driver.all('hangUp')).toMatchObject([{ peer: peerId('a') }])
    driver.forget()
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toEqual([])
    driver.pass(1_100)
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toHaveLength(1)
    driver.pass(9_900)
    expect(driver.all('hangUp')).toEqual([])
    driver.pass(200)
    expect(driver.all('hangUp')).toMatchObject([{ peer: peerId('a') }])
    driver.forget()
    driver.pass(28_000)
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toEqual([])
    driver.pass(3_000)
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

  it('[S20] a link to oneself is closed', () => {
    const driver = started()
    const self = driver.meet('self', [], '80'.repeat(8))
    expect(self.heard('bye')).toEqual([{ type: 'bye', reason: 'duplicate' }])
  })

  it('[S20] of two links to the same client the second is closed by the greater instance, once both see two', () => {
    const driver = started()
    driver.meet('a', [], '7000000000000000')
    const second = driver.meet('b', [], '7000000000000000')
    expect(second.heard('twin')).toEqual([{ type: 'twin' }])
    expect(second.isLinked).toBe(true)
    second.say({ type: 'twin' })
    expect(second.heard('bye')).toEqual([{ type: 'bye', reason: 'duplicate' }])
    driver.meet('c', [], '9000000000000000')
    const fourth = driver.meet('d', [], '9000000000000000')
    fourth.say({ type: 'twin' })
    expect(fourth.isLinked).toBe(true)
  })

  it('[S20] a peer that copies the instance of another parts nobody from it', () => {
    const driver = started()
    const copier = driver.meet('copier', [], '7000000000000000')
    const real = driver.meet('real', [1], '7000000000000000')
    copier.say({ type: 'bye', reason: 'leaving' })
    real.say({ type: 'twin' })
    driver.pass(10_000)
    expect(real.isLinked).toBe(true)
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

  it('[S19] at most eight calls of others are answered at once, and the next once one of them is open', () => {
    const driver = started()
    for (let i = 0; i < 9; i++) call(driver, `c${i}`, offer(`s${i}`))
    expect(driver.all('dial')).toHaveLength(8)
    expect(signals(driver)).toMatchObject([{ to: peerId('c8'), signal: { busy: true } }])
    const first = new Puppet(driver, peerId('c0'))
    first.open()
    first.greet('1234')
    call(driver, 'c8', offer('again'))
    expect(driver.all('dial')).toHaveLength(9)
  })

  const takeCalls = (driver: EngineDriver, count: number) => {
    for (let i = 0; i < count; i++) {
      call(driver, `caller${i}`, offer(`s${i}`))
      const caller = new Puppet(driver, peerId(`caller${i}`))
      if (!caller.isLinked) continue
      caller.open()
      caller.greet(`${i + 1}`)
      caller.attach([])
    }
    return driver.engine.core.remotes.size
  }

  it('[S19] callers cannot fill all links of a client that wants something', () => {
    const driver = started({ linkCountMax: 8 })
    expect(takeCalls(driver, 20)).toBe(6)
    driver.introduce(['a', 'b', 'c'].map(peerId))
    expect(driver.all('dial').filter(({ initiator }) => initiator)).toHaveLength(2)
  })

  it('[S19] one that only serves takes as many callers as it has links', () => {
    const driver = started({ linkCountMax: 8 })
    driver.unwant()
    expect(takeCalls(driver, 20)).toBe(8)
  })

  it('[S19] a peer that is busy is called again after 5 s', () => {
    const driver = started()
    driver.introduce([peerId('a')])
    driver.give({ type: 'linkSignal', peer: peerId('a'), description: { type: 'offer', sdp: 'x' } })
    driver.pass(100)
    call(driver, 'a', { session: signals(driver)[0]!.signal.session, busy: true })
    driver.forget()
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toEqual([])
    driver.pass(5_000)
    driver.introduce([peerId('a')])
    expect(driver.all('dial')).toHaveLength(1)
  })

  it('[S42] when all links are taken, one that cannot trade gives its place to a newcomer', () => {
    const driver = started({ linkCountMax: 3, mode: 'frugal' })
    const [a, b, c] = [driver.meet('a', [1]), driver.meet('b', []), driver.meet('c', [2])]
    driver.pass(5_000)
    for (const puppet of [a, b, c]) puppet.pong()
    driver.introduce([peerId('d')])
    expect(driver.all('dial').map(({ peer }) => peer)).not.toContain(peerId('d'))
    driver.pass(6_000)
    for (const puppet of [a, b, c]) puppet.pong()
    driver.introduce([peerId('d')])
    expect(b.heard('bye')).toEqual([{ type: 'bye', reason: 'full' }])
    expect([a.isLinked, b.isLinked, c.isLinked]).toEqual([true, false, true])
    expect(driver.all('dial').map(({ peer }) => peer)).toContain(peerId('d'))
  })

  it('[S42] a link over which nothing moved for a minute makes room for a nearer peer, and only for such a one', () => {
    const driver = started({ linkCountMax: 1 })
    driver.unwant()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    const a = driver.meet('a', [])
    for (let i = 0; i < 32; i++) {
      driver.pass(2_000)
      a.pong()
    }
    driver.introduce([peerId('b')], driver.file.swarm, 'anywhere')
    expect(a.isLinked).toBe(true)
    driver.forget()
    driver.introduce([peerId('c')], driver.file.swarm, 'address')
    expect(a.isLinked).toBe(false)
  })

  it('[S43] who has everything goes on serving whoever lacks some of it, however long nothing is asked', () => {
    const driver = started()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    driver.unwant()
    const a = driver.meet('a', [0, 1, 2])
    for (let i = 0; i < 60; i++) {
      driver.pass(5_000)
      a.pong()
    }
    a.say({ type: 'request', slot: a.slot, parts: [{ index: 5, offset: 0, length: 65_536 }] })
    expect(a.heard('data').map(({ index }) => index)).toEqual([5])
  })

  it('[S43] two that have everything let go of each other after a while', () => {
    const driver = started()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
    const a = driver.meet('a')
    for (let i = 0; i < 9; i++) {
      driver.pass(4_100)
      a.pong()
    }
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'idle' }])
  })

  it('[S21] a page that goes away says bye to everyone, and calls again should it come back', () => {
    const driver = started()
    const a = driver.meet('a')
    driver.give({ type: 'leaving' })
    expect(a.heard('bye')).toEqual([{ type: 'bye', reason: 'leaving' }])
    expect(a.isLinked).toBe(false)
    driver.introduce([peerId('b')])
    expect(driver.all('dial').at(-1)).toMatchObject({ peer: peerId('b') })
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
