import { describe, expect, it } from 'vitest'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { joinOf, saidTo, TokenCrowd } from '../../test/fakes/token-crowd.ts'
import { farAddress, offer, refusal, swarmA } from '../../test/fakes/tracker-crowd.ts'

/** So little that three connections of one token take all of it. */
const busyConnectionsPerTokenMax = 2

const swarm = (i: number) => i.toString(16).padStart(40, '0') as SwarmId

/** Connections of one visitor, each from elsewhere. */
const tabs = (crowd: TokenCrowd, count = 3) =>
  Array.from({ length: count }, (_, i) => crowd.bearer(farAddress(i), { bearer: 'sub anna' })) as [
    PeerId,
    PeerId,
    ...PeerId[],
  ]

describe('all connections of one token', () => {
  const full = { type: 'refused', code: 'too-fast', message: 'all connections of this token together ask too much' }

  it('[T124] are so many and no more, wherever they come from; those of others come in', () => {
    const crowd = new TokenCrowd({ connectionsPerTokenMax: 2 })
    const [one] = tabs(crowd, 2)
    const third = crowd.connect('192.0.2.1')
    crowd.show(third)
    expect(refusal(crowd.verified(third), third)).toMatchObject({
      code: 'too-many-connections',
      message: 'at most 2 connections from one token',
    })
    crowd.join(crowd.bearer('192.0.2.2', { bearer: 'sub ben' }))
    crowd.leave(one)
    crowd.join(crowd.bearer('192.0.2.3', { bearer: 'sub anna' }))
  })

  it('[T280] join no more often than two that do it as often as one may', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, joinsBurst: 2 })
    const ids = tabs(crowd)
    for (const id of [...ids, ids[0]]) crowd.join(id)
    expect(refusal(crowd.say(ids[1], joinOf(swarmA)), ids[1])).toEqual({ ...full, swarm: swarmA })
    crowd.join(crowd.bearer('192.0.2.1', { bearer: 'sub ben' }))
    crowd.now += 1_000
    crowd.join(ids[1])
  })

  it('[T280] join no more often by joining before their tokens are verified', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, joinsBurst: 2 })
    const heard = [0, 1, 2].flatMap((i) => {
      const id = crowd.connect(farAddress(i))
      crowd.show(id)
      for (let n = 0; n < 2; n++) crowd.say(id, joinOf(swarm(n)))
      return saidTo(crowd.verified(id), id)
    })
    expect(heard.filter((one) => one === 'peers')).toHaveLength(4)
    expect(heard.filter((one) => one === 'too-fast')).toHaveLength(2)
  })

  it('[T280] signal no more than two that signal as much as one may', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, signalsBurst: 2 })
    const callee = crowd.bearer('198.51.100.1', { bearer: 'sub ben' })
    crowd.join(callee)
    const ids = tabs(crowd)
    for (const id of ids) crowd.join(id, { want: 8 })
    for (const id of [...ids, ids[0]]) expect(saidTo(crowd.signal(id, callee), id)).toEqual([])
    expect(refusal(crowd.signal(ids[1], callee, offer), ids[1])).toEqual({ ...full, to: callee })
    const other = crowd.bearer('192.0.2.2', { bearer: 'sub carla' })
    crowd.join(other, { want: 8 })
    expect(saidTo(crowd.signal(other, callee), other)).toEqual([])
  })

  it('[T280] send no more bytes, whatever they say, than two that send as many as one may', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, bytesBurst: 1_000, bytesPerSecond: 1_000 })
    const ids = tabs(crowd)
    const dance = { type: 'dance', with: 'x'.repeat(900) }
    for (const id of ids.slice(0, 2)) expect(crowd.say(id, dance)).toEqual([])
    expect(refusal(crowd.say(ids[2]!, dance), ids[2]!)).toEqual(full)
    const other = crowd.bearer('192.0.2.2', { bearer: 'sub ben' })
    expect(crowd.say(other, dance)).toEqual([])
  })

  it('[T280] are told of no more peers than two that ask for as many as one may', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, introductionsBurst: 10 })
    for (let i = 10; i < 60; i++) crowd.join(crowd.bearer(farAddress(i), { bearer: `sub ${i}` }))
    const told = tabs(crowd).map((id) => crowd.join(id, { want: 10 }).peers.length)
    expect(told).toEqual([10, 10, 0])
  })

  it('[T280] are in no more swarms than two that are in as many as one may', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, swarmsPerConnectionMax: 4 })
    const ids = tabs(crowd)
    for (let i = 0; i < 8; i++) crowd.join(ids[i % 3]!, { swarm: swarm(i) })
    expect(refusal(crowd.say(ids[2]!, joinOf(swarmA)), ids[2]!)).toMatchObject({
      code: 'too-many-swarms',
      message: 'at most 8 swarms on all connections of one token',
    })
    crowd.leave(ids[0])
    crowd.join(ids[2]!)
  })

  it('[T280] gain nothing by coming back, until what they took is there again', () => {
    const crowd = new TokenCrowd({ busyConnectionsPerTokenMax, joinsBurst: 2, joinsPerSecond: 0.1 })
    for (const id of tabs(crowd, 2)) {
      for (let n = 0; n < 2; n++) crowd.join(id)
      crowd.leave(id)
    }
    const [back] = tabs(crowd, 1)
    expect(refusal(crowd.say(back, joinOf(swarmA)), back)).toMatchObject({ code: 'too-fast' })
    crowd.leave(back)
    crowd.pass(60_000)
    crowd.join(tabs(crowd, 1)[0])
  })

  it('[T280] cannot come and go without end', () => {
    const crowd = new TokenCrowd({ connectionsPerTokenMax: 2 })
    for (let i = 0; i < 4; i++) crowd.leave(tabs(crowd, 1)[0])
    const fifth = crowd.connect('192.0.2.1')
    crowd.show(fifth)
    expect(refusal(crowd.verified(fifth), fifth)).toMatchObject({
      code: 'too-many-connections',
      message: 'at most 4 new connections from one token in 10 s',
    })
    crowd.pass(10_000)
    tabs(crowd, 1)
  })
})
