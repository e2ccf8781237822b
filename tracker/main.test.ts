import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { PeerId } from '../shared/ids.ts'
import { silentLog } from '../shared/log.ts'
import { offer, swarmB } from '../test/fakes/tracker-crowd.ts'
import { Guest, rawUpgrade, readToEnd, startTracker, type TrackerServer } from '../test/fakes/tracker-server.ts'
import { webTorrentPath } from './api.ts'
import { createTracker, type TrackerOptions } from './main.ts'

let server: TrackerServer | undefined

async function start(options: Partial<TrackerOptions> = {}): Promise<TrackerServer> {
  server = await startTracker(options)
  return server
}

afterEach(async () => {
  await server?.stop()
  server = undefined
})

describe('the tracker', () => {
  it('[T11] introduces a newcomer to who is there, and carries their signals', async () => {
    const { guest } = await start()
    const anna = await guest()
    expect(await anna.guest.join({ have: 1 })).toMatchObject({ peers: [], size: 1 })
    const ben = await guest()
    expect(await ben.guest.join({ want: 8 })).toMatchObject({ peers: [{ id: anna.id, tier: 'address' }], size: 2 })
    ben.guest.signal(anna.id, offer)
    expect(await anna.guest.hears('signal')).toMatchObject({ from: ben.id, tier: 'address', signal: offer })
    anna.guest.signal(ben.id, { session: 's1', busy: true })
    expect(await ben.guest.hears('signal')).toMatchObject({ from: anna.id, signal: { busy: true } })
    expect(server!.tracker.stats()).toMatchObject({
      connections: 2,
      swarms: 1,
      peers: 2,
      signals: 2,
      introductions: { address: 1, anywhere: 0 },
    })
  })

  it('[T105] [T102] lets only those meet whom its scope allows, by what its proxy says of them', async () => {
    const geoHeaders = { country: 'CF-IPCountry' }
    const { guest, tracker } = await start({ trustedProxies: ['loopback'], geoHeaders, scope: 'region' })
    const from = (address: string, country: string) =>
      guest({ headers: { 'X-Forwarded-For': address, 'CF-IPCountry': country } })
    const anna = await from('203.0.113.5', 'NO')
    const ben = await from('198.51.100.5', 'NO')
    const carl = await from('203.0.113.6', 'SE')
    for (const { guest: one } of [anna, ben, carl]) await one.join()
    expect(await anna.guest.join({ want: 8 })).toMatchObject({ peers: [{ id: ben.id, tier: 'region' }], size: 2 })
    expect(await carl.guest.join({ want: 8 })).toMatchObject({ peers: [], size: 1 })
    carl.guest.signal(anna.id, offer)
    expect(await carl.guest.hears('refused')).toMatchObject({ code: 'not-introduced' })
    expect(tracker.stats().signals).toBe(0)
  })

  it('[T30] refuses a scope and a source of places that it does not know', () => {
    expect(() => createTracker({ log: silentLog, scope: 'isp' as never })).toThrow(
      'tracker setting scope: "isp" is not one of anywhere, region, network',
    )
    expect(() => createTracker({ log: silentLog, zonesFile: '/nowhere/zones' })).toThrow('there is no such file')
  })

  it('[T9] gives ids that nobody can guess, and never the same twice', async () => {
    const { guest } = await start()
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await guest()).id))
    expect(new Set(ids).size).toBe(20)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })

  it('[T20] forgets a client at once that closes, and one whose connection breaks', async () => {
    const { guest } = await start()
    const watcher = await guest()
    const leaver = await guest()
    const victim = await guest()
    for (const { guest: member } of [watcher, leaver, victim]) await member.join()
    leaver.guest.socket.close()
    victim.guest.socket.terminate()
    await leaver.guest.closed
    // The end of a broken connection reaches the tracker before anything that is sent after it was seen here.
    await expect.poll(async () => (await watcher.guest.join({ want: 8 })).size).toBe(1)
    expect(server!.tracker.stats()).toMatchObject({ connections: 1, peers: 1 })
  })

  it('[T14] groups clients by the regions that the operator named', async () => {
    const { guest } = await start({
      regions: [
        { name: 'north', cidrs: ['10.1.0.0/16', '2001:db8:1::/48'] },
        { name: 'south', cidrs: ['10.2.0.0/16'] },
      ],
      trustedProxies: ['loopback'],
    })
    const from = (address: string) => guest({ headers: { 'X-Forwarded-For': address } })
    const north = await from('10.1.2.3')
    await north.guest.join()
    const south = await from('10.2.2.3')
    await south.guest.join()
    const newcomer = await from('2001:db8:1::9')
    expect((await newcomer.guest.join({ want: 8 })).peers).toMatchObject([
      { id: north.id, tier: 'region' },
      { id: south.id, tier: 'anywhere' },
    ])
  })

  it('[T32] serves the swarms that it was told to, and no others', async () => {
    const { guest } = await start({ serves: (swarm) => swarm !== swarmB })
    const { guest: anna } = await guest()
    expect((await anna.join()).size).toBe(1)
    anna.say({ type: 'join', swarm: swarmB, have: 0, want: 8 })
    expect(await anna.hears('refused')).toMatchObject({ code: 'unknown-swarm', swarm: swarmB })
  })

  it('[T28] sends everybody away when it closes, and takes nobody in any more', async () => {
    const { guest, tracker, port } = await start()
    const anna = await guest()
    const closing = tracker.close()
    expect(await anna.guest.hears('refused')).toMatchObject({ code: 'draining' })
    expect((await anna.guest.closed).code).toBe(1012)
    await closing
    expect(tracker.stats().connections).toBe(0)
    expect((await readToEnd(await rawUpgrade(port))).toString()).toContain('503 Service Unavailable')
    await tracker.close()
  })

  it('[T21] notices a client that no longer answers', async () => {
    const { guest, tracker } = await start({ heartbeatMs: 60 })
    const anna = await guest()
    const silent = await guest({ autoPong: false })
    await anna.guest.join()
    await silent.guest.join()
    expect((await silent.guest.closed).code).toBe(1006)
    expect((await anna.guest.join({ want: 8 })).size).toBe(1)
    expect(tracker.stats().refused['no-answer']).toBe(1)
  })
})

