import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { TokenCrowd } from '../../test/fakes/token-crowd.ts'
import { farAddress, swarmA, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

const windowMs = 600_000

/** A swarm of a hundred, each with a token of its own. */
function room(crowd: TokenCrowd, size = 100): PeerId[] {
  return Array.from({ length: size }, (_, i) => {
    const id = crowd.bearer(farAddress(i), { bearer: `sub visitor ${i}`, leftMs: 10 * windowMs })
    crowd.join(id, { have: 0.5 })
    return id
  })
}

const call: Signal = { session: 's', description: { type: 'offer', sdp: 'v=0\r\n'.padEnd(400, 'x') } }

/** Everyone whom `id` is told of by asking again and again for some time. */
function harvest(crowd: TrackerCrowd, id: PeerId, ms: number): Set<PeerId> {
  const seen = new Set<PeerId>()
  for (const end = crowd.now + ms; crowd.now < end; crowd.now += 20_000) {
    for (const peer of crowd.join(id, { want: 20 }).peers) {
      seen.add(peer.id)
      // Who only asks is soon told of fewer, whatever it may know.
      crowd.signal(id, peer.id, call)
    }
  }
  return seen
}

describe('one token', () => {
  it('[T124] is told of at most so many peers in a window, by any number of connections', () => {
    const crowd = new TokenCrowd({ peersPerTokenMax: 8 })
    room(crowd)
    const harvester = { bearer: 'sub harvester', leftMs: 10 * windowMs }
    const first = crowd.bearer('203.0.113.1', harvester)
    const second = crowd.bearer('198.51.100.1', harvester)
    const seen = harvest(crowd, first, windowMs / 2)
    for (const id of harvest(crowd, second, windowMs / 4)) seen.add(id)
    crowd.leave(first)
    crowd.leave(second)
    const third = crowd.bearer('192.0.2.1', harvester)
    for (const id of harvest(crowd, third, windowMs / 5)) seen.add(id)
    expect(seen.size).toBe(8)
    crowd.pass(windowMs)
    expect(harvest(crowd, third, windowMs / 2).size).toBe(8)
  })

  it('[T124] learns no more by being called than by calling', () => {
    const crowd = new TokenCrowd({ peersPerTokenMax: 8 })
    const seed = crowd.bearer('203.0.113.1', { bearer: 'sub harvester' })
    crowd.join(seed, { have: 1 })
    const callers = Array.from({ length: 50 }, (_, i) => {
      const id = crowd.bearer(farAddress(i), { bearer: `sub visitor ${i}` })
      return crowd.join(id, { want: 20 }).peers.some((peer) => peer.id === seed)
    })
    expect(callers.filter(Boolean)).toHaveLength(8)
  })

  it('[T124] is told again of those whom it knows', () => {
    const crowd = new TokenCrowd({ peersPerTokenMax: 2 })
    room(crowd, 10)
    const anna = crowd.bearer('203.0.113.1', { leftMs: 10 * windowMs })
    const known = harvest(crowd, anna, 40_000)
    crowd.now += 60_000
    const again = crowd.join(anna, { want: 8 }).peers.map(({ id }) => id)
    expect(new Set(again)).toEqual(known)
  })

  it('[T124] can be given more by its site, as a seeder needs, and 0 is no limit', () => {
    const crowd = new TokenCrowd({ peersPerTokenMax: 8 })
    room(crowd, 40)
    const seeder = crowd.bearer('203.0.113.1', { bearer: 'sub seeder', peersMax: 30 })
    expect(harvest(crowd, seeder, 120_000).size).toBe(30)
    const open = new TokenCrowd({ peersPerTokenMax: 0 })
    room(open, 40)
    expect(harvest(open, open.bearer('203.0.113.1'), 120_000).size).toBe(40)
  })
})

describe('one address', () => {
  it('[T124] is told of at most so many where that is set, by any tokens or none; neighbours behind it do not count', () => {
    const limits = { peersPerAddressMax: 8 }
    const crowd = new TokenCrowd(limits)
    room(crowd)
    const seen = new Set<PeerId>()
    for (let i = 0; i < 4; i++) {
      const id = crowd.bearer('203.0.113.1', { bearer: `sub ${i}` })
      for (const one of harvest(crowd, id, 60_000)) seen.add(one)
    }
    const neighbours = [...seen].filter((id) => Number.parseInt(id.replaceAll('p', ''), 10) > 100)
    expect(seen.size - neighbours.length).toBe(8)
    expect(neighbours.length).toBeGreaterThan(0)

    const open = new TrackerCrowd(limits)
    for (let i = 0; i < 100; i++) open.member(farAddress(i))
    const found = harvest(open, open.connect('203.0.113.1'), 60_000)
    for (const one of harvest(open, open.connect('203.0.113.1'), 60_000)) found.add(one)
    expect(found.size).toBeLessThanOrEqual(9)
  })
})

describe('one network', () => {
  const limits = { peersPerAddressMax: 4, busyAddressesPerNetworkMax: 2 }

  it('[T296] is told of as many as a few of its addresses are, where that is limited, by however many /64 of one /48', () => {
    const crowd = new TrackerCrowd(limits)
    for (let i = 0; i < 100; i++) crowd.member(farAddress(i))
    const own = Array.from({ length: 6 }, (_, i) => crowd.connect(`2001:db8:1:${i}:0:0:0:1`))
    const seen = new Set(own.flatMap((id) => [...harvest(crowd, id, 40_000)]).filter((id) => !own.includes(id)))
    expect(seen.size).toBe(8)
    expect(harvest(crowd, crowd.connect('2001:db8:2:1:0:0:0:1'), 40_000).size).toBe(4)
  })

  it('[T296] does not count whom its addresses are told of in it', () => {
    const crowd = new TrackerCrowd(limits)
    for (let i = 0; i < 6; i++) crowd.member(`203.0.113.${i}`)
    const late = Array.from({ length: 3 }, (_, i) => crowd.connect(`203.0.113.${100 + i}`))
    for (const id of late) expect(harvest(crowd, id, 20_000).size).toBe(4)
    for (let i = 0; i < 9; i++) crowd.member(farAddress(i))
    expect(harvest(crowd, crowd.connect('203.0.113.200'), 40_000).size).toBe(4)
  })
})

describe('a small swarm', () => {
  it('[T128] is withheld from one who has many addresses of one /64, which every host of IPv6 has', () => {
    const crowd = new TrackerCrowd({ swarmSizeMin: 3 })
    const victim = crowd.member('2001:db8:1:1:0:0:0:1')
    const played = [1, 2, 3, 4, 5].map((i) => crowd.connect(`2001:db8:2:2:0:0:0:${i}`))
    for (const id of played) expect(crowd.join(id, { want: 8 })).toMatchObject({ peers: [], size: 1 })
    crowd.join(crowd.connect('2001:db8:2:3:0:0:0:1'), { want: 8 })
    expect(crowd.join(played[0]!, { want: 8 }).peers.map(({ id }) => id)).toContain(victim)
  })

  it('[T128] is withheld until so many addresses are in it, and how small it is as well', () => {
    const crowd = new TrackerCrowd({ swarmSizeMin: 3 })
    const first = crowd.member('203.0.113.1')
    const second = crowd.connect('203.0.113.2')
    const nothing = { type: 'peers', swarm: swarmA, peers: [], size: 1, ahead: 0 }
    expect(crowd.join(second, { want: 8 })).toEqual(nothing)
    // One that plays several is still one.
    for (let i = 0; i < 5; i++) expect(crowd.join(crowd.connect('203.0.113.2'), { want: 8 })).toEqual(nothing)
    const third = crowd.connect('203.0.113.3')
    expect(crowd.join(third, { want: 8 }).size).toBe(8)
    expect(crowd.join(second, { want: 8 }).peers.map(({ id }) => id)).toContain(first)
  })
})
