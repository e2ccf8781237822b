/**
 * Peers of other trackers that are introduced to somebody here, and the signals between. Each is a Peer like those here,
 * with the limits of one, for as long as an introduction holds. The called side knows of none: the ticket shows it that a
 * tracker of the service made one.
 */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { type BusMessage, placeAt, whereaboutsOf } from './bus-messages.ts'
import type { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { Exposure } from './exposure.ts'
import type { Introductions } from './introductions.ts'
import type { TrackerLimits } from './limits.ts'
import type { NodeId } from './node-ids.ts'
import { createPeer, type Peer } from './peer.ts'
import { type Scope, tierOf } from './place.ts'
import type { BusFault, Post } from './post.ts'
import type { Relay } from './relay.ts'
import type { RemotePeer } from './remote-peers.ts'
import type { Trust } from './trust.ts'

export interface AbroadParts {
  limits: TrackerLimits
  scope: Scope
  /** Those that are connected here. */
  peers: ReadonlyMap<PeerId, Peer>
  introductions: Introductions
  exposure: Exposure
  trust: Trust
  relay: Relay
  conduct: Conduct
}

type SignalOnBus = BusMessage & { type: 'signal' }

export class Abroad {
  readonly #parts: AbroadParts
  readonly #post: Post
  /** With the swarm in which each was introduced last. */
  readonly #peers = new Map<PeerId, { peer: Peer; swarm: SwarmId }>()

  constructor(parts: AbroadParts, post: Post) {
    this.#parts = parts
    this.#post = post
  }

  get(id: PeerId): Peer | undefined {
    return this.#peers.get(id)?.peer
  }

  /** Whether someone here can be told of a peer elsewhere. */
  isFree(asker: Peer, { id, node, place }: RemotePeer, now: number): boolean {
    const { peers, introductions, trust } = this.#parts
    // Who came back here is still told of where it was.
    if (node === this.#post.node || peers.has(id) || trust.isBanned(place.network, now)) return false
    const peer = this.get(id)
    if (peer === undefined) return true
    return introductions.between(asker, peer, now) === undefined && introductions.hasRoom(peer, asker)
  }

  /** Whether the two were introduced a short while ago, and can be again: only when there is nobody else. */
  mayCallAgain(asker: Peer, { id, node }: RemotePeer, now: number): boolean {
    const { introductions } = this.#parts
    const peer = this.get(id)
    const introduction = peer?.node === node ? introductions.between(asker, peer, now) : undefined
    return introduction !== undefined && introductions.mayCallAgain(introduction, asker, now)
  }

  /** The peer that somebody here is about to be told of. */
  enter({ id, node, place }: Pick<RemotePeer, 'id' | 'node' | 'place'>, swarm: SwarmId): Peer {
    const peer = this.get(id) ?? createPeer({ id, node }, place, this.#parts.limits)
    peer.node = node
    this.#peers.set(id, { peer, swarm })
    return peer
  }

  /** What is for peers of other trackers goes there. */
  route(from: Peer, effects: readonly TrackerEffect[], now: number): TrackerEffect[] {
    return effects.filter((effect) => {
      const entry = this.#peers.get(effect.to)
      if (entry === undefined || effect.type !== 'send' || effect.message.type !== 'signal') return true
      this.#signalTo(entry.peer, from, entry.swarm, effect.message, now)
      return false
    })
  }

  #signalTo(
    { id: to, node, ...other }: Peer,
    from: Peer,
    swarm: SwarmId,
    { signal }: TrackerMessage & { type: 'signal' },
    now: number,
  ): void {
    const ticket = other.introductions?.get(from)?.ticket
    if (ticket === undefined) return
    const at = whereaboutsOf(from.place)
    this.#post.say(node, { type: 'signal', from: from.id, to, swarm, signal, ticket, at }, now)
  }

  signalFrom(node: NodeId, message: SignalOnBus, now: number): TrackerEffect[] {
    const { peers, introductions, relay, trust } = this.#parts
    const { from, to, signal, ticket } = message
    const callee = peers.get(to)
    if (callee === undefined) return this.#sayAbsent(node, message, now)
    // Who is connected here does not speak from elsewhere.
    if (peers.has(from)) return this.#post.drop('not-introduced')
    let caller = this.get(from)
    if (caller === undefined || introductions.between(caller, callee, now) === undefined) {
      const introduced = this.#introduce(node, message, callee, now)
      if (typeof introduced === 'string') return this.#post.drop(introduced)
      if (introduced === undefined) return this.#sayAbsent(node, message, now)
      caller = introduced
    } else if (caller.node !== node) {
      // It came back at another tracker.
      if (!trust.isTicket(ticket, from, to, now)) return this.#post.drop('not-introduced')
      caller.node = node
    }
    // What is refused is refused to one who is not here.
    const effects = relay.signal(caller, callee, { type: 'signal', to, signal }, now)
    return effects.filter((effect) => effect.type === 'send' && effect.to === to)
  }

  #sayAbsent(node: NodeId, { from, to }: SignalOnBus, now: number): TrackerEffect[] {
    this.#post.say(node, { type: 'absent', peer: to, to: from }, now)
    return []
  }

  /** @returns the caller; undefined when the called one has no room for it */
  #introduce(node: NodeId, message: SignalOnBus, callee: Peer, now: number): Peer | BusFault | undefined {
    const { introductions, exposure, trust, scope } = this.#parts
    const { from, to, swarm, ticket, at } = message
    const place = placeAt(at, scope)
    if (!callee.memberships.has(swarm) || !trust.isTicket(ticket, from, to, now)) return 'not-introduced'
    if (place.scope !== callee.place.scope || trust.isBanned(place.network, now)) return 'not-introduced'
    const caller = this.enter({ id: from, node, place }, swarm)
    if (!introductions.hasRoom(callee, caller) || !exposure.permits(caller, callee, now)) return undefined
    exposure.note(caller, callee, now)
    introductions.introduce(caller, callee, tierOf(caller.place, callee.place), ticket, now)
    callee.introduced.add(now)
    return caller
  }

  /** The one that was called is gone, or takes no more calls. */
  absent(node: NodeId, { peer: id, to }: BusMessage & { type: 'absent' }, now: number): TrackerEffect[] {
    const { peers, introductions } = this.#parts
    const [peer, other] = [peers.get(to), this.get(id)]
    const isCalling = peer !== undefined && other?.node === node && introductions.between(peer, other, now)
    return isCalling ? this.#cannotReach(peer, id) : this.#post.drop('not-introduced')
  }

  /** A tracker is gone: none of its peers can be called. */
  forgetNode(node: NodeId): TrackerEffect[] {
    const effects: TrackerEffect[] = []
    for (const [id, { peer }] of this.#peers) {
      if (peer.node !== node) continue
      for (const other of peer.introductions?.keys() ?? []) effects.push(...this.#cannotReach(other, id))
      this.#parts.introductions.forget(peer)
      this.#peers.delete(id)
    }
    return effects
  }

  /** In the words of any other signal that reaches nobody. */
  #cannotReach(peer: Peer, to: PeerId): TrackerEffect[] {
    const message = 'no introduction to this peer, or no longer'
    return this.#parts.conduct.refuse(peer, { code: 'not-introduced', message, to })
  }

  /** Forgets who is introduced to nobody here any more. */
  expire(): void {
    for (const [id, { peer }] of this.#peers) if (peer.introductions === undefined) this.#peers.delete(id)
  }
}
