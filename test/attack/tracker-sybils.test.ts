/** A15, A16: one network plays most of a swarm, to be all that a victim ever meets. */
import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import { farAddress, TrackerCrowd } from '../fakes/tracker-crowd.ts'

const want = 8

/** A swarm of which four fifths are an attacker's, all of one /24; who is what. */
function eclipsedSwarm(size: number, seed: number, have: { attackers: number; others: number }) {
  const crowd = new TrackerCrowd({}, createRng([seed, 2, 3, 4]))
  const attackers = new Set<PeerId>()
  for (let i = 0; i < size; i++) {
    const isAttacker = i % 5 !== 0
    const address = isAttacker ? `84.210.7.${1 + (i % 250)}` : farAddress(i)
    const id = crowd.member(address, { have: isAttacker ? have.attackers : have.others })
    if (isAttacker) attackers.add(id)
  }
  return { crowd, attackers }
}

describe('an attacker with four fifths of a swarm, in one /24', () => {
  const halfDone = { attackers: 0.5, others: 0.5 }
  it.each([
    ['elsewhere', 'in a swarm of 1,000', 1_000, '198.51.100', halfDone],
    ['elsewhere', 'in a swarm of 40', 40, '198.51.100', halfDone],
    ['elsewhere', 'in a swarm of 15', 15, '198.51.100', halfDone],
    ['of the same provider', 'in a swarm of 1,000', 1_000, '84.210.9', halfDone],
    ['of the same provider', 'in a swarm of 40', 40, '84.210.9', halfDone],
    ['elsewhere', 'that has all where the others have nothing', 1_000, '198.51.100', { attackers: 1, others: 0 }],
    ['elsewhere', 'that has nothing where the others have all', 1_000, '198.51.100', { attackers: 0, others: 1 }],
  ])('[T151] leaves a victim %s, %s, two others of eight in 99 of 100 joins', (_, __, size, network, have) => {
    const { crowd, attackers } = eclipsedSwarm(size, size, have)
    let eclipsedCount = 0
    for (let i = 0; i < 1_000; i++) {
      const victim = crowd.connect(`${network}.${1 + (i % 250)}`)
      const { peers } = crowd.join(victim, { want })
      const others = peers.filter(({ id }) => !attackers.has(id))
      if (others.length < 2) eclipsedCount++
      crowd.leave(victim)
      // Introductions run out, as they do while victims come one after the other.
      crowd.now += 1_000
    }
    expect(eclipsedCount).toBeLessThanOrEqual(10)
  })

  it('[T151] cannot change that by being asked for: those who call the others all day leave them room', () => {
    const { crowd, attackers } = eclipsedSwarm(200, 7, { attackers: 0.5, others: 0.5 })
    let eclipsedCount = 0
    for (let i = 0; i < 200; i++) {
      for (const id of attackers)
        if (i % 2 === 0) crowd.say(id, { type: 'join', swarm: 'a'.repeat(40), have: 0.5, want: 20 })
      const victim = crowd.connect(`198.51.100.${1 + i}`)
      if (crowd.join(victim, { want }).peers.filter(({ id }) => !attackers.has(id)).length < 2) eclipsedCount++
      crowd.leave(victim)
      crowd.now += 1_000
    }
    expect(eclipsedCount).toBeLessThanOrEqual(2)
  })
})

describe('two hundred connections of one address', () => {
  it('[T24] [T151] are let in up to the limit, and are a quarter of what the others are told of', () => {
    const crowd = new TrackerCrowd({ connectionsPerAddressMax: 100 })
    const admitted = new Set<PeerId>()
    for (let i = 0; i < 200; i++) {
      try {
        admitted.add(crowd.member('84.210.7.1', { have: 1 }))
      } catch {}
    }
    expect(admitted.size).toBe(100)
    for (let i = 0; i < 30; i++) crowd.member(farAddress(i), { have: 0.5 })
    for (let i = 0; i < 30; i++) {
      const { peers } = crowd.join(crowd.connect(farAddress(100 + i)), { have: 0.5, want })
      expect(peers).toHaveLength(want)
      expect(peers.filter(({ id }) => admitted.has(id)).length).toBeLessThanOrEqual(want / 4)
    }
  })
})
