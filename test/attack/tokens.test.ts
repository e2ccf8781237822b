/** A1, A2, A25: someone else's token, a token used beyond what it is for, and a page that says it is another. */
import { afterEach, describe, expect, it } from 'vitest'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import type { TrackerOptions } from '../../tracker/main.ts'
import { altered, claimsWith, edwardsToken, secret, token, unsigned } from '../fakes/tokens.ts'
import { swarmA, swarmB } from '../fakes/tracker-crowd.ts'
import { Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

async function start(options: Partial<TrackerOptions> = {}): Promise<void> {
  server = await startTracker({ admission: 'token', tokenSecret: secret, ...options })
}

const from = (origin: string) => ({ headers: { Origin: origin } })
const site = 'https://victim.example'

/** Shows a token and joins at once. @returns what came of it: of the token, and if that is good of the join */
async function use(text: string, { swarm = swarmA, origin }: { swarm?: typeof swarmA; origin?: string } = {}) {
  const { guest } = await server.guest(origin === undefined ? {} : from(origin))
  guest.say({ type: 'authorize', token: text })
  guest.say({ type: 'join', swarm, have: 0, want: 8 })
  const code = (message: TrackerMessage) => (message.type === 'refused' ? message.code : message.type)
  const first = code(await guest.next())
  return first === 'authorized' ? [first, code(await guest.next())] : [first]
}

describe('a token that was copied from a page', () => {
  it('[T120] [T122] opens nothing in another room, after its end, beyond its uses, on a second connection, or altered', async () => {
    await start()
    const copied = token({ jti: 'one', uses: 1, origin: site })
    expect(await use(copied, { origin: site })).toEqual(['authorized', 'peers'])
    // On a second socket, which is also beyond its uses.
    expect(await use(copied, { origin: site })).toEqual(['bad-token'])
    const fresh = () => token({ jti: Math.random().toString(), uses: 1, origin: site })
    expect(await use(fresh(), { origin: site, swarm: swarmB })).toEqual(['authorized', 'unauthorized'])
    expect(await use(token({ exp: Date.now() / 1_000 - 60 }))).toEqual(['token-expired'])
    expect(await use(altered(fresh(), 1), { origin: site })).toEqual(['bad-token'])
    expect(await use(altered(fresh(), 2), { origin: site })).toEqual(['bad-token'])
    expect(server.tracker.stats()).toMatchObject({ memberships: 1 })
  })

  it('[T124] opens no more connections than a visitor has', async () => {
    await start({ connectionsPerTokenMax: 2 })
    const copied = token({ sub: 'visitor' })
    for (let i = 0; i < 2; i++) expect(await use(copied)).toEqual(['authorized', 'peers'])
    expect(await use(copied)).toEqual(['too-many-connections'])
    expect(await use(token({ sub: 'visitor', jti: 'another' }))).toEqual(['too-many-connections'])
  })

  it('[T280] is worth no more than a visitor takes, whatever it is used for on however many connections', async () => {
    await start({ busyConnectionsPerTokenMax: 1, joinsBurst: 3, joinsPerSecond: 0.001, introductionsBurst: 2 })
    for (let i = 0; i < 8; i++) expect(await use(token({ sub: `visitor ${i}` }))).toEqual(['authorized', 'peers'])
    const heard: TrackerMessage[] = []
    for (let i = 0; i < 4; i++) {
      const { guest } = await server.guest({ localAddress: `127.0.${i + 1}.1` })
      guest.say({ type: 'authorize', token: token({ sub: 'thief' }) })
      guest.say({ type: 'join', swarm: swarmA, have: 0, want: 8 })
      await guest.hears('authorized')
      heard.push(await guest.next())
    }
    const told = heard.map((message) => (message.type === 'peers' ? message.peers.length : message.type))
    expect(told).toEqual([2, 0, 0, 'refused'])
  })

  it('[T120] in the address of the socket is not looked at', async () => {
    await start()
    const guest = new Guest(`${server.url}?token=${token()}`, { headers: { Authorization: `Bearer ${token()}` } })
    await guest.hears('welcome')
    guest.say({ type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(await guest.next()).toMatchObject({ type: 'refused', code: 'unauthorized' })
  })
})

describe('a program that says that it is a page of the site', () => {
  it('[T120] [T125] joins nothing without a token, and is closed with 4401', async () => {
    await start({ origins: [site], authorizeWithinMs: 100 })
    const { guest } = await server.guest(from(site))
    guest.say({ type: 'join', swarm: swarmA, have: 1, want: 8 })
    expect(await guest.hears('refused')).toMatchObject({ code: 'unauthorized', swarm: swarmA })
    expect((await guest.closed).code).toBe(4401)
  })

  it('[T120] joins nothing with the token of another customer', async () => {
    await start({ origins: [site, 'https://other.example'] })
    const others = token({ origin: 'https://other.example', swarms: [swarmB] })
    expect(await use(others, { origin: site })).toEqual(['wrong-origin'])
    // It can forge that too; the room is still not the other's.
    expect(await use(others, { origin: 'https://other.example' })).toEqual(['authorized', 'unauthorized'])
  })

  it('[T121] joins nothing with a token that it made itself', async () => {
    await start()
    for (const made of [unsigned(), edwardsToken(), token({}, { key: 'x' }), JSON.stringify(claimsWith())]) {
      expect(await use(made)).toEqual(['bad-token'])
    }
    expect(server.tracker.stats()).toMatchObject({ memberships: 0 })
  })

  it('[T120] is closed when it guesses on', async () => {
    await start({ faultsBurst: 3, authorizationsBurst: 100 })
    const { guest } = await server.guest()
    for (let i = 0; i < 8 && guest.socket.readyState === guest.socket.OPEN; i++) {
      guest.say({ type: 'authorize', token: token({}, { key: String(i) }) })
      await guest.next().catch(() => {})
    }
    expect((await guest.closed).code).toBe(1008)
  })
})

describe("a page of somebody else's site", () => {
  it('[T125] hears that it is not for it, is closed with 4403, and uses nothing', async () => {
    await start({ origins: [site, 'https://*.victim.example'] })
    for (const origin of [
      'https://thief.example',
      'https://victim.example.thief.example',
      'null',
      'http://localhost',
    ]) {
      const guest = new Guest(server.url, from(origin))
      expect(await guest.next()).toMatchObject({ type: 'refused', code: 'wrong-origin' })
      guest.say({ type: 'authorize', token: token() })
      expect((await guest.closed).code).toBe(4403)
    }
    expect(server.tracker.stats()).toMatchObject({ connections: 0, peers: 0, refused: { 'wrong-origin': 4 } })
    await server.guest(from('https://cdn.victim.example'))
  })

  it('[T125] [T126] on an open tracker has no room of its own, and what names no page is let in', async () => {
    server = await startTracker({ origins: [site], swarms: [swarmA] })
    await expect(server.guest(from('https://thief.example'))).rejects.toThrow('closed before a welcome came')
    const { guest } = await server.guest()
    guest.say({ type: 'join', swarm: swarmB, have: 1, want: 8 })
    expect(await guest.next()).toMatchObject({ type: 'refused', code: 'unknown-swarm' })
  })
})

describe('a crowd of tokens', () => {
  it('[T123] that come all at once are all answered', async () => {
    await start({ connectionsPerAddressMax: 1_000 })
    const answers = await Promise.all(Array.from({ length: 100 }, async (_, i) => use(token({ sub: `visitor ${i}` }))))
    expect(answers).toEqual(Array(100).fill(['authorized', 'peers']))
  })

  it('[T123] whose connections are gone before they are verified leaves nothing behind', async () => {
    await start()
    for (let i = 0; i < 20; i++) {
      const { guest } = await server.guest()
      guest.say({ type: 'authorize', token: token({ sub: `visitor ${i}` }) })
      guest.say({ type: 'join', swarm: swarmA, have: 0, want: 8 })
      guest.socket.terminate()
    }
    await expect.poll(() => server.tracker.stats()).toMatchObject({ connections: 0, memberships: 0 })
  })
})
