/**
 * The tracker without its sockets: takes what clients say and gives back what to send and whom to close. Owns who is
 * connected, which swarms they are in and who may signal whom. Knows no socket, no clock and no random source.
 */
import { assert, assertNever } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { aheadCountMax } from '../../shared/limits.ts'
import type { Rng } from '../../shared/rng.ts'
import {
  type ClientMessage,
  parseClientMessage,
  type RefusalCode,
  refusalCodes,
  type Tier,
  type TrackerMessage,
  tiers,
} from '../../shared/tracker-messages.ts'
import { createAllowance, Door } from './admission.ts'
import { Introductions } from './introductions.ts'
import { type TrackerLimits, trackerLimitsWith } from './limits.ts'
import type { TrackerMachineStats } from './machine-stats.ts'
import { Memberships } from './memberships.ts'
import { FadingCount } from './neighbourhood.ts'
import type { Membership, Peer } from './peer.ts'
import { placeOf, subscriberKey, tierOf } from './place.ts'
import { selectPeers } from './selection.ts'
import type { Hmac } from './tickets.ts'
import { Trust } from './trust.ts'

export type TrackerEffect =
  | { type: 'send'; to: PeerId; message: TrackerMessage }
  | { type: 'close'; to: PeerId; code: number; reason: string }

export interface TrackerMachineOptions {
  rng: Rng
  limits?: Partial<TrackerLimits>
  /** Which swarms this tracker serves; all by default. */
  serves?: (swarm: SwarmId) => boolean
  /** Under the key that all trackers of one service share. Without it there are no tickets, and no complaint is heard. */
  hmac?: Hmac
  /** What makes of this machine's time that of all trackers: added to `now`. */
  epochMs?: number
}

/** WebSocket close codes (RFC 6455 §7.4.1 and IANA's registry): against the rules; try again later. */
const policyViolation = 1008
const tryAgainLater = 1013

/** What an excess costs of the patience for faults: an honest client with many files may run over a limit once. */
const tooFastFault = 0.25
const malformedFault = 1

export class TrackerMachine {
  readonly #limits: TrackerLimits
  readonly #rng: Rng
  readonly #serves: (swarm: SwarmId) => boolean
  readonly #door: Door
  readonly #introductions: Introductions
  readonly #trust: Trust
  readonly #peers = new Map<PeerId, Peer>()
  readonly #memberships = new Memberships()
  readonly #introduced = Object.fromEntries(tiers.map((tier) => [tier, 0])) as Record<Tier, number>
  readonly #refused = Object.fromEntries(refusalCodes.map((code) => [code, 0])) as Record<RefusalCode, number>
  #signals = 0
  #expelled = 0

  /** @throws Error that names a wrong limit */
  constructor({ rng, limits = {}, serves = () => true, hmac, epochMs = 0 }: TrackerMachineOptions) {
    this.#limits = trackerLimitsWith(limits)
    this.#rng = rng
    this.#serves = serves
    this.#door = new Door(this.#limits)
    this.#introductions = new Introductions(this.#limits)
    this.#trust = new Trust({ limits: this.#limits, hmac, epochMs })
  }