describe('an upgrade', () => {
  const answerTo = async (request: Parameters<typeof rawUpgrade>[1]): Promise<string> => {
    const { port } = await start()
    return (await readToEnd(await rawUpgrade(port, request))).toString()
  }

  it('[T27] to another path is answered 404 with the right path', async () => {
    const answer = await answerTo({ path: '/chat' })
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
    expect(answer).toContain('the tracker is at /.nearcast/tracker')
    expect(server!.tracker.stats().refused['bad-upgrade']).toBe(1)
  })

  it.each([undefined, 'chat', 'nearcast.10, chat', 'xnearcast.1'])(
    '[T27] that offers the subprotocols %j is answered 400 with the right one',
    async (protocols) => {
      const answer = await answerTo({ headers: { 'Sec-WebSocket-Protocol': protocols } })
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
      expect(answer).toContain('the WebSocket subprotocol nearcast.1')
    },
  )

  it.each([
    [{ 'Sec-WebSocket-Key': 'short' }, 'Sec-WebSocket-Key'],
    [{ 'Sec-WebSocket-Version': '7' }, 'Sec-WebSocket-Version'],
    [{ Upgrade: 'h2c' }, 'Upgrade'],
    [{ 'Sec-WebSocket-Protocol': 'nearcast.1, nearcast.1' }, 'Sec-WebSocket-Protocol'],
  ])('[T27] with %j is answered 400 with the header that is wrong', async (headers, name) => {
    const answer = await answerTo({ headers })
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toContain(name)
  })

  it('[T27] that offers several versions gets the one that is spoken', async () => {
    const { url } = await start()
    const guest = new Guest(url, { protocolVersion: 13 })
    await guest.hears('welcome')
    expect(guest.socket.protocol).toBe('nearcast.1')
    const { port } = server!
    const socket = await rawUpgrade(port, { headers: { 'Sec-WebSocket-Protocol': 'nearcast.9, nearcast.1' } })
    const [part] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])))
    expect(part.toString()).toContain('Sec-WebSocket-Protocol: nearcast.1\r\n')
    socket.destroy()
  })
})

