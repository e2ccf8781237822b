/**
 * What is known of peers at other trackers: what their digests said lately, of each swarm that somebody here asked for.
 * Bounded whatever others say. Knows nothing of who should meet whom.
 */
import type { PeerId } from '../../shared/ids.ts'
import { keepNewest } from '../../shared/newest.ts'
import { type Digest, placeAt } from './bus-messages.ts'
import type { NodeId } from './node-ids.ts'
import type { Place, Scope } from './place.ts'
import type { Topic } from './topics.ts'

/** About 25 MB at 400 bytes each; the swarms asked for longest ago give way. */
const peerCountMax = 65_536

/** Trackers that told of one swarm. */
const nodesPerSwarmMax = 32

/** Trackers that are known to be gone. */
const goneCountMax = 1_024

export interface RemotePeer {
  readonly id: PeerId
  /** The tracker that it is connected to. */
  readonly node: NodeId
  readonly have: number
  readonly place: Place
}

interface Told {
  readonly peers: readonly RemotePeer[]
  readonly size: number
  readonly downloading: number
  /** On the clock of the tracker that said it. */
  readonly saidAt: number
  readonly freshUntil: number
}

export interface RemoteSwarm {
  readonly peers: RemotePeer[]
  readonly size: number
  readonly downloading: number
}

const nobody: RemoteSwarm = { peers: [], size: 0, downloading: 0 }

export class RemotePeers {
  /** The swarm asked for longest ago first. */
  readonly #topics = new Map<Topic, Map<NodeId, Told>>()
  /** Until when on its own clock each of them is not believed. */
  readonly #gone = new Map<NodeId, number>()
  readonly #scope: Scope
  #count = 0

  constructor(scope: Scope) {
    this.#scope = scope
  }

  get count(): number {
    return this.#count
  }

  get nodes(): ReadonlySet<NodeId> {
    return new Set([...this.#topics.values()].flatMap((nodes) => [...nodes.keys()]))
  }

  /**
   * @param saidAt on the teller's clock, which is near enough to this one's
   * @param epoch the time of all trackers
   */
  take(topic: Topic, node: NodeId, digest: Digest, saidAt: number, epoch: number): void {
    if (saidAt <= (this.#gone.get(node) ?? 0) || saidAt + digest.forMs <= epoch) return
    const nodes = this.#topics.get(topic) ?? new Map<NodeId, Told>()
    const former = nodes.get(node)
    if (former !== undefined && former.saidAt > saidAt) return
    if (former === undefined && nodes.size >= nodesPerSwarmMax) return
    this.#topics.delete(topic)
    this.#topics.set(topic, nodes)
    // Who has a clock that is ahead is not believed for longer.
    const freshUntil = Math.min(saidAt, epoch) + digest.forMs
    const peers = digest.peers.map(({ id, have, at }) => ({ id, node, have, place: placeAt(at, this.#scope) }))
    nodes.set(node, { peers, size: digest.size, downloading: digest.downloading, saidAt, freshUntil })
    this.#count += peers.length - (former?.peers.length ?? 0)
    while (this.#count > peerCountMax) this.#forgetTopic(this.#topics.keys().next().value!)
  }

  of(topic: Topic, epoch: number): RemoteSwarm {
    const nodes = this.#topics.get(topic)
    if (nodes === undefined) return nobody
    const peers: RemotePeer[] = []
    let size = 0
    let downloading = 0
    for (const told of nodes.values()) {
      if (told.freshUntil <= epoch) continue
      size += told.size
      downloading += told.downloading
      peers.push(...told.peers)
    }
    return { peers, size, downloading }
  }

  /** A tracker is gone: what it said before `at` is not believed any more. */
  forgetNode(node: NodeId, at: number): void {
    keepNewest(this.#gone, node, at, goneCountMax)
    for (const [topic, nodes] of this.#topics) this.#drop(topic, nodes, node)
  }

  #forgetTopic(topic: Topic): void {
    const nodes = this.#topics.get(topic)
    for (const node of [...(nodes?.keys() ?? [])]) this.#drop(topic, nodes!, node)
  }

  /** Frees what is not believed any more. */
  expire(epoch: number): void {
    for (const [topic, nodes] of this.#topics) {
      for (const [node, { freshUntil }] of nodes) if (freshUntil <= epoch) this.#drop(topic, nodes, node)
    }
  }

  #drop(topic: Topic, nodes: Map<NodeId, Told>, node: NodeId): void {
    const told = nodes.get(node)
    if (told === undefined) return
    nodes.delete(node)
    this.#count -= told.peers.length
    if (nodes.size === 0) this.#topics.delete(topic)
  }
}
