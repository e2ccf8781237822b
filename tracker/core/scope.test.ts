import { describe, expect, it } from 'vitest'
import { offer, refusal, swarmB, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import type { Location } from './location.ts'
import type { Scope } from './place.ts'

const patient = { introductionsPerPeerMax: 100_000, introductionsBurst: 100_000 }

const crowdWithin = (scope: Scope) => new TrackerCrowd(patient, undefined, undefined, { scope })

/** Two hundred, in turns of these places. */
function fill(crowd: TrackerCrowd, places: readonly Location[]): Map<string, Location> {
  const at = new Map<string, Location>()
  for (let i = 0; i < 200; i++) {
    const place = places[i % places.length]!
    at.set(crowd.member(`${1 + (i % 100)}.${i}.${i}.${i % 50}`, place), place)
  }
  return at
}

describe('a tracker with a scope', () => {
  it.each([
    ['region', [{ country: 'NO' }, { country: 'SE' }, { region: 'eu' }, {}]],
    ['network', [{ zone: 'a' }, { zone: 'b' }, {}, { zone: 'a', country: 'NO' }]],
  ] as const)('[T105] %s: names nobody from outside, not even at random', (scope, places) => {
    const crowd = crowdWithin(scope)
    const at = fill(crowd, places)
    const asked = places[0]
    for (let i = 0; i < 50; i++) {
      const asker = crowd.connect(`203.0.113.${i}`, asked)
      const { peers } = crowd.join(asker, { want: 20 })
      const elsewhere = peers.filter(({ id }) => {
        const place = at.get(id)
        return (
          place !== undefined && Object.entries(asked).some(([key, value]) => place[key as keyof Location] !== value)
        )
      })
      expect(peers).toHaveLength(20)
      expect(elsewhere).toEqual([])
    }
  })

  it('[T105] counts as the swarm only those whom a peer may meet', () => {
    const crowd = crowdWithin('region')
    for (let i = 0; i < 30; i++) crowd.member(`${i + 1}.1.1.1`, { country: 'SE' })
    const { size, ahead, peers } = crowd.join(crowd.connect('203.0.113.1', { country: 'NO' }), { want: 8 })
    expect([size, ahead, peers]).toEqual([1, 0, []])
  })

  it('[T105] lets a large swarm of a small region meet as much as a swarm of its own', () => {
    const crowd = crowdWithin('region')
    for (let i = 0; i < 2_000; i++) crowd.member(`${1 + (i % 200)}.${i % 250}.${i % 13}.1`, { country: 'SE' })
    for (let i = 0; i < 5; i++) crowd.member(`${1 + i}.200.1.1`, { country: 'NO' })
    expect(crowd.join(crowd.connect('203.0.113.1', { country: 'NO' }), { want: 8 }).peers).toHaveLength(5)
  })

  it('[T106] moves a peer of which more becomes known, and ends what it has outside', () => {
    const crowd = crowdWithin('region')
    const swede = crowd.member('198.51.100.1', { country: 'SE', have: 1 })
    const other = crowd.member('198.51.100.2', { country: 'NO', have: 1 })
    const moved = crowd.connect('203.0.113.1', { country: 'SE' })
    expect(crowd.join(moved, { want: 8 }).peers.map(({ id }) => id)).toEqual([swede])
    crowd.join(moved, { swarm: swarmB })
    expect(crowd.signal(moved, swede)).toHaveLength(1)
    crowd.machine.locate(moved, { country: 'NO' })
    for (const [from, to] of [
      [moved, swede],
      [swede, moved],
    ] as const) {
      expect(refusal(crowd.signal(from, to, offer), from).code).toBe('not-introduced')
    }
    expect(crowd.join(moved, { want: 8 }).peers.map(({ id }) => id)).toEqual([other])
    expect(crowd.join(swede, { have: 1 }).size).toBe(1)
    expect(crowd.machine.stats()).toMatchObject({ connections: 3, peers: 3, memberships: 4, swarms: 3 })
    crowd.leave(moved)
    expect(crowd.machine.stats()).toMatchObject({ memberships: 2, swarms: 2 })
  })
})
