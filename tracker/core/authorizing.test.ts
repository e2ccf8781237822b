import { describe, expect, it } from 'vitest'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { hourMs, joinOf, right, saidTo, TokenCrowd, wrong } from '../../test/fakes/token-crowd.ts'
import { offer, only, refusal, swarmA, swarmB, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

const minuteMs = 60_000

describe('where tokens are needed', () => {
  it('[T120] a swarm is joined by nobody who has shown none', () => {
    const crowd = new TokenCrowd()
    const stranger = crowd.connect('203.0.113.1')
    expect(refusal(crowd.say(stranger, joinOf(swarmA)), stranger)).toMatchObject({
      code: 'unauthorized',
      swarm: swarmA,
    })
    expect(crowd.machine.stats()).toMatchObject({ memberships: 0 })
  })

  it('[T120] a connection that shows none is closed, and one that keeps showing wrong ones as well', () => {
    const crowd = new TokenCrowd({ authorizeWithinMs: 10_000 })
    const silent = crowd.connect('203.0.113.1')
    const wrongdoer = crowd.connect('203.0.113.2')
    const welcome = crowd.bearer('203.0.113.3')
    crowd.show(wrongdoer)
    expect(refusal(crowd.verified(wrongdoer, wrong), wrongdoer).code).toBe('bad-token')
    const said = crowd.pass(11_000)
    for (const id of [silent, wrongdoer]) expect(saidTo(said, id)).toEqual(['unauthorized', '4401'])
    expect(saidTo(said, welcome)).toEqual([])
    expect(crowd.machine.stats()).toMatchObject({ connections: 1 })
  })

  it('[T120] a token opens the swarms that it is for, and no other', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.bearer('203.0.113.1', { covers: (swarm) => swarm === swarmA })
    expect(crowd.join(anna)).toMatchObject({ size: 1 })
    expect(refusal(crowd.say(anna, joinOf(swarmB)), anna)).toMatchObject({ code: 'unauthorized', swarm: swarmB })
  })

  it('[T123] joins wait for the token that came before them, the latest of each swarm', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.connect('203.0.113.1')
    expect(saidTo(crowd.show(anna), anna)).toEqual(['verify'])
    expect(crowd.say(anna, joinOf(swarmA))).toEqual([])
    expect(crowd.say(anna, { ...joinOf(swarmA), have: 0.5 })).toEqual([])
    expect(crowd.say(anna, joinOf(swarmB))).toEqual([])
    expect(crowd.say(anna, { type: 'leave', swarm: swarmB })).toEqual([])
    expect(crowd.machine.stats()).toMatchObject({ memberships: 0 })
    expect(crowd.verified(anna).map((effect) => effect.type === 'send' && effect.message)).toEqual([
      { type: 'authorized', forMs: hourMs },
      { type: 'peers', swarm: swarmA, peers: [], size: 1, ahead: 0 },
    ])
  })

  it('[T120] [T123] joins that waited are refused where the token turns out not to be for them', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.connect('203.0.113.1')
    crowd.show(anna)
    for (const swarm of [swarmA, swarmB]) crowd.say(anna, joinOf(swarm))
    const effects = crowd.verified(anna, right({ covers: (swarm) => swarm === swarmB }))
    expect(saidTo(effects, anna)).toEqual(['authorized', 'unauthorized', 'peers'])
    expect(crowd.machine.stats()).toMatchObject({ memberships: 1 })
  })

  it('[T123] joins that waited for a wrong token are dropped, and the token is answered once', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.connect('203.0.113.1')
    crowd.show(anna)
    crowd.say(anna, joinOf(swarmA))
    expect(saidTo(crowd.verified(anna, wrong), anna)).toEqual(['bad-token'])
    crowd.show(anna)
    expect(saidTo(crowd.verified(anna), anna)).toEqual(['authorized'])
  })

  it('[T123] what waits is bounded: one token a connection, so many in all, so many characters', () => {
    const crowd = new TokenCrowd({ verificationsMax: 3, verificationBytesMax: 1_000 })
    const [anna, ben, carl, dora] = Array.from({ length: 4 }, (_, i) => crowd.connect(`203.0.113.${i}`)) as [
      PeerId,
      PeerId,
      PeerId,
      PeerId,
    ]
    crowd.show(anna, 'a'.repeat(600))
    expect(refusal(crowd.show(anna), anna).code).toBe('too-fast')
    expect(refusal(crowd.show(ben, 'b'.repeat(600)), ben).code).toBe('unverified')
    crowd.show(ben)
    crowd.show(carl)
    expect(refusal(crowd.show(dora), dora).code).toBe('unverified')
    // Also those count that are gone, until they are verified: the work is still being done.
    crowd.leave(carl)
    expect(refusal(crowd.show(dora), dora).code).toBe('unverified')
    expect(crowd.verified(carl)).toEqual([])
    expect(saidTo(crowd.show(dora), dora)).toEqual(['verify'])
  })

  it('[T123] an answer that nobody waits for changes nothing', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.connect('203.0.113.1')
    expect(crowd.verified(anna)).toEqual([])
    expect(refusal(crowd.say(anna, joinOf(swarmA)), anna).code).toBe('unauthorized')
  })

  it('[T122] a token that runs out opens nothing more; after a grace its memberships end, and others hear of it no more', () => {
    const crowd = new TokenCrowd({ tokenGraceMs: 30_000 })
    const anna = crowd.bearer('203.0.113.1', { leftMs: minuteMs })
    const ben = crowd.bearer('203.0.113.2', { bearer: 'sub ben' })
    crowd.join(anna, { have: 1 })
    crowd.pass(minuteMs)
    expect(refusal(crowd.say(anna, joinOf(swarmB)), anna)).toMatchObject({ code: 'token-expired', swarm: swarmB })
    expect(crowd.join(ben, { want: 8 }).peers).toMatchObject([{ id: anna }])
    expect(saidTo(crowd.pass(32_000), anna)).toEqual(['token-expired'])
    expect(crowd.machine.stats()).toMatchObject({ memberships: 1 })
    expect(refusal(crowd.signal(ben, anna, offer), ben).code).toBe('not-introduced')
    expect(crowd.join(ben, { want: 8 })).toMatchObject({ peers: [], size: 1 })
  })

  it('[T122] another token shown in time interrupts nothing, and holds for as long as it says', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.bearer('203.0.113.1', { leftMs: minuteMs })
    crowd.join(anna)
    crowd.pass(50_000)
    crowd.show(anna, 'next')
    // The one before it still holds.
    expect(crowd.join(anna)).toMatchObject({ size: 1 })
    expect(only(crowd.verified(anna), 'authorized', anna).forMs).toBe(hourMs)
    expect(crowd.pass(50 * minuteMs)).toEqual([])
    expect(crowd.join(anna)).toMatchObject({ size: 1 })
  })

  it('[T122] one shown too late, but within the grace, saves the memberships', () => {
    const crowd = new TokenCrowd({ tokenGraceMs: 30_000 })
    const anna = crowd.bearer('203.0.113.1', { leftMs: minuteMs })
    crowd.join(anna)
    crowd.pass(70_000)
    crowd.show(anna, 'next')
    expect(crowd.say(anna, joinOf(swarmB))).toEqual([])
    expect(saidTo(crowd.verified(anna), anna)).toEqual(['authorized', 'peers'])
    expect(crowd.pass(minuteMs)).toEqual([])
    expect(crowd.machine.stats()).toMatchObject({ memberships: 2 })
  })

  it('[T120] another token that is not for a swarm ends its membership', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.bearer('203.0.113.1')
    for (const swarm of [swarmA, swarmB]) crowd.join(anna, { swarm })
    crowd.show(anna)
    const effects = crowd.verified(anna, right({ covers: (swarm) => swarm === swarmB }))
    expect(saidTo(effects, anna)).toEqual(['authorized', 'unauthorized'])
    expect(effects[1]).toMatchObject({ message: { swarm: swarmA } })
    expect(crowd.machine.stats()).toMatchObject({ memberships: 1 })
  })

  it('[T120] a wrong token in the place of a right one takes nothing away', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.bearer('203.0.113.1')
    crowd.join(anna)
    crowd.show(anna)
    expect(saidTo(crowd.verified(anna, wrong), anna)).toEqual(['bad-token'])
    expect(crowd.join(anna)).toMatchObject({ size: 1 })
  })

  it('[T122] a token with uses opens so many connections, and is not used up by being shown again on one', () => {
    const crowd = new TokenCrowd()
    const use = { id: 'one', usesMax: 2 }
    const first = crowd.bearer('203.0.113.1', { use })
    for (let i = 0; i < 3; i++) {
      crowd.pass(20_000)
      crowd.show(first)
      expect(saidTo(crowd.verified(first, right({ use })), first)).toEqual(['authorized'])
    }
    crowd.leave(first)
    for (const code of ['authorized', 'bad-token', 'bad-token']) {
      const next = crowd.connect('203.0.113.1')
      crowd.show(next)
      expect(saidTo(crowd.verified(next, right({ use })), next)).toEqual([code])
    }
  })

  it('[T122] a use that cannot be remembered is none', () => {
    const crowd = new TokenCrowd({ usedTokensMax: 1 })
    crowd.bearer('203.0.113.1', { use: { id: 'one', usesMax: 1 }, leftMs: minuteMs })
    const second = crowd.connect('203.0.113.2')
    const use = { id: 'two', usesMax: 1 }
    crowd.show(second)
    expect(saidTo(crowd.verified(second, right({ bearer: 'sub ben', use })), second)).toEqual(['bad-token'])
    // The first one has run out meanwhile, and is forgotten.
    crowd.pass(2 * minuteMs)
    const third = crowd.connect('203.0.113.3')
    crowd.show(third)
    expect(saidTo(crowd.verified(third, right({ bearer: 'sub ben', use })), third)).toEqual(['authorized'])
  })
})

