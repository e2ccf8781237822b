/** Lets connections in and out: who is kept out, who has too many, and what a new peer begins with. Knows no message. */
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import type { Door } from './admission.ts'
import { forbiddenClose } from './authorizing.ts'
import { type BanNews, type Bans, excludedText, strikesText } from './bans.ts'
import type { Cluster } from './cluster.ts'
import { bannedText, type Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import { connectionsText } from './ledger.ts'
import type { TrackerLimits } from './limits.ts'
import type { Location } from './location.ts'
import type { TrackerMachineStats } from './machine-stats.ts'
import { createPeer, type Peer } from './peer.ts'
import { placeOf, type Scope, subscriberKey } from './place.ts'
import type { Identity } from './resumption.ts'
import type { Trust } from './trust.ts'

export interface EntranceParts {
  limits: TrackerLimits
  scope: Scope
  trust: Trust
  bans: Bans
  conduct: Conduct
  /** The same for all protocols of a tracker. */
  door: Door
}

/** A number of its connection is known only where peers can come back. */
type Newcomer = Pick<Identity, 'id'> & Partial<Identity>

export class Entrance {
  readonly #parts: EntranceParts
  readonly #door: Door
  readonly #banNews: BanNews

  constructor(parts: EntranceParts) {
    this.#parts = parts
    this.#door = parts.door
    this.#banNews = parts.bans.news()
  }

  /** @returns the peer that a connection is from now on, or how it is turned away */
  admit(identity: Newcomer, address: Uint8Array, location: Location | undefined, now: number): Peer | TrackerEffect[] {
    const { id } = identity
    const { limits, scope, conduct } = this.#parts
    const subscriber = subscriberKey(address)
    const place = placeOf(address, location, scope)
    const banned = this.bannedBecause(subscriber, place.network, now)
    if (banned !== undefined) return conduct.turnAway(id, 'banned', banned)
    const accounts = this.#door.enter(subscriber, place.network, now)
    if (typeof accounts === 'string') return conduct.turnAway(id, 'too-many-connections', accounts)
    return createPeer(identity, place, limits, accounts)
  }

  /** What a page hears of a site that may not use this tracker; it is not connected. */
  refusePage(): { message: TrackerMessage & { type: 'refused' }; code: number } {
    const why = 'this tracker is not for pages of this site'
    return { message: this.#parts.conduct.refusal({ code: 'wrong-origin', message: why }), code: forbiddenClose }
  }

  /** Why nobody of an address or a network is let in, if so. */
  bannedBecause(subscriber: string, network: string, now: number): string | undefined {
    const { trust, bans } = this.#parts
    if (trust.isBanned(network, now)) return bannedText
    if (!bans.isBanned(subscriber, network, now)) return undefined
    return bans.isExcluded(subscriber, network, now) ? excludedText : strikesText
  }

  leave({ accounts }: Peer): void {
    this.#door.leave(accounts)
  }

  /** Its address has too many connections at other processes of this machine. */
  crowdedOut(peer: Peer): TrackerEffect[] {
    const { limits, conduct } = this.#parts
    return conduct.expel(peer, 'too-many-connections', connectionsText(limits.connectionsPerAddressMax, 'address'))
  }

  /** What those who were banned since have open is closed, and other trackers hear of it. */
  turnOut(cluster: Cluster | undefined, now: number): TrackerEffect[] {
    const { trust, conduct } = this.#parts
    return this.#banNews.take().flatMap((ban) => {
      if (ban.isOurs) cluster?.bans.keepOut(ban, now)
      return trust.concernedBy(ban).flatMap((peer) => conduct.expel(peer, 'banned', ban.why))
    })
  }

  stats(): Pick<TrackerMachineStats, 'accepted' | 'complaints' | 'bans' | 'addressBans'> {
    const { trust, bans } = this.#parts
    return {
      accepted: this.#door.entered,
      complaints: trust.complaintCount,
      bans: trust.bannedCount,
      addressBans: bans.bannedCount,
    }
  }

  /** Frees what has run out; for quiet times. */
  expire(now: number): void {
    this.#parts.trust.expire(now)
    this.#parts.bans.expire(now)
    this.#door.expire(now)
  }
}
