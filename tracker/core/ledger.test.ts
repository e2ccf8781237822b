import { describe, expect, it } from 'vitest'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { farAddress, offer, refusal, swarmA, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import { type Account, Ledger } from './ledger.ts'

const swarm = (i: number) => i.toString(16).padStart(40, '0') as SwarmId

/** So little that three connections of one address take all of it. */
const busyConnectionsPerAddressMax = 2

/** What each of many connections hears to one message. */
const codes = (crowd: TrackerCrowd, ids: PeerId[], message: object) =>
  ids.map((id) => crowd.say(id, message).map((effect) => (effect.type === 'send' ? effect.message : effect))[0])

describe('all connections of one address', () => {
  const full = { type: 'refused', code: 'too-fast', message: 'all connections of this address together ask too much' }

  it('[T146] join no more often than two that do it as often as one may', () => {
    const crowd = new TrackerCrowd({ busyConnectionsPerAddressMax, joinsBurst: 2 })
    const ids = [1, 2, 3].map(() => crowd.connect('203.0.113.1'))
    const join = { type: 'join', swarm: swarmA, have: 0, want: 0 }
    const first = codes(crowd, [...ids, ...ids], join)
    expect(first.slice(0, 4)).toEqual(Array(4).fill(expect.objectContaining({ type: 'peers' })))
    expect(first.slice(4)).toEqual(Array(2).fill({ ...full, swarm: swarmA }))
    crowd.join(crowd.connect('203.0.113.2'))
    crowd.now += 1_000
    crowd.join(ids[2]!)
  })

  it('[T146] signal no more than two that signal as much as one may', () => {
    const crowd = new TrackerCrowd({ busyConnectionsPerAddressMax, signalsBurst: 2 })
    const callee = crowd.member('198.51.100.1')
    const ids = [1, 2, 3].map(() => crowd.connect('203.0.113.1'))
    for (const id of ids) crowd.join(id, { want: 8 })
    const heard = codes(crowd, [...ids, ...ids], { type: 'signal', to: callee, signal: offer })
    expect(heard.slice(4)).toEqual(Array(2).fill({ ...full, to: callee }))
  })

  it('[T146] send no more bytes, whatever they say, than two that send as many as one may', () => {
    const crowd = new TrackerCrowd({ busyConnectionsPerAddressMax, bytesBurst: 1_000, bytesPerSecond: 1_000 })
    const ids = [1, 2, 3].map(() => crowd.connect('203.0.113.1'))
    const dance = { type: 'dance', with: 'x'.repeat(900) }
    expect(codes(crowd, ids, dance)).toEqual([undefined, undefined, full])
    expect(refusal(crowd.say(ids[0]!, dance), ids[0]!)).toMatchObject({
      code: 'too-fast',
      message: 'at most 1000 bytes at once and 1000 a second',
    })
  })

  it('[T146] are told of no more peers than two that ask for as many as one may', () => {
    const crowd = new TrackerCrowd({ busyConnectionsPerAddressMax, introductionsBurst: 10 })
    for (let i = 0; i < 60; i++) crowd.member(farAddress(i))
    const ids = [1, 2, 3].map(() => crowd.connect('203.0.113.1'))
    expect(ids.map((id) => crowd.join(id, { want: 12 }).peers.length)).toEqual([10, 10, 0])
  })

  it('[T146] are in no more swarms than two that are in as many as one may', () => {
    const crowd = new TrackerCrowd({ busyConnectionsPerAddressMax, swarmsPerConnectionMax: 4 })
    const ids = [1, 2, 3].map(() => crowd.connect('203.0.113.1'))
    for (let i = 0; i < 8; i++) crowd.join(ids[i % 3]!, { swarm: swarm(i) })
    const effects = crowd.say(ids[2]!, { type: 'join', swarm: swarmA, have: 0, want: 0 })
    expect(refusal(effects, ids[2]!)).toMatchObject({
      code: 'too-many-swarms',
      message: 'at most 8 swarms on all connections of one address',
    })
    crowd.leave(ids[0]!)
    crowd.join(ids[2]!)
  })

  it('[T146] gain nothing by coming back', () => {
    const crowd = new TrackerCrowd({ busyConnectionsPerAddressMax, joinsBurst: 2, joinsPerSecond: 0.1 })
    for (let i = 0; i < 2; i++) {
      const id = crowd.connect('203.0.113.1')
      for (let n = 0; n < 2; n++) crowd.join(id)
      crowd.leave(id)
    }
    const back = crowd.connect('203.0.113.1')
    const join = () => crowd.say(back, { type: 'join', swarm: swarmA, have: 0, want: 0 })
    expect(refusal(join(), back)).toMatchObject({ code: 'too-fast' })
    crowd.now += 60_000
    crowd.machine.expire(crowd.now)
    crowd.join(back)
  })
})

describe('a network', () => {
  it('[T147] has no more connections than its share, from however many addresses; others come in', () => {
    const crowd = new TrackerCrowd({ connectionsPerAddressMax: 2, busyAddressesPerNetworkMax: 3 })
    for (let i = 0; i < 6; i++) crowd.connect(`2001:db8:0:${i.toString(16)}:0:0:0:1`)
    expect(() => crowd.connect('2001:db8:0:77:0:0:0:1')).toThrow('refused')
    crowd.connect('2001:db8:1:0:0:0:0:1')
    expect(crowd.machine.stats()).toMatchObject({ connections: 7, refused: { 'too-many-connections': 1 } })
  })

  it('[T147] asks no more than its share, from however many addresses', () => {
    const limits = { busyConnectionsPerAddressMax: 1, busyAddressesPerNetworkMax: 2, joinsBurst: 3 }
    const crowd = new TrackerCrowd(limits)
    const ids = [1, 2, 3].map((i) => crowd.connect(`203.0.113.${i}`))
    const join = { type: 'join', swarm: swarmA, have: 0, want: 0 }
    const heard = codes(crowd, [...ids, ...ids, ...ids], join)
    expect(heard.filter((message) => message?.type === 'peers')).toHaveLength(6)
    expect(heard.at(-1)).toMatchObject({ message: 'all connections of this network together ask too much' })
  })
})

describe('a ledger', () => {
  const rate = { perSecond: 1, burst: 1 }
  const rates = { joins: rate, signals: rate, introductions: rate, bytes: rate }

  it('[T147] remembers little of those who came and went', () => {
    const ledger = new Ledger('token', { connectionsMax: 1, swarmsMax: 1, rates })
    for (let i = 0; i < 10_000; i++) ledger.leave(ledger.enter(`key ${i}`, i) as Account)
    expect(ledger.size).toBe(4_096)
    ledger.expire(100_000)
    expect(ledger.size).toBe(0)
  })

  it('[T146] says whose limit it is', () => {
    const ledger = new Ledger('token', { connectionsMax: 1, swarmsMax: 1, rates })
    ledger.enter('a', 0)
    expect(ledger.enter('a', 0)).toBe('at most 1 connections from one token')
  })
})
