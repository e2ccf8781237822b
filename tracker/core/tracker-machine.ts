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
import type { Membership, Peer } from './peer.ts'
import { placeOf, subscriberKey, tierOf } from './place.ts'
import { selectPeers } from './selection.ts'
import { Swarm } from './swarm.ts'

export type TrackerEffect =
  | { type: 'send'; to: PeerId; message: TrackerMessage }
  | { type: 'close'; to: PeerId; code: number; reason: string }

export interface TrackerMachineOptions {
  rng: Rng
  limits?: Partial<TrackerLimits>
  /** Which swarms this tracker serves; all by default. */
  serves?: (swarm: SwarmId) => boolean
}

export interface TrackerMachineStats {
  connections: number
  swarms: number
  /** Connections that are in a swarm. */
  peers: number
  /** Peers counted once for each swarm that they are in. */
  memberships: number
  /** Pairs that may signal each other now. */
  introductionsOpen: number
  /** Introductions made since the start, by how near the two were; the same two within their time count once. */
  introductions: Record<Tier, number>
  signals: number
  refused: Record<RefusalCode, number>
  /** Connections closed for what they sent. */
  expelled: number
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
  readonly #peers = new Map<PeerId, Peer>()
  readonly #swarms = new Map<SwarmId, Swarm>()
  readonly #introduced = Object.fromEntries(tiers.map((tier) => [tier, 0])) as Record<Tier, number>
  readonly #refused = Object.fromEntries(refusalCodes.map((code) => [code, 0])) as Record<RefusalCode, number>
  #peersInSwarms = 0
  #memberships = 0
  #signals = 0
  #expelled = 0

  /** @throws Error that names a wrong limit */
  constructor({ rng, limits = {}, serves = () => true }: TrackerMachineOptions) {
    this.#limits = trackerLimitsWith(limits)
    this.#rng = rng
    this.#serves = serves
    this.#door = new Door(this.#limits)
    this.#introductions = new Introductions(this.#limits)
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
    const refusal = this.#door.enter(subscriber, now)
    if (refusal !== undefined) {
      this.#refused['too-many-connections']++
      const message: TrackerMessage = { type: 'refused', code: 'too-many-connections', message: refusal }
      return [
        { type: 'send', to: id, message },
        { type: 'close', to: id, code: tryAgainLater, reason: refusal },
      ]
    }
    this.#peers.set(id, {
      id,
      place: placeOf(address, region),
      subscriber,
      allowance: createAllowance(this.#limits),
      memberships: new Map(),
      introductions: new Map(),
    })
    return [{ type: 'send', to: id, message: { type: 'welcome', id } }]
  }

  /** A connection is gone: from now on nobody is told of it. */
  disconnect(id: PeerId): void {
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    for (const membership of peer.memberships.values()) this.#quit(membership)
    this.#introductions.forget(peer)
    this.#door.leave(peer.subscriber)
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
      default:
        return assertNever(message)
    }
  }

  /** Frees what has run out; every message does so too, so this is for quiet times. */
  expire(now: number): void {
    this.#introductions.expire(now)
  }

  stats(): TrackerMachineStats {
    return {
      connections: this.#peers.size,
      swarms: this.#swarms.size,
      peers: this.#peersInSwarms,
      memberships: this.#memberships,
      introductionsOpen: this.#introductions.count,
      introductions: { ...this.#introduced },
      signals: this.#signals,
      refused: { ...this.#refused },
      expelled: this.#expelled,
    }
  }

  #join(peer: Peer, { swarm, have, want }: ClientMessage & { type: 'join' }, now: number): TrackerEffect[] {
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
    const membership = former ?? this.#enter(peer, swarm)
    membership.swarm.setHave(membership, have)
    const peers = this.#introduce(membership, want, now)
    const { size } = membership.swarm
    const ahead = membership.swarm.aheadOf(membership, aheadCountMax)
    return [{ type: 'send', to: peer.id, message: { type: 'peers', swarm, peers, size, ahead } }]
  }

  #introduce(membership: Membership, want: number, now: number): { id: PeerId; tier: Tier }[] {
    const { peer } = membership
    const introductions = this.#introductions
    const told: { id: PeerId; tier: Tier }[] = []
    for (const { peer: other } of selectPeers(membership, want, { introductions, rng: this.#rng, now })) {
      const tier = tierOf(peer.place, other.place)
      if (introductions.between(peer, other, now) === undefined) {
        if (!peer.allowance.introductions.take(1, now)) break
        this.#introduced[tier]++
      }
      introductions.introduce(peer, other, tier, now)
      told.push({ id: other.id, tier })
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
    return [{ type: 'send', to, message: { type: 'signal', from: peer.id, tier: introduction.tier, signal } }]
  }

  #leave(peer: Peer, swarm: SwarmId): TrackerEffect[] {
    const membership = peer.memberships.get(swarm)
    if (membership === undefined) {
      return this.#refuse(peer, { code: 'unknown-swarm', message: 'this peer is not in the swarm', swarm })
    }
    this.#quit(membership)
    return []
  }

  #enter(peer: Peer, id: SwarmId): Membership {
    let swarm = this.#swarms.get(id)
    if (swarm === undefined) {
      swarm = new Swarm(id)
      this.#swarms.set(id, swarm)
    }
    const membership = swarm.add(peer)
    if (peer.memberships.size === 0) this.#peersInSwarms++
    this.#memberships++
    peer.memberships.set(id, membership)
    return membership
  }

  #quit(membership: Membership): void {
    const { peer, swarm } = membership
    swarm.remove(membership)
    if (swarm.size === 0) this.#swarms.delete(swarm.id)
    peer.memberships.delete(swarm.id)
    this.#memberships--
    if (peer.memberships.size === 0) this.#peersInSwarms--
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

type Refusal = Omit<TrackerMessage & { type: 'refused' }, 'type'>
