/** A15, A19: who is kept out of one tracker goes to another, to another worker, or speaks another protocol. */
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { webTorrentPath } from '../../tracker/api.ts'
import { trackerLimits } from '../../tracker/core/limits.ts'
import type { TrackerOptions } from '../../tracker/main.ts'
import { MemoryHub } from '../../tracker/shell/memory-bus.ts'
import { RedisServer } from '../fakes/redis-server.ts'
import { Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

const running: TrackerServer[] = []
let now = 0

afterEach(async () => {
  await Promise.all(running.splice(0).map((tracker) => tracker.stop()))
})

async function start(options: Partial<TrackerOptions> = {}): Promise<TrackerServer> {
  const tracker = await startTracker({ webTorrent: true, now: () => now, key: Buffer.alloc(32, 7), ...options })
  running.push(tracker)
  return tracker
}

const culprit = { localAddress: '127.0.9.1' }
const neighbour = { localAddress: '127.0.9.2' }

const webTorrentSocket = ({ port }: TrackerServer, options: object): WebSocket =>
  new WebSocket(`ws://127.0.0.1:${port}${webTorrentPath}`, options).on('error', () => {})

async function flood(tracker: TrackerServer): Promise<void> {
  const { guest } = await tracker.guest(culprit)
  for (let i = 0; i < 1_000; i++) guest.say('nonsense')
  expect((await guest.closed).code).toBe(1008)
}

async function floodWebTorrent(tracker: TrackerServer): Promise<void> {
  const socket = webTorrentSocket(tracker, culprit)
  await once(socket, 'open')
  for (let i = 0; i < 1_000; i++) socket.send('nonsense')
  expect((await once(socket, 'close'))[0]).toBe(1008)
}

/** What a newcomer of an address hears first: `welcome`, or why not. */
async function heardBy(tracker: TrackerServer, options: object): Promise<string> {
  const guest = new Guest(tracker.url, options)
  const message = await guest.next()
  guest.socket.terminate()
  return message.type === 'refused' ? message.code : message.type
}

async function webTorrentHeardBy(tracker: TrackerServer, options: object): Promise<string> {
  const socket = webTorrentSocket(tracker, options)
  socket.on('open', () => socket.send(JSON.stringify({ action: 'scrape', info_hash: 'a'.repeat(20) })))
  const [text] = await once(socket, 'message')
  socket.terminate()
  return JSON.parse(text)['failure reason'] ?? 'an answer'
}

const closedForWhat = expect.stringContaining('closed for what they sent')

describe.each(['memory', 'Redis'])('two trackers on one bus, in %s', (kind) => {
  let redis: RedisServer | undefined
  beforeAll(async () => {
    if (kind === 'Redis') redis = await RedisServer.start()
  })
  afterAll(() => redis?.kill())

  async function startTwo() {
    const hub = new MemoryHub()
    const bus = () => ({ bus: redis === undefined ? hub.connect() : { url: redis.url } })
    const [here, there] = [await start(bus()), await start(bus())]
    for (const { tracker } of [here, there]) await expect.poll(() => tracker.stats().bus?.isUp).toBe(true)
    return { here, there, startAnother: () => start(bus()) }
  }

  it('[T148] [T149] keep out together whom one has banned, and close what goes on open from the second time', async () => {
    const { here, there } = await startTwo()
    const resident = (await there.guest(culprit)).guest
    const neighbouring = (await there.guest(neighbour)).guest
    const otherProtocol = webTorrentSocket(there, culprit)
    await once(otherProtocol, 'open')
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) await flood(here)
    await expect.poll(() => heardBy(there, culprit)).toBe('banned')
    expect(await webTorrentHeardBy(there, culprit)).toEqual(closedForWhat)
    expect(await heardBy(there, neighbour)).toBe('welcome')
    expect((await resident.join()).size).toBe(1)
    now += trackerLimits.strikeBanMs
    const isOver = once(otherProtocol, 'close')
    for (let i = 0; i < Math.ceil(trackerLimits.strikesPerBan / 2); i++) await flood(here)
    expect(await resident.hears('refused')).toMatchObject({ code: 'banned', message: closedForWhat })
    expect((await resident.closed).code).toBe(1013)
    expect((await isOver)[0]).toBe(1013)
    expect((await neighbouring.join()).size).toBe(1)
    expect(await heardBy(here, neighbour)).toBe('welcome')
  })

  it('[T287] are joined by a third one, which keeps out whom they have banned before', async () => {
    const { here, startAnother } = await startTwo()
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) await flood(here)
    const third = await startAnother()
    await expect.poll(() => heardBy(third, culprit)).toBe('banned')
    expect(await webTorrentHeardBy(third, culprit)).toEqual(closedForWhat)
    expect(await heardBy(third, neighbour)).toBe('welcome')
  })
})

describe('one tracker with both protocols', () => {
  it('[T249] counts faults in one for both, and closes what the banned have open in either', async () => {
    const tracker = await start()
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) await floodWebTorrent(tracker)
    expect(await heardBy(tracker, culprit)).toBe('banned')
    expect(await webTorrentHeardBy(tracker, culprit)).toEqual(closedForWhat)
    now += trackerLimits.strikeBanMs
    const resident = (await tracker.guest(culprit)).guest
    for (let i = 0; i < Math.ceil(trackerLimits.strikesPerBan / 2); i++) await floodWebTorrent(tracker)
    expect((await resident.closed).code).toBe(1013)
    expect(await heardBy(tracker, neighbour)).toBe('welcome')
  })
})
