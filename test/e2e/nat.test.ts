/** The way through NATs with the real program, a real browser and a real TURN server. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { mappedEndpoint, stunDatagram } from '../fakes/stun-datagrams.ts'
import { TurnServer } from '../fakes/turn-server.ts'
import { createTempFolder, type RunningServer, runProgram, startServer, type TempFolder } from './harness.ts'
import { sitePage, Visitor } from './visitor.ts'

let folder: TempFolder
let servers: RunningServer[] = []

beforeEach(() => {
  folder = createTempFolder()
  folder.write('index.html', sitePage)
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()))
  servers = []
  folder.remove()
})

async function serve(...args: string[]): Promise<RunningServer> {
  const server = await startServer([folder.path, ...args])
  servers.push(server)
  return server
}

const listening = (server: RunningServer) => server.waitForLine((line) => line.msg === 'listening')

describe('the STUN port of nearcast serve', () => {
  it('[T226] has the number of the server itself, and answers', async () => {
    const server = await serve()
    expect(await listening(server)).toMatchObject({ stunPort: server.port })
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    socket.send(stunDatagram(), server.port, '127.0.0.1')
    const [answer] = (await once(socket, 'message')) as [Buffer]
    expect(mappedEndpoint(answer)).toEqual({ address: Buffer.of(127, 0, 0, 1), port: socket.address().port })
    socket.close()
  })

  it('[T226] that is taken is named, and the server goes on without; it refuses to start where it was asked for', async () => {
    // One that is free for TCP, so that nothing but the UDP port is in the server's way.
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const port = (free.address() as AddressInfo).port
    const taken = createSocket('udp4').bind(port, '127.0.0.1')
    await once(taken, 'listening')
    free.close()
    await once(free, 'close')
    const server = await serve('--host', '127.0.0.1', '--port', `${port}`)
    const { msg } = await server.waitForLine((line) => line.level === 'warn')
    expect(msg).toBe(`no STUN: UDP port ${port} is in use; choose another with --stun-port, or --stun-port off`)
    expect(await listening(server)).not.toHaveProperty('stunPort')
    const args = ['serve', folder.path, '--host', '127.0.0.1', '--port', '0', '--stun-port', `${port}`]
    const { code, stderr } = await runProgram(args)
    expect(code).toBe(1)
    expect(stderr).toContain(`UDP port ${port} is in use: choose another with --stun-port`)
    taken.close()
  })

  it('[T226] can be another, or none', async () => {
    const other = await listening(await serve('--stun-port', '0'))
    expect(other.stunPort).toBeGreaterThan(0)
    expect(await listening(await serve('--stun-port', 'off'))).not.toHaveProperty('stunPort')
  })
})

describe('TURN settings', () => {
  it.each([
    ['without a secret', ['--turn-urls', 'turn:turn.example.org'], 'turnSecret'],
    ['with two secrets', ['--turn-secret', 'x'.repeat(20), '--turn-secret-file', '/dev/null'], '--turn-secret-file'],
    ['with an empty file', ['--turn-urls', 'turn:turn.example.org', '--turn-secret-file', '/dev/null'], '/dev/null'],
    ['with a file that is not there', ['--turn-secret-file', '/nowhere/secret'], '/nowhere/secret cannot be read'],
  ])('[T30] %s are refused by name, and no secret is repeated', async (_, args, named) => {
    const { code, stderr } = await runProgram(['serve', folder.path, '--port', '0', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(named)
    expect(stderr).not.toContain('xxxx')
  })
})

/** What a page's connections were made with, and every candidate that they found. */
interface Connecting {
  configurations: RTCConfiguration[]
  candidates: string[]
}

/** Keeps it in the window. */
function keepConnecting(): void {
  const kept: Connecting = { configurations: [], candidates: [] }
  Object.assign(window, { kept })
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args: [RTCConfiguration]) {
      kept.configurations.push(args[0])
      const connection = new target(...args)
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.candidate) kept.candidates.push(candidate.candidate)
      })
      return connection
    },
  })
}

const candidatesOf = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() => (window as typeof window & { kept: Connecting }).kept.candidates)

/**
 * All that a connection finds with what the page's first one was made with. Its own search proves nothing: it ends
 * as soon as the visitors are connected, and on one machine they may be before a STUN server has answered.
 */
const candidatesToBeFound = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(async () => {
    const { kept } = window as typeof window & { kept: Connecting }
    const connection = new RTCPeerConnection(kept.configurations[0])
    const found: string[] = []
    const ended = new Promise<void>((resolve) => {
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate) found.push(candidate.candidate)
        else resolve()
      })
    })
    connection.createDataChannel('')
    await connection.setLocalDescription()
    await ended
    connection.close()
    return found
  })

describe('two visitors with Chromium', () => {
  let browser: Browser
  let turn: TurnServer
  let visitors: Visitor[] = []

  beforeAll(async () => {
    browser = await launchChromium()
    turn = await TurnServer.start()
  })
  afterEach(async () => {
    await Promise.all(visitors.map((visitor) => visitor.leave()))
    visitors = []
  })
  afterAll(async () => {
    await browser?.close()
    await turn?.stop()
  })

  /** The first one has the file, the second one gets some of it from the first. */
  async function meet(server: RunningServer, options: { iceTransportPolicy?: 'all' | 'relay' }): Promise<void> {
    const { sha256 } = folder.generate('game.bin', 4 * MiB)
    for (const _ of [1, 2]) visitors.push(await Visitor.arrive(browser, `${server.url}/`, keepConnecting))
    const [first, second] = visitors as [Visitor, Visitor]
    expect((await first.download('/game.bin', options)).sha256).toBe(sha256)
    const got = await second.download('/game.bin', options)
    expect(got.sha256).toBe(sha256)
    expect(got.progress.bytes.peers).toBeGreaterThan(256 * KiB)
  }

  it("[T229] find their addresses with the tracker's own STUN, named by nobody else", async () => {
    const server = await serve('--egress-rate', '1MiB/s')
    await meet(server, {})
    for (const visitor of visitors) {
      expect((await candidatesToBeFound(visitor)).join('\n')).toMatch(/ typ srflx /)
    }
  })

  it('[T229] that hide their addresses exchange a file by the TURN server that the tracker named, and by nothing else', async () => {
    const secrets = createTempFolder()
    const secretFile = secrets.write('turn-secret', `${turn.secret}\n`)
    const server = await serve('--egress-rate', '1MiB/s', '--turn-urls', turn.url, '--turn-secret-file', secretFile)
    secrets.remove()
    await meet(server, { iceTransportPolicy: 'relay' })
    for (const visitor of visitors) {
      const found = await candidatesOf(visitor)
      expect(found.length).toBeGreaterThan(0)
      for (const candidate of found) expect(candidate).toMatch(/ 127\.0\.0\.1 \d+ typ relay raddr 0\.0\.0\.0 rport 0 /)
    }
  })
})
