/** Real trackers on a real Redis: together while it is there, alone while it is not. */
import { readFileSync } from 'node:fs'
import { createClient } from '@redis/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmId } from '../../shared/ids.ts'
import type { Log } from '../../shared/log.ts'
import { RedisServer } from '../fakes/redis-server.ts'
import { type Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

const key = Buffer.alloc(32, 7)
const running: TrackerServer[] = []

/** A new one for each test: what is in Redis outlives a tracker that is killed. */
let swarm = ''
let swarmCount = 0
beforeEach(() => {
  swarm = (++swarmCount).toString(16).padStart(40, '0')
})

const join = (guest: Guest, want = 0) => guest.join({ swarm: swarm as SwarmId, want })

async function start(
  url: string,
  more: { password?: string; log?: Log; key?: Uint8Array } = {},
): Promise<TrackerServer> {
  const { password, ...options } = more
  const bus = { url, ...(password !== undefined && { password }) }
  const tracker = await startTracker({ key, bus, nodeName: `test-${running.length}`, ...options })
  running.push(tracker)
  return tracker
}

const isUp = (tracker: TrackerServer) => tracker.tracker.stats().bus?.isUp
const up = (tracker: TrackerServer) => expect.poll(() => isUp(tracker), { timeout: 20_000 }).toBe(true)

/** Joins until somebody is named: digests travel in their own time. */
async function meets(guest: Guest): Promise<string[]> {
  for (;;) {
    guest.say({ type: 'join', swarm, have: 0, want: 8 })
    const told = await Promise.race([
      heardPeers(guest),
      new Promise<string[]>((resolve) => setTimeout(resolve, 900, [])),
    ])
    if (told.length > 0) return told
  }
}

async function heardPeers(guest: Guest): Promise<string[]> {
  for (;;) {
    const { peers } = await guest.hears('peers')
    if (peers.length > 0) return peers.map(({ id }) => id)
  }
}

/** Two trackers, with a client at each who have met. */
async function startTwo(url: string) {
  const [here, there] = [await start(url), await start(url)]
  await Promise.all([up(here), up(there)])
  const anna = await here.guest()
  await join(anna.guest)
  const ben = await there.guest()
  expect(await meets(ben.guest)).toEqual([anna.id])
  return { here, there, anna, ben }
}

/** What is logged, as texts. */
function keepingLog(): { log: Log; lines: string[] } {
  const lines: string[] = []
  const keep = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  return { log: { info: keep, warn: keep, error: keep }, lines }
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((tracker) => tracker.stop()))
})

describe('trackers on one Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server?.kill())

  it('[T161] bring their clients together, two of one name as well', async () => {
    const { there, anna, ben } = await startTwo(server.url)
    ben.guest.signal(anna.id, { session: 's', description: { type: 'offer', sdp: 'v=0\r\n' } })
    const offer = await anna.guest.hears('signal')
    expect(offer).toMatchObject({ from: ben.id, tier: 'address' })
    anna.guest.signal(ben.id, { session: 's', description: { type: 'answer', sdp: 'v=0\r\n' } })
    expect(await ben.guest.hears('signal')).toMatchObject({ from: anna.id })
    const { signalsByRoute, cluster, bus } = there.tracker.stats()
    expect(signalsByRoute).toMatchObject({ local: { offer: 0, answer: 0 }, out: { offer: 1 }, in: { answer: 1 } })
    // Beside the answer it may have heard of the other one's start.
    expect(cluster).toMatchObject({ nodes: 1, remotePeers: 1, sent: expect.any(Number) })
    expect(cluster!.received).toBeGreaterThanOrEqual(1)
    expect(bus!.publishSeconds.counts.reduce((a, b) => a + b)).toBe(cluster!.sent)
  })

  it('[T164] are strangers without the same key', async () => {
    const here = await start(server.url)
    const there = await start(server.url, { key: Buffer.alloc(32, 8) })
    await Promise.all([up(here), up(there)])
    const anna = await here.guest()
    await join(anna.guest)
    const ben = await there.guest()
    for (let i = 0; i < 3; i++) expect((await join(ben.guest, 8)).peers).toEqual([])
  })

  it('[T164] go on whatever anybody else writes into it', async () => {
    const { here, there, ben } = await startTwo(server.url)
    const writer = createClient({ url: server.url }).on('error', () => {})
    await writer.connect()
    const channels = await writer.pubSubChannels('nearcast:*')
    for (const channel of channels) {
      for (const junk of ['', 'x', '{"type":"ban"}', '.'.repeat(30), 'x'.repeat(3_000_000), '\u0000\u{1f600}']) {
        await writer.publish(channel, junk)
      }
    }
    for (const digests of await writer.keys('nearcast:digests:*')) {
      await writer.hSet(digests, {
        junk: 'junk',
        'more junk': `${Date.now() + 60_000} junk`,
        long: 'x'.repeat(3_000_000),
      })
    }
    await writer.set('nearcast:digests:wrong', 'type')
    const cleo = await there.guest()
    expect((await meets(cleo.guest)).sort()).toContain(ben.id)
    const drops = [here, there].map(({ tracker }) => tracker.stats().cluster!.dropped.malformed)
    expect(Math.min(...drops)).toBeGreaterThanOrEqual(6)
    await writer.close()
  })

  it('[T166] forget one that ends: its clients are named to nobody, not even by one that starts later', async () => {
    const { here, anna, ben } = await startTwo(server.url)
    await here.stop()
    ben.guest.signal(anna.id, { session: 's', busy: true })
    expect(await ben.guest.hears('refused')).toMatchObject({ code: 'not-introduced', to: anna.id })
    const later = await start(server.url)
    await up(later)
    expect(await meets((await later.guest()).guest)).toEqual([ben.id])
  })
})

