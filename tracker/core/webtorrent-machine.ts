/**
 * The tracker for clients of the WebTorrent protocol, with the same choice of peers, limits and patience as for our own,
 * and swarms of its own. Owns who is connected, and hands each message to the part that it concerns. Knows no socket, no
 * clock and no random source.
 */
import { assert, assertNever } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { RefusalCode, Tier } from '../../shared/tracker-messages.ts'
import { addressClass } from './address-class.ts'
import { createAllowance, type Door, type Excess, excessOf, take } from './admission.ts'
import { Balance } from './balance.ts'
import { type BanNews, type Bans, concerns } from './bans.ts'
import { binaryIdOf, hexOf } from './binary-id.ts'
import type { CandidateScreen } from './candidate-policy.ts'
import type { Exposure } from './exposure.ts'
import { connectionsText } from './ledger.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import type { Load } from './load.ts'
import type { Location } from './location.ts'
import { placeOf, type Scope, subscriberKey } from './place.ts'
import { WebTorrentConduct, type WebTorrentEffect } from './webtorrent-conduct.ts'
import { type Announce, type Answer, type Scrape, WebTorrentReader } from './webtorrent-messages.ts'
import { WebTorrentRelay } from './webtorrent-relay.ts'
import { type Connection, type Seat, Seats, type Torrent } from './webtorrent-seats.ts'

export interface WebTorrentMachineOptions {
  rng: Rng
  limits: TrackerLimits
  /** The same for all protocols of a tracker: an address has no more connections by speaking several. */
  door: Door
  /** Which candidates are passed on, as for our own clients. */
  candidates: CandidateScreen
  load: Load
  exposure: Exposure
  scope?: Scope
  /** By the info hash in hex. */
  serves?: (swarm: SwarmId) => boolean
  /** What strikes count for: of all protocols of a tracker. */
  bans: Bans
  /** Why nobody of a network is let in, if so. */
  bannedBecause?: (network: string, now: number, subscriber: string) => string | undefined
}

export interface WebTorrentStats {
  connections: number
  swarms: number
  /** Counted once for each swarm that they are in. */
  peers: number
  /** Since the start. */
  announces: number
  offers: Record<Tier, number>
  answers: number
  offersPending: number
  refused: Record<RefusalCode, number>
  expelled: number
}

export class WebTorrentMachine {
  readonly #options: WebTorrentMachineOptions
  readonly #reader = new WebTorrentReader()
  readonly #connections = new Map<PeerId, Connection>()
  readonly #seats = new Seats()
  readonly #conduct: WebTorrentConduct
  readonly #banNews: BanNews
  readonly #relay: WebTorrentRelay
  #announces = 0

  constructor(options: WebTorrentMachineOptions) {
    const { limits, rng, candidates, exposure } = options
    this.#options = options
    this.#conduct = new WebTorrentConduct(options.bans, (id) => this.disconnect(id))
    this.#banNews = options.bans.news()
    this.#relay = new WebTorrentRelay({ limits, rng, candidates, exposure })
  }

