import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { farAddress, only, refusal, swarmA, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import { Complaints } from './complaints.ts'
import type { TrackerEffect } from './effects.ts'
import { trackerLimits } from './limits.ts'
import { Tickets } from './tickets.ts'

const hmac = (text: string) => createHmac('sha256', 'k').update(text).digest('base64url')
const minuteMs = 60_000

/** A crowd whose tracker hears complaints, with one whom all are introduced to. */
class Court extends TrackerCrowd {
  readonly accused: PeerId

  constructor(accusedAddress = '198.51.100.7') {
    super({}, undefined, hmac)
    this.accused = this.member(accusedAddress, { have: 1 })
  }

  /** A new peer that was introduced to the accused, with the ticket. */
  victim(address: string): { id: PeerId; ticket: string } {
    const id = this.connect(address)
    const { peers } = this.join(id, { want: 20 })
    return { id, ticket: peers.find((peer) => peer.id === this.accused)!.ticket! }
  }

  complain({ id, ticket }: { id: PeerId; ticket: string }, about = this.accused): TrackerEffect[] {
    return this.say(id, { type: 'complain', about, reason: 'wrong-bytes', ticket })
  }

  get isThere(): boolean {
    return this.machine.stats().bans === 0
  }
}

const codesTo = (effects: TrackerEffect[], id: PeerId) =>
  effects.flatMap((effect) =>
    effect.to !== id || effect.type === 'verify'
      ? []
      : [effect.type === 'close' ? effect.code : (effect.message as { code?: string }).code],
  )

describe('complaints', () => {
  it('[T41] three networks together ban a peer, which hears so and is closed', () => {
    const court = new Court()
    const victims = [1, 2, 3].map((i) => court.victim(farAddress(i)))
    expect(court.complain(victims[0]!)).toEqual([])
    expect(court.complain(victims[1]!)).toEqual([])
    expect(codesTo(court.complain(victims[2]!), court.accused)).toEqual(['banned', 1013])
    expect(court.machine.stats()).toMatchObject({ bans: 1, complaints: 3, connections: 3 })
  })

  it('[T41] one network bans nobody, however many peers it plays and however often they complain', () => {
    const court = new Court()
    for (let i = 0; i < 24; i++) {
      const sybil = court.victim(`203.0.113.${i}`)
      court.complain(sybil)
      court.complain(sybil)
    }
    court.complain(court.victim('192.0.2.1'))
    expect(court.isThere).toBe(true)
  })

  it('[T41] a network has no voice about itself', () => {
    const court = new Court()
    for (const address of ['198.51.100.8', farAddress(1), farAddress(2)]) court.complain(court.victim(address))
    expect(court.isThere).toBe(true)
  })

  it('[T41] complaints count together within ten minutes, and no longer', () => {
    const court = new Court()
    const victims = [1, 2, 3].map((i) => court.victim(farAddress(i)))
    court.complain(victims[0]!)
    court.complain(victims[1]!)
    court.now += 11 * minuteMs
    court.complain(victims[2]!)
    expect(court.isThere).toBe(true)
    court.complain(court.victim(farAddress(4)))
    court.complain(court.victim(farAddress(5)))
    expect(court.isThere).toBe(false)
  })

  it('[T41] one that was introduced to many needs a tenth of them to complain', () => {
    const court = new Court()
    const victims = Array.from({ length: 60 }, (_, i) => court.victim(farAddress(i)))
    for (const victim of victims.slice(0, 5)) court.complain(victim)
    expect(court.isThere).toBe(true)
    court.complain(victims[5]!)
    expect(court.isThere).toBe(false)
  })

  it('[T41] IPv6 peers of one /48 are one network', () => {
    const court = new Court()
    const address = (net: number, host: number) => `2001:db8:${net}:${host}:0:0:0:1`
    for (let host = 0; host < 9; host++) court.complain(court.victim(address(1, host)))
    expect(court.isThere).toBe(true)
    for (const net of [2, 3]) court.complain(court.victim(address(net, 0)))
    expect(court.isThere).toBe(false)
  })

  it('[T41] one that left in time is banned all the same', () => {
    const court = new Court()
    const victims = [1, 2, 3].map((i) => court.victim(farAddress(i)))
    court.leave(court.accused)
    for (const victim of victims) court.complain(victim)
    expect(court.isThere).toBe(false)
  })

  it('[T43] the banned and their neighbours are not let in for a quarter of an hour, others are', () => {
    const court = new Court()
    for (const i of [1, 2, 3]) court.complain(court.victim(farAddress(i)))
    expect(() => court.connect('198.51.100.200')).toThrow('refused')
    court.connect('198.51.101.7')
    court.now += 16 * minuteMs
    court.connect('198.51.100.7')
  })

  it('[T43] neighbours that are here go too, and nobody is told of them', () => {
    const court = new Court()
    const neighbour = court.member('198.51.100.8', { have: 1 })
    const victims = [1, 2, 3].map((i) => court.victim(farAddress(i)))
    const effects = victims.flatMap((victim) => court.complain(victim))
    expect(codesTo(effects, neighbour)).toEqual(['banned', 1013])
    const { peers } = court.join(court.connect(farAddress(9)), { want: 20 })
    expect(peers.map(({ id }) => id).toSorted()).toEqual(victims.map(({ id }) => id).toSorted())
  })

  it('[T40] the called side has a ticket too: it comes with the offer', () => {
    const court = new Court()
    const [victim] = [court.victim(farAddress(1))]
    const effects = court.signal(victim.id, court.accused)
    const { ticket } = only(effects, 'signal', court.accused) as TrackerMessage & { ticket: string }
    expect(ticket).toBe(victim.ticket)
    expect(court.complain({ id: court.accused, ticket }, victim.id)).toEqual([])
  })

  it.each([
    ['of another pair', (court: Court) => ({ ...court.victim(farAddress(1)), id: court.victim(farAddress(2)).id })],
    ['of another tracker', (court: Court) => forged(court, 'another key')],
    ['that ran out', (court: Court) => aged(court)],
    ['that is none', (court: Court) => ({ id: court.victim(farAddress(1)).id, ticket: 'x' })],
  ])('[T40] a ticket %s is refused, and nothing is counted', (_, make) => {
    const court = new Court()
    const complainer = make(court)
    expect(refusal(court.complain(complainer), complainer.id).code).toBe('bad-ticket')
    expect(court.machine.stats().complaints).toBe(0)
  })

  it('[T40] who goes on with false tickets is closed', () => {
    const court = new Court()
    const { id } = court.victim(farAddress(1))
    const effects = Array.from({ length: 100 }, () => court.complain({ id, ticket: 'x' })).flat()
    expect(effects.some((effect) => effect.type === 'close' && effect.code === 1008)).toBe(true)
  })

  it('[T40] another tracker with the same key takes the ticket', () => {
    const a = 'a'.repeat(22) as PeerId
    const b = 'b'.repeat(22) as PeerId
    const ticket = new Tickets(hmac, 1_000).issue(b, a, 5_000)
    expect(new Tickets(hmac, 1_000).isValid(ticket, a, b, 5_900)).toBe(true)
    expect(new Tickets(hmac, 1_000).isValid(ticket, a, b, 7_100)).toBe(false)
  })

  it('[T42] who accused many of whom nobody else complained counts for less', () => {
    const complaints = new Complaints(trackerLimits)
    for (let i = 0; i < 12; i++) complaints.add('liar', `victim ${i}`, 1, 0)
    expect(complaints.add('liar', 'target', 1, 0)).toBe(false)
    expect(complaints.add('a', 'target', 1, 0)).toBe(false)
    expect(complaints.add('b', 'target', 1, 0)).toBe(false)
    expect(complaints.add('c', 'target', 1, 0)).toBe(true)
  })

  it('[T44] of many complaints about many, little is remembered', () => {
    const complaints = new Complaints(trackerLimits)
    for (let i = 0; i < 100_000; i++) complaints.add(`from ${i}`, `about ${i % 9_000}`, 1e9, i)
    for (let i = 0; i < 10_000; i++) complaints.add('one', `about ${i}`, 1e9, 100_000)
    for (let i = 0; i < 10_000; i++) complaints.add(`from ${i}`, 'one', 1e9, 100_000)
    const { complainers, accused, voices } = complaints.size
    expect(complainers).toBeLessThanOrEqual(4_096)
    expect(accused).toBeLessThanOrEqual(4_096)
    expect(voices).toBeLessThanOrEqual(4_096 * 256)
    complaints.expire(10_000_000)
    expect(complaints.size).toEqual({ complainers: 0, accused: 0, voices: 0 })
  })

  it('[T22] complaints have a rate', () => {
    const court = new Court()
    const victim = court.victim(farAddress(1))
    for (let i = 0; i < 8; i++) expect(court.complain(victim)).toEqual([])
    expect(refusal(court.complain(victim), victim.id)).toMatchObject({ code: 'too-fast', to: court.accused })
  })

  it('[T40] a tracker without a key gives no tickets', () => {
    const crowd = new TrackerCrowd()
    crowd.member(farAddress(1), { have: 1 })
    const [peer] = crowd.join(crowd.connect(farAddress(2)), { swarm: swarmA, want: 8 }).peers
    expect(peer).not.toHaveProperty('ticket')
  })
})

function forged(court: Court, key: string) {
  const { id } = court.victim(farAddress(1))
  const other = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  return { id, ticket: new Tickets(other, 3_600_000).issue(id, court.accused, court.now) }
}

function aged(court: Court) {
  const victim = court.victim(farAddress(1))
  court.now += 61 * minuteMs
  return victim
}
