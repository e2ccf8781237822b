/**
 * The tracker without its sockets: takes what clients say and gives back what to send and whom to close. Owns who is
 * connected, and hands each message to the part that it concerns. Knows no socket, no clock and no random source.
 */
import { assert, assertNever } from '../../shared/assert.ts'
import type { PeerId } from '../../shared/ids.ts'
import type { Servers } from '../../shared/servers.ts'
import {
  type ClientMessage,
  parseClientMessage,
  type Sighting,
  type TrackerMessage,
} from '../../shared/tracker-messages.ts'
import { Door, renewAllowances } from './admission.ts'
import { Authorization } from './authorization.ts'
import { Authorizing } from './authorizing.ts'
import { Banning } from './banning.ts'
import { Bans } from './bans.ts'
import { CandidateScreen } from './candidate-policy.ts'
import { takeCensus } from './census.ts'
import { Cluster } from './cluster.ts'
import { Complaining } from './complaining.ts'
import { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import { Entrance } from './entrance.ts'
import { Exposure } from './exposure.ts'
import type { Verification } from './grant.ts'
import { Introductions } from './introductions.ts'
import { Joining } from './joining.ts'
import { type TrackerLimits, trackerLimitsWith } from './limits.ts'
import { Load } from './load.ts'
import type { Location } from './location.ts'
import type { TrackerMachineOptions } from './machine-options.ts'
import type { TrackerMachineStats } from './machine-stats.ts'
import { Memberships } from './memberships.ts'
import { Outcomes } from './outcomes.ts'
import type { Peer } from './peer.ts'
import { placeWith, type Scope } from './place.ts'
import { Relay } from './relay.ts'
import { Reporting } from './reporting.ts'
import { type Identity, Resumption } from './resumption.ts'
import { Trust } from './trust.ts'

export type { TrackerMachineOptions } from './machine-options.ts'

export class TrackerMachine {
  /** What comes of other trackers is for it. */
  readonly cluster: Cluster | undefined
  /** The same for all protocols of a tracker. */
  readonly entrance: Entrance
  /** Who is kept out, for the operator. */
  readonly banning: Banning
  readonly #limits: TrackerLimits
  readonly #scope: Scope
  readonly #introductions: Introductions
  readonly #trust: Trust
  readonly #peers = new Map<PeerId, Peer>()
  readonly #memberships = new Memberships()
  readonly #conduct: Conduct
  readonly #complaining: Complaining
  readonly #joining: Joining
  readonly #relay: Relay
  readonly #outcomes: Outcomes
  readonly #reporting: Reporting
  readonly #resumption: Resumption | undefined
  readonly #exposure: Exposure
  readonly #authorization: Authorization | undefined
  readonly #authorizing: Authorizing | undefined
  readonly #epochMs: number
  readonly #serversOf: (id: PeerId, location: Location, now: number) => Servers
  #resumedCount = 0

  /** @throws Error that names a wrong limit */
  constructor(options: TrackerMachineOptions) {
    const { rng, serves = () => true, needsToken = false, scope = 'anywhere', hmac, epochMs = 0 } = options
    const { candidates: policy = 'public', isRelay = () => false } = options
    const limits = trackerLimitsWith(options.limits ?? {})
    const load = options.load ?? new Load(limits)
    this.#limits = limits
    this.#scope = scope
    const introductions = new Introductions(limits)
    this.#introductions = introductions
    const bans = options.bans ?? new Bans(limits)
    const trust = new Trust({ limits, hmac, epochMs, bans })
    this.#trust = trust
    const conduct = new Conduct(bans, (id) => this.disconnect(id))
    this.#conduct = conduct
    const door = options.door ?? new Door(limits)
    this.entrance = new Entrance({ limits, scope, trust, bans, conduct, door })
    this.banning = new Banning(trust, bans)
    const outcomes = new Outcomes(limits)
    this.#outcomes = outcomes
    const memberships = this.#memberships
    const exposure = options.exposure ?? new Exposure(limits)
    const authorization = needsToken ? new Authorization(limits) : undefined
    const candidates = new CandidateScreen(policy, isRelay, limits)
    const relay = new Relay({ limits, introductions, candidates, conduct })
    const meeting = { limits, rng, memberships, introductions, exposure, trust, conduct }
    const tellMore: Joining['tellMore'] = (...args) => joining.tellMore(...args)
    const known = { authorization, bans, banning: this.banning, epochMs, peers: this.#peers }
    const abroad = { ...meeting, ...known, relay, scope, tellMore }
    const cluster = hmac && options.cluster && new Cluster({ ...abroad, ...options.cluster, hmac })
    const joining = new Joining({ ...meeting, serves, load, outcomes, authorization, cluster })
    this.cluster = cluster
    this.#exposure = exposure
    this.#joining = joining
    this.#authorization = authorization
    const serversOf = options.serversOf ?? (() => ({}))
    const admitting = { cluster, memberships, introductions, joining, conduct, scope, serversOf }
    this.#authorizing = authorization && new Authorizing({ authorization, ...admitting })
    this.#relay = relay
    const peerOf = (id: PeerId) => this.#peerOf(id)
    this.#reporting = new Reporting({ limits, load, introductions, outcomes, conduct, peerOf })
    this.#complaining = new Complaining({ limits, trust, conduct, peers: this.#peers, cluster })
    this.#resumption = hmac && new Resumption(hmac, limits.resumeLifetimeMs)
    this.#epochMs = epochMs
    this.#serversOf = serversOf
  }

  /**
   * Whose resume token a client shows; nobody's, when that peer is here with a later one. If the peer is here, it is to
   * be disconnected before it connects: its connection is a dead one, or about to be.
   */
  resumed(token: string, now: number): Identity | undefined {
    const identity = this.#resumption?.read(token, now + this.#epochMs)
    if (identity === undefined || (this.#peers.get(identity.id)?.issue ?? 0) > identity.issue) return undefined
    return identity
  }

  /**
   * A connection was accepted.
   * @param id fresh or `resumed`: the connection answers to no other
   * @param address 4 or 16 bytes: where the connection comes from
   * @param location what else is known of where that is
   * @param issue of the resume token that was shown
   * @param seen what the client is told of how it is seen, if it asked for that
   */
  connect(
    id: PeerId,
    address: Uint8Array,
    location: Location | undefined,
    now: number,
    { issue, seen }: { issue?: number | undefined; seen?: Sighting | undefined } = {},
  ): TrackerEffect[] {
    assert(!this.#peers.has(id), `peer ${id} connected twice`)
    this.#introductions.expire(now)
    const identity = this.#resumption?.next({ id, issue: issue ?? 0 }, now + this.#epochMs)
    const peer = this.entrance.admit(identity ?? { id }, address, location, now)
    if (Array.isArray(peer)) return peer
    if (issue !== undefined) {
      this.#resumedCount++
      this.cluster?.resumed(peer, now)
    }
    this.#authorization?.enter(peer, now)
    this.#peers.set(id, peer)
    this.#trust.enter(peer)
    const resume = identity && this.#resumption?.tokenOf(identity)
    // Credentials are for who may join: where a token is needed they come with its answer.
    const servers = this.#authorization === undefined ? this.#serversOf(id, peer.place.location, now) : {}
    const message: TrackerMessage & { type: 'welcome' } = { type: 'welcome', id, ...servers }
    if (resume !== undefined) message.resume = resume
    if (seen !== undefined) message.seen = seen
    peer.balance.pays(JSON.stringify(message).length)
    return [{ type: 'send', to: id, message }]
  }

  /**
   * More is known of where a peer is, from a source that is trusted more than those before: a signed claim of its token.
   * From now on it meets those who are near by that, and whom it must not meet by that it signals no more.
   */
  locate(id: PeerId, location: Location): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined) this.#memberships.relocate(peer, placeWith(peer.place, location, this.#scope))
  }

  /** Its address has too many connections at other processes of this machine. */
  crowdedOut(id: PeerId): TrackerEffect[] {
    const peer = this.#peers.get(id)
    return peer === undefined ? [] : this.entrance.crowdedOut(peer)
  }

  /** A connection is gone: from now on nobody is told of it. */
  disconnect(id: PeerId): void {
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    for (const membership of peer.memberships.values()) this.#memberships.quit(membership)
    this.#introductions.forget(peer)
    this.#authorization?.leave(peer)
    this.entrance.leave(peer)
    this.#trust.leave(peer)
    this.#peers.delete(id)
  }

  /** A client said something. What comes from a connection that was closed is dropped. */
  receive(id: PeerId, text: string, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    if (peer === undefined) return []
    const excess = this.#conduct.excess(peer, text.length, this.#limits, now)
    if (excess !== undefined) return excess
    const parsed = parseClientMessage(text)
    if (!parsed.ok) return this.malformed(id, parsed.violation, now)
    return parsed.value === undefined ? [] : this.handle(id, parsed.value, now)
  }

  /** A client sent a control frame, which costs as much as a message. */
  control(id: PeerId, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    return (peer && this.#conduct.excess(peer, 0, this.#limits, now)) ?? []
  }

  /** A client sent what is no message at all. */
  malformed(id: PeerId, what: string, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    return peer === undefined ? [] : this.#conduct.fault(peer, { code: 'malformed', message: what }, now)
  }

  /** A client sent what no client of WebSockets sends, for which its connection is already closed. */
  broke(id: PeerId, now: number): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined) this.#conduct.strike(peer, now)
    this.disconnect(id)
  }

  /** A message that was checked already. */
  handle(id: PeerId, message: ClientMessage, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    if (peer === undefined) return []
    this.#introductions.expire(now)
    switch (message.type) {
      case 'join':
        return this.#joining.join(peer, message, now)
      case 'authorize':
        return this.#authorizing?.show(peer, message, now) ?? []
      case 'leave':
        return this.#joining.leave(peer, message.swarm)
      case 'signal': {
        const effects = this.#relay.signal(peer, this.#peerOf(message.to), message, now)
        return this.cluster?.route(peer, effects, now) ?? effects
      }
      case 'report':
        return this.#reporting.report(peer, message, now)
      case 'complain':
        return this.#complaining.complain(peer, message, now)
      default:
        return assertNever(message)
    }
  }

  /** A peer that is here, or at another tracker and introduced to somebody here. */
  #peerOf(id: PeerId): Peer | undefined {
    return this.#peers.get(id) ?? this.cluster?.peer(id)
  }

  /** What came of a `verify`, also when its connection is gone. */
  verified(verification: number, outcome: Verification, now: number): TrackerEffect[] {
    return this.#authorizing?.verified(verification, outcome, now) ?? []
  }

  /** Frees and ends what has run out; to be called about once a second. */
  expire(now: number): TrackerEffect[] {
    this.#introductions.expire(now)
    this.entrance.expire(now)
    this.#exposure.expire(now)
    return this.#authorizing?.expire(now) ?? []
  }

  /** The limits are others than before (limits.ts, changedLimits), for those who are connected too. */
  renew(limits: TrackerLimits): void {
    Object.assign(this.#limits, limits)
    renewAllowances(this.#limits)
    this.#authorization?.renew()
  }

  /** Other swarms than before are served: who is in one that no longer is, leaves it. */
  servesAnew(): TrackerEffect[] {
    return this.#joining.leaveUnserved(this.#peers.values())
  }

  /** How many there are of what, without a name. */
  readonly census = () => takeCensus(this.#peers.values(), this.#memberships.swarms)

  stats(): TrackerMachineStats {
    return {
      connections: this.#peers.size,
      resumed: this.#resumedCount,
      swarms: this.#memberships.swarmCount,
      peers: this.#memberships.peerCount,
      memberships: this.#memberships.count,
      introductionsOpen: this.#introductions.count,
      ...this.#joining.stats(),
      ...this.#relay.stats(),
      refused: { ...this.#conduct.refused },
      expelled: this.#conduct.expelled,
      ...this.entrance.stats(),
      ...this.#outcomes.stats(),
      bearers: this.#authorization?.size.bearers ?? 0,
      cluster: this.cluster?.stats(),
    }
  }
}
