/** A20, slowly: sockets that say little, late or nothing, and cost their owner nothing (slowloris, half-open sockets). */
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSite, type Site, sendText } from '../../cli/site.ts'
import { silentLog } from '../../shared/log.ts'
import { webTorrentPath } from '../../tracker/api.ts'
import { createPayerReader, createTracker, type Tracker, trackerPath } from '../../tracker/main.ts'
import { frame, Guest, rawUpgrade } from '../fakes/tracker-server.ts'

let site: Site
let tracker: Tracker
let port: number
const sockets: Socket[] = []
const drips: NodeJS.Timeout[] = []

beforeEach(async () => {
  // What is awaited here are beats, which are as many with a long time between them.
  tracker = createTracker({ log: silentLog, heartbeatMs: 300, webTorrent: true })
  site = createSite({
    tracker,
    answers: new Map(),
    others: (_, response) => sendText(response, 200, 'here you are\n'),
    connectionsMax: 1_000,
    connections: { payersOf: createPayerReader([]), connectionsPerAddressMax: 500, refused() {} },
    ended: async () => {},
  })
  site.server.listen(0, '127.0.0.1')
  await once(site.server, 'listening')
  port = (site.server.address() as AddressInfo).port
})

afterEach(async () => {
  for (const drip of drips.splice(0)) clearInterval(drip)
  for (const socket of sockets.splice(0)) socket.destroy()
  await site.close(100)
})

/** A connection that keeps its own half open whatever the other side does. */
async function open(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.resume()
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

/** Writes a byte now and then until nobody takes them any more. */
function drip(socket: Socket, bytes: Buffer): void {
  let i = 0
  const timer = setInterval(() => {
    if (socket.destroyed || !socket.writable || i === bytes.length) return clearInterval(timer)
    socket.write(bytes.subarray(i, ++i))
  }, 100)
  drips.push(timer)
}

const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'x'.repeat(4_000)}\r\n\r\n`
const longFrame = frame(0x81, Buffer.alloc(10_000, 'x'))

/** One that was let in, and ignores pings from then on. */
async function upgraded(path: string): Promise<Socket> {
  const headers = path === trackerPath ? {} : { 'Sec-WebSocket-Protocol': undefined }
  const socket = await rawUpgrade(port, { path, headers })
  sockets.push(socket)
  await once(socket, 'data')
  socket.resume()
  return socket
}

/** All end, though none of them closes its own half. */
const gone = (victims: readonly Socket[]) =>
  Promise.all(
    victims.map(async (socket) => {
      if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')])
    }),
  )

const connectionCount = () =>
  new Promise<number>((resolve, reject) =>
    site.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

async function nothingIsLeft(): Promise<void> {
  await expect.poll(connectionCount, { timeout: 5_000 }).toBe(0)
  expect(tracker.stats()).toMatchObject({ connections: 0, peers: 0, sendQueueBytes: 0 })
}

describe('sockets whose owner is in no hurry', () => {
  it('[T285] end before they have asked for anything; others are served meanwhile', { timeout: 40_000 }, async () => {
    const silent = await open()
    const half = await open()
    half.write(head(trackerPath).slice(0, 100))
    const dripping = await open()
    drip(dripping, Buffer.from(head(trackerPath)))
    const crowd = await Promise.all(Array.from({ length: 100 }, () => open()))
    for (const socket of crowd) drip(socket, Buffer.from(head('/file')))
    const guest = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
    await guest.hears('welcome')
    expect(await (await fetch(`http://127.0.0.1:${port}/file`, { headers: { Connection: 'close' } })).text()).toBe(
      'here you are\n',
    )
    await gone([silent, half, dripping, ...crowd])
    await guest.join()
    guest.socket.close()
    for (const socket of sockets) socket.destroy()
    await nothingIsLeft()
  })

  it.each([[trackerPath], [webTorrentPath]])('[T285] end after the upgrade when they say no more: %s', async (path) => {
    const silent = await upgraded(path)
    const half = await upgraded(path)
    half.write(longFrame.subarray(0, 5_000))
    const headOnly = await upgraded(path)
    headOnly.write(longFrame.subarray(0, 1))
    const dripping = await upgraded(path)
    drip(dripping, longFrame)
    const parts = await upgraded(path)
    parts.write(frame(0x01, Buffer.from('{"type":')))
    await gone([silent, half, headOnly, dripping, parts])
    await nothingIsLeft()
  })

  it.each([[trackerPath], [webTorrentPath]])(
    '[T293] end when a message of theirs has no end, though they answer all pings: %s',
    async (path) => {
      const holder = await upgraded(path)
      holder.write(frame(0x01, Buffer.alloc(10_000, 'x')))
      let pongs = 0
      holder.on('data', (data: Buffer) => {
        if (data[0] !== 0x89 || !holder.writable) return
        pongs++
        holder.write(frame(0x8a, Buffer.alloc(0)))
      })
      await gone([holder])
      expect(pongs).toBeGreaterThan(1)
      await nothingIsLeft()
    },
  )

  it.each([[trackerPath], [webTorrentPath]])(
    '[T285] end when they close their half, at whatever point: %s',
    async (path) => {
      const early = await open()
      early.end()
      const inHead = await open()
      inHead.end(head(path).slice(0, 100))
      const after = await upgraded(path)
      after.end()
      const inFrame = await upgraded(path)
      inFrame.end(longFrame.subarray(0, 100))
      await gone([early, inHead, after, inFrame])
      await nothingIsLeft()
    },
  )

  it('[T285] end though they read nothing of what they are told', async () => {
    const deaf = await rawUpgrade(port)
    deaf.pause()
    sockets.push(deaf)
    await expect.poll(() => tracker.stats().connections).toBe(1)
    await expect.poll(() => tracker.stats().connections, { timeout: 10_000 }).toBe(0)
    deaf.destroy()
    await nothingIsLeft()
  })
})