describe('the welcome', () => {
  it('[T227] names the STUN port once there is one, and no server where there is none', async () => {
    const { tracker, url } = await start()
    const before = await new Guest(url).hears('welcome')
    expect(before).not.toHaveProperty('stunPort')
    expect(before).not.toHaveProperty('iceServers')
    const port = await tracker.openStun(0, '127.0.0.1')
    expect(await new Guest(url).hears('welcome')).toMatchObject({ stunPort: port })
  })

  it('[T228] has credentials that coturn takes: an hour from now and the own id, signed with the secret', async () => {
    const turnSecret = 'a secret that both have'
    const turnUrls = ['turn:turn.example.org:3478?transport=udp', 'turns:turn.example.org']
    const { url } = await start({ turnUrls, turnSecret })
    const { id, iceServers } = await new Guest(url).hears('welcome')
    const { urls, username, credential } = iceServers![0]!
    expect(urls).toEqual(turnUrls)
    const [endsAt, user] = username!.split(':')
    expect(user).toBe(id)
    const secondsLeft = Number(endsAt) - Date.now() / 1000
    expect(secondsLeft).toBeGreaterThan(3_500)
    expect(secondsLeft).toBeLessThanOrEqual(3_600)
    expect(credential).toBe(createHmac('sha1', turnSecret).update(username!).digest('base64'))
  })

  it('[T228] is followed by new credentials when half of their time has passed', async () => {
    let now = 0
    const options = { turnUrls: ['turn:turn.example.org'], turnSecret: 'x'.repeat(16), turnTtlMs: 600_000 }
    const { url } = await start({ ...options, heartbeatMs: 30, now: () => now })
    const guest = new Guest(url)
    await guest.hears('welcome')
    now += 300_000
    const { iceServers } = await guest.hears('servers')
    expect(iceServers).toHaveLength(1)
  })
})

it('[T256] whom the operator keeps out goes, in whatever protocol it came', async () => {
  const { url, tracker } = await start({ webTorrent: true })
  const own = new Guest(url)
  await own.hears('welcome')
  const other = new WebSocket(new URL(webTorrentPath, url))
  await once(other, 'open')
  expect(tracker.bans.add('127.0.0.1', 60_000)).toMatchObject({ range: '127.0.0.1', forSeconds: 60 })
  const [code] = await once(other, 'close')
  expect([code, (await own.closed).code]).toEqual([1013, 1013])
  expect(() => tracker.bans.add('127.0.0.0/8', 60_000)).toThrow('"127.0.0.0/8" is not an address, or a network')
  expect(() => tracker.bans.add('127.0.0.1', 0)).toThrow('30 days at most')
  expect(tracker.bans.lift('127.0.0.1')).toBe(true)
  await new Guest(url).hears('welcome')
})