  /**
   * A connection was accepted.
   * @param id fresh, and never used again: the connection answers to no other
   * @param address 4 or 16 bytes: where the connection comes from
   */
  connect(id: PeerId, address: Uint8Array, region: string | undefined, now: number): TrackerEffect[] {
    assert(!this.#peers.has(id), `peer ${id} connected twice`)
    this.#introductions.expire(now)
    const subscriber = subscriberKey(address)
    const place = placeOf(address, region)
    if (this.#trust.isBanned(place.network, now)) return this.#turnAway(id, 'banned', banned)
    const refusal = this.#door.enter(subscriber, now)
    if (refusal !== undefined) return this.#turnAway(id, 'too-many-connections', refusal)
    const peer: Peer = {
      id,
      place,
      subscriber,
      allowance: createAllowance(this.#limits),
      memberships: new Map(),
      introductions: new Map(),
      introducedNetworks: new Map(),
      introduced: new FadingCount(this.#limits.complaintWindowMs),
    }
    this.#peers.set(id, peer)
    this.#trust.enter(peer)
    return [{ type: 'send', to: id, message: { type: 'welcome', id } }]
  }

  /** Says why, and closes. */
  #turnAway(to: PeerId, code: RefusalCode, why: string): TrackerEffect[] {
    this.#refused[code]++
    return [
      { type: 'send', to, message: { type: 'refused', code, message: why } },
      { type: 'close', to, code: tryAgainLater, reason: why },
    ]
  }

  /** A connection is gone: from now on nobody is told of it. */
  disconnect(id: PeerId): void {
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    for (const membership of peer.memberships.values()) this.#memberships.quit(membership)
    this.#introductions.forget(peer)
    this.#door.leave(peer.subscriber)
    this.#trust.leave(peer)
    this.#peers.delete(id)
  }

  /** A client said something. What comes from a connection that was closed is dropped. */
  receive(id: PeerId, text: string, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    if (peer === undefined) return []
    if (!peer.allowance.messages.take(1, now)) return this.#tooManyMessages(peer, now)
    const parsed = parseClientMessage(text)
    if (!parsed.ok) return this.malformed(id, parsed.violation, now)
    return parsed.value === undefined ? [] : this.handle(id, parsed.value, now)
  }

  /** A client sent a control frame, which costs as much as a message. */
  control(id: PeerId, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    if (peer === undefined || peer.allowance.messages.take(1, now)) return []
    return this.#tooManyMessages(peer, now)
  }

  /** A client sent what is no message at all. */
  malformed(id: PeerId, what: string, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    return peer === undefined ? [] : this.#fault(peer, malformedFault, { code: 'malformed', message: what }, now)
  }

  /** A message that was checked already. */
  handle(id: PeerId, message: ClientMessage, now: number): TrackerEffect[] {
    const peer = this.#peers.get(id)
    if (peer === undefined) return []
    this.#introductions.expire(now)
    switch (message.type) {
      case 'join':
        return this.#join(peer, message, now)
      case 'leave':
        return this.#leave(peer, message.swarm)
      case 'signal':
        return this.#signal(peer, message, now)
      case 'complain':
        return this.#complain(peer, message, now)
      default:
        return assertNever(message)
    }
  }

  /** Frees what has run out; every message does so too, so this is for quiet times. */
  expire(now: number): void {
    this.#introductions.expire(now)
    this.#trust.expire(now)
  }

  stats(): TrackerMachineStats {
    return {
      connections: this.#peers.size,
      swarms: this.#memberships.swarmCount,
      peers: this.#memberships.peerCount,
      memberships: this.#memberships.count,
      introductionsOpen: this.#introductions.count,
      introductions: { ...this.#introduced },
      signals: this.#signals,
      refused: { ...this.#refused },
      expelled: this.#expelled,
      complaints: this.#trust.complaintCount,
      bans: this.#trust.bannedCount,
    }
  }

  #join(peer: Peer, { swarm, have, want, gives }: ClientMessage & { type: 'join' }, now: number): TrackerEffect[] {
    const { joinsPerSecond, joinsBurst, swarmsPerConnectionMax } = this.#limits
    if (!peer.allowance.joins.take(1, now)) {
      const message = `at most ${joinsBurst} joins at once and ${joinsPerSecond} a second`
      return this.#fault(peer, tooFastFault, { code: 'too-fast', message, swarm }, now)
    }
    if (!this.#serves(swarm)) {
      return this.#refuse(peer, { code: 'unknown-swarm', message: 'this tracker does not serve the swarm', swarm })
    }
    const former = peer.memberships.get(swarm)
    if (former === undefined && peer.memberships.size >= swarmsPerConnectionMax) {
      const message = `at most ${swarmsPerConnectionMax} swarms on one connection`
      return this.#refuse(peer, { code: 'too-many-swarms', message, swarm })
    }
    const membership = former ?? this.#memberships.enter(peer, swarm)
    membership.swarm.update(membership, have, gives ?? true)
    const peers = this.#introduce(membership, want, now)
    const { size } = membership.swarm
    const ahead = membership.swarm.aheadOf(membership, aheadCountMax)
    return [{ type: 'send', to: peer.id, message: { type: 'peers', swarm, peers, size, ahead } }]
  }

  #introduce(membership: Membership, want: number, now: number): Introduced[] {
    const { peer } = membership
    const introductions = this.#introductions
    const told: Introduced[] = []
    for (const { peer: other } of selectPeers(membership, want, { introductions, rng: this.#rng, now })) {
      const tier = tierOf(peer.place, other.place)
      const isNew = introductions.between(peer, other, now) === undefined
      if (isNew && !peer.allowance.introductions.take(1, now)) break
      if (isNew) this.#introduced[tier]++
      const ticket = this.#trust.introduce(peer, other, isNew, now)
      introductions.introduce(peer, other, tier, ticket, now)
      told.push({ id: other.id, tier, ...(ticket !== undefined && { ticket }) })
    }
    return told
  }

  #signal(peer: Peer, { to, signal }: ClientMessage & { type: 'signal' }, now: number): TrackerEffect[] {
    const { signalsPerSecond, signalsBurst } = this.#limits
    if (!peer.allowance.signals.take(1, now)) {
      const message = `at most ${signalsBurst} signals at once and ${signalsPerSecond} a second`
      return this.#fault(peer, tooFastFault, { code: 'too-fast', message, to }, now)
    }
    const other = this.#peers.get(to)
    const introduction = other && this.#introductions.between(peer, other, now)
    if (introduction === undefined) {
      return this.#refuse(peer, { code: 'not-introduced', message: 'no introduction to this peer, or no longer', to })
    }
    if (!this.#introductions.spend(introduction, signal)) {
      const message = 'the introduction has no signals, bytes or candidates left'
      return this.#fault(peer, tooFastFault, { code: 'too-fast', message, to }, now)
    }
    this.#signals++
    const { tier, ticket } = introduction
    const message: TrackerMessage = { type: 'signal', from: peer.id, tier, signal }
    if (ticket !== undefined && signal.description?.type === 'offer') message.ticket = ticket
    return [{ type: 'send', to, message }]
  }

  #complain(peer: Peer, { about, ticket }: ClientMessage & { type: 'complain' }, now: number): TrackerEffect[] {
    const { complaintsPerSecond, complaintsBurst } = this.#limits
    if (!peer.allowance.complaints.take(1, now)) {
      const message = `at most ${complaintsBurst} complaints at once and ${complaintsPerSecond} a second`
      return this.#fault(peer, tooFastFault, { code: 'too-fast', message, to: about }, now)
    }
    if (!this.#trust.isTicket(ticket, peer.id, about, now)) {
      const message = 'no ticket of these two peers, or no longer'
      return this.#fault(peer, malformedFault, { code: 'bad-ticket', message, to: about }, now)
    }
    return this.#trust.hear(peer, about, this.#peers.get(about), now).flatMap(({ id }) => {
      this.#expelled++
      this.disconnect(id)
      return this.#turnAway(id, 'banned', banned)
    })
  }

  #leave(peer: Peer, swarm: SwarmId): TrackerEffect[] {
    const membership = peer.memberships.get(swarm)
    if (membership === undefined) {
      return this.#refuse(peer, { code: 'unknown-swarm', message: 'this peer is not in the swarm', swarm })
    }
    this.#memberships.quit(membership)
    return []
  }

  #tooManyMessages(peer: Peer, now: number): TrackerEffect[] {
    const { messagesPerSecond, messagesBurst } = this.#limits
    const message = `at most ${messagesBurst} messages at once and ${messagesPerSecond} a second`
    return this.#fault(peer, tooFastFault, { code: 'too-fast', message }, now)
  }

  #fault(peer: Peer, cost: number, refusal: Refusal, now: number): TrackerEffect[] {
    if (peer.allowance.faults.take(cost, now)) return this.#refuse(peer, refusal)
    this.#refused[refusal.code]++
    this.#expelled++
    this.disconnect(peer.id)
    return [{ type: 'close', to: peer.id, code: policyViolation, reason: `too many faults, the last: ${refusal.code}` }]
  }

  #refuse(peer: Peer, refusal: Refusal): TrackerEffect[] {
    this.#refused[refusal.code]++
    return [{ type: 'send', to: peer.id, message: { type: 'refused', ...refusal } }]
  }
}

const banned = 'peers of several networks complained about wrong bytes from this one: come back later'

type Introduced = { id: PeerId; tier: Tier; ticket?: string }
type Refusal = Omit<TrackerMessage & { type: 'refused' }, 'type'>
