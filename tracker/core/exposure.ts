/**
 * Who may be told of whom: an introduction shows each side the other's address, so each has one peer less that it may
 * learn of. Counts by token, by address and by network; knows nothing of swarms.
 */
import type { TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { RevealLedger } from './reveal-ledger.ts'

/** Three times a full tracker, each from an address of its own; with eight peers each about 30 MB. */
const payersMax = 65_536

export class Exposure {
  readonly #limits: TrackerLimits
  readonly #addresses: RevealLedger
  /** As much as so many addresses: else a host with a /48 of IPv6 has as much as 65,536. */
  readonly #networks: RevealLedger

  constructor(limits: TrackerLimits) {
    const { peersPerAddressMax: peersMax, revealWindowMs: windowMs } = limits
    this.#limits = limits
    this.#addresses = new RevealLedger({ peersMax: () => peersMax, windowMs, payersMax })
    const peersPerNetworkMax = () => peersMax * limits.busyAddressesPerNetworkMax
    this.#networks = new RevealLedger({ peersMax: peersPerNetworkMax, windowMs, payersMax })
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

  #mayLearn({ bearer, subscriber, place }: Peer, of: Peer, now: number): boolean {
    if (bearer?.reveals?.hasRoomFor(of.id, now) === false) return false
    if (!this.#addresses.hasRoomFor(subscriber, of.id, now)) return false
    return place.network === of.place.network || this.#networks.hasRoomFor(place.network, of.id, now)
  }

  #learn({ bearer, subscriber, place }: Peer, of: Peer, now: number): void {
    bearer?.reveals?.add(of.id, now)
    if (this.#limits.peersPerAddressMax === 0) return
    this.#addresses.add(subscriber, of.id, now)
    if (place.network !== of.place.network) this.#networks.add(place.network, of.id, now)
  }

  expire(now: number): void {
    this.#addresses.expire(now)
    this.#networks.expire(now)
  }
}
