/** A real tracker on loopback, and clients of it that wait for what they are told. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { type Log, silentLog } from '../../shared/log.ts'
import { type Signal, subprotocolsOf, type TrackerMessage, trackerSubprotocol } from '../../shared/tracker-messages.ts'
import { createTracker, type Tracker, type TrackerOptions, trackerPath } from '../../tracker/main.ts'
import { swarmA } from './tracker-crowd.ts'

type Of<T extends TrackerMessage['type']> = TrackerMessage & { type: T }

export interface Closing {
  code: number
  reason: string
}

/** A client that keeps what it was told until it is asked for. */
export class Guest {
  readonly socket: WebSocket
  readonly closed: Promise<Closing>
  readonly #told: TrackerMessage[] = []
  #waiting: (() => void) | undefined

  constructor(url: string, options: ClientOptions = {}, resume?: string) {
    this.socket = new WebSocket(url, subprotocolsOf(resume), { perMessageDeflate: false, ...options })
    this.socket.on('message', (data) => {
      this.#told.push(JSON.parse(data.toString()))
      this.#waiting?.()
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#waiting?.()
      })
    })
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next message of this type; those before it are dropped. */
  async hears<T extends TrackerMessage['type']>(type: T): Promise<Of<T>> {
    for (;;) {
      const message = await this.next(`a ${type}`)
      if (message.type === type) return message as Of<T>
    }
  }

  /** The next message, whatever it is. */
  async next(awaited = 'anything'): Promise<TrackerMessage> {
    for (;;) {
      const message = this.#told.shift()
      if (message !== undefined) return message
      if (this.socket.readyState >= WebSocket.CLOSING) throw new Error(`closed before ${awaited} came`)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  async join({ swarm = swarmA, have = 0, want = 0 }: { swarm?: SwarmId; have?: number; want?: number } = {}) {
    this.say({ type: 'join', swarm, have, want })
    return this.hears('peers')
  }

  signal(to: PeerId, signal: Signal): void {
    this.say({ type: 'signal', to, signal })
  }
}

export interface TrackerServer {
  readonly tracker: Tracker
  readonly port: number
  readonly url: string
  /** A client that is welcome; with its id. */
  guest(options?: ClientOptions): Promise<{ guest: Guest; id: PeerId }>
  stop(): Promise<void>
}

/** @param at the port to listen on; any free one by default */
export async function startTracker(options: Partial<TrackerOptions> = {}, at = 0): Promise<TrackerServer> {
  const log: Log = silentLog
  const tracker = createTracker({ log, ...options })
  const http = createServer((_, response) => response.end())
  http.on('upgrade', (request: IncomingMessage, socket, head) => tracker.handleUpgrade(request, socket, head))
  http.listen(at, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const url = `ws://127.0.0.1:${port}${trackerPath}`
  return {
    tracker,
    port,
    url,
    async guest(clientOptions) {
      const guest = new Guest(url, clientOptions)
      const { id } = await guest.hears('welcome')
      return { guest, id }
    },
    async stop() {
      await tracker.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

const goodHeaders = {
  Host: 'localhost',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol': trackerSubprotocol,
}

/** Writes an upgrade by hand. A header that is `undefined` is left out. */
export async function rawUpgrade(
  port: number,
  { path = trackerPath, headers = {} }: { path?: string; headers?: Record<string, string | undefined> } = {},
): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const lines = Object.entries({ ...goodHeaders, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  return socket
}

/** Everything that comes until the other side ends the connection. */
export async function readToEnd(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  await once(socket, 'close')
  return Buffer.concat(parts)
}

/** One WebSocket frame (RFC 6455 §5.2), masked with zeros so that the payload stays as it is. */
export function frame(firstByte: number, payload: Uint8Array, { masked = true } = {}): Buffer {
  const maskBit = masked ? 0x80 : 0
  const length =
    payload.length < 126
      ? Buffer.of(maskBit | payload.length)
      : Buffer.of(maskBit | 126, payload.length >> 8, payload.length & 0xff)
  return Buffer.concat([Buffer.of(firstByte), length, Buffer.alloc(masked ? 4 : 0), payload])
}
