/** A20: frames that are too long, compressed, in pieces, binary, broken. Others notice nothing. */
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { swarmA } from '../fakes/tracker-crowd.ts'
import { frame, type Guest, rawUpgrade, readToEnd, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer
let bystander: Guest

beforeEach(async () => {
  server = await startTracker()
  bystander = (await server.guest()).guest
  await bystander.join()
})

afterEach(async () => {
  expect((await bystander.join({ want: 8 })).size).toBe(1)
  expect(server.tracker.stats()).toMatchObject({ connections: 1, peers: 1 })
  await server.stop()
})

const text = 0x81
const textWithoutEnd = 0x01
const continuation = 0x00
const compressedText = 0xc1
const bytesOf = (value: string) => Buffer.from(value)

describe('a client that sends', () => {
  it.each([17 * 1024, 1024 * 1024])('[T25] a message of %d bytes is closed with 1009', async (bytes) => {
    const { guest } = await server.guest()
    guest.say('x'.repeat(bytes))
    expect((await guest.closed).code).toBe(1009)
  })

  it('[T25] a message in more pieces than any browser makes is closed with 1008', async () => {
    const { guest } = await server.guest()
    for (let i = 0; i < 20; i++) guest.socket.send(' ', { fin: false })
    expect((await guest.closed).code).toBe(1008)
  })

  it('[T25] an endless message in tiny pieces, by hand, is closed', async () => {
    const socket = await rawUpgrade(server.port)
    await once(socket, 'data')
    socket.write(frame(textWithoutEnd, bytesOf('[')))
    for (let i = 0; i < 1000; i++) socket.write(frame(continuation, bytesOf('')))
    await readToEnd(socket)
  })

  it('[T25] a message that is compressed, which was not agreed, is closed with 1002', async () => {
    const { guest } = await server.guest({ perMessageDeflate: true })
    expect(guest.socket.extensions).toBe('')
    const socket = await rawUpgrade(server.port, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } })
    const [answer] = await once(socket, 'data')
    expect(answer.toString()).not.toMatch(/extensions/i)
    socket.write(frame(compressedText, bytesOf('xxxx')))
    expect((await readToEnd(socket)).subarray(0, 4)).toEqual(Buffer.of(0x88, 2, 1002 >> 8, 1002 & 0xff))
    guest.socket.close()
    await guest.closed
  })

  it('[T25] a frame that is not masked is closed with 1002', async () => {
    const socket = await rawUpgrade(server.port)
    await once(socket, 'data')
    socket.write(frame(text, bytesOf('{}'), { masked: false }))
    expect((await readToEnd(socket)).subarray(0, 4)).toEqual(Buffer.of(0x88, 2, 1002 >> 8, 1002 & 0xff))
  })

  it('[T25] text that is no UTF-8 is closed with 1007', async () => {
    const socket = await rawUpgrade(server.port)
    await once(socket, 'data')
    socket.write(frame(text, Buffer.of(0xff, 0xfe, 0xfd)))
    expect((await readToEnd(socket)).subarray(0, 4)).toEqual(Buffer.of(0x88, 2, 1007 >> 8, 1007 & 0xff))
  })

  it('[T25] random bytes in place of frames is closed', async () => {
    const socket = await rawUpgrade(server.port)
    await once(socket, 'data')
    socket.write(Buffer.alloc(4096, 0xa7))
    await readToEnd(socket)
  })

  it('[T20] half a frame and then goes is forgotten', async () => {
    const socket = await rawUpgrade(server.port)
    await once(socket, 'data')
    socket.write(frame(text, bytesOf('{"type":"join"')).subarray(0, 9))
    socket.destroy()
    await expect.poll(() => server.tracker.stats().connections).toBe(1)
  })

  it('[T25] binary messages is told that only text is spoken, and closed when it goes on', async () => {
    const { guest } = await server.guest()
    guest.socket.send(Buffer.from(JSON.stringify({ type: 'join', swarm: swarmA, have: 0, want: 8 })))
    expect(await guest.hears('refused')).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('binary'),
    })
    for (let i = 0; i < 30; i++) guest.socket.send(Buffer.of(i))
    expect((await guest.closed).code).toBe(1008)
  })

  it.each([
    'not json',
    '[]',
    'null',
    '"join"',
    '{"type":5}',
    '{"type":"join"}',
    `{"type":"join","swarm":"${swarmA}","have":2,"want":1}`,
    `{"type":"join","swarm":"${swarmA}","have":0,"want":1e9}`,
    `{"type":"join","swarm":"${swarmA.toUpperCase()}","have":0,"want":1}`,
    '{"type":"join","swarm":"__proto__","have":0,"want":1}',
    `{"type":"signal","to":"${'x'.repeat(22)}","signal":{}}`,
    `{"type":"signal","to":"${'x'.repeat(22)}","signal":{"session":"s","candidates":${JSON.stringify(Array(500).fill({ candidate: '' }))}}}`,
    '{"__proto__":{"type":"join"}}',
    '['.repeat(8000),
  ])('[T2] %.60s is told that it is malformed, and stays', async (message) => {
    const { guest } = await server.guest()
    guest.say(message)
    expect(await guest.hears('refused')).toMatchObject({ code: 'malformed' })
    guest.say({ type: 'welcome', id: 'x'.repeat(22) })
    guest.say({ type: 'constructor' })
    guest.say({ type: '__proto__' })
    expect((await guest.join()).size).toBe(2)
    guest.socket.close()
    await guest.closed
  })
})
