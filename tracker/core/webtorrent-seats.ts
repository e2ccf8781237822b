/**
 * Who is in which swarm of the WebTorrent protocol, and under which name. A name is its connection's, in that swarm and
 * for as long as it is there: nobody else can take it. Knows no message.
 */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { AddressClass } from './address-class.ts'
import type { Allowance } from './admission.ts'
import type { Balance } from './balance.ts'
import { type BinaryId, hexOf, writtenId } from './binary-id.ts'
import type { Introduction } from './introductions.ts'
import type { Account } from './ledger.ts'
import { FadingCount } from './neighbourhood.ts'
import type { Client, Membership, Peer } from './peer.ts'
import type { Place } from './place.ts'
import { Swarm } from './swarm.ts'
import type { PendingOffer } from './webtorrent-offers.ts'

/** Names of one connection in one swarm: two players on a page share its connection, and nobody needs more. */
const namesMax = 2

/** One WebSocket; one page may take part in several swarms over it, under one name or several. */
export interface Connection extends Client {
  /** By info hash and name together. */
  readonly seats: Map<string, Seat>
  /** The one that spoke last: nearly always the one that speaks next. */
  last: Seat | undefined
}

/** A swarm, and what is written of it in each answer. */
export interface Torrent {
  readonly id: BinaryId
  readonly swarm: Swarm
  readonly seats: Map<BinaryId, Seat>
  completeCount: number
  /** The name as it is written in JSON. */
  readonly written: string
}

/** A connection in one swarm: what the choice of peers takes for a peer, since each swarm has links of its own. */
export class Seat implements Peer {
  readonly connection: Connection
  readonly torrent: Torrent
  readonly name: BinaryId
  /** The name as it is written in JSON. */
  readonly written: string
  readonly membership: Membership
  readonly id: PeerId
  readonly place: Place
  readonly subscriber: string
  readonly origin: AddressClass
  readonly allowance: Allowance
  readonly accounts: Account[]
  readonly balance: Balance
  introductions: Map<Peer, Introduction> | undefined
  introducedNetworks: Map<string, number> | undefined
  /** What waits for its answer. */
  offers: Map<BinaryId, PendingOffer<Seat>> | undefined
  newest: Membership | undefined
  // A seat is in one swarm alone. Clients of this protocol show no tokens, complain about nobody and report nothing.
  readonly memberships = noMemberships
  readonly introduced = nothingCounted
  readonly issue = 0
  said = undefined
  heard = undefined
  access = undefined
  bearer = undefined

  constructor(connection: Connection, torrent: Torrent, name: BinaryId) {
    this.connection = connection
    this.torrent = torrent
    this.name = name
    this.written = writtenId(name)
    this.id = connection.id
    this.place = connection.place
    this.subscriber = connection.subscriber
    this.origin = connection.origin
    this.allowance = connection.allowance
    this.accounts = connection.accounts
    this.balance = connection.balance
    this.membership = torrent.swarm.add(this)
    this.newest = this.membership
  }

  get foreignAddresses(): Set<string> | undefined {
    return this.connection.foreignAddresses
  }

  set foreignAddresses(addresses: Set<string> | undefined) {
    this.connection.foreignAddresses = addresses
  }
}

const noMemberships = new Map<never, never>()
const nothingCounted = new FadingCount(1)

export class Seats {
  /** By info hash and scope: those that must not meet are in different swarms. */
  readonly #torrents = new Map<string, Torrent>()
  count = 0

  get swarmCount(): number {
    return this.#torrents.size
  }

  /** The swarm, for a connection that is in it. */
  torrentOf(connection: Connection, infoHash: BinaryId): Torrent | undefined {
    const torrent = this.#torrents.get(infoHash + connection.place.scope)
    return torrent !== undefined && namesIn(connection, torrent) > 0 ? torrent : undefined
  }

  /** @returns undefined when another connection has the name, or this one has enough of them */
  enter(connection: Connection, infoHash: BinaryId, name: BinaryId): Seat | undefined {
    const { scope } = connection.place
    let torrent = this.#torrents.get(infoHash + scope)
    if (torrent !== undefined && (torrent.seats.has(name) || namesIn(connection, torrent) >= namesMax)) return undefined
    if (torrent === undefined) {
      const swarm = new Swarm(hexOf(infoHash) as SwarmId, scope)
      torrent = { id: infoHash, swarm, seats: new Map(), completeCount: 0, written: writtenId(infoHash) }
      this.#torrents.set(infoHash + scope, torrent)
    }
    const seat = new Seat(connection, torrent, name)
    torrent.seats.set(name, seat)
    connection.seats.set(infoHash + name, seat)
    for (const account of connection.accounts) account.swarmCount++
    this.count++
    return seat
  }

  /** A seat says how much of the content it has. */
  update({ membership, torrent }: Seat, have: number): void {
    if (have === membership.have) return
    torrent.completeCount += Number(have === 1) - Number(membership.have === 1)
    torrent.swarm.update(membership, have, true)
  }

  leave(seat: Seat): void {
    const { connection, torrent, membership, name } = seat
    if (membership.have === 1) torrent.completeCount--
    torrent.swarm.remove(membership)
    torrent.seats.delete(name)
    connection.seats.delete(torrent.id + name)
    for (const account of connection.accounts) account.swarmCount--
    if (connection.last === seat) connection.last = undefined
    if (torrent.seats.size === 0) this.#torrents.delete(torrent.id + torrent.swarm.scope)
    this.count--
  }
}

function namesIn({ seats }: Connection, torrent: Torrent): number {
  let count = 0
  for (const seat of seats.values()) if (seat.torrent === torrent) count++
  return count
}
