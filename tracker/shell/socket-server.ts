/**
 * WebSockets for the tracker: accepts upgrades, keeps sockets within their limits, notices the dead and the slow.
 * Beside tracker-socket.ts the only file that knows ws. Knows no message.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { normalClosure } from '../core/conduct.ts'
import { Corks } from './corks.ts'
import { type Dialect, nearcastDialect } from './dialect.ts'
import { Disconnects } from './disconnects.ts'
import { type Farewell, Farewells } from './farewells.ts'
import { Heartbeat } from './heartbeat.ts'
import type { SendQueues } from './send-queues.ts'
import { type SocketServerOptions, socketOptionsWith } from './socket-options.ts'
import { writeTextFrame } from './text-frame.ts'
import { TrackerSocket } from './tracker-socket.ts'
import { refuseUpgrade, upgradeFault } from './upgrade-refusal.ts'

/** A message is one frame in every browser; a proxy may split one. */
const fragmentsMax = 8

/** Pieces in which the network may bring one message of 16 KiB. */
const bufferedChunksMax = 256

/** A client that was told to go has this long to say goodbye. */
const closeTimeoutMs = 2000

/** One that is sent away for what it sent has this long to hear why: about a round trip. */
const expulsionMs = 250

/** Pings that may go unanswered: the next beat after these ends the connection. */
const unansweredMax = 2

/** Sockets beyond the tracker's own limit that are open only to be told why they are refused. */
const refusedSocketsMax = 256

/** What the server tells its owner. After `closed` nothing more comes of a socket. */
export interface SocketServerEvents {
  /** Somebody is at the door, and nothing was spent on it yet. @returns what to say in place of letting it in */
  arrived(request: IncomingMessage): Farewell | undefined
  opened(socket: TrackerSocket, request: IncomingMessage): void
  text(socket: TrackerSocket, text: string): void
  /** A ping, or a pong that nobody asked for. */
  control(socket: TrackerSocket): void
  malformed(socket: TrackerSocket, what: string): void
  /** @param isBroken it ended for what it sent, which was no WebSocket frame of ours */
  closed(socket: TrackerSocket, isBroken: boolean): void
  /** Time passes; several times a minute. */
  tick(): void
}

/** Why the server itself refused or ended something. */
export type SocketRefusal = 'bad-upgrade' | 'too-many-sockets' | 'protocol-error' | 'slow-reader' | 'no-answer'

export interface SocketServerParts {
  socketsMax: number
  /** What waits for the clients of all protocols. */
  queues: SendQueues<TrackerSocket>
}

export class SocketServer {
  readonly #paths: readonly string[]
  readonly #dialect: Dialect
  readonly #queues: SendQueues<TrackerSocket>
  readonly #socketsMax: number
  readonly #events: SocketServerEvents
  readonly #server: WebSocketServer
  readonly #heartbeat: Heartbeat<TrackerSocket>
  readonly #sockets = new Set<TrackerSocket>()
  readonly #corks = new Corks<TrackerSocket>((socket, length) => this.#sent(socket, length))
  readonly #farewells = new Farewells()
  readonly refused: Record<SocketRefusal, number> = {
    'bad-upgrade': 0,
    'too-many-sockets': 0,
    'protocol-error': 0,
    'slow-reader': 0,
    'no-answer': 0,
  }
  readonly disconnects = new Disconnects()
  #closing: (() => void) | undefined

  /** @throws Error that names a wrong setting, its value and what would be right */
  constructor(
    { socketsMax, queues }: SocketServerParts,
    options: SocketServerOptions,
    events: SocketServerEvents,
    dialect = nearcastDialect,
  ) {
    const { paths, heartbeatMs } = socketOptionsWith(options)
    this.#paths = paths
    this.#dialect = dialect
    this.#socketsMax = socketsMax
    this.#queues = queues
    this.#events = events
    const settings = {
      noServer: true,
      WebSocket: TrackerSocket,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: dialect.messageBytesMax,
      maxFragments: fragmentsMax,
      maxBufferedChunks: bufferedChunksMax,
      closeTimeout: closeTimeoutMs,
      handleProtocols: () => dialect.subprotocol ?? false,
    }
    this.#server = new WebSocketServer(settings)
    this.#server.on('wsClientError', (error, socket) => this.#refuse(socket, 400, 'bad-upgrade', error.message))
    const tick = () => {
      this.#queues.count()
      events.tick()
    }
    this.#heartbeat = new Heartbeat(heartbeatMs, (socket) => this.#beat(socket), tick)
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const fault = upgradeFault(request, this.#paths, this.#dialect.subprotocol)
    if (fault !== undefined) {
      this.#refuse(socket, fault.status, 'bad-upgrade', fault.message)
    } else if (this.#closing !== undefined) {
      this.#refuse(socket, 503, 'bad-upgrade', 'the tracker is going down')
    } else if (this.#sockets.size >= this.#socketsMax + refusedSocketsMax) {
      this.#refuse(socket, 503, 'too-many-sockets', 'the tracker is full')
    } else {
      this.#admit(request, socket, head)
    }
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const farewell = this.#events.arrived(request)
    if (farewell !== undefined && !this.#farewells.hasRoom) {
      return this.#refuse(socket, 503, 'too-many-sockets', farewell.reason)
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      if (farewell === undefined) this.#accept(accepted as TrackerSocket, socket, request)
      else this.#farewells.say(accepted, farewell)
    })
  }

