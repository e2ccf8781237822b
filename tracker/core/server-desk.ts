/**
 * What each client is told of servers: where STUN is, credentials for TURN that are renewed before they end, and its order
 * of edges, anew when it changes. Knows no socket and no clock; the key is behind `passwordOf`.
 */
import type { PeerId } from '../../shared/ids.ts'
import type { IceServer, Servers } from '../../shared/servers.ts'
import type { Edges } from './edges.ts'
import type { Location } from './location.ts'

export interface TurnSettings {
  urls: readonly string[]
  /** How long credentials hold. */
  ttlMs: number
  /** What the TURN server takes for this name: base64 of HMAC-SHA1 under the secret that it shares with this tracker. */
  passwordOf: (username: string) => string
}

export interface ServerDeskOptions {
  /** STUN servers of others; the tracker's own is not named then. */
  stunUrls?: readonly string[]
  turn?: TurnSettings | undefined
  edges?: Edges | undefined
}

/** What is to be said to one client. */
export interface ServerNews {
  to: PeerId
  servers: Servers
}

/** Clients told of one thing at a time, so that a large crowd is not told all at once: times come about every second. */
const newsCountMax = 1_000

export class ServerDesk {
  readonly #stunUrls: readonly string[]
  readonly #turn: TurnSettings | undefined
  readonly #edges: Edges | undefined
  #stunPort: number | undefined
  /** When each client is to have new credentials, the earliest first: all hold equally long. */
  readonly #renewals = new Map<PeerId, number>()
  /** Who was told which version of the edges, the oldest first. */
  readonly #told = new Map<PeerId, { version: number; location: Location }>()

  constructor({ stunUrls = [], turn, edges }: ServerDeskOptions) {
    this.#stunUrls = stunUrls
    this.#turn = turn
    this.#edges = edges
  }

  /** The tracker's own STUN responder listens. */
  stunAt(port: number): void {
    if (this.#stunUrls.length === 0) this.#stunPort = port
  }

  /**
   * @param location what is known of where the client is
   * @param epochMs the time of day, which the TURN server knows too; `now` never goes back and is nobody else's
   */
  welcome(id: PeerId, location: Location, now: number, epochMs: number): Servers {
    const iceServers = this.#iceServers(id, now, epochMs)
    return {
      ...(this.#stunPort !== undefined && { stunPort: this.#stunPort }),
      ...(iceServers.length > 0 && { iceServers }),
      ...(this.#edges && { edges: this.#order(id, location, this.#edges) }),
    }
  }

  /** What is due by now, for some of the clients; the rest is due the next time. */
  due(now: number, epochMs: number): ServerNews[] {
    const due: PeerId[] = []
    for (const [id, at] of this.#renewals) {
      if (at > now || due.length === newsCountMax) break
      due.push(id)
    }
    const renewed = due.map((to) => ({ to, servers: { iceServers: this.#iceServers(to, now, epochMs) } }))
    return [...renewed, ...this.#edgeNews()]
  }

  #edgeNews(): ServerNews[] {
    const edges = this.#edges
    const behind: [PeerId, Location][] = []
    for (const [id, { version, location }] of this.#told) {
      if (version === edges!.version || behind.length === newsCountMax) break
      behind.push([id, location])
    }
    return behind.map(([to, location]) => ({ to, servers: { edges: this.#order(to, location, edges!) } }))
  }

  #order(id: PeerId, location: Location, edges: Edges): string[] {
    // Behind all others: the list stays in order.
    this.#told.delete(id)
    this.#told.set(id, { version: edges.version, location })
    return edges.orderFor(location, shareOf(id))
  }

  leave(id: PeerId): void {
    this.#renewals.delete(id)
    this.#told.delete(id)
  }

  #iceServers(id: PeerId, now: number, epochMs: number): IceServer[] {
    const stun = this.#stunUrls.length > 0 ? [{ urls: [...this.#stunUrls] }] : []
    if (this.#turn === undefined) return stun
    const { urls, ttlMs, passwordOf } = this.#turn
    // Behind all others: the list stays in order.
    this.#renewals.delete(id)
    this.#renewals.set(id, now + ttlMs / 2)
    const username = `${Math.floor((epochMs + ttlMs) / 1000)}:${id}`
    return [...stun, { urls: [...urls], username, credential: passwordOf(username) }]
  }
}

/** A number of the client's own, the same each time: ids are random. */
function shareOf(id: PeerId): number {
  let share = 0
  for (let at = 0; at < id.length; at++) share = (31 * share + id.charCodeAt(at)) % 0x1000000
  return share
}
