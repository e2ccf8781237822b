import { once } from 'node:events'
import { register } from 'node:module'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { installWebTorrent, webTorrentModules } from '../bench/webtorrent-packages.ts'
import { webTorrentPath } from '../tracker/api.ts'
import { startTracker, type TrackerServer } from './fakes/tracker-server.ts'

/** What is used of bittorrent-tracker's client, which WebTorrent and P2P Media Loader bring with them. */
interface Client extends NodeJS.EventEmitter {
  start(options?: object): void
  stop(options?: object): void
  complete(options?: object): void
  update(options?: object): void
  scrape(options?: object): void
  destroy(done: () => void): void
}

interface Link extends NodeJS.EventEmitter {
  id: string
  send(text: string): void
  destroy(): void
}

interface Counts {
  complete: number
  incomplete: number
  infoHash: string
}

const hashA = 'a1'.repeat(20)
const hashB = 'ff00'.repeat(10)

let ClientClass: new (options: object) => Client
let tracker: TrackerServer
let clients: Client[] = []
let links: Link[] = []

/** Gives WebTorrent's packages the WebRTC that is installed here, in place of one that an install script would bring. */
const resolveWebRtc = `export const resolve = (name, context, next) =>
  name === 'webrtc-polyfill'
    ? { url: '${new URL('fakes/web-rtc.mjs', import.meta.url)}', shortCircuit: true }
    : next(name, context)`

beforeAll(async () => {
  installWebTorrent()
  register(`data:text/javascript,${encodeURIComponent(resolveWebRtc)}`)
  ClientClass = (await import(new URL('bittorrent-tracker/client.js', webTorrentModules).href)).default
}, 120_000)

beforeEach(async () => {
  tracker = await startTracker({ webTorrent: true })
})

afterEach(async () => {
  for (const link of links) link.destroy()
  await Promise.all(clients.map((client) => new Promise<void>((done) => client.destroy(done))))
  ;[clients, links] = [[], []]
  await tracker.stop()
})

afterAll(() => {
  vi.restoreAllMocks()
})

/** Clients of one process share the connection to one address: another query makes another address. */
function openClient(name: number, { infoHash = hashA, page = name, path = webTorrentPath } = {}): Client {
  const peerId = Buffer.from(`-WW0107-${String(name).padStart(12, '\u00fe')}`, 'latin1').toString('hex')
  const announce = `ws://127.0.0.1:${tracker.port}${path}?page=${page}`
  const client = new ClientClass({ infoHash, peerId, announce, port: 6881, rtcConfig: { iceServers: [] } })
  client.on('peer', (link: Link) => {
    link.on('error', () => {})
    links.push(link)
  })
  clients.push(client)
  return client
}

async function nextUpdate(client: Client): Promise<Counts> {
  const [counts] = await once(client, 'update')
  return counts
}

async function started(name: number, options?: Parameters<typeof openClient>[1], say = {}): Promise<Client> {
  const client = openClient(name, options)
  const update = nextUpdate(client)
  client.start({ numwant: 0, ...say })
  await update
  return client
}

/** The text that the other side says over the link of these two. */
async function meet(a: Client, b: Client): Promise<string> {
  const links = Promise.all([once(a, 'peer'), once(b, 'peer')])
  b.update({ numwant: 1 })
  const [[linkA], [linkB]] = (await links) as [[Link], [Link]]
  await Promise.all([once(linkA, 'connect'), once(linkB, 'connect')])
  const heard = once(linkB, 'data')
  linkA.send('hello')
  return Buffer.from((await heard)[0]).toString()
}

describe("bittorrent-tracker's own client", () => {
  it('[T240] [T241] learns how many there are, and when the next one came', async () => {
    const a = openClient(1)
    const first = nextUpdate(a)
    a.start({ left: 0, numwant: 0 })
    expect(await first).toMatchObject({ complete: 1, incomplete: 0, interval: 120, infoHash: hashA })
    await started(2, {}, { left: 100 })
    const second = nextUpdate(a)
    a.update({ left: 0, numwant: 0 })
    expect(await second).toMatchObject({ complete: 1, incomplete: 1 })
  })

  it('[T242] [T244] meets another one: an offer, an answer, and a link that carries data', async () => {
    const a = await started(1)
    const b = await started(2)
    expect(await meet(a, b)).toBe('hello')
    expect(tracker.tracker.stats().webTorrent).toMatchObject({ answers: 1, offers: { address: 1 }, peers: 2 })
  })

  it('[T240] does so at the root path too, beside our own clients', async () => {
    await tracker.stop()
    tracker = await startTracker({ webTorrent: true, webTorrentPath: '/', paths: ['/'] })
    const a = await started(1, { path: '/' })
    const b = await started(2, { path: '/' })
    expect(await meet(a, b)).toBe('hello')
  })

  it('[T245] scrapes the swarm that it is in, and no other', async () => {
    const a = await started(1, {}, { left: 0 })
    await started(2)
    const scraped = once(a, 'scrape')
    a.scrape()
    expect((await scraped)[0]).toMatchObject({ infoHash: hashA, complete: 1, incomplete: 1 })
    const refused = once(a, 'warning')
    a.scrape({ infoHash: [hashB] })
    expect(String((await refused)[0])).toContain('invalid scrape response')
  })

  it('[T241] completes and stops, and others see it', async () => {
    const a = await started(1)
    const b = await started(2)
    const completed = nextUpdate(a)
    a.complete({ numwant: 0 })
    expect(await completed).toMatchObject({ complete: 1, incomplete: 1 })
    const stopped = nextUpdate(a)
    a.stop()
    expect(await stopped).toMatchObject({ complete: 0, incomplete: 1 })
    const update = nextUpdate(b)
    b.update({ numwant: 0 })
    expect(await update).toMatchObject({ complete: 0, incomplete: 1 })
  })

  it('[T243] [T249] is in several swarms over one connection, and meets others in each', async () => {
    const page = { page: 1 }
    const a = await started(1, page)
    const alsoA = await started(1, { ...page, infoHash: hashB })
    const b = await started(2, { infoHash: hashB })
    expect(tracker.tracker.stats().webTorrent).toMatchObject({ connections: 2, swarms: 2, peers: 3 })
    expect(await meet(alsoA, b)).toBe('hello')
    const update = nextUpdate(a)
    a.update({ numwant: 0 })
    expect(await update).toMatchObject({ infoHash: hashA, incomplete: 1 })
  })

  it("[T243] is refused another's name, and its owner hears nothing of it", async () => {
    const a = await started(1)
    const thief = openClient(1, { page: 9 })
    const warning = once(thief, 'warning')
    thief.start({ numwant: 0 })
    expect(String((await warning)[0])).toContain('the peer_id is taken')
    const b = await started(2)
    expect(await meet(a, b)).toBe('hello')
  })

  it('[T251] comes back by itself when the tracker does, and is in its swarm again', async () => {
    const a = await started(1)
    const { setTimeout: wait } = globalThis
    // It waits 10 s to 5 min before it tries again; its offers live for 50 s.
    const spy = vi
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((run: () => void, ms = 0, ...rest: []) =>
        wait(run, ms >= 10_000 && ms !== 50_000 ? 50 : ms, ...rest)) as typeof setTimeout)
    const { port } = tracker
    await tracker.stop()
    tracker = await startTracker({ webTorrent: true }, port)
    await nextUpdate(a)
    spy.mockRestore()
    const b = await started(2)
    expect(await meet(a, b)).toBe('hello')
  })
})