  send(socket: TrackerSocket, text: string): void {
    if (socket.readyState !== WebSocket.OPEN) return
    if (this.#queues.isFull(socket)) return this.drop(socket, 'slow-reader')
    this.#corks.hold(socket, text.length)
    if (!writeTextFrame(socket.stream!, text, this.#dialect.encoding)) socket.send(text)
  }

  #sent(socket: TrackerSocket, length: number): void {
    const slowest = socket.isGone ? undefined : this.#queues.sent(socket, length)
    slowest?.server?.drop(slowest, 'slow-reader')
  }

  /** @param code the normal one for a client that did nothing wrong: it may say goodbye */
  close(socket: TrackerSocket, code: number, reason: string): void {
    socket.close(code, reason)
    if (code === normalClosure) return
    socket.expelledWith = code
    // What it goes on to send is neither read nor waited for.
    socket.pause()
    setTimeout(terminate, expulsionMs, socket)
  }

  /** Bytes that wait for clients to take them. */
  get queuedBytes(): number {
    let bytes = 0
    for (const socket of this.#sockets) bytes += socket.bufferedAmount
    return bytes
  }

  /** Says goodbye to every socket and waits until all are gone. */
  async shutdown(code: number, reason: string, farewell?: string): Promise<void> {
    if (this.#closing === undefined) this.#heartbeat.stop()
    const former = this.#closing
    const gone = new Promise<void>((resolve) => {
      this.#closing = () => {
        former?.()
        resolve()
      }
    })
    for (const socket of this.#sockets) {
      if (farewell !== undefined) this.send(socket, farewell)
      socket.close(code, reason)
    }
    if (this.#sockets.size > 0) await gone
  }

  #accept(socket: TrackerSocket, stream: Duplex, request: IncomingMessage): void {
    socket.server = this
    socket.stream = stream
    this.#sockets.add(socket)
    this.#heartbeat.add(socket)
    socket.on('message', onMessage)
    socket.on('ping', onPing)
    socket.on('pong', onPong)
    socket.on('error', onError)
    socket.on('close', onClose)
    this.#events.opened(socket, request)
  }

  message(socket: TrackerSocket, data: WebSocket.RawData, isBinary: boolean): void {
    socket.unanswered = 0
    socket.unfinishedBeats = 0
    if (socket.isGone || socket.readyState !== WebSocket.OPEN) return
    if (isBinary) this.#events.malformed(socket, 'a binary message: the tracker speaks text')
    else this.#events.text(socket, (data as Buffer).toString(this.#dialect.encoding))
  }

  control(socket: TrackerSocket): void {
    if (!socket.isGone) this.#events.control(socket)
  }

  /** ws has closed the socket by itself: the frame was too long, broken or masked wrongly. */
  failed(socket: TrackerSocket): void {
    this.refused['protocol-error']++
    this.gone(socket, true)
  }

  gone(socket: TrackerSocket, isBroken = false): void {
    if (socket.isGone) return
    socket.isGone = true
    this.#events.closed(socket, isBroken)
  }

  closed(socket: TrackerSocket, code: number): void {
    this.disconnects.add(socket.expelledWith ?? code)
    this.gone(socket)
    this.#heartbeat.remove(socket)
    this.#sockets.delete(socket)
    this.#queues.gone(socket)
    if (this.#sockets.size === 0) this.#closing?.()
  }

  #beat(socket: TrackerSocket): void {
    socket.beat()
    // Who answers between the pieces of a message would have them kept for as long as it likes.
    if (socket.unanswered >= unansweredMax || socket.unfinishedBeats > unansweredMax) {
      this.drop(socket, 'no-answer')
    } else if (socket.readyState === WebSocket.OPEN) {
      socket.unanswered++
      socket.ping()
    }
  }

  /** Ends a connection at once. */
  drop(socket: TrackerSocket, why: SocketRefusal): void {
    this.refused[why]++
    socket.terminate()
    this.gone(socket)
  }

  #refuse(socket: Duplex, status: number, why: SocketRefusal, message: string): void {
    this.refused[why]++
    refuseUpgrade(socket, status, message)
  }
}

const terminate = (socket: TrackerSocket): void => socket.terminate()

function onMessage(this: WebSocket, data: WebSocket.RawData, isBinary: boolean): void {
  const socket = this as TrackerSocket
  socket.server!.message(socket, data, isBinary)
}

function onPing(this: WebSocket): void {
  const socket = this as TrackerSocket
  socket.server!.control(socket)
}

function onPong(this: WebSocket): void {
  const socket = this as TrackerSocket
  if (socket.unanswered > 0) socket.unanswered = 0
  else socket.server!.control(socket)
}

function onError(this: WebSocket): void {
  const socket = this as TrackerSocket
  socket.server!.failed(socket)
}

function onClose(this: WebSocket, code: number): void {
  const socket = this as TrackerSocket
  socket.server!.closed(socket, code)
}