describe('Redis', () => {
  it('[T168] may go: each tracker goes on alone and ready, and they are together again when it is back', async () => {
    const server = await RedisServer.start()
    try {
      const { log, lines } = keepingLog()
      const [here, there] = [await start(server.url, { log }), await start(server.url)]
      await Promise.all([up(here), up(there)])
      const anna = await here.guest()
      await join(anna.guest)
      await server.kill()
      await expect.poll(() => [isUp(here), isUp(there)], { timeout: 20_000 }).toEqual([false, false])
      expect(here.tracker.isReady && there.tracker.isReady).toBe(true)
      const bob = await here.guest()
      expect(await meets(bob.guest)).toEqual([anna.id])
      const ben = await there.guest()
      expect((await join(ben.guest, 8)).peers).toEqual([])
      await server.begin()
      await Promise.all([up(here), up(there)])
      expect(await meets(ben.guest)).toEqual(expect.arrayContaining([expect.any(String)]))
      expect(lines.filter((line) => line.startsWith('the bus is out of reach'))).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith('the bus is up'))).toHaveLength(2)
    } finally {
      await server.kill()
    }
  })

  it('[T295] may go: what is decided at each tracker meanwhile holds at the others when it is back', async () => {
    const server = await RedisServer.start()
    try {
      const [here, there] = [await start(server.url), await start(server.url)]
      await Promise.all([up(here), up(there)])
      const ranges = ({ tracker }: TrackerServer) => tracker.bans.list().map(({ range }) => range)
      here.tracker.bans.add('203.0.113.1', 600_000)
      await expect.poll(() => ranges(there)).toEqual(['203.0.113.1'])
      await server.kill()
      await expect.poll(() => [isUp(here), isUp(there)], { timeout: 20_000 }).toEqual([false, false])
      here.tracker.bans.lift('203.0.113.1')
      here.tracker.bans.add('203.0.113.2', 600_000)
      there.tracker.bans.add('203.0.113.3', 600_000)
      await server.begin()
      for (const tracker of [here, there]) {
        await expect.poll(() => ranges(tracker).sort(), { timeout: 20_000 }).toEqual(['203.0.113.2', '203.0.113.3'])
      }
    } finally {
      await server.kill()
    }
  })

  it('[T168] may hang: within seconds a tracker goes on alone, and is with the others when it answers again', async () => {
    const server = await RedisServer.start()
    try {
      const { log, lines } = keepingLog()
      const here = await start(server.url, { log })
      await up(here)
      const anna = await here.guest()
      await join(anna.guest)
      server.pause()
      await expect.poll(() => isUp(here), { timeout: 20_000 }).toBe(false)
      expect(here.tracker.isReady).toBe(true)
      expect(await meets((await here.guest()).guest)).toEqual([anna.id])
      server.resume()
      await up(here)
      expect(lines.filter((line) => line.startsWith('the bus is'))).toHaveLength(3)
    } finally {
      server.resume()
      await server.kill()
    }
  })

  it('[T168] may be out of reach at the start: one line says so, and visitors are served', async () => {
    const { log, lines } = keepingLog()
    const tracker = await start('redis://127.0.0.1:1', { log })
    const anna = await tracker.guest()
    await join(anna.guest)
    expect(await meets((await tracker.guest()).guest)).toEqual([anna.id])
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1)
    expect(lines[0]).toMatch(/out of reach.*redis:\/\/127\.0\.0\.1:1.*ECONNREFUSED/)
  })

  it('[T171] may want another password: one line says so, and no line has the one that was given', async () => {
    const server = await RedisServer.start(['--requirepass', 'right'])
    try {
      const { log, lines } = keepingLog()
      const wrong = await start(server.url.replace('//', '//:inTheUrl@'), { log, password: 'hunter2' })
      const right = await start(server.url, { password: 'right' })
      await up(right)
      await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1)
      expect(lines[0]).toMatch(/WRONGPASS/)
      expect(lines.join()).not.toMatch(/hunter2|inTheUrl/)
      expect(isUp(wrong)).toBe(false)
      const anna = await wrong.guest()
      await join(anna.guest)
      expect(await meets((await wrong.guest()).guest)).toEqual([anna.id])
    } finally {
      await server.kill()
    }
  })

  it('[T171] may know them as a user who may do no more than the guide says', { timeout: 60_000 }, async () => {
    const guide = readFileSync(new URL('../../docs/guides/cluster.md', import.meta.url), 'utf8')
    const rights = /`(\+publish [^`]*)`/.exec(guide)![1]!
    const password = 'a:b@c/d%20#'
    const user = ['--user', 'tracker', 'on', `>${password}`, ...rights.split(' ')]
    const server = await RedisServer.start(['--user', 'default', 'off', ...user])
    try {
      const named = await start(server.url.replace('//', '//tracker@'), { password })
      const replaced = await start(server.url.replace('//', '//tracker:inTheUrl@'), { password })
      const inUrl = await start(server.url.replace('//', `//tracker:${encodeURIComponent(password)}@`))
      for (const tracker of [named, replaced, inUrl]) await up(tracker)
      const anna = await named.guest()
      await join(anna.guest)
      expect(await meets((await inUrl.guest()).guest)).toContain(anna.id)
    } finally {
      await server.kill()
    }
  })

  it.each([
    ['http://127.0.0.1', 'the value given'],
    ['redis', 'the value given'],
  ])('[T171] at an address that is none is refused: %s', async (url, shown) => {
    await expect(start(url)).rejects.toThrow(`tracker setting bus: "${shown}" is not an address such as redis://`)
  })

  it('[T171] without a key is refused: nobody else could have the same', async () => {
    await expect(startTracker({ bus: { url: 'redis://127.0.0.1:1' } })).rejects.toThrow('tracker setting key')
  })
})
