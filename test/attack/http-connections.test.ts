/** A20, on a server of ours: one address, or one network, that takes all the connections that there are. */
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createSite, type Site, sendText } from '../../cli/site.ts'
import { silentLog } from '../../shared/log.ts'
import { createPayerReader, createTracker, trackerPath } from '../../tracker/main.ts'
import { Guest, rawUpgrade } from '../fakes/tracker-server.ts'

let site: Site
let port: number
let reports: number[]
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await site.close(100)
})

async function start(trustedProxies: string[] = []) {
  reports = []
  site = createSite({
    tracker: createTracker({ log: silentLog }),
    answers: new Map(),
    others: (_, response) => sendText(response, 200, 'here you are\n'),
    connectionsMax: 1_000,
    connections: {
      payersOf: createPayerReader(trustedProxies),
      connectionsPerAddressMax: 4,
      refused: (count) => void reports.push(count),
    },
    ended: async () => {},
  })
  site.server.listen(0, '127.0.0.1')
  await once(site.server, 'listening')
  port = (site.server.address() as AddressInfo).port
}

/** Opens a connection, asks for a file, and keeps the connection. @returns what comes first */
async function ask(localAddress: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  sockets.push(socket)
  socket.write('GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [data] = (await once(socket, 'data')) as [Buffer]
  return data.toString()
}

const statuses = async (addresses: string[]) => {
  const answers: string[] = []
  for (const address of addresses) answers.push((await ask(address)).slice(9, 12))
  return answers
}

describe('an address that opens more connections than it may have', () => {
  it('[T152] is told so, and asked to come later; others are served, and so is it when some have ended', async () => {
    await start()
    expect(await statuses(Array(4).fill('127.0.0.5'))).toEqual(Array(4).fill('200'))
    const refusal = await ask('127.0.0.5')
    expect(refusal).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 10\r\n.*too many connections from this address/s)
    expect(refusal).not.toContain('here you are')
    expect(await statuses(['127.0.0.6'])).toEqual(['200'])
    sockets[0]!.destroy()
    await expect.poll(async () => (await statuses(['127.0.0.5']))[0]).toBe('200')
    expect(reports).toEqual([1])
  })

  it('[T152] has its connections to the tracker counted with the others', async () => {
    await start()
    for (let i = 0; i < 4; i++) await new Guest(`ws://127.0.0.1:${port}${trackerPath}`).hears('welcome')
    expect(await statuses(['127.0.0.1', '127.0.0.2'])).toEqual(['503', '200'])
    const refused = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
    expect((await refused.closed).code).toBe(1006)
  })

  it('[T152] and breaks off in an upgrade harms nobody', async () => {
    await start()
    expect(await statuses(Array(4).fill('127.0.0.1'))).toEqual(Array(4).fill('200'))
    const asked = once(site.server, 'upgrade')
    const socket = await rawUpgrade(port)
    const [, atServer] = (await asked) as [unknown, Socket]
    // `once` would hear the error, which is to harm nobody although nobody hears it.
    const ended = new Promise((resolve) => atServer.on('close', resolve))
    socket.resetAndDestroy()
    await ended
    expect(await statuses(['127.0.0.6'])).toEqual(['200'])
  })

  it('[T152] by the thousand at once keeps no more than a few of them open', async () => {
    await start()
    const ended = Array.from({ length: 1_000 }, () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.5' })
      socket.on('error', () => {})
      sockets.push(socket)
      return once(socket.resume(), 'close')
    })
    await Promise.race(ended)
    expect(await statuses(['127.0.0.6'])).toEqual(['200'])
    await expect.poll(() => sockets.filter(({ destroyed }) => !destroyed).length, { timeout: 10_000 }).toBe(5)
  })
})

it('[T152] a network has as many connections as four full addresses', async () => {
  await start()
  const full = [1, 2, 3, 4].flatMap((i) => Array<string>(4).fill(`127.0.5.${i}`))
  expect(await statuses(full)).toEqual(full.map(() => '200'))
  expect(await statuses(['127.0.5.9', '127.0.6.1'])).toEqual(['503', '200'])
})

it('[T152] a proxy that the operator trusts brings as many as there are', async () => {
  await start(['loopback'])
  expect(await statuses(Array(12).fill('127.0.0.1'))).toEqual(Array(12).fill('200'))
})
