import { afterEach, describe, expect, it } from 'vitest'
import { secret, token } from '../../test/fakes/tokens.ts'
import { swarmA, swarmB } from '../../test/fakes/tracker-crowd.ts'
import { Guest, startTracker, type TrackerServer } from '../../test/fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

const join = { type: 'join', swarm: swarmA, have: 0, want: 0 }
const site = { headers: { Origin: 'https://example.org' } }

describe('a tracker whose settings change while it runs', () => {
  it('[T283] holds those who are connected to other rates from then on', async () => {
    server = await startTracker()
    const { guest } = await server.guest()
    for (let i = 0; i < 3; i++) await guest.join()
    server.tracker.change({ joinsBurst: 1, joinsPerSecond: 0.001 })
    await guest.join()
    guest.say(join)
    expect(await guest.next()).toMatchObject({
      code: 'too-fast',
      message: 'at most 1 joins at once and 0.001 a second',
    })
    server.tracker.change({ joinsBurst: 100, joinsPerSecond: 1_000 })
    await expect.poll(() => guest.join().then(({ size }) => size)).toBe(1)
  })

  it('[T283] lets in as many of an address as it says now, and keeps those who are there', async () => {
    server = await startTracker()
    const guests = await Promise.all([server.guest(), server.guest()])
    server.tracker.change({ connectionsPerAddressMax: 2 })
    await expect(server.guest()).rejects.toThrow('closed before a welcome came')
    for (const { guest } of guests) await guest.join()
    server.tracker.change({ connectionsPerAddressMax: 3 })
    await server.guest()
  })

  it('[T283] lets one token take as much as it says now', async () => {
    server = await startTracker({ admission: 'token', tokenSecret: secret })
    const { guest } = await server.guest()
    guest.say({ type: 'authorize', token: token({ sub: 'anna', swarms: 'any' }) })
    await guest.join()
    server.tracker.change({ connectionsPerTokenMax: 1, swarmsPerConnectionMax: 1, busyConnectionsPerTokenMax: 1 })
    guest.say({ ...join, swarm: swarmB })
    expect(await guest.next()).toMatchObject({ code: 'too-many-swarms' })
    const { guest: second } = await server.guest()
    second.say({ type: 'authorize', token: token({ sub: 'anna', swarms: 'any' }) })
    expect(await second.next()).toMatchObject({ code: 'too-many-connections' })
  })

  it('[T283] lets in pages of other sites than before', async () => {
    server = await startTracker({ origins: ['https://example.org'] })
    await server.guest(site)
    server.tracker.change({ origins: ['https://example.com'] })
    expect(await new Guest(server.url, site).next()).toMatchObject({ code: 'wrong-origin' })
    server.tracker.change({})
    await server.guest(site)
  })

  it.each([
    [{ joinsBurst: 0 }, 'joinsBurst: 0 is not a whole number of at least 1'],
    [{ joinBurst: 5 }, 'joinBurst: there is none of this name (did you mean joinsBurst?)'],
    [{ origins: ['example.org'] }, 'origins[0]: "example.org" is not a web origin'],
    [{ revealWindowMs: 5 }, 'revealWindowMs: 5 is not what the tracker was made with, 600000'],
  ])('[T283] changes nothing when one is wrong or cannot change: %j', async (wrong, message) => {
    server = await startTracker({ origins: ['https://example.org'] })
    expect(() => server.tracker.change({ swarmsPerConnectionMax: 1, origins: [], ...wrong })).toThrow(message)
    const { guest } = await server.guest(site)
    await guest.join()
    await guest.join({ swarm: swarmB })
  })
})
