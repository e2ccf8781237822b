/**
 * Who may be told of whom: an introduction shows each side the other's address, so each has one peer less that it may
 * learn of. Counts by token and by address; knows nothing of swarms.
 */
import { Deadlines } from './deadlines.ts'
import type { TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { Reveals } from './reveals.ts'

export class Exposure {
  readonly #limits: TrackerLimits
  readonly #addresses = new Map<string, Reveals>()
  readonly #ends = new Deadlines<string>()

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  /** Addresses that are remembered. */
  get addressCount(): number {
    return this.#addresses.size
  }

  permits(a: Peer, b: Peer, now: number): boolean {
    if (!this.#isCounted(a) && !this.#isCounted(b)) return true
    // Behind one address there is nothing to learn.
    return a.subscriber === b.subscriber || (this.#mayLearn(a, b, now) && this.#mayLearn(b, a, now))
  }

  note(a: Peer, b: Peer, now: number): void {
    if ((!this.#isCounted(a) && !this.#isCounted(b)) || a.subscriber === b.subscriber) return
    this.#learn(a, b, now)
    this.#learn(b, a, now)
  }

  /** Whether there is a limit on whom a peer learns of, which there is not by default. */
  #isCounted({ bearer }: Peer): boolean {
    return this.#limits.peersPerAddressMax > 0 || bearer?.reveals !== undefined
  }

  #mayLearn(peer: Peer, of: Peer, now: number): boolean {
    if (peer.bearer?.reveals?.hasRoomFor(of.id, now) === false) return false
    return this.#addresses.get(peer.subscriber)?.hasRoomFor(of.id, now) ?? true
  }

  #learn(peer: Peer, of: Peer, now: number): void {
    peer.bearer?.reveals?.add(of.id, now)
    const { peersPerAddressMax, revealWindowMs } = this.#limits
    if (peersPerAddressMax === 0) return
    const { subscriber } = peer
    let reveals = this.#addresses.get(subscriber)
    if (reveals === undefined) {
      reveals = new Reveals(peersPerAddressMax, revealWindowMs)
      this.#addresses.set(subscriber, reveals)
    }
    reveals.add(of.id, now)
    this.#ends.extend(subscriber, now + revealWindowMs)
  }

  expire(now: number): void {
    for (const subscriber of this.#ends.take(now)) this.#addresses.delete(subscriber)
  }
}
