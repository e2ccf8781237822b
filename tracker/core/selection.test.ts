import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { createRng, type Rng } from '../../shared/rng.ts'
import { farAddress, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

/** Limits that are out of the way of tests about choice. */
const patient = {
  connectionsMax: 100_000,
  introductionsPerPeerMax: 100_000,
  introductionsBurst: 100_000,
  joinsBurst: 100_000,
  messagesBurst: 100_000,
}

const countTiers = (peers: { tier: string }[]) => {
  const counts: Record<string, number> = { address: 0, network: 0, isp: 0, region: 0, anywhere: 0 }
  for (const { tier } of peers) counts[tier]!++
  return counts
}

/** Adds this many members to a swarm, each in a /16 of its own. */
function farCrowd(crowd: TrackerCrowd, count: number): PeerId[] {
  return Array.from({ length: count }, (_, i) => crowd.member(farAddress(i)))
}

describe.each([
  ['a small swarm', 20],
  ['a large swarm', 500],
])('whom a newcomer of %s meets', (_, farCount) => {
  it('[T14] [T15] meets the nearest first, and at least two from anywhere', () => {
    const crowd = new TrackerCrowd(patient)
    farCrowd(crowd, farCount)
    crowd.member('203.0.113.9')
    crowd.member('203.0.113.10')
    crowd.member('203.0.112.1')
    crowd.member('203.0.200.1')
    const { peers } = crowd.join(crowd.connect('203.0.113.9'), { want: 8 })
    expect(countTiers(peers)).toEqual({ address: 1, network: 1, isp: 2, region: 0, anywhere: 4 })
    expect(peers.slice(0, 4).map((peer) => peer.tier)).toEqual(['address', 'network', 'isp', 'isp'])
  })

  it('[T15] meets at least two from elsewhere however many are near, and a quarter when it wants many', () => {
    for (const [want, far] of [
      [4, 2],
      [8, 2],
      [20, 5],
    ] as const) {
      const crowd = new TrackerCrowd(patient)
      farCrowd(crowd, farCount)
      for (let i = 0; i < 40; i++) crowd.member(`203.0.113.${i}`)
      const { peers } = crowd.join(crowd.connect('203.0.113.250'), { want })
      expect(peers).toHaveLength(want)
      expect(countTiers(peers).anywhere).toBeGreaterThanOrEqual(far)
      expect(countTiers(peers).network).toBeGreaterThanOrEqual(want / 4)
    }
  })

  it('[T14] meets those of its region before others, whatever their addresses', () => {
    const crowd = new TrackerCrowd(patient)
    farCrowd(crowd, farCount)
    for (let i = 0; i < 10; i++) crowd.member(farAddress(2000 + i), { region: 'oslo' })
    const { peers } = crowd.join(crowd.connect('203.0.113.9', { region: 'oslo' }), { want: 8 })
    expect(countTiers(peers).region).toBeGreaterThanOrEqual(6)
  })

  it('[T100] meets those of its zone, its provider, its region, its country and its continent, in this order', () => {
    const crowd = new TrackerCrowd(patient)
    farCrowd(crowd, farCount)
    const here = { zone: 'plant', asn: 64500, region: 'oslo', country: 'NO', continent: 'EU' }
    const order: (string | undefined)[] = ['continent', 'country', 'region', 'asn', 'zone'].map((what, i) => {
      const at = farAddress(2000 + i)
      if (what === 'zone') return crowd.member(at, { zone: 'plant' })
      if (what === 'asn') return crowd.member(at, { asn: 64500, country: 'NO' })
      return crowd.member(at, { [what]: here[what as 'region' | 'country' | 'continent'] })
    })
    const { peers } = crowd.join(crowd.connect('203.0.113.9', here), { want: 8 })
    expect(peers.slice(0, 5).map((peer) => peer.id)).toEqual(order.reverse())
    expect(peers.slice(0, 6).map((peer) => peer.tier)).toEqual([
      'isp',
      'isp',
      'region',
      'region',
      'anywhere',
      'anywhere',
    ])
  })

  it('[T13] never meets itself, nor anyone twice, nor more than it wants', () => {
    const crowd = new TrackerCrowd(patient)
    farCrowd(crowd, farCount)
    for (let i = 0; i < 5; i++) crowd.member('203.0.113.9')
    for (let want = 0; want <= 20; want++) {
      const id = crowd.connect('203.0.113.9')
      const ids = crowd.join(id, { want }).peers.map((peer) => peer.id)
      expect(ids).toHaveLength(want)
      expect(new Set(ids).size).toBe(want)
      expect(ids).not.toContain(id)
    }
  })

  it('[T17] meets one that has some of the file, if only one has', () => {
    for (const want of [1, 2, 8]) {
      const crowd = new TrackerCrowd(patient)
      farCrowd(crowd, farCount)
      const holder = crowd.member('198.51.100.1', { have: 0.1 })
      const { peers } = crowd.join(crowd.connect('203.0.113.9'), { want })
      expect(peers.map((peer) => peer.id)).toContain(holder)
      expect(peers).toHaveLength(want)
    }
  })

  it('[T16] meets few of a crowd behind one address or network, while there are others', () => {
    const crowd = new TrackerCrowd(patient)
    const honest = new Set(farCrowd(crowd, farCount))
    for (let i = 0; i < farCount * 4; i++) crowd.member(i % 2 === 0 ? '198.51.100.1' : `198.51.100.${i % 250}`)
    let eclipsed = 0
    for (let i = 0; i < 300; i++) {
      const victim = crowd.connect(farAddress(1000 + i))
      const { peers } = crowd.join(victim, { want: 8 })
      const attackers = peers.filter((peer) => !honest.has(peer.id))
      if (attackers.length > 6) eclipsed++
      crowd.leave(victim)
    }
    expect(eclipsed).toBeLessThanOrEqual(3)
  })
})

describe('whom a newcomer meets', () => {
  it('[T16] fills up with a crowd behind one address when nobody else is there', () => {
    const crowd = new TrackerCrowd(patient)
    for (let i = 0; i < 100; i++) crowd.member('203.0.113.9')
    expect(crowd.join(crowd.connect('203.0.113.9'), { want: 8 }).peers).toHaveLength(8)
    expect(crowd.join(crowd.connect('198.51.100.1'), { want: 8 }).peers).toHaveLength(8)
  })

  it('[T15] is as likely to meet any one as any other', () => {
    const crowd = new TrackerCrowd(patient)
    const members = farCrowd(crowd, 200)
    const met = new Map(members.map((id) => [id, 0]))
    const rounds = 2000
    for (let i = 0; i < rounds; i++) {
      const id = crowd.connect('203.0.113.9')
      for (const peer of crowd.join(id, { want: 4 }).peers) met.set(peer.id, met.get(peer.id)! + 1)
      crowd.leave(id)
    }
    const expected = (rounds * 4) / members.length
    const chiSquare = [...met.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 199 degrees of freedom: one seed in a thousand of a fair draw exceeds 267.
    expect(chiSquare).toBeLessThan(267)
  })

  it('[T18] meets the less busy of two: after many joins nobody was called much more than others', () => {
    const crowd = new TrackerCrowd(patient)
    const members = farCrowd(crowd, 100)
    const called = new Map<string, number>(members.map((id) => [id, 0]))
    for (let i = 0; i < 250; i++) {
      for (const peer of crowd.join(crowd.connect(farAddress(1000 + i)), { want: 4 }).peers) {
        if (called.has(peer.id)) called.set(peer.id, called.get(peer.id)! + 1)
      }
    }
    const counts = [...called.values()]
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    // A plain random choice would leave the busiest at more than twice the mean.
    expect(Math.max(...counts)).toBeLessThan(mean * 1.7)
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })

  it('[T15] meets two of all at random, though its region alone could fill the answer', () => {
    const crowd = new TrackerCrowd(patient)
    farCrowd(crowd, 400)
    for (let i = 0; i < 40; i++) crowd.member(farAddress(2000 + i), { region: 'oslo' })
    const rounds = 100
    let far = 0
    for (let i = 0; i < rounds; i++) {
      const id = crowd.connect('203.0.113.9', { region: 'oslo' })
      far += countTiers(crowd.join(id, { want: 4 }).peers).anywhere!
      crowd.leave(id)
    }
    // Two of four, of whom one in eleven is of the region by chance.
    expect(far / rounds).toBeGreaterThan(1.6)
    expect(far / rounds).toBeLessThanOrEqual(2)
  })

  it('[T17] rather meets those that have more of the file', () => {
    const crowd = new TrackerCrowd(patient)
    const holders = new Set<string>()
    for (let i = 0; i < 200; i++) {
      const have = i % 2
      const id = crowd.member(farAddress(i), { have })
      if (have === 1) holders.add(id)
    }
    let held = 0
    const rounds = 200
    for (let i = 0; i < rounds; i++) {
      const id = crowd.connect('203.0.113.9')
      held += crowd.join(id, { want: 4 }).peers.filter((peer) => holders.has(peer.id)).length
      crowd.leave(id)
    }
    expect(held / (rounds * 4)).toBeGreaterThan(0.65)
    expect(held / (rounds * 4)).toBeLessThan(0.95)
  })

  it('[T31] costs as many random draws in a swarm of 20,000 as in one of 200', () => {
    const drawsIn = (size: number): number => {
      const counted = countingRng(createRng([5, 6, 7, 8]))
      const crowd = new TrackerCrowd(patient, counted.rng)
      for (let i = 0; i < size; i++) crowd.member(`${i % 200}.${(i * 7) % 251}.${(i * 13) % 251}.${i % 251}`)
      let most = 0
      for (let i = 0; i < 50; i++) {
        const before = counted.draws()
        crowd.join(crowd.connect('100.100.100.100'), { want: 20 })
        most = Math.max(most, counted.draws() - before)
      }
      return most
    }
    const most = drawsIn(20_000)
    expect(most).toBeGreaterThan(20)
    expect(most).toBeLessThanOrEqual(320)
    expect(drawsIn(200)).toBeLessThanOrEqual(320)
  })

  it('[T31] keeps its choices right when nearly all of a large swarm have left', () => {
    const crowd = new TrackerCrowd(patient)
    const here = Array.from({ length: 1_500 }, (_, i) => crowd.member(farAddress(i), { have: i % 2 }))
    while (here.length > 20) crowd.leave(here.splice((here.length * 7) % 13, 1)[0]!)
    const near = crowd.member('203.0.113.10')
    const { peers, size } = crowd.join(crowd.connect('203.0.113.9'), { want: 20 })
    expect(size).toBe(22)
    expect(peers[0]!.id).toBe(near)
    expect([...here, near]).toEqual(expect.arrayContaining(peers.map((peer) => peer.id)))
    expect(peers).toHaveLength(20)
  })

  it('[T31] keeps its choices right while a swarm grows and shrinks over the size where it is indexed', () => {
    const crowd = new TrackerCrowd(patient)
    const rng = createRng([9, 9, 9, 9])
    const here: PeerId[] = []
    for (let step = 0; step < 1500; step++) {
      const growing = Math.floor(step / 150) % 2 === 0
      if (here.length === 0 || rng.fraction() < (growing ? 0.7 : 0.3)) {
        const address = `10.${rng.below(2)}.${rng.below(32)}.${rng.below(4)}`
        here.push(crowd.member(address, { have: rng.below(2) }))
      } else {
        crowd.leave(here.splice(rng.below(here.length), 1)[0]!)
      }
      const asker = crowd.connect('10.0.1.1')
      const { peers, size } = crowd.join(asker, { want: 20 })
      const known = new Set(here)
      expect([size, peers.length]).toEqual([here.length + 1, Math.min(20, here.length)])
      expect(peers.filter((peer) => !known.has(peer.id))).toEqual([])
      crowd.leave(asker)
    }
  })
})

function countingRng(rng: Rng): { rng: Rng; draws: () => number } {
  let count = 0
  const counted: Rng = {
    uint32: () => rng.uint32(),
    fraction: () => rng.fraction(),
    below: (bound) => {
      count++
      return rng.below(bound)
    },
  }
  return { rng: counted, draws: () => count }
}
