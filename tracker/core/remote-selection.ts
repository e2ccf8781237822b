/**
 * Whom of other trackers' peers one is told of beside those here: those that are nearer, as many of the random ones as
 * are elsewhere, and what is missing. Pure choice; knows nothing of how anyone is reached.
 */
import { type Rng, shuffleFront } from '../../shared/rng.ts'
import { tiers } from '../../shared/tracker-messages.ts'
import type { Membership } from './peer.ts'
import { type Place, tierOf } from './place.ts'
import type { RemotePeer } from './remote-peers.ts'
import { randomPicksOf } from './selection.ts'

export interface RemoteChoice {
  readonly place: Place
  readonly want: number
  /** Whom the asker is told of here, the nearest first and then those drawn from all. */
  readonly local: readonly Membership[]
  /** Members here, without the asker. */
  readonly localSize: number
  /** Those elsewhere that the asker can be told of. */
  readonly remote: readonly RemotePeer[]
  readonly remoteSize: number
  readonly rng: Rng
}

export interface Mixed {
  readonly local: Membership[]
  readonly remote: RemotePeer[]
}

export function mixPicks(choice: RemoteChoice): Mixed {
  const { want, remote } = choice
  if (want === 0 || remote.length === 0) return { local: [...choice.local], remote: [] }
  const mix = new Mix(choice)
  mix.takeRandom()
  mix.takeNear()
  mix.fill()
  mix.takeHolder()
  return { local: mix.local, remote: mix.remote }
}

class Mix {
  readonly local: Membership[]
  readonly remote: RemotePeer[] = []
  readonly #choice: RemoteChoice
  readonly #randomPicks: number
  /** In random order. */
  #rest: RemotePeer[]

  constructor(choice: RemoteChoice) {
    this.#choice = choice
    this.local = [...choice.local]
    this.#randomPicks = randomPicksOf(choice.want)
    this.#rest = [...choice.remote]
    shuffleFront(this.#rest, this.#rest.length, choice.rng)
  }

  get #count(): number {
    return this.local.length + this.remote.length
  }

  /** Each of the random picks is of elsewhere as often as members are: so the mesh hangs together across trackers. */
  takeRandom(): void {
    const { localSize, remoteSize, rng, want } = this.#choice
    for (let i = 0; i < this.#randomPicks; i++) {
      if (rng.fraction() * (localSize + remoteSize) >= remoteSize) continue
      const peer = this.#next((one) => this.#isVaried(one))
      if (peer === undefined) return
      // The last ones are those drawn from all.
      if (this.#count >= want) this.local.pop()
      this.remote.push(peer)
    }
  }

  /** Who is nearer than someone here takes that one's place, as long as enough random ones are left. */
  takeNear(): void {
    const near = this.#rest
      .map((peer) => ({ peer, distance: this.#distance(peer.place) }))
      .filter(({ distance }) => distance < farthest)
      .sort((a, b) => a.distance - b.distance)
    for (const { peer, distance } of near) {
      if (!this.#isVaried(peer)) continue
      if (this.#count < this.#choice.want || this.#giveUpFartherThan(distance)) this.#take(peer)
    }
  }

  /** @returns whether one that is farther was given up */
  #giveUpFartherThan(distance: number): boolean {
    const kept = Math.max(0, this.#randomPicks - this.remote.length)
    for (let i = this.local.length - 1 - kept; i >= 0; i--) {
      if (this.#distance(this.local[i]!.peer.place) > distance) {
        this.local.splice(i, 1)
        return true
      }
    }
    return false
  }

  fill(): void {
    for (const isWanted of [(one: RemotePeer) => this.#isVaried(one), () => true]) {
      while (this.#count < this.#choice.want) {
        const peer = this.#next(isWanted)
        if (peer === undefined) break
        this.remote.push(peer)
      }
    }
  }

  /** A peer that knows only empty ones learns nothing. */
  takeHolder(): void {
    if (this.local.some(({ have }) => have > 0) || this.remote.some(({ have }) => have > 0)) return
    const peer = this.#next(({ have }) => have > 0)
    if (peer === undefined) return
    if (this.#count >= this.#choice.want && this.remote.pop() === undefined) this.local.pop()
    this.remote.push(peer)
  }

  #next(isWanted: (peer: RemotePeer) => boolean): RemotePeer | undefined {
    const peer = this.#rest.find(isWanted)
    if (peer !== undefined) this.#rest = this.#rest.filter((other) => other !== peer)
    return peer
  }

  #take(peer: RemotePeer): void {
    this.#rest = this.#rest.filter((other) => other !== peer)
    this.remote.push(peer)
  }

  #distance(place: Place): number {
    return tiers.indexOf(tierOf(place, this.#choice.place))
  }

  /** As in an answer from one tracker (selection.ts): half of it of one network at most, and a quarter of one address. */
  #isVaried({ place: { address, network } }: RemotePeer): boolean {
    const { want, place } = this.#choice
    const half = Math.ceil(want / 2)
    const ofAddressMax = address === place.address ? half : Math.ceil(want / 4)
    const places = [...this.local.map(({ peer }) => peer.place), ...this.remote.map((peer) => peer.place)]
    const ofNetwork = places.filter((other) => other.network === network).length
    const ofAddress = places.filter((other) => other.address === address).length
    return ofNetwork < half && ofAddress < ofAddressMax
  }
}

const farthest = tiers.indexOf('anywhere')