  /** As `TrackerMachine.connect`. */
  connect(id: PeerId, address: Uint8Array, location: Location | undefined, now: number): WebTorrentEffect[] {
    assert(!this.#connections.has(id), `connection ${id} opened twice`)
    const { limits, door, scope, bannedBecause } = this.#options
    const subscriber = subscriberKey(address)
    const place = placeOf(address, location, scope)
    const banned = bannedBecause?.(place.network, now, subscriber)
    if (banned !== undefined) return this.#conduct.turnAway(id, 'banned', banned)
    const accounts = door.enter(subscriber, place.network, now)
    if (typeof accounts === 'string') return this.#conduct.turnAway(id, 'too-many-connections', accounts)
    this.#connections.set(id, {
      id,
      place,
      subscriber,
      origin: addressClass(address),
      foreignAddresses: undefined,
      allowance: createAllowance(limits),
      accounts,
      balance: new Balance(),
      seats: new Map(),
      last: undefined,
    })
    return []
  }

  disconnect(id: PeerId): void {
    const connection = this.#connections.get(id)
    if (connection === undefined) return
    for (const seat of connection.seats.values()) this.#leave(seat)
    this.#options.door.leave(connection.accounts)
    this.#connections.delete(id)
  }

  /** @param text UTF-8 bytes as Latin-1 letters */
  receive(id: PeerId, text: string, now: number): WebTorrentEffect[] {
    const connection = this.#connections.get(id)
    if (connection === undefined) return []
    const excess = excessOf(connection, text.length, this.#options.limits, now)
    if (excess !== undefined) return this.#conduct.tooFast(connection, excess, now)
    this.#relay.expire(now)
    const read = this.#reader.read(text)
    if (!read.ok) return this.#conduct.malformed(connection, read.violation, now)
    switch (read.value.action) {
      case 'announce':
        return this.#announce(connection, read.value, now)
      case 'answer':
        return this.#answer(connection, read.value, now)
      case 'scrape':
        return this.#scrape(connection, read.value, now)
      default:
        return assertNever(read.value)
    }
  }

  /** A client sent a control frame, which costs as much as a message. */
  control(id: PeerId, now: number): WebTorrentEffect[] {
    const connection = this.#connections.get(id)
    const excess = connection && excessOf(connection, 0, this.#options.limits, now)
    return excess === undefined ? [] : this.#conduct.tooFast(connection!, excess, now)
  }

  malformed(id: PeerId, what: string, now: number): WebTorrentEffect[] {
    const connection = this.#connections.get(id)
    return connection === undefined ? [] : this.#conduct.malformed(connection, what, now)
  }

  /** As `TrackerMachine.broke`. */
  broke(id: PeerId, now: number): void {
    const connection = this.#connections.get(id)
    if (connection !== undefined) this.#options.bans.strikeOwner(connection.accounts, now)
    this.disconnect(id)
  }

  /** As `Entrance.crowdedOut`. */
  crowdedOut(id: PeerId): WebTorrentEffect[] {
    const connection = this.#connections.get(id)
    const why = connectionsText(this.#options.limits.connectionsPerAddressMax, 'address')
    return connection === undefined ? [] : this.#conduct.turnOut(connection, 'too-many-connections', why)
  }

  /** As `Entrance.turnOut`. */
  turnOut(): WebTorrentEffect[] {
    const news = this.#banNews.take()
    if (news.length === 0) return []
    return [...this.#connections.values()].flatMap((connection) => {
      const ban = news.find((ban) => concerns(ban, connection))
      return ban === undefined ? [] : this.#conduct.turnOut(connection, 'banned', ban.why)
    })
  }

  expire(now: number): void {
    this.#relay.expire(now)
  }

  /** Other swarms are served than before: who is in one that no longer is, leaves it. */
  servesAnew(): WebTorrentEffect[] {
    const { serves } = this.#options
    const seats = [...this.#connections.values()].flatMap((connection) => [...connection.seats.values()])
    const unserved = serves === undefined ? [] : seats.filter(({ torrent }) => !serves(torrent.swarm.id))
    return unserved.flatMap((seat) => {
      this.#leave(seat)
      return this.#conduct.refuse(seat.connection, 'unknown-swarm', refusalTexts['unknown-swarm'], seat.torrent.written)
    })
  }

  stats(): WebTorrentStats {
    return {
      connections: this.#connections.size,
      swarms: this.#seats.swarmCount,
      peers: this.#seats.count,
      announces: this.#announces,
      offers: { ...this.#relay.offered },
      answers: this.#relay.answered,
      offersPending: this.#relay.pendingCount,
      refused: { ...this.#conduct.refused },
      expelled: this.#conduct.expelled,
    }
  }

  #announce(connection: Connection, announce: Announce, now: number): WebTorrentEffect[] {
    const { load, limits } = this.#options
    const { infoHash, peerId, event, have } = announce
    const excess = this.#excess(connection, 'joins', 'announces', now)
    if (excess !== undefined) return this.#conduct.tooFast(connection, excess, now, infoHash)
    const seat = this.#seatOf(connection, infoHash, peerId)
    if (typeof seat === 'string') return this.#conduct.refuse(connection, seat, refusalTexts[seat], infoHash)
    this.#announces++
    connection.last = seat
    if (event === 'stopped') this.#leave(seat)
    else this.#seats.update(seat, have)
    const { written, swarm } = seat.torrent
    const text = `{"action":"announce",${this.#countsOf(seat.torrent)},"interval":${this.#intervalSeconds},"info_hash":"${written}"}`
    const answer = this.#paid(connection, text)
    const isNobodyNamed = event === 'stopped' || !swarm.hasAddresses(limits.swarmSizeMin)
    const want = isNobodyNamed ? 0 : load.grant(announce.want)
    return want === 0 ? answer : [...answer, ...this.#relay.offer(seat, announce.offers, want, now)]
  }

  #answer(connection: Connection, answer: Answer, now: number): WebTorrentEffect[] {
    const { infoHash, peerId, toPeerId, offerId, sdp } = answer
    const excess = this.#excess(connection, 'signals', 'answers', now)
    if (excess !== undefined) return this.#conduct.tooFast(connection, excess, now, infoHash)
    const seat = this.#takenSeat(connection, infoHash, peerId)
    const to = binaryIdOf(toPeerId)
    const id = binaryIdOf(offerId)
    const passed = seat && to && id && this.#relay.answer(seat, to, id, sdp, now)
    // Who made the offer may have left meanwhile, which is nobody's fault.
    return passed ? [passed] : this.#conduct.ignore('not-introduced')
  }

  /** Counts are told to those who take part alone. */
  #scrape(connection: Connection, { infoHashes }: Scrape, now: number): WebTorrentEffect[] {
    const excess = this.#excess(connection, 'joins', 'announces and scrapes', now)
    if (excess !== undefined) return this.#conduct.tooFast(connection, excess, now)
    const files = new Set<string>()
    for (const infoHash of infoHashes) {
      const id = binaryIdOf(infoHash)
      const torrent = id && this.#seats.torrentOf(connection, id)
      if (torrent === undefined) continue
      files.add(`"${torrent.written}":{${this.#countsOf(torrent)},"downloaded":${torrent.completeCount}}`)
    }
    const flags = `"flags":{"min_request_interval":${this.#intervalSeconds}}`
    const text = `{"action":"scrape","files":{${[...files].join(',')}},${flags}}`
    return this.#paid(connection, text)
  }

  /** An answer; none for who gave too little for it. */
  #paid({ id: to, balance }: Connection, text: string): WebTorrentEffect[] {
    return balance.pays(text.length) ? [{ type: 'send', to, text }] : []
  }

  /** Of a swarm whose size is withheld, as if one were there alone. */
  #countsOf({ swarm, completeCount }: Torrent): string {
    if (!swarm.hasAddresses(this.#options.limits.swarmSizeMin)) return '"complete":0,"incomplete":1'
    return `"complete":${completeCount},"incomplete":${swarm.size - completeCount}`
  }

  /** For how long clients are told to wait: longer when there is much to do. */
  get #intervalSeconds(): number {
    const { limits, load } = this.#options
    return Math.ceil(Math.max(limits.announceIntervalMs, load.intervalMs ?? 0) / 1_000)
  }

  /** The seat that an announce speaks for, a new one if there is none yet; otherwise why there cannot be one. */
  #seatOf(connection: Connection, infoHash: string, peerId: string): Seat | keyof typeof refusalTexts {
    const taken = this.#takenSeat(connection, infoHash, peerId)
    if (taken !== undefined) return taken
    const hash = binaryIdOf(infoHash)
    const name = binaryIdOf(peerId)
    if (hash === undefined || name === undefined) return 'malformed'
    const { limits, serves } = this.#options
    if (serves !== undefined && !serves(hexOf(hash) as SwarmId)) return 'unknown-swarm'
    if (connection.seats.size >= limits.swarmsPerConnectionMax) return 'too-many-swarms'
    if (connection.accounts.some((account) => !account.hasSwarmsLeft)) return 'too-many-swarms'
    return this.#seats.enter(connection, hash, name) ?? 'not-introduced'
  }

  #takenSeat(connection: Connection, infoHash: string, peerId: string): Seat | undefined {
    const { last, seats } = connection
    if (last !== undefined && last.written === peerId && last.torrent.written === infoHash) return last
    if (seats.size === 0) return undefined
    const hash = binaryIdOf(infoHash)
    const name = binaryIdOf(peerId)
    return hash && name && seats.get(hash + name)
  }

  #leave(seat: Seat): void {
    this.#relay.forget(seat)
    this.#seats.leave(seat)
  }

  #excess(connection: Connection, rate: 'joins' | 'signals', noun: string, now: number): Excess | undefined {
    const taker = take(connection, rate, 1, now)
    return taker === undefined ? undefined : { message: rateText(this.#options.limits, rate, noun), taker }
  }
}

const refusalTexts = {
  malformed: 'info_hash and peer_id are 20 bytes each',
  'not-introduced': 'the peer_id is taken, or this connection has too many in the swarm',
  'unknown-swarm': 'this tracker does not serve the swarm',
  'too-many-swarms': 'too many swarms on one connection',
}
