/** Whom the tracker still introduces: gives out tickets, hears complaints that have one, and knows whom they ban. */
import type { PeerId } from '../../shared/ids.ts'
import { type Ban, type Bans, concerns } from './bans.ts'
import { Complaints } from './complaints.ts'
import { bannedText } from './conduct.ts'
import type { TrackerLimits } from './limits.ts'
import { Neighbourhood } from './neighbourhood.ts'
import type { Peer } from './peer.ts'
import { type Hmac, Tickets } from './tickets.ts'

export interface TrustOptions {
  limits: TrackerLimits
  /** Without it there are no tickets, and no complaint is heard. */
  hmac: Hmac | undefined
  /** What makes of this machine's time that of all trackers of one key. */
  epochMs: number
  /** Where those of other protocols hear of bans. */
  bans: Bans
}

/** A network that is banned from now on, and its peers that are here. */
export interface NetworkBan {
  readonly network: string
  readonly peers: readonly Peer[]
}

export class Trust {
  readonly #complaints: Complaints
  readonly #tickets: Tickets | undefined
  readonly #epochMs: number
  readonly #bans: Bans
  readonly #neighbourhood = new Neighbourhood()

  constructor({ limits, hmac, epochMs, bans }: TrustOptions) {
    this.#bans = bans
    this.#complaints = new Complaints(limits)
    this.#tickets = hmac && new Tickets(hmac, limits.ticketLifetimeMs)
    this.#epochMs = epochMs
  }

  get complaintCount(): number {
    return this.#complaints.count
  }

  get bannedCount(): number {
    return this.#complaints.bannedCount
  }

  isBanned(network: string, now: number): boolean {
    return this.#complaints.isBanned(network, now)
  }

  bans(now: number): { key: string; cause: 'complaints'; count: number; untilMs: number }[] {
    return this.#complaints.banned(now).map(([key, untilMs]) => ({ key, cause: 'complaints', count: 1, untilMs }))
  }

  lift(network: string): void {
    this.#complaints.lift(network)
  }

  enter(peer: Peer): void {
    this.#neighbourhood.enter(peer)
  }

  leave(peer: Peer): void {
    this.#neighbourhood.leave(peer)
  }

  /** @param isNew whether the two did not know each other */
  introduce(a: Peer, b: Peer, isNew: boolean, now: number): string | undefined {
    if (isNew) for (const peer of [a, b]) peer.introduced.add(now)
    return this.#tickets?.issue(a.id, b.id, now + this.#epochMs)
  }

  isTicket(ticket: string, a: PeerId, b: PeerId, now: number): boolean {
    return this.#tickets?.isValid(ticket, a, b, now + this.#epochMs) ?? false
  }

  /**
   * @param from the network of who complains
   * @param about a peer, who may be gone
   * @param accused the same, if it is here
   */
  hear(from: string, about: PeerId, accused: Peer | undefined, now: number): NetworkBan | undefined {
    const network = accused?.place.network ?? this.#neighbourhood.ofDeparted(about)
    if (network === undefined) return undefined
    const introducedCount = this.#neighbourhood.introducedCount(network, now)
    const isBanned = this.#complaints.add(from, network, introducedCount, now)
    return isBanned ? this.#tell(network) : undefined
  }

  /** Whether complaints about a peer can be heard here. */
  knows(about: PeerId): boolean {
    return this.#neighbourhood.ofDeparted(about) !== undefined
  }

  /** Another tracker of the service banned a network. */
  ban(network: string, forMs: number, now: number): NetworkBan {
    this.#complaints.ban(network, now + forMs)
    return this.#tell(network)
  }

  #tell(network: string): NetworkBan {
    this.#bans.tell({
      network,
      subscriber: undefined,
      why: bannedText,
      count: 1,
      endsOpen: true,
      untilMs: 0,
      isOurs: false,
    })
    return { network, peers: this.#neighbourhood.peersOf(network) }
  }

  /** The peers that a ban turns out, whatever it is for. */
  concernedBy(ban: Ban): Peer[] {
    return this.#neighbourhood.peersOf(ban.network).filter((peer) => concerns(ban, peer))
  }

  expire(now: number): void {
    this.#complaints.expire(now)
  }
}
