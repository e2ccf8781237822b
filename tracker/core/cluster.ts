/**
 * This tracker among the others of its service: what it tells them of its swarms, whom of theirs it tells its own peers
 * of, and the signals, complaints and bans between. Nothing that comes from elsewhere is believed without an envelope, a
 * shape and, for a signal, an introduction. Knows no bus.
 */
import { assertNever } from '../../shared/assert.ts'
import type { PeerId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import { Abroad, type AbroadParts } from './abroad.ts'
import type { Authorization, TokenUse } from './authorization.ts'
import { BansAbroad, type BansAbroadParts } from './bans-abroad.ts'
import { type BusMessage, useMsMax } from './bus-messages.ts'
import { Digests } from './digests.ts'
import type { TrackerEffect } from './effects.ts'
import { Elsewhere } from './elsewhere.ts'
import type { Memberships } from './memberships.ts'
import { type NodeId, nodeOf } from './node-ids.ts'
import type { Membership, Peer } from './peer.ts'
import { addressOf, subscriberKey } from './place.ts'
import { type BusFault, Post, type PostOptions } from './post.ts'
import type { RemotePeer } from './remote-peers.ts'
import type { Swarm } from './swarm.ts'
import type { Hmac } from './tickets.ts'
import { type Topic, topicOf } from './topics.ts'

export type ClusterOptions = Omit<PostOptions, 'epochMs'>

export interface ClusterParts extends PostOptions, AbroadParts, BansAbroadParts {
  rng: Rng
  /** Where tokens are needed. */
  authorization: Authorization | undefined
  /** Tells a member of so many more peers at most. */
  tellMore: (member: Membership, missing: number, now: number) => TrackerEffect[]
  hmac: Hmac
  memberships: Memberships
}

export interface ClusterStats {
  /** Trackers that were heard of lately, and peers of theirs that are known. */
  nodes: number
  remotePeers: number
  /** Messages to other trackers, and from them. */
  sent: number
  received: number
  dropped: Record<BusFault, number>
}

export class Cluster {
  readonly #parts: ClusterParts
  readonly #post: Post
  readonly #digests: Digests
  readonly #elsewhere: Elsewhere
  readonly #abroad: Abroad
  /** Who is kept out, here and there. */
  readonly bans: BansAbroad
  #isLeaving = false
  readonly #topics = new WeakMap<Swarm, Topic>()

  constructor(parts: ClusterParts) {
    this.#parts = parts
    this.#post = new Post(parts)
    this.#digests = new Digests(parts.limits, parts.rng)
    this.#elsewhere = new Elsewhere(this.#post, parts.rng, parts.scope)
    this.#abroad = new Abroad(parts, this.#post)
    this.bans = new BansAbroad(parts, this.#post, (id) => this.peer(id)?.node ?? nodeOf(id))
  }

  stats(): ClusterStats {
    const { nodeCount: nodes, peerCount: remotePeers } = this.#elsewhere
    const { sentCount: sent, receivedCount: received, dropped } = this.#post
    return { nodes, remotePeers, sent, received, dropped: { ...dropped } }
  }

  /** A peer of another tracker that is introduced to somebody here. */
  peer(id: PeerId): Peer | undefined {
    return this.#abroad.get(id)
  }

  /** Somebody is in a swarm here: the others are to be told of it. */
  note({ swarm }: Membership, now: number): void {
    this.#digests.note(this.#topicOf(swarm), swarm, now)
  }

  /**
   * Whom a member is told of, given those of this tracker.
   * @param local the nearest first, then those drawn from all
   */
  pick(asker: Membership, want: number, local: readonly Membership[], now: number): Peer[] {
    const { downloading, peers } = this.#elsewhere.of(this.#topicOf(asker.swarm), now)
    if (downloading > 0) noteAhead(asker, downloading)
    const picked = this.#mix(asker, want, local, now)
    if (picked.length > 0) return picked
    const met = peers.filter((peer) => this.#abroad.mayCallAgain(asker.peer, peer, now))
    return met.slice(0, want).map((peer) => this.#abroad.enter(peer, asker.swarm.id))
  }

  /** Whom a member is told of that was told of too few. */
  pickMore(asker: Membership, want: number, now: number): Peer[] {
    return this.#mix(asker, want, [], now)
  }

  #mix(asker: Membership, want: number, local: readonly Membership[], now: number): Peer[] {
    const isFree = (peer: RemotePeer) => this.#abroad.isFree(asker.peer, peer, now)
    const mixed = this.#elsewhere.mix(this.#topicOf(asker.swarm), asker, want, local, isFree, now)
    const abroad = mixed.remote.map((peer) => this.#abroad.enter(peer, asker.swarm.id))
    return [...mixed.local.map(({ peer }) => peer), ...abroad]
  }

  /** Whose some of a swarm's members at other trackers are. */
  subscribersElsewhere(swarm: Swarm, now: number): string[] {
    return this.#elsewhere.of(this.#topicOf(swarm), now).peers.map(({ place }) => subscriberKey(addressOf(place)))
  }

  /** How many of a swarm's members are at other trackers. */
  sizeElsewhere(swarm: Swarm, now: number): number {
    return this.#elsewhere.of(this.#topicOf(swarm), now).size
  }

  /** Who was told of peers is told of more as soon as they are known, if it was `missing` some. */
  ask(asker: Membership, missing: number, now: number): void {
    this.#elsewhere.ask(this.#topicOf(asker.swarm), asker, missing, now)
  }

  /** What is for peers of other trackers goes there. */
  route(from: Peer, effects: readonly TrackerEffect[], now: number): TrackerEffect[] {
    return this.#abroad.route(from, effects, now)
  }

  /** A token with limited uses was used here. */
  used({ id, endMs }: TokenUse, now: number): void {
    const forMs = Math.min(Math.ceil(endMs - now), useMsMax)
    this.#post.say(undefined, { type: 'used', token: id, forMs }, now)
  }

  /** A client came back to this tracker: what others still have of it is dead. */
  resumed({ id, issue }: Peer, now: number): void {
    this.#post.say(undefined, { type: 'resumed', id, issue }, now)
  }

  /** From now on nobody elsewhere is to be told of this tracker's peers. */
  leave(now: number): void {
    this.#isLeaving = true
    this.#post.say(undefined, { type: 'leaving' }, now)
  }

  /**
   * What is due by time alone, to be called about twice a second: the digests.
   * @param epoch the time of all trackers
   */
  wake(now: number, epoch: number): void {
    this.#post.synchronize(epoch, now)
    this.#parts.introductions.expire(now)
    this.#elsewhere.expire(now)
    this.#abroad.expire()
    if (this.#isLeaving) return
    const due = this.#digests.take((id, scope) => this.#parts.memberships.find(id, scope), now)
    for (const { topic, digest } of due) this.#post.put(topic, digest, now)
  }

  /** What other trackers say of a topic, as the effect `readDigests` asked: whoever waits for it hears of more. */
  digests(topic: Topic, texts: readonly string[], now: number): TrackerEffect[] {
    return this.#elsewhere.take(topic, texts, now).flatMap(({ peer, swarm, missing }) => {
      const member = this.#parts.peers.get(peer)?.memberships.get(swarm)
      if (member === undefined) return []
      noteAhead(member, this.#elsewhere.of(topic, now).downloading)
      return this.#parts.tellMore(member, missing, now)
    })
  }

  #topicOf(swarm: Swarm): Topic {
    const known = this.#topics.get(swarm)
    if (known !== undefined) return known
    const topic = topicOf(this.#parts.hmac, swarm)
    this.#topics.set(swarm, topic)
    return topic
  }

  /** Nobody listens as this tracker: it is gone. */
  unheard(node: NodeId, now: number): TrackerEffect[] {
    this.#elsewhere.forgetNode(node, now)
    return this.#abroad.forgetNode(node)
  }

  /** Something came from another tracker, or from anyone who can write to the bus. */
  receive(envelope: string, now: number): TrackerEffect[] {
    this.#parts.introductions.expire(now)
    const opened = this.#post.open(envelope, now)
    return opened === undefined ? [] : this.#handle(opened.from, opened.message, now)
  }

  #handle(node: NodeId, message: BusMessage, now: number): TrackerEffect[] {
    const { authorization, conduct, peers } = this.#parts
    switch (message.type) {
      case 'signal':
        return this.#abroad.signalFrom(node, message, now)
      case 'absent':
        return this.#abroad.absent(node, message, now)
      case 'complaint':
      case 'ban':
      case 'kept-out':
      case 'exclude':
      case 'arrived':
        return this.bans.hear(node, message, now)
      case 'used':
        authorization?.usedElsewhere({ id: message.token, endMs: now + message.forMs }, now)
        return []
      case 'resumed': {
        const peer = peers.get(message.id)
        return peer !== undefined && peer.issue < message.issue ? conduct.supersede(peer) : []
      }
      case 'leaving':
        this.#elsewhere.forgetNode(node, now)
        return []
      default:
        return assertNever(message)
    }
  }
}

/** Of those who came before a member some leave, and none comes anew. */
function noteAhead(member: Membership, downloading: number): void {
  member.aheadElsewhere = Math.min(member.aheadElsewhere ?? downloading, downloading)
}
