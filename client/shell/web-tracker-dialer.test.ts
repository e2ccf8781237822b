import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocketServer, WebSocket as WsSocket } from 'ws'
import { relayedMessageBytesMax } from '../../shared/limits.ts'
import { Inbox } from '../../test/contract/contract.ts'
import { createWebTrackerDialer } from './web-tracker-dialer.ts'

let server: WebSocketServer | undefined

afterEach(() => {
  for (const socket of server?.clients ?? []) socket.terminate()
  server?.close()
  server = undefined
})

async function startServer(protocol: string | false): Promise<{ url: string; sockets: Inbox<WsSocket> }> {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => protocol })
  const sockets = new Inbox<WsSocket>('connections')
  server.on('connection', sockets.push)
  await once(server, 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

function connect(url: string) {
  const log = new Inbox<string>('events')
  // Node 20 has no WebSocket; this one has all of it that the dialer uses.
  const dialer = createWebTrackerDialer(WsSocket as unknown as typeof WebSocket)
  const socket = dialer.connect(url, {
    open: () => log.push('open'),
    message: (text) => log.push(`message ${text}`),
    closed: () => log.push('closed'),
  })
  return { log, socket }
}

it('opens with the subprotocol, and carries texts both ways', async () => {
  const { url, sockets } = await startServer('nearcast.1')
  const { log, socket } = connect(url)
  await log.reach(1)
  const [atServer] = await sockets.reach(1)
  expect(atServer!.protocol).toBe('nearcast.1')
  socket.send('to the tracker')
  const [data] = await once(atServer!, 'message')
  expect(String(data)).toBe('to the tracker')
  atServer!.send('to the client')
  expect(await log.reach(2)).toEqual(['open', 'message to the client'])
})

it('tells once when the tracker goes', async () => {
  const { url, sockets } = await startServer('nearcast.1')
  const { log, socket } = connect(url)
  await log.reach(1)
  const [atServer] = await sockets.reach(1)
  atServer!.terminate()
  expect(await log.reach(2)).toEqual(['open', 'closed'])
  socket.send('nobody hears this')
  socket.close()
  expect(log.all).toEqual(['open', 'closed'])
})

it('tells when nobody listens, and when the address is none', async () => {
  for (const url of ['ws://127.0.0.1:1', 'nonsense', 'ws://127.0.0.1:8080/#part']) {
    const { log, socket } = connect(url)
    expect(log.all).toEqual([])
    expect(await log.reach(1)).toEqual(['closed'])
    socket.send('nobody hears this')
  }
})

it('closes at once on its own side, whatever the tracker does', async () => {
  const { url, sockets } = await startServer('nearcast.1')
  const { log, socket } = connect(url)
  await log.reach(1)
  const [atServer] = await sockets.reach(1)
  atServer!.pause()
  socket.close()
  expect(await log.reach(2)).toEqual(['open', 'closed'])
})

it('takes nothing that no tracker sends: another protocol, binary messages, texts beyond the limit', async () => {
  const wrong = await startServer(false)
  expect(await connect(wrong.url).log.reach(1)).toEqual(['closed'])
  server!.close()
  const { url, sockets } = await startServer('nearcast.1')
  for (const [i, message] of [Buffer.from('binary'), 'x'.repeat(relayedMessageBytesMax + 1)].entries()) {
    const { log } = connect(url)
    await log.reach(1)
    const atServer = (await sockets.reach(i + 1))[i]!
    atServer.send(message)
    expect(await log.reach(2)).toEqual(['open', 'closed'])
  }
})