describe('the servers that a tracker names', () => {
  it('[T120] are named to who has shown a token, once, and to nobody else: their credentials cost', () => {
    const iceServers = [{ urls: ['turn:192.0.2.1:3478'], username: 'anna', credential: 'secret' }]
    const crowd = new TokenCrowd({}, { serversOf: () => ({ iceServers }) })
    expect(JSON.stringify(crowd.say(crowd.connect('203.0.113.1'), joinOf(swarmA)))).not.toContain('turn:')
    const anna = crowd.connect('203.0.113.2')
    crowd.show(anna)
    expect(saidTo(crowd.verified(anna, wrong), anna)).toEqual(['bad-token'])
    crowd.show(anna)
    const effects = crowd.verified(anna)
    expect(saidTo(effects, anna)).toEqual(['authorized', 'servers'])
    expect(effects[1]).toMatchObject({ message: { iceServers } })
    crowd.show(anna)
    expect(saidTo(crowd.verified(anna), anna)).toEqual(['authorized'])
  })
})

describe('a region in a token', () => {
  it('[T120] is where its bearer is, from then on, also in the swarms where it was already', () => {
    const crowd = new TokenCrowd()
    const anna = crowd.bearer('203.0.113.1', { region: 'eu' })
    const ben = crowd.bearer('198.51.100.1', { bearer: 'sub ben' })
    crowd.join(anna)
    expect(crowd.join(ben, { want: 8 }).peers).toMatchObject([{ tier: 'anywhere' }])
    crowd.show(ben)
    crowd.verified(ben, right({ bearer: 'sub ben', region: 'eu' }))
    crowd.pass(40_000)
    expect(crowd.join(ben, { want: 8 }).peers).toMatchObject([{ id: anna, tier: 'region' }])
  })
})

describe('where none are needed', () => {
  it('[T120] a token that is shown says nothing, and swarms are open', () => {
    const crowd = new TrackerCrowd()
    const anna = crowd.connect('203.0.113.1')
    expect(crowd.say(anna, { type: 'authorize', token: 'token' })).toEqual([])
    expect(crowd.join(anna, { swarm: 'c'.repeat(40) as SwarmId })).toMatchObject({ size: 1 })
  })
})
