import { createSocket, Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { mappedEndpoint, readStunAnswer, stunDatagram } from '../../test/fakes/stun-datagrams.ts'
import { trackerLimits } from '../core/limits.ts'
import { StunServer } from './stun-server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(port = 0, host?: string): Promise<StunServer> {
  const server = await StunServer.open({ port, host, limits: trackerLimits, now: () => performance.now() })
  closing.push(() => server.close())
  return server
}

/** Asks once. @returns the answer, and the port that was asked from */
async function ask(type: 'udp4' | 'udp6', port: number, datagram: Uint8Array) {
  const socket = createSocket(type)
  const host = type === 'udp4' ? '127.0.0.1' : '::1'
  socket.bind(0, host)
  await once(socket, 'listening')
  const own = socket.address().port
  socket.send(datagram, port, host)
  const [answer] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return { answer, own }
}

describe('the STUN responder', () => {
  it('[T220] tells a client behind IPv4 and one behind IPv6 where they come from, on one port', async () => {
    const { port } = await start()
    const v4 = await ask('udp4', port, stunDatagram())
    expect(mappedEndpoint(v4.answer)).toEqual({ address: Buffer.of(127, 0, 0, 1), port: v4.own })
    const v6 = await ask('udp6', port, stunDatagram({ isFingerprinted: true }))
    expect(mappedEndpoint(v6.answer)).toEqual({ address: Buffer.from([...Array(15).fill(0), 1]), port: v6.own })
  })

  it('[T222] counts what it answered, refused and left', async () => {
    const server = await start()
    await ask('udp4', server.port, stunDatagram())
    const { answer } = await ask('udp4', server.port, stunDatagram({ attributes: [{ type: 0x7f00 }] }))
    expect(readStunAnswer(answer).type).toBe(0x0111)
    expect(server.stats).toEqual({ answered: 1, refused: 1, ignored: 0, limited: 0 })
  })

  it('[T224] leaves a request that says it comes from port 0, and goes on', async () => {
    const bind = vi.spyOn(Socket.prototype, 'bind')
    const server = await start()
    const socket = bind.mock.contexts[0] as Socket
    bind.mockRestore()
    // As the kernel hands it over: only who may write packets of its own can send one from there.
    socket.emit('message', stunDatagram(), { address: '127.0.0.1', family: 'IPv4', port: 0, size: 20 })
    expect(server.stats).toMatchObject({ answered: 0, ignored: 1 })
    expect(readStunAnswer((await ask('udp4', server.port, stunDatagram())).answer).type).toBe(0x0101)
  })

  it('[T226] says which port it cannot have', async () => {
    const { port } = await start(0, 'localhost')
    await expect(start(port, 'localhost')).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
