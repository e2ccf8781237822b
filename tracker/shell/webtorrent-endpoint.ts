/**
 * The WebTorrent protocol on WebSockets of its own: lets clients in, hands what they say to the machine and carries out
 * what it wants. Knows no message.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { PeerId } from '../../shared/ids.ts'
import { KiB } from '../../shared/limits.ts'
import { webTorrentPath } from '../api.ts'
import { checkSetting } from '../core/limits.ts'
import type { Location } from '../core/location.ts'
import { subscriberKey } from '../core/place.ts'
import type { WebTorrentEffect } from '../core/webtorrent-conduct.ts'
import { WebTorrentMachine, type WebTorrentMachineOptions, type WebTorrentStats } from '../core/webtorrent-machine.ts'
import type { Dialect } from './dialect.ts'
import type { Farewell } from './farewells.ts'
import type { SharedDoor } from './shared-door.ts'
import type { SocketServerOptions } from './socket-options.ts'
import { SocketServer, type SocketServerParts } from './socket-server.ts'
import { offersOwnProtocol } from './subprotocols.ts'
import type { TrackerSocket } from './tracker-socket.ts'

/** Clients offer no subprotocol. Twenty offers of 3 KiB are 60 KiB; browsers send five. */
const webTorrentDialect: Dialect = { subprotocol: undefined, messageBytesMax: 64 * KiB, encoding: 'latin1' }

const idBytes = 16

/** What clients do then is their own: they come back after 10 s to 5 min, each at a moment of its own. */
const comeLater: Farewell = {
  text: '{"action":"announce","failure reason":"no time now: come back later"}',
  code: 1013,
  reason: 'no time now: come back later',
}

export interface WebTorrentSettings {
  /** Whether clients of the WebTorrent protocol are served too, in swarms of their own. Not by default. */
  webTorrent?: boolean
  /** Where: some sites can only name a host, and need `/`. */
  webTorrentPath?: string
}

export interface WebTorrentParts {
  machine: WebTorrentMachineOptions
  /** What its sockets share with those of our own clients. */
  room: SocketServerParts
  sharedDoor: SharedDoor | undefined
  /** Whether nobody may join without a token. */
  needsToken: boolean
  /** Why nobody of a network is let in, if so. */
  bannedBecause(network: string, now: number, subscriber: string): string | undefined
  addressOf(request: IncomingMessage): Uint8Array | undefined
  locationOf(address: Uint8Array, request: IncomingMessage): Location | undefined
  /** Whether there is time for one more connection. */
  mayEnter(request: IncomingMessage): boolean
  now(): number
  /** A connection was closed for what its client did. */
  closed(address: Uint8Array | undefined, code: number, reason: string): void
}

export interface WebTorrentEndpointStats extends Omit<WebTorrentStats, 'refused'> {
  refused: Record<string, number>
}

/**
 * @returns nothing where it is not asked for
 * @throws Error that names a wrong setting, its value and what would be right
 */
export function webTorrentFrom(
  settings: WebTorrentSettings & SocketServerOptions,
  parts: WebTorrentParts,
): WebTorrentEndpoint | undefined {
  const path = settings.webTorrentPath ?? webTorrentPath
  checkSetting('webTorrentPath', path, path.startsWith('/'), 'a path that begins with /')
  if (settings.webTorrent && parts.needsToken) {
    throw new Error(
      'tracker setting webTorrent: its clients have no tokens to show; leave it off, or set admission to open',
    )
  }
  return settings.webTorrent ? new WebTorrentEndpoint(path, settings, parts) : undefined
}

export class WebTorrentEndpoint {
  readonly path: string
  readonly #parts: WebTorrentParts
  readonly #machine: WebTorrentMachine
  readonly #server: SocketServer
  readonly #sockets = new Map<PeerId, TrackerSocket>()

  constructor(path: string, settings: SocketServerOptions, parts: WebTorrentParts) {
    this.path = path
    this.#parts = parts
    const { bannedBecause, mayEnter, room, now } = parts
    const machine = new WebTorrentMachine({ ...parts.machine, bannedBecause })
    this.#machine = machine
    const events = {
      arrived: (request: IncomingMessage) => (mayEnter(request) ? undefined : comeLater),
      opened: (socket: TrackerSocket, request: IncomingMessage) => this.#open(socket, request),
      text: (socket: TrackerSocket, text: string) => this.#run(machine.receive(socket.id!, text, now())),
      control: (socket: TrackerSocket) => this.#run(machine.control(socket.id!, now())),
      malformed: (socket: TrackerSocket, what: string) => this.#run(machine.malformed(socket.id!, what, now())),
      closed: ({ id }: TrackerSocket, isBroken: boolean) => {
        if (id === undefined) return
        if (isBroken) machine.broke(id, now())
        parts.sharedDoor?.leave(id)
        machine.disconnect(id)
        this.#sockets.delete(id)
      },
      tick: () => machine.expire(now()),
    }
    this.#server = new SocketServer(room, { ...settings, paths: [path] }, events, webTorrentDialect)
  }

  /** Whether an upgrade is meant for this protocol: where both share a path, only our own clients name theirs. */
  isFor(request: IncomingMessage): boolean {
    return request.url?.split('?', 1)[0] === this.path && !offersOwnProtocol(request)
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head)
  }

  #run(effects: readonly WebTorrentEffect[]): void {
    for (const effect of effects) {
      const socket = this.#sockets.get(effect.to)
      if (socket === undefined) continue
      if (effect.type === 'send') {
        this.#server.send(socket, effect.text)
      } else {
        this.#server.close(socket, effect.code, effect.reason)
        this.#parts.closed(socket.address, effect.code, effect.reason)
      }
    }
  }

  /** Its address has too many connections at other processes of this machine. */
  crowdedOut(id: PeerId): void {
    this.#run(this.#machine.crowdedOut(id))
  }

  /** Somebody was banned. */
  turnOut(): void {
    this.#run(this.#machine.turnOut())
  }

  /** Other swarms are served than before. */
  servesAnew(): void {
    this.#run(this.#machine.servesAnew())
  }

  stats(): WebTorrentEndpointStats {
    const stats = this.#machine.stats()
    return { ...stats, refused: { ...stats.refused, ...this.#server.refused } }
  }

  /** Clients of this protocol know no farewell: they come back when the connection ends. */
  shutdown(code: number, reason: string): Promise<void> {
    return this.#server.shutdown(code, reason)
  }

  #open(socket: TrackerSocket, request: IncomingMessage): void {
    const { addressOf, locationOf, sharedDoor, now } = this.#parts
    const address = addressOf(request)
    if (address === undefined) {
      // The other end is already gone: a socket has no address then.
      socket.terminate()
      return
    }
    const id = randomBytes(idBytes).toString('base64url') as PeerId
    this.#sockets.set(id, socket)
    socket.id = id
    socket.address = address
    sharedDoor?.enter(id, subscriberKey(address))
    this.#run(this.#machine.connect(id, address, locationOf(address, request), now()))
  }
}
