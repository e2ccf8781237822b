/** A19: what a client has the tracker send, to itself and to others, for what it sends. Bytes are those on the socket. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { webTorrentPath } from '../../tracker/api.ts'
import { openingBytes } from '../../tracker/core/balance.ts'
import { offer, swarmA } from '../fakes/tracker-crowd.ts'
import { frame, rawUpgrade, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

const text = 0x81
const ping = 0x89

/** Of what a tracker sends, at most. */
const frameHeadBytes = 4

/** A client that counts what it sends and hears. */
async function countingClient() {
  const socket: Socket = await rawUpgrade(server.port)
  let heardBytes = 0
  let heard = ''
  socket.on('data', (data) => {
    heardBytes += data.length
    heard += data.toString('latin1')
  })
  while (!heard.includes('welcome')) await once(socket, 'data')
  return {
    socket,
    id: /"id":"([\w-]{22})"/.exec(heard)![1]!,
    say(firstByte: number, payload: string) {
      socket.write(frame(firstByte, Buffer.from(payload)))
    },
    get sentBytes() {
      return socket.bytesWritten
    },
    get heardBytes() {
      return heardBytes
    },
    get heard() {
      return heard
    },
  }
}

const hash = (i: number) => String(i).padStart(20, 'h')
const announced = { action: 'announce', peer_id: 'p'.repeat(20) }
const announce = (i: number, more: object = {}) => JSON.stringify({ ...announced, info_hash: hash(i), ...more })
const scrape = (count: number) =>
  JSON.stringify({ action: 'scrape', info_hash: Array.from({ length: count }, (_, i) => hash(i)) })
const offers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ offer_id: hash(i), offer: { type: 'offer', sdp: '' } }))

/** Members to be told of and to be called. */
async function crowd(count: number) {
  const guests = []
  for (let i = 0; i < count; i++) {
    const { guest, id } = await server.guest({ localAddress: `127.0.${1 + i}.1` })
    await guest.join({ have: 1 })
    guests.push({ guest, id })
  }
  return guests
}

const join = (want: number) => JSON.stringify({ type: 'join', swarm: swarmA, have: 0, want })
const signal = (to: string, value: object = offer) => JSON.stringify({ type: 'signal', to, signal: value })

describe('a connection', () => {
  it.each<[string, number, (i: number, known: string) => string]>([
    ['joins that want everybody', text, () => join(20)],
    ['joins that want nobody', text, () => join(0)],
    ['the shortest signals', text, (_, known) => signal(known, { session: 's' })],
    ['offers', text, (_, known) => signal(known)],
    ['signals to strangers', text, () => signal('x'.repeat(22))],
    ['junk of one byte', text, () => '?'],
    ['empty messages', text, () => ''],
    ['leaves of swarms that it is not in', text, () => JSON.stringify({ type: 'leave', swarm: 'f'.repeat(40) })],
    [
      'false complaints',
      text,
      () => JSON.stringify({ type: 'complain', about: 'x'.repeat(22), reason: 'wrong-bytes', ticket: 'x' }),
    ],
    ['unknown types', text, () => '{"type":"dance"}'],
    ['pings', ping, () => ''],
    ['pings with a payload', ping, () => 'x'.repeat(125)],
    ['a mixture of all that has an answer', text, (i, known) => [join(20), signal(known), '?'][i % 3]!],
  ])('[T145] that sends %s earns no more than twice its bytes, at whomever', async (_, firstByte, message) => {
    server = await startTracker()
    const members = await crowd(24)
    let othersBytes = 0
    for (const { guest } of members) {
      guest.socket.on('message', (data) => {
        const heard = data.toString()
        if (heard.includes('"type":"signal"')) othersBytes += heard.length + frameHeadBytes
      })
    }
    const client = await countingClient()
    client.say(text, join(1))
    while (!client.heard.includes('"peers"')) await once(client.socket, 'data')
    const known = /"peers":\[\{"id":"([\w-]{22})"/.exec(client.heard)![1]!
    for (let i = 0; i < 120; i++) client.say(firstByte, message(i, known))
    // The last word, whose answer comes after all others.
    client.say(text, JSON.stringify({ type: 'leave', swarm: swarmA }))
    client.socket.end(frame(0x88, Buffer.alloc(0)))
    await once(client.socket, 'close')
    for (const { guest } of members) await guest.join()
    expect(client.heardBytes + othersBytes).toBeLessThanOrEqual(2 * (client.sentBytes + openingBytes))
  })

  it('[T145] cannot have the bytes of its offers pay twice: for being passed on, and for answers to itself', async () => {
    server = await startTracker({ joinsBurst: 100, signalsBurst: 100 })
    const members = await crowd(24)
    let othersBytes = 0
    for (const { guest } of members) {
      guest.socket.on('message', (data) => {
        if (data.toString().includes('"type":"signal"')) othersBytes += data.toString().length + frameHeadBytes
      })
    }
    const client = await countingClient()
    client.say(text, join(20))
    while (!client.heard.includes('"peers"')) await once(client.socket, 'data')
    const known = [...client.heard.matchAll(/"id":"([\w-]{22})","tier"/g)].map(([, id]) => id!)
    const long = { session: 's', description: { type: 'offer', sdp: 'v=0'.padEnd(1_000, 'x') } }
    for (let i = 0; i < 60; i++) {
      client.say(text, signal(known[i % known.length]!, long))
      client.say(text, join(20))
    }
    client.socket.end(frame(0x88, Buffer.alloc(0)))
    await once(client.socket, 'close')
    for (const { guest } of members) await guest.join()
    expect(othersBytes).toBeGreaterThan(60_000)
    expect(client.heardBytes + othersBytes).toBeLessThanOrEqual(2 * (client.sentBytes + openingBytes))
  })
})

describe('a connection of a WebTorrent client', () => {
  it.each<[string, (i: number) => string]>([
    ['announces', (i) => announce(i % 40)],
    ['announces with the shortest offers', () => announce(0, { numwant: 5, offers: offers(5) })],
    ['scrapes of all that it is in', (i) => (i < 30 ? announce(i) : scrape(30))],
    ['scrapes of nothing', () => '{"action":"scrape"}'],
    ['junk of one byte', () => '?'],
    ['announces of bad names', () => announce(1, { info_hash: 'x' })],
  ])('[T249] that sends %s earns no more than twice its bytes, at whomever', async (_, message) => {
    server = await startTracker({ webTorrent: true })
    let othersBytes = 0
    for (let i = 0; i < 12; i++) {
      const member = new WebSocket(`ws://127.0.0.1:${server.port}${webTorrentPath}`, {
        localAddress: `127.0.${1 + i}.1`,
      })
      await once(member, 'open')
      member.send(announce(0, { peer_id: String(i).padStart(20, 'q') }))
      await once(member, 'message')
      member.on('message', (data) => {
        othersBytes += data.toString().length + frameHeadBytes
      })
    }
    const socket = await rawUpgrade(server.port, {
      path: webTorrentPath,
      headers: { 'Sec-WebSocket-Protocol': undefined },
    })
    let heardBytes = 0
    socket.on('data', (data) => {
      heardBytes += data.length
    })
    for (let i = 0; i < 100; i++) socket.write(frame(text, Buffer.from(message(i))))
    socket.end(frame(0x88, Buffer.alloc(0)))
    await once(socket, 'close')
    expect(heardBytes).toBeGreaterThan(0)
    expect(heardBytes + othersBytes).toBeLessThanOrEqual(2 * (socket.bytesWritten + openingBytes))
  })
})
