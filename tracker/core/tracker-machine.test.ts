import { describe, expect, it } from 'vitest'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { farAddress, offer, only, refusal, swarmA, swarmB, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import { TrackerMachine } from './tracker-machine.ts'

const stranger = 'stranger'.padEnd(22, '-') as PeerId

/** Two members of one swarm; the second was told of the first. */
function couple(crowd = new TrackerCrowd()): { crowd: TrackerCrowd; first: PeerId; second: PeerId } {
  const first = crowd.member('203.0.113.1')
  const second = crowd.connect('203.0.113.2')
  expect(crowd.join(second, { want: 8 }).peers).toEqual([{ id: first, tier: 'network' }])
  return { crowd, first, second }
}

describe('a join', () => {
  it('[T13] is always answered, with nobody when nobody is wanted', () => {
    const { crowd, second } = couple()
    expect(crowd.join(second, { want: 0 })).toEqual({ type: 'peers', swarm: swarmA, peers: [], size: 2, ahead: 1 })
    expect(crowd.join(second, { swarm: swarmB, want: 8 })).toEqual({
      type: 'peers',
      swarm: swarmB,
      peers: [],
      size: 1,
      ahead: 0,
    })
  })

  it('[T13] of another swarm meets nobody of this one', () => {
    const { crowd } = couple()
    expect(crowd.join(crowd.connect('203.0.113.3'), { swarm: swarmB, want: 8 }).peers).toEqual([])
  })

  it('[T19] does not tell the others: they hear of the newcomer by its signal', () => {
    const crowd = new TrackerCrowd()
    const first = crowd.member('203.0.113.1')
    const second = crowd.connect('203.0.113.2')
    const effects = crowd.say(second, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(effects.map((effect) => effect.to)).toEqual([second])
    expect(only(crowd.signal(second, first), 'signal', first)).toEqual({
      type: 'signal',
      from: second,
      tier: 'network',
      signal: offer,
    })
  })

  it('[T34] is told how many that still download came before, up to 16; who finishes or leaves counts no more', () => {
    const crowd = new TrackerCrowd()
    const members = Array.from({ length: 18 }, (_, i) => crowd.member(farAddress(i)))
    const aheadOf = (place: number, have = 0) => crowd.join(members[place]!, { have }).ahead
    expect(members.map((_, place) => aheadOf(place))).toEqual([...Array(17).keys(), 16])
    crowd.join(members[2]!, { have: 1 })
    expect(aheadOf(5, 0.5)).toBe(4)
    crowd.leave(members[0]!)
    expect(aheadOf(5, 0.9)).toBe(3)
    // It lost a part of what it had: it is the last now.
    expect(aheadOf(2, 0.5)).toBe(16)
  })

  it('[T35] of one that gives nothing is answered as any, and names it to nobody, however much it has', () => {
    const crowd = new TrackerCrowd()
    const giver = crowd.member('203.0.113.1')
    const taker = crowd.connect('203.0.113.2')
    expect(crowd.join(taker, { have: 0.5, want: 8, gives: false }).peers).toEqual([{ id: giver, tier: 'network' }])
    const third = crowd.connect('203.0.113.3')
    expect(crowd.join(third, { want: 8 })).toMatchObject({ peers: [{ id: giver }], size: 3, ahead: 1 })
    crowd.join(taker, { have: 0.5 })
    const fourth = crowd.connect('203.0.113.4')
    const told = crowd.join(fourth, { want: 8 })
    expect(told.peers.map(({ id }) => id).toSorted()).toEqual([giver, taker, third].toSorted())
    // It came anew when it began to give.
    expect(told.ahead).toBe(3)
    crowd.join(taker, { have: 0.5, gives: false })
    crowd.leave(taker)
    expect(crowd.join(fourth)).toMatchObject({ size: 3, ahead: 2 })
  })

  it('[T35] of many that give nothing leaves a large swarm as it was', () => {
    const crowd = new TrackerCrowd()
    const takers = Array.from({ length: 100 }, (_, i) => crowd.connect(farAddress(i)))
    for (const taker of takers) crowd.join(taker, { gives: false })
    const givers = new Set(Array.from({ length: 100 }, (_, i) => crowd.member(farAddress(200 + i))))
    for (const taker of takers) {
      const { peers, size } = crowd.join(taker, { want: 4, gives: false })
      expect(size).toBe(200)
      expect(peers).toHaveLength(4)
      for (const { id } of peers) expect(givers.has(id)).toBe(true)
    }
  })

  it('[T18] does not meet the same peer again while it may still be calling, if there are others', () => {
    const crowd = new TrackerCrowd()
    for (let i = 0; i < 12; i++) crowd.member(farAddress(i))
    const asker = crowd.connect('203.0.113.1')
    const told = () => crowd.join(asker, { want: 4 }).peers.map((peer) => peer.id)
    const firstHalfMinute = [...told(), ...told(), ...told()]
    expect(new Set(firstHalfMinute).size).toBe(12)
    crowd.now += 30_000
    expect(told()).toHaveLength(4)
  })

  it('[T18] meets the same peer again at once when there is no other', () => {
    const { crowd, first, second } = couple()
    crowd.now += 1000
    expect(crowd.join(second, { want: 8 }).peers).toEqual([{ id: first, tier: 'network' }])
    expect(crowd.machine.stats().introductions.network).toBe(1)
  })

  it('[T19] is not sent to one that is just calling, so that two never call each other', () => {
    const { crowd, first, second } = couple()
    expect(crowd.join(first, { want: 8 }).peers).toEqual([])
    crowd.now += 10_000
    expect(crowd.join(first, { want: 8 }).peers).toEqual([{ id: second, tier: 'network' }])
  })

  it('[T17] says anew how much of the file the peer has', () => {
    const crowd = new TrackerCrowd()
    const member = crowd.member(farAddress(0))
    for (let i = 1; i < 30; i++) crowd.member(farAddress(i))
    crowd.join(member, { have: 0.5 })
    const meets = (address: string) => crowd.join(crowd.connect(address), { want: 2 }).peers.map((peer) => peer.id)
    for (let i = 0; i < 5; i++) expect(meets('203.0.113.1')).toContain(member)
    crowd.join(member, { have: 0 })
    const met = Array.from({ length: 5 }, () => meets('203.0.113.1'))
    expect(met.every((ids) => ids.includes(member))).toBe(false)
    expect(crowd.machine.stats()).toMatchObject({ peers: 40, memberships: 40, swarms: 1 })
  })

  it('[T23] is refused for more swarms than a connection can have; those that it has still answer', () => {
    const crowd = new TrackerCrowd({ swarmsPerConnectionMax: 3 })
    const id = crowd.connect('203.0.113.1')
    const swarm = (i: number) => String(i).repeat(40) as SwarmId
    for (let i = 0; i < 3; i++) crowd.join(id, { swarm: swarm(i) })
    const effects = crowd.say(id, { type: 'join', swarm: swarm(3), have: 0, want: 1 })
    expect(refusal(effects, id)).toMatchObject({ code: 'too-many-swarms', swarm: swarm(3) })
    expect(crowd.join(id, { swarm: swarm(2) }).size).toBe(1)
    crowd.say(id, { type: 'leave', swarm: swarm(0) })
    expect(crowd.join(id, { swarm: swarm(3) }).size).toBe(1)
    expect(crowd.machine.stats().swarms).toBe(3)
  })

  it('[T32] is refused for a swarm that this tracker does not serve', () => {
    const machine = new TrackerMachine({ rng: createRng([1, 2, 3, 4]), serves: (swarm) => swarm === swarmA })
    const id = 'x'.repeat(22) as PeerId
    machine.connect(id, Uint8Array.of(203, 0, 113, 1), undefined, 0)
    const join = (swarm: SwarmId) => machine.handle(id, { type: 'join', swarm, have: 0, want: 8 }, 0)
    expect(only(join(swarmA), 'peers', id).size).toBe(1)
    expect(refusal(join(swarmB), id)).toMatchObject({ code: 'unknown-swarm', swarm: swarmB })
  })

  it('[T23] tells of no more peers than the connection may still meet', () => {
    const crowd = new TrackerCrowd({ introductionsBurst: 10, introductionsPerSecond: 1 })
    for (let i = 0; i < 60; i++) crowd.member(farAddress(i))
    const id = crowd.connect('203.0.113.1')
    expect(crowd.join(id, { want: 8 }).peers).toHaveLength(8)
    expect(crowd.join(id, { want: 8 }).peers).toHaveLength(2)
    expect(crowd.join(id, { want: 8 }).peers).toHaveLength(0)
    crowd.now += 3000
    expect(crowd.join(id, { want: 8 }).peers).toHaveLength(3)
  })

  it('[T18] spares a peer that was called by many', () => {
    const crowd = new TrackerCrowd({ introductionsPerPeerMax: 5 })
    const seed = crowd.member('203.0.113.1', { have: 1 })
    const told = Array.from({ length: 40 }, (_, i) => crowd.join(crowd.connect(farAddress(i)), { want: 4 }).peers)
    expect(told.filter((peers) => peers.some((peer) => peer.id === seed))).toHaveLength(5)
    crowd.now += 30_000
    const later = crowd.join(crowd.connect(farAddress(100)), { want: 4 }).peers
    expect(later.map((peer) => peer.id)).toContain(seed)
  })

  it('[T18] keeps places for others, however many of one network ask to be told of peers', () => {
    const crowd = new TrackerCrowd()
    for (let i = 0; i < 20; i++) crowd.member(farAddress(i), { have: 1 })
    const asking = Array.from({ length: 128 }, () => crowd.connect('203.0.113.5'))
    for (const one of asking) crowd.join(one, { want: 20, gives: false })
    expect(crowd.join(crowd.connect(farAddress(100)), { want: 8 }).peers).toHaveLength(8)
  })
})

describe('leaving', () => {
  it('[T20] a swarm or the tracker is seen by the next newcomer', () => {
    const { crowd, first, second } = couple()
    crowd.say(first, { type: 'leave', swarm: swarmA })
    const newcomer = crowd.connect('203.0.113.3')
    expect(crowd.join(newcomer, { want: 8 })).toMatchObject({ peers: [{ id: second }], size: 2 })
    crowd.leave(second)
    expect(crowd.join(newcomer, { want: 8 })).toMatchObject({ peers: [], size: 1 })
  })

  it('[T32] a swarm that the peer is not in is refused', () => {
    const { crowd, second } = couple()
    const effects = crowd.say(second, { type: 'leave', swarm: swarmB })
    expect(refusal(effects, second)).toMatchObject({ code: 'unknown-swarm', swarm: swarmB })
  })

  it('[T20] of all leaves nothing behind', () => {
    const crowd = new TrackerCrowd()
    const ids = Array.from({ length: 100 }, (_, i) => {
      const id = crowd.connect(farAddress(i))
      crowd.join(id, { want: 8 })
      crowd.join(id, { swarm: swarmB, want: 8 })
      return id
    })
    expect(crowd.machine.stats()).toMatchObject({ connections: 100, peers: 100, memberships: 200, swarms: 2 })
    expect(crowd.machine.stats().introductionsOpen).toBeGreaterThan(500)
    for (const id of ids) crowd.leave(id)
    const left = { connections: 0, peers: 0, memberships: 0, swarms: 0, introductionsOpen: 0 }
    expect(crowd.machine.stats()).toMatchObject(left)
  })
})

describe('a signal', () => {
  it('[T11] passes between two that were introduced, both ways, from the one that sent it', () => {
    const { crowd, first, second } = couple()
    expect(only(crowd.signal(second, first), 'signal', first).from).toBe(second)
    expect(only(crowd.signal(first, second), 'signal', second).from).toBe(first)
    expect(crowd.machine.stats()).toMatchObject({ signals: 2, introductions: { network: 1 } })
  })

  it('[T10] carries the sender that the tracker knows, whatever the message claims', () => {
    const { crowd, first, second } = couple()
    const effects = crowd.say(second, { type: 'signal', to: first, from: stranger, tier: 'address', signal: offer })
    expect(only(effects, 'signal', first)).toEqual({ type: 'signal', from: second, tier: 'network', signal: offer })
  })

  it('[T11] to an unknown peer, to one of the same swarm without introduction, and to itself is refused', () => {
    const { crowd, first, second } = couple()
    const third = crowd.member('203.0.113.3')
    for (const [from, to] of [
      [second, stranger],
      [third, first],
      [first, third],
      [second, second],
    ] as const) {
      expect(refusal(crowd.signal(from, to), from)).toMatchObject({ code: 'not-introduced', to })
    }
  })

  it('[T11] is refused when the introduction has run out, and when the other has gone', () => {
    const { crowd, first, second } = couple()
    crowd.now += 29_999
    only(crowd.signal(first, second), 'signal', second)
    crowd.now += 1
    expect(refusal(crowd.signal(second, first), second)).toMatchObject({ code: 'not-introduced', to: first })
    crowd.join(second, { want: 8 })
    only(crowd.signal(second, first), 'signal', first)
    crowd.leave(first)
    expect(refusal(crowd.signal(second, first), second)).toMatchObject({ code: 'not-introduced', to: first })
  })

  it('[T12] is refused when the two have used up their signals, and asking again buys no more than waiting', () => {
    const { crowd, first, second } = couple(new TrackerCrowd({ signalsPerIntroductionMax: 6 }))
    for (let i = 0; i < 3; i++) {
      only(crowd.signal(second, first), 'signal', first)
      only(crowd.signal(first, second), 'signal', second)
    }
    expect(refusal(crowd.signal(second, first), second)).toMatchObject({ code: 'too-fast', to: first })
    crowd.join(second, { want: 8 })
    expect(refusal(crowd.signal(second, first), second)).toMatchObject({ code: 'too-fast', to: first })
    crowd.now += 10_000
    crowd.join(second, { want: 8 })
    only(crowd.signal(second, first), 'signal', first)
    only(crowd.signal(second, first), 'signal', first)
    expect(refusal(crowd.signal(second, first), second)).toMatchObject({ code: 'too-fast', to: first })
  })

  it('[T12] is refused when it would carry more bytes than the two may exchange', () => {
    const { crowd, first, second } = couple(new TrackerCrowd({ signalBytesPerIntroductionMax: 10_000 }))
    const large: Signal = { session: 's', description: { type: 'offer', sdp: 'x'.repeat(8000) } }
    only(crowd.signal(second, first, large), 'signal', first)
    expect(refusal(crowd.signal(second, first, large), second)).toMatchObject({ code: 'too-fast', to: first })
    only(crowd.signal(second, first), 'signal', first)
  })
})
