/**
 * What each client is told of servers: where STUN is, and credentials for TURN that are renewed before they end. Knows
 * no socket and no clock; the key is behind `passwordOf`.
 */
import type { PeerId } from '../../shared/ids.ts'
import type { IceServer, Servers } from '../../shared/servers.ts'

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
}

/** What is to be said to one client. */
export interface ServerNews {
  to: PeerId
  servers: Servers
}

/** Clients told at one time, so that a crowd that came together is not told all at once; times come several a minute. */
const newsCountMax = 500

export class ServerDesk {
  readonly #stunUrls: readonly string[]
  readonly #turn: TurnSettings | undefined
  #stunPort: number | undefined
  /** When each client is to have new credentials, the earliest first: all hold equally long. */
  readonly #renewals = new Map<PeerId, number>()

  constructor({ stunUrls = [], turn }: ServerDeskOptions) {
    this.#stunUrls = stunUrls
    this.#turn = turn
  }

  /** The tracker's own STUN responder listens. */
  stunAt(port: number): void {
    if (this.#stunUrls.length === 0) this.#stunPort = port
  }

  /** @param epochMs the time of day, which the TURN server knows too; `now` never goes back and is nobody else's */
  welcome(id: PeerId, now: number, epochMs: number): Servers {
    const iceServers = this.#iceServers(id, now, epochMs)
    return {
      ...(this.#stunPort !== undefined && { stunPort: this.#stunPort }),
      ...(iceServers.length > 0 && { iceServers }),
    }
  }

  /** What is due by now, for some of the clients; the rest is due the next time. */
  due(now: number, epochMs: number): ServerNews[] {
    const due: PeerId[] = []
    for (const [id, at] of this.#renewals) {
      if (at > now || due.length === newsCountMax) break
      due.push(id)
    }
    return due.map((to) => ({ to, servers: { iceServers: this.#iceServers(to, now, epochMs) } }))
  }

  leave(id: PeerId): void {
    this.#renewals.delete(id)
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
