import { afterEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../shared/ids.ts'
import { silentLog } from '../shared/log.ts'
import { offer, swarmB } from '../test/fakes/tracker-crowd.ts'
import { Guest, rawUpgrade, readToEnd, startTracker, type TrackerServer } from '../test/fakes/tracker-server.ts'
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

describe('a wrong setting', () => {
  it.each([
    [{ regions: [{ name: 'oslo', cidrs: ['10.0.0.0/40'] }] }, 'regions[0].cidrs[0]: "10.0.0.0/40"'],
    [{ trustedProxies: ['nginx'] }, 'trustedProxies[0]: "nginx"'],
    [{ connectionsPerAddressMax: 0 }, 'connectionsPerAddressMax: 0 is not a whole number of at least 1'],
    [{ paths: ['tracker'] }, 'paths: "tracker" is not a path that begins with /'],
    [{ heartbeatMs: 0 }, 'heartbeatMs: 0 is not a whole number of at least 1'],
    [{ sendQueueBytesMax: -5 }, 'sendQueueBytesMax: -5 is not a whole number of at least 1'],
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