describe('files that are read again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-files-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  /** All of them, and what is wrong with those that could not be read. */
  const reload = async ({ tracker }: TrackerServer) => {
    const outcomes = await Promise.allSettled(tracker.files.map((file) => file.reload()))
    return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason.message)] : []))
  }

  it('[T254] say which edges there are: clients hear of others, and a file that makes no sense changes nothing', async () => {
    const edgesFile = put('edges', '# ours\nhttps://a.example.org EU\n\nhttps://b.example.org/  # anywhere\n')
    const started = await start({ edgesFile, heartbeatMs: 300 })
    const guest = new Guest(started.url)
    expect(await guest.hears('welcome')).toMatchObject({ edges: expect.arrayContaining(['https://a.example.org/']) })
    put('edges', 'https://c.example.org\n')
    expect(await reload(started)).toEqual([])
    for (;;) {
      const { edges } = await guest.hears('servers')
      if (edges?.includes('https://c.example.org/')) break
    }
    put('edges', 'https://d.example.org\nftp://e.example.org\n')
    expect(await reload(started)).toEqual([expect.stringMatching(/edges: line 2 begins with "ftp:/)])
    expect(started.tracker.stats().edges.count).toBe(1)
    put('edges', '')
    expect(await reload(started)).toEqual([])
    expect((await guest.hears('servers')).edges).toEqual([])
  })

  it('[T254] are refused at the start when they are wrong, or when edges are listed as well', async () => {
    const edgesFile = put('twice', 'https://a.example.org\nhttps://a.example.org/\n')
    await expect(start({ edgesFile })).rejects.toThrow(/edgesFile: .*line 2 names https:\/\/a\.example\.org\/ again/)
    const edges = [{ url: 'https://a.example.org/' }]
    await expect(start({ edgesFile: put('one', ''), edges })).rejects.toThrow('tracker setting edgesFile')
  })

  it('[T206] hold the secret of TURN, the keys of tokens, zones and swarms', async () => {
    const texts = { zonesFile: '10.0.0.0/8 a\n', swarmsFile: `${swarmB}\n`, tokenSecretFile: 'x'.repeat(32) }
    const options = {
      zonesFile: put('zones', texts.zonesFile),
      swarmsFile: put('swarms', texts.swarmsFile),
      tokenSecretFile: put('secret', texts.tokenSecretFile),
      files: [{ name: 'another', reload: async () => {} }],
    }
    const started = await start({ ...options, admission: 'token' })
    expect(started.tracker.files.map(({ name }) => name).toSorted()).toEqual([
      'another',
      'swarmsFile',
      'tokenSecretFile',
      'zonesFile',
    ])
    put('zones', 'nonsense')
    put('secret', 'short')
    rmSync(put('swarms', ''))
    const faults = (await reload(started)).join()
    expect(faults).toMatch(/zones: line 1: .*secret: "a secret of 5 bytes".*/s)
    expect(faults).toMatch(/swarms: there is no such file/)
  })
})

describe('the edges of the origin', () => {
  /** A server that says that it is well until it is told otherwise. */
  async function edge() {
    let status = 200
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/.nearcast/ready' ? status : 404).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}/`,
      says(next: number) {
        status = next
      },
      async stop() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  it('[T231] leave the lists of clients when they die or drain, and come back', async () => {
    const [a, b] = [await edge(), await edge()]
    const edges = [
      { url: a.url, region: 'here' },
      { url: b.url, region: 'there' },
    ]
    const regions = [{ name: 'here', cidrs: ['127.0.0.0/8'] }]
    const { url, tracker } = await start({ edges, regions, edgeCheckMs: 10, heartbeatMs: 300 })
    const guest = new Guest(url)
    expect(await guest.hears('welcome')).toMatchObject({ edges: [a.url, b.url] })
    a.says(503)
    expect(await guest.hears('servers')).toEqual({ type: 'servers', edges: [b.url] })
    await b.stop()
    expect(await guest.hears('servers')).toEqual({ type: 'servers', edges: [] })
    expect(await new Guest(url).hears('welcome')).toMatchObject({ edges: [] })
    expect(tracker.stats().edges).toEqual({ count: 2, well: 0 })
    a.says(200)
    expect(await guest.hears('servers')).toEqual({ type: 'servers', edges: [a.url] })
    await a.stop()
  })

  it('[T231] are not named where there are none', async () => {
    const { url } = await start()
    expect(await new Guest(url).hears('welcome')).not.toHaveProperty('edges')
  })
})

describe('a wrong setting', () => {
  it.each([
    [{ regions: [{ name: 'oslo', cidrs: ['10.0.0.0/40'] }] }, 'regions[0].cidrs[0]: "10.0.0.0/40"'],
    [{ trustedProxies: ['nginx'] }, 'trustedProxies[0]: "nginx"'],
    [{ connectionsPerAddressMax: 0 }, 'connectionsPerAddressMax: 0 is not a whole number of at least 1'],
    [{ paths: ['tracker'] }, 'paths: "tracker" is not a path that begins with /'],
    [{ heartbeatMs: 0 }, 'heartbeatMs: 0 is not a whole number of at least 1'],
    [
      { edges: [{ url: 'https://eu.example.org' }] },
      'edges[0].url: "https://eu.example.org" is not an address that ends',
    ],
    [{ edges: [{ url: 'ftp://eu.example.org/' }] }, 'edges[0].url: "ftp://eu.example.org/" is not an address'],
    [{ edges: [{ url: 'https://eu/' }, { url: 'https://eu/' }] }, 'edges[1].url: "https://eu/" is not there once only'],
    [{ edgeHealthPath: 'ready' }, 'edgeHealthPath: "ready" is not a path'],
    [{ stunUrls: ['stun.example.org'] }, 'stunUrls: "stun.example.org" is not stun:host or stun:host:port'],
    [{ turnUrls: ['turn:a b'], turnSecret: 'x'.repeat(16) }, 'turnUrls: "turn:a b" is not turn:host:port'],
    [{ turnUrls: ['turn:turn.example.org'] }, 'turnSecret: "0 characters" is not the secret'],
    [{ turnUrls: ['turn:turn.example.org'], turnSecret: 'short' }, 'turnSecret: "5 characters" is not the secret'],
    [{ turnSecret: 'x'.repeat(16) }, 'turnUrls: [] is not the TURN servers that turnSecret is for'],
    [{ turnTtlMs: 1_000 }, 'turnTtlMs: 1000 is not a time from 5 minutes to 7 days'],
    [{ stunAnswersPerSecond: 0 }, 'stunAnswersPerSecond: 0 is not a number above 0'],
    [{ sendQueueBytesMax: -5 }, 'sendQueueBytesMax: -5 is not a whole number of at least 1'],
    [{ webTorrentPath: 'announce' }, 'webTorrentPath: "announce" is not a path that begins with /'],
    [
      { webTorrent: true, admission: 'token' as const, tokenSecret: 'x'.repeat(64) },
      'webTorrent: its clients have no tokens to show; leave it off, or set admission to open',
    ],
  ])('[T30] is refused at start by name: %j', (settings, message) => {
    expect(() => createTracker({ log: silentLog, ...settings })).toThrow(`tracker setting ${message}`)
  })
})

describe('the log', () => {
  it('[T29] says whom the tracker closed and why, without an address', async () => {
    const lines: string[] = []
    const keep = (fields: object, message: string) => {
      lines.push(JSON.stringify({ ...fields, message }))
    }
    const { guest } = await start({ log: { info: keep, warn: keep, error: keep }, faultsBurst: 1 })
    const { guest: anna, id } = await guest()
    anna.say('junk')
    anna.say('junk')
    expect((await anna.closed).code).toBe(1008)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('too many faults')
    expect(lines[0]).not.toContain('127.0.0.1')
    expect(lines[0]).not.toContain(id satisfies PeerId)
  })
})

describe('a client that comes back', () => {
  const key = Buffer.alloc(32, 7)
  const comingBack = async ({ url }: { url: string }, resume: string) => {
    const guest = new Guest(url, {}, resume)
    const { id, resume: next } = await guest.hears('welcome')
    return { guest, id, next: next! }
  }
  const coming = async ({ url }: { url: string }) => {
    const guest = new Guest(url)
    const { id, resume } = await guest.hears('welcome')
    return { guest, id, resume: resume! }
  }

  it('[T180] with its token is the same peer, also on another tracker that has the key', async () => {
    const here = await start({ key })
    const anna = await coming(here)
    anna.guest.socket.terminate()
    const again = await comingBack(here, anna.resume)
    expect(again.id).toBe(anna.id)
    expect(again.next).not.toBe(anna.resume)
    const elsewhere = await startTracker({ key })
    const moved = await comingBack(elsewhere, again.next)
    expect(moved.id).toBe(anna.id)
    expect(elsewhere.tracker.stats()).toMatchObject({ connections: 1, resumed: 1 })
    await elsewhere.stop()
  })

  it('[T180] to a tracker with another key is a new peer', async () => {
    const { resume, id } = await coming(await start())
    const elsewhere = await startTracker()
    expect((await comingBack(elsewhere, resume)).id).not.toBe(id)
    await elsewhere.stop()
  })

  it('[T180] with anything else than a token is a new peer', async () => {
    const here = await start({ key })
    const { id } = await coming(here)
    for (const wrong of [id, `${id}.1.${'A'.repeat(22)}`, 'x'.repeat(4_000), '.']) {
      expect((await comingBack(here, wrong)).id).not.toBe(id)
    }
  })

  it('[T181] while its former connection is still there closes that one, and is told of no refusal', async () => {
    const here = await start({ key })
    const watcher = await here.guest()
    const anna = await coming(here)
    await anna.guest.join({ have: 0.5 })
    const again = await comingBack(here, anna.resume)
    expect(again.id).toBe(anna.id)
    expect((await anna.guest.closed).code).toBe(1000)
    expect((await again.guest.join({ have: 0.5 })).size).toBe(1)
    expect((await watcher.guest.join({ want: 8 })).peers).toMatchObject([{ id: anna.id }])
    expect(here.tracker.stats()).toMatchObject({ connections: 2, peers: 2 })
    again.guest.signal(watcher.id, offer)
    expect(await watcher.guest.hears('signal')).toMatchObject({ from: anna.id })
  })

  it('[T181] loses nothing to who stole its last token: that one is spent', async () => {
    const here = await start({ key })
    const anna = await coming(here)
    const again = await comingBack(here, anna.resume)
    const thief = await comingBack(here, anna.resume)
    expect(thief.id).not.toBe(anna.id)
    expect((await again.guest.join()).size).toBe(1)
  })

  it('[T181] two at once with one token: one is the peer, the other a new one', async () => {
    const here = await start({ key })
    const anna = await coming(here)
    const both = await Promise.all([comingBack(here, anna.resume), comingBack(here, anna.resume)])
    expect(both.filter(({ id }) => id === anna.id)).toHaveLength(1)
    expect((await anna.guest.closed).code).toBe(1000)
    expect(here.tracker.stats().connections).toBe(2)
  })

  it('[T182] can still complain about whom it was introduced to before', async () => {
    const here = await start({ key, complaintNetworksMin: 1, trustedProxies: ['loopback'] })
    const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
    const liar = await here.guest(from('203.0.113.1'))
    await liar.guest.join({ have: 1 })
    const anna = new Guest(here.url, from('198.51.100.1'))
    const { resume } = await anna.hears('welcome')
    const { peers } = await anna.join({ want: 8 })
    anna.socket.terminate()
    const again = new Guest(here.url, from('198.51.100.1'), resume)
    await again.hears('welcome')
    again.say({ type: 'complain', about: liar.id, reason: 'wrong-bytes', ticket: peers[0]!.ticket })
    expect(await liar.guest.hears('refused')).toMatchObject({ code: 'banned' })
  })
})

describe('a tracker that is about to end', () => {
  it('[T184] is not ready, goes on for a while, then tells each client a moment of its own in the window', async () => {
    const { guest, tracker, url } = await start()
    const guests = await Promise.all(Array.from({ length: 20 }, async () => (await guest()).guest))
    expect(tracker.isReady).toBe(true)
    const drained = tracker.drain({ delayMs: 100, windowMs: 60_000 })
    expect(tracker.isReady).toBe(false)
    const late = new Guest(url)
    await late.hears('welcome')
    const slots = await Promise.all([...guests, late].map(async (told) => (await told.hears('drain')).afterMs))
    const sorted = slots.toSorted((a, b) => a - b)
    for (const [i, slot] of sorted.entries()) {
      expect(slot).toBeGreaterThanOrEqual(Math.floor((i * 60_000) / 21))
      expect(slot).toBeLessThan(((i + 1) * 60_000) / 21)
    }
    // Until they go, it is a tracker as ever.
    expect((await guests[0]!.join({ want: 8 })).size).toBe(1)
    await Promise.all([tracker.close(), drained])
    expect((await guests[0]!.closed).code).toBe(1012)
  })

  it('[T184] is over as soon as everybody has left', async () => {
    const { guest, tracker } = await start()
    const { guest: anna } = await guest()
    const drained = tracker.drain({ delayMs: 0, windowMs: 600_000 })
    await anna.hears('drain')
    anna.socket.close()
    await drained
    expect(tracker.stats().connections).toBe(0)
  })

  it('[T184] takes nobody in any more: who comes hears to come when it is over', async () => {
    const { guest, tracker, url } = await start()
    const { guest: anna } = await guest()
    const drained = tracker.drain({ delayMs: 0, windowMs: 60_000 })
    await anna.hears('drain')
    const newcomer = new Guest(url)
    const { retryMs } = await newcomer.hears('busy')
    expect(retryMs).toBeGreaterThan(50_000)
    expect(retryMs).toBeLessThan(70_000)
    expect((await newcomer.closed).code).toBe(1013)
    await Promise.all([tracker.close(), drained])
  })

  it('[T184] ends at once when it is told to close', async () => {
    const { guest, tracker } = await start()
    const { guest: anna } = await guest()
    const drained = tracker.drain({ delayMs: 600_000, windowMs: 600_000 })
    await tracker.close()
    await drained
    expect((await anna.closed).code).toBe(1012)
  })
})

describe('too many at once', () => {
  it('[T186] are told when to come back, each at another moment', async () => {
    // A sixteenth of the rate is for one address, and the clock stands still.
    const { guest, url, tracker } = await start({ connectionsPerSecond: 16, now: () => 0 })
    await guest()
    const guests = Array.from({ length: 7 }, () => new Guest(url))
    const waits = await Promise.all(guests.map(async (told) => (await told.hears('busy')).retryMs))
    expect(new Set(waits).size).toBe(7)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
    for (const told of guests) expect((await told.closed).code).toBe(1013)
    expect(tracker.stats()).toMatchObject({ connections: 1, refused: { busy: 7 } })
  })
})
