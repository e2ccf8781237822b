/** Lets connections in and out: who is kept out, who has too many, and what a new peer begins with. Knows no message. */
import type { Door } from './admission.ts'
import type { Bans } from './bans.ts'
import { bannedText, type Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { TrackerLimits } from './limits.ts'
import type { Location } from './location.ts'
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

const strikesText = 'connections from this address were closed for what they sent: come back later'

export class Entrance {
  readonly #parts: EntranceParts
  readonly #door: Door

  constructor(parts: EntranceParts) {
    this.#parts = parts
    this.#door = parts.door
  }

  /** All that ever came in. */
  get enteredCount(): number {
    return this.#door.entered
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

  /** Why nobody of an address or a network is let in, if so. */
  bannedBecause(subscriber: string, network: string, now: number): string | undefined {
    const { trust, bans } = this.#parts
    if (trust.isBanned(network, now)) return bannedText
    return bans.isBanned(subscriber, network, now) ? strikesText : undefined
  }

  leave({ accounts }: Peer): void {
    this.#door.leave(accounts)
  }

  /** Frees what has run out; for quiet times. */
  expire(now: number): void {
    this.#parts.bans.expire(now)
    this.#door.expire(now)
  }
}
