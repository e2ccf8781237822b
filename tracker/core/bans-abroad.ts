/**
 * What the trackers of one service tell each other of who is kept out: complaints that go where the accused is known,
 * bans that hold everywhere, and all of them for one that starts or was cut off. Decides on none.
 */
import { assertNever } from '../../shared/assert.ts'
import type { PeerId } from '../../shared/ids.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import { BanDecisions } from './ban-decisions.ts'
import type { BanEntry, Banning } from './banning.ts'
import type { Ban, Bans } from './bans.ts'
import { type BusMessage, banCountMax, banMsMax, excludeMsMax } from './bus-messages.ts'
import { bannedText, type Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { TrackerLimits } from './limits.ts'
import type { NodeId } from './node-ids.ts'
import type { Peer } from './peer.ts'
import { networkOfPayer } from './place.ts'
import type { Post } from './post.ts'
import type { NetworkBan, Trust } from './trust.ts'

/** Bans that a tracker which has just arrived is told of, those that last longest. */
const bansToldMax = 1_000

/** Trackers that arrive are told of them: all of a large service at once, and then no more than crash again and again. */
const arrivalsPerSecond = 0.5
const arrivalsBurst = 32

export type BanMessage = Extract<BusMessage, { type: 'complaint' | 'ban' | 'kept-out' | 'exclude' | 'arrived' }>

export interface BansAbroadParts {
  limits: TrackerLimits
  trust: Trust
  bans: Bans
  banning: Banning
  conduct: Conduct
  /** Those who are connected here. */
  peers: ReadonlyMap<PeerId, Peer>
}

export class BansAbroad {
  readonly #parts: BansAbroadParts
  readonly #post: Post
  readonly #nodeOf: (id: PeerId) => NodeId
  readonly #arrivals = new TokenBucket(arrivalsPerSecond, arrivalsBurst)
  readonly #decisions = new BanDecisions()

  /** @param nodeOf the tracker that a peer is at, or that gave it its id */
  constructor(parts: BansAbroadParts, post: Post, nodeOf: (id: PeerId) => NodeId) {
    this.#parts = parts
    this.#post = post
    this.#nodeOf = nodeOf
  }

  /** A complaint about a peer that is not here is for another tracker. */
  complain({ id, place: { network } }: Peer, about: PeerId, ticket: string, now: number): void {
    const node = this.#nodeOf(about)
    if (node !== this.#post.node) this.#post.say(node, { type: 'complaint', by: id, network, about, ticket }, now)
  }

  ban(network: string, now: number): void {
    const untilMs = now + this.#parts.limits.banMs
    this.#decisions.add(network, false, now)
    this.#post.say(undefined, messageOf({ key: network, cause: 'complaints', count: 1, untilMs }, now), now)
  }

  /** Somebody is kept out here: the others are to do so too. */
  keepOut({ network, subscriber, count, untilMs }: Ban, now: number): void {
    if (untilMs <= now) return
    const key = subscriber ?? network
    this.#decisions.add(key, false, now)
    this.#post.say(undefined, messageOf({ key, cause: 'faults', count, untilMs }, now), now)
  }

  /** The operator keeps somebody out, at all trackers. @param forMs 0 to let it in again */
  exclude(key: string, forMs: number, now: number): void {
    this.#decisions.add(key, forMs === 0, now)
    this.#post.say(undefined, { type: 'exclude', key, forMs }, now)
  }

  /**
   * This tracker has just come to the bus, or back to it: the others hear what it decided meanwhile, and tell it what
   * they know. In this order, so that nobody tells it of a ban that was lifted here.
   * @param sinceMs since when nobody may have heard it
   */
  arrive(sinceMs: number, now: number): void {
    const banned = this.#decisions.bannedSince(sinceMs)
    for (const ban of this.#parts.banning.list(now)) {
      if (banned.has(ban.key)) this.#post.say(undefined, messageOf(ban, now), now)
    }
    for (const key of this.#decisions.liftedSince(sinceMs)) this.#post.say(undefined, liftOf(key), now)
    this.#post.say(undefined, { type: 'arrived' }, now)
  }

  /** Another tracker, or one that lies, says something of this. */
  hear(node: NodeId, message: BanMessage, now: number): TrackerEffect[] {
    const { trust, bans, banning, limits, peers } = this.#parts
    this.#learn(message)
    switch (message.type) {
      case 'complaint': {
        const { by, network, about, ticket } = message
        if (!trust.isTicket(ticket, by, about, now)) return this.#post.drop('not-introduced')
        const ban = trust.hear(network, about, peers.get(about), now)
        if (ban === undefined) return []
        this.ban(ban.network, now)
        return this.#expel(ban)
      }
      case 'ban':
        return this.#expel(trust.ban(message.network, Math.min(message.forMs, limits.banMs), now))
      case 'kept-out': {
        const { network, subscriber, count, forMs } = message
        bans.adopt({ network, subscriber, count, untilMs: now + forMs }, now)
        return []
      }
      case 'exclude':
        if (message.forMs > 0) banning.exclude(message.key, message.forMs, now)
        else banning.lift(message.key, now)
        return []
      case 'arrived':
        return this.#tellAll(node, now)
      default:
        return assertNever(message)
    }
  }

  /** What others say later takes the place of what was decided here. */
  #learn(message: BanMessage): void {
    if (message.type === 'ban') this.#decisions.hear(message.network, false)
    else if (message.type === 'kept-out') this.#decisions.hear(message.subscriber ?? message.network, false)
    else if (message.type === 'exclude') this.#decisions.hear(message.key, message.forMs === 0)
  }

  #expel({ peers }: NetworkBan): TrackerEffect[] {
    return peers.flatMap((peer) => this.#parts.conduct.expel(peer, 'banned', bannedText))
  }

  /** Whoever speaks for a tracker may ask again and again, and each answer is work. */
  #tellAll(node: NodeId, now: number): TrackerEffect[] {
    if (!this.#arrivals.take(1, now)) return this.#post.drop('too-fast')
    const bans = this.#parts.banning.list(now).sort((a, b) => b.untilMs - a.untilMs)
    for (const ban of bans.slice(0, bansToldMax)) this.#post.say(node, messageOf(ban, now), now)
    // It may have been cut off when these were let in.
    for (const key of this.#decisions.liftedSince(now - excludeMsMax)) this.#post.say(node, liftOf(key), now)
    return []
  }
}

const liftOf = (key: string): BanMessage => ({ type: 'exclude', key, forMs: 0 })

/** Within what others take, whatever the operator of this one allows. */
function messageOf({ key, cause, count, untilMs }: BanEntry, now: number): BanMessage {
  const leftMs = Math.ceil(untilMs - now)
  const forMs = Math.min(leftMs, banMsMax)
  const network = networkOfPayer(key)
  switch (cause) {
    case 'operator':
      return { type: 'exclude', key, forMs: Math.min(leftMs, excludeMsMax) }
    case 'faults':
      return {
        type: 'kept-out',
        network,
        ...(key !== network && { subscriber: key }),
        count: Math.min(count, banCountMax),
        forMs,
      }
    case 'complaints':
      return { type: 'ban', network, forMs }
    default:
      return assertNever(cause)
  }
}
