/** A15, A18, A19: forged ids, forged addresses, signals to strangers. */
import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { offer, swarmA } from '../fakes/tracker-crowd.ts'
import { Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

/** Two that were introduced, and an attacker in the same swarm who was told of neither. */
async function coupleAndAttacker() {
  server = await startTracker()
  const anna = await server.guest()
  await anna.guest.join({ have: 1 })
  const ben = await server.guest()
  await ben.guest.join({ want: 8 })
  const attacker = await server.guest()
  await attacker.guest.join({ want: 0 })
  return { anna, ben, attacker }
}

describe('an attacker who knows the id of another', () => {
  it('[T10] cannot speak in its name', async () => {
    const { anna, ben, attacker } = await coupleAndAttacker()
    attacker.guest.say({ type: 'signal', to: anna.id, from: ben.id, id: ben.id, signal: offer })
    expect(await attacker.guest.hears('refused')).toMatchObject({ code: 'not-introduced', to: anna.id })
    ben.guest.signal(anna.id, offer)
    expect(await anna.guest.hears('signal')).toMatchObject({ from: ben.id })
  })

  it('[T9] [T10] cannot join or connect under its id', async () => {
    const { anna, attacker } = await coupleAndAttacker()
    attacker.guest.say({ type: 'join', swarm: swarmA, have: 1, want: 0, id: anna.id, peer: anna.id })
    await attacker.guest.hears('peers')
    const impostor = new Guest(`${server.url}?id=${anna.id}`, { headers: { 'X-Peer-Id': anna.id } })
    expect((await impostor.hears('welcome')).id).not.toBe(anna.id)
    expect(server.tracker.stats()).toMatchObject({ connections: 4, memberships: 3 })
  })

  it('[T11] cannot reach it without an introduction, nor learn whether an id exists', async () => {
    const { anna, attacker } = await coupleAndAttacker()
    const guessed = randomBytes(16).toString('base64url') as PeerId
    const answers = []
    for (const to of [anna.id, guessed]) {
      attacker.guest.signal(to, offer)
      const { to: refused, ...answer } = await attacker.guest.hears('refused')
      expect(refused).toBe(to)
      answers.push(answer)
    }
    expect(answers[0]).toEqual(answers[1])
    expect(server.tracker.stats().signals).toBe(0)
  })

  it('[T12] cannot flood it through one introduction', async () => {
    const { anna, attacker } = await coupleAndAttacker()
    const { peers } = await attacker.guest.join({ want: 8 })
    expect(peers.map((peer) => peer.id)).toContain(anna.id)
    for (let i = 0; i < 50; i++) attacker.guest.signal(anna.id, offer)
    expect(await attacker.guest.hears('refused')).toMatchObject({ code: 'too-fast', to: anna.id })
    await attacker.guest.join()
    expect(server.tracker.stats().signals).toBe(32)
  })
})

describe('an attacker who claims to be elsewhere', () => {
  it('[T26] is not believed when no proxy is trusted', async () => {
    server = await startTracker({ regions: [{ name: 'eu', cidrs: ['198.51.100.0/24'] }] })
    const anna = await server.guest()
    await anna.guest.join()
    const liar = await server.guest({
      headers: { 'X-Forwarded-For': '198.51.100.1', 'X-Real-IP': '198.51.100.1', Forwarded: 'for=198.51.100.1' },
    })
    liar.guest.say({ type: 'join', swarm: swarmA, have: 0, want: 8, region: 'eu' })
    expect((await liar.guest.hears('peers')).peers).toMatchObject([{ id: anna.id, tier: 'address' }])
  })

  it('[T26] is not believed through a trusted proxy, which adds where it really is', async () => {
    server = await startTracker({ trustedProxies: ['loopback'] })
    const anna = await server.guest({ headers: { 'X-Forwarded-For': '198.51.100.1' } })
    await anna.guest.join()
    const liar = await server.guest({ headers: { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9' } })
    expect((await liar.guest.join({ want: 8 })).peers).toMatchObject([{ id: anna.id, tier: 'anywhere' }])
  })

  it('[T24] gets no more connections by new claims', async () => {
    server = await startTracker({ connectionsPerAddressMax: 3 })
    const claims = (i: number) => ({ headers: { 'X-Forwarded-For': `198.51.100.${i}` } })
    for (let i = 0; i < 3; i++) await server.guest(claims(i))
    await expect(server.guest(claims(4))).rejects.toThrow('closed before a welcome came')
  })
})

describe('many connections from one address', () => {
  it('[T24] are refused beyond the limit with a reason that a browser can read; others still come in', async () => {
    server = await startTracker({ connectionsPerAddressMax: 20 })
    const guests = Array.from({ length: 60 }, () => new Guest(server.url))
    const answers = await Promise.all(
      guests.map(async (guest) =>
        Promise.race([
          guest.hears('welcome').then(
            () => 'welcome',
            () => 'closed',
          ),
          guest.closed.then(({ code, reason }) => `${code} ${reason}`),
        ]),
      ),
    )
    expect(answers.filter((answer) => answer === 'welcome')).toHaveLength(20)
    const closings = await Promise.all(
      guests.filter((_, i) => answers[i] !== 'welcome').map(async (guest) => guest.closed),
    )
    expect(closings.map(({ code }) => code)).toEqual(Array(40).fill(1013))
    const neighbour = await server.guest({ localAddress: '127.0.0.2' })
    expect((await neighbour.guest.join()).size).toBe(1)
    guests.find((_, i) => answers[i] === 'welcome')!.socket.close()
    await expect.poll(() => server.tracker.stats().connections).toBe(20)
    await server.guest()
  })

  it('[T24] hear why before they are closed', async () => {
    server = await startTracker({ connectionsPerAddressMax: 1 })
    await server.guest()
    const refused = new Guest(server.url)
    expect(await refused.hears('refused')).toMatchObject({
      code: 'too-many-connections',
      message: 'at most 1 connections from one address',
    })
    expect((await refused.closed).code).toBe(1013)
  })
})
