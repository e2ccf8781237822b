/**
 * What this tracker tells the others of its swarms: a few members of each, drawn anew each time, every 5 to 10 s. Owns
 * which swarm is due when. Knows no envelope and no bus.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import { type Digest, digestPeersMax, whereaboutsOf } from './bus-messages.ts'
import type { TrackerLimits } from './limits.ts'
import { introductionCountOf, type Membership } from './peer.ts'
import type { Swarm } from './swarm.ts'
import type { Topic } from './topics.ts'

/** A swarm that is new here is told of soon, but not each in the instant in which a crowd comes. */
const firstMsMax = 300

/** Soon enough for those who just missed each other to be told at their next join, and rarely enough for Redis. */
const intervalMsMin = 5_000
const intervalMsMax = 10_000

/** So many are written at one time; where there are more swarms each is told of more rarely. */
const perRoundMax = 256

/** Three times what lies between two. */
const lifetimeMsMin = 3 * intervalMsMax
const lifetimeMsMax = 60_000

/** Of one digest, those of one network, if there are others. */
const ofNetworkMax = digestPeersMax / 4

/** Draws for each peer of a digest: some cannot be named, and some are of a network that has its part. */
const drawsPerPeer = 2

const holderDraws = 8

interface Due {
  readonly id: SwarmId
  readonly scope: string
  readonly at: number
  readonly saidAt: number
}

export interface DueDigest {
  readonly topic: Topic
  readonly digest: Digest
}

export class Digests {
  readonly #limits: TrackerLimits
  readonly #rng: Rng
  /** Swarms that others are told of; those told of longest ago first. */
  readonly #due = new Map<Topic, Due>()

  constructor(limits: TrackerLimits, rng: Rng) {
    this.#limits = limits
    this.#rng = rng
  }

  /** Somebody is in a swarm. */
  note(topic: Topic, { id, scope }: Swarm, now: number): void {
    if (this.#due.has(topic)) return
    this.#due.set(topic, { id, scope, at: now + this.#rng.fraction() * firstMsMax, saidAt: now })
  }

  /** @param find the swarm, if anyone is still in it */
  take(find: (id: SwarmId, scope: string) => Swarm | undefined, now: number): DueDigest[] {
    const taken: DueDigest[] = []
    for (const [topic, due] of this.#due) {
      if (taken.length >= perRoundMax) break
      if (due.at > now) continue
      const { id, scope, saidAt } = due
      const swarm = find(id, scope)
      this.#due.delete(topic)
      const forMs = Math.round(Math.min(lifetimeMsMax, Math.max(lifetimeMsMin, 3 * (now - saidAt))))
      taken.push({ topic, digest: this.#digestOf(swarm, forMs) })
      // One that is empty is said to be so, once.
      const intervalMs = intervalMsMin + this.#rng.fraction() * (intervalMsMax - intervalMsMin)
      if (swarm !== undefined) this.#due.set(topic, { id, scope, at: now + intervalMs, saidAt: now })
    }
    return taken
  }

  #digestOf(swarm: Swarm | undefined, forMs: number): Digest {
    if (swarm === undefined) return { size: 0, downloading: 0, forMs, peers: [] }
    const peers = this.#sample(swarm).map(({ peer, have }) => ({ id: peer.id, have, at: whereaboutsOf(peer.place) }))
    return { size: swarm.size, downloading: swarm.downloadingCount, forMs, peers }
  }

  #sample(swarm: Swarm): Membership[] {
    const { all } = swarm
    const sample: Membership[] = []
    const spare: Membership[] = []
    const ofNetwork = new Map<string, number>()
    for (let i = 0; i < Math.min(all.size, drawsPerPeer * digestPeersMax) && sample.length < digestPeersMax; i++) {
      const member = swarm.memberAt(all.draw(i, this.#rng))
      if (!this.#hasRoom(member)) continue
      const { network } = member.peer.place
      const count = ofNetwork.get(network) ?? 0
      ofNetwork.set(network, count + 1)
      if (count < ofNetworkMax) sample.push(member)
      else spare.push(member)
    }
    sample.push(...spare.slice(0, digestPeersMax - sample.length))
    if (!sample.some(({ have }) => have > 0)) this.#addHolder(sample, swarm)
    return sample
  }

  /** Who has some of the file is known to be somewhere. */
  #addHolder(sample: Membership[], swarm: Swarm): void {
    for (let i = 0; i < Math.min(holderDraws, swarm.holders.size); i++) {
      const member = swarm.memberAt(swarm.holders.draw(i, this.#rng))
      if (!this.#hasRoom(member)) continue
      if (sample.length >= digestPeersMax) sample.pop()
      sample.push(member)
      return
    }
  }

  /** Who was introduced to many is spared: others elsewhere would add to it at once, without knowing of each other. */
  #hasRoom({ peer }: Membership): boolean {
    return introductionCountOf(peer) < this.#limits.introductionsPerPeerMax / 2
  }
}
