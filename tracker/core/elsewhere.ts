/**
 * Whom of other trackers' peers to tell of: asks for the digests of a swarm when somebody wants peers of it, keeps them a
 * while, and remembers who was told of too few. Bounded whatever others say. Knows no bus.
 */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { NodeId } from './node-ids.ts'
import type { Membership } from './peer.ts'
import type { Scope } from './place.ts'
import type { Post } from './post.ts'
import { type RemotePeer, RemotePeers, type RemoteSwarm } from './remote-peers.ts'
import { type Mixed, mixPicks } from './remote-selection.ts'
import type { Topic } from './topics.ts'

/** What was read so lately is good enough for the next who asks. */
const reuseMs = 2_000

/** A crowd in a thousand swarms does not become a crowd at the bus: who is not asked for now is at the next join. */
const readsPerSecond = 500
const readsBurst = 1_000

/** Of those who wait for one reading; the others are told at their next join. */
const waitingCountMax = 256

/** Digests looked at of one reading, as many as one tells of (ports.ts). */
const textsMax = 16

interface Asked {
  readonly swarm: SwarmId
  readonly at: number
  isAnswered: boolean
  /** How many more each would like to hear of. */
  readonly waiting: Map<PeerId, number>
}

/** Who would like to hear of so many more. */
export interface Waiting {
  readonly peer: PeerId
  readonly swarm: SwarmId
  readonly missing: number
}

export class Elsewhere {
  readonly #post: Post
  readonly #rng: Rng
  readonly #known: RemotePeers
  /** Asked for longest ago first. */
  readonly #asked = new Map<Topic, Asked>()
  readonly #reads = new TokenBucket(readsPerSecond, readsBurst)

  constructor(post: Post, rng: Rng, scope: Scope) {
    this.#post = post
    this.#known = new RemotePeers(scope)
    this.#rng = rng
  }

  get peerCount(): number {
    return this.#known.count
  }

  get nodeCount(): number {
    return this.#known.nodes.size
  }

  of(topic: Topic, now: number): RemoteSwarm {
    return this.#known.of(topic, this.#post.epoch(now))
  }

  /**
   * @param local whom the asker is told of here
   * @param isFree whether the asker can be told of a peer elsewhere
   */
  mix(
    topic: Topic,
    asker: Membership,
    want: number,
    local: readonly Membership[],
    isFree: (peer: RemotePeer) => boolean,
    now: number,
  ): Mixed {
    const { peers, size: remoteSize } = this.of(topic, now)
    const remote = peers.filter(isFree)
    const localSize = asker.swarm.size - 1
    return mixPicks({ place: asker.peer.place, want, local, localSize, remote, remoteSize, rng: this.#rng })
  }

  /** Somebody was told of peers, and of `missing` fewer than it wanted. */
  ask(topic: Topic, { peer, swarm }: Membership, missing: number, now: number): void {
    const asked = this.#asked.get(topic)
    if (asked !== undefined && now - asked.at < reuseMs) {
      if (!asked.isAnswered && missing > 0 && asked.waiting.size < waitingCountMax) asked.waiting.set(peer.id, missing)
      return
    }
    if (!this.#reads.take(1, now)) return
    this.#asked.delete(topic)
    const waiting = new Map(missing > 0 ? [[peer.id, missing]] : [])
    this.#asked.set(topic, { swarm: swarm.id, at: now, isAnswered: false, waiting })
    this.#post.emit({ type: 'readDigests', topic })
  }

  /** @returns who waited for it, and for how many */
  take(topic: Topic, texts: readonly string[], now: number): Waiting[] {
    const asked = this.#asked.get(topic)
    if (asked === undefined || asked.isAnswered) return []
    for (const text of texts.slice(0, textsMax)) {
      const opened = this.#post.openDigest(topic, text, now)
      if (opened === undefined) continue
      this.#known.take(topic, opened.from, opened.digest, opened.at, this.#post.epoch(now))
    }
    asked.isAnswered = true
    const waiting = [...asked.waiting].map(([peer, missing]) => ({ peer, swarm: asked.swarm, missing }))
    asked.waiting.clear()
    return waiting
  }

  /** A tracker is gone: what it said until now is not believed any more. */
  forgetNode(node: NodeId, now: number): void {
    this.#known.forgetNode(node, this.#post.epoch(now))
  }

  expire(now: number): void {
    this.#known.expire(this.#post.epoch(now))
    for (const [topic, { at }] of this.#asked) {
      if (now - at < reuseMs) return
      this.#asked.delete(topic)
    }
  }
}
