/** Peers accuse others of what they proved wrong. Owns how often they may; what comes of it is in trust.ts. */
import type { PeerId } from '../../shared/ids.ts'
import type { ClientMessage } from '../../shared/tracker-messages.ts'
import type { Cluster } from './cluster.ts'
import { bannedText, type Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import type { Trust } from './trust.ts'

export interface ComplainingParts {
  limits: TrackerLimits
  trust: Trust
  conduct: Conduct
  /** Those that are connected here. */
  peers: ReadonlyMap<PeerId, Peer>
  /** The other trackers, if there are any. */
  cluster: Cluster | undefined
}

export class Complaining {
  readonly #parts: ComplainingParts

  constructor(parts: ComplainingParts) {
    this.#parts = parts
  }

  complain(peer: Peer, { about, ticket }: ClientMessage & { type: 'complain' }, now: number): TrackerEffect[] {
    const { limits, trust, conduct, peers, cluster } = this.#parts
    if (!peer.allowance.take('complaints', 1, now)) {
      return conduct.tooFast(peer, { message: rateText(limits, 'complaints'), to: about }, now)
    }
    if (!trust.isTicket(ticket, peer.id, about, now)) {
      const message = 'no ticket of these two peers, or no longer'
      return conduct.fault(peer, { code: 'bad-ticket', message, to: about }, now)
    }
    const accused = peers.get(about)
    if (accused === undefined && !trust.knows(about)) {
      cluster?.bans.complain(peer, about, ticket, now)
      return []
    }
    const ban = trust.hear(peer.place.network, about, accused, now)
    if (ban === undefined) return []
    cluster?.bans.ban(ban.network, now)
    return ban.peers.flatMap((other) => conduct.expel(other, 'banned', bannedText))
  }
}
