/**
 * The peers of each network (/24, or /48 of IPv6): who they are, whom they were, and how often they were introduced
 * lately. What is said about one of them is said about its network.
 */
import type { PeerId } from '../../shared/ids.ts'
import { keepNewest } from '../../shared/newest.ts'
import type { Peer } from './peer.ts'

/** Peers that are gone and whose network is still known: what one did in its last moments counts. */
const departedCountMax = 4_096

export class Neighbourhood {
  readonly #peers = new Map<string, Set<Peer>>()
  /** Those that left longest ago first. */
  readonly #departed = new Map<PeerId, string>()

  enter(peer: Peer): void {
    const { network } = peer.place
    const peers = this.#peers.get(network)
    if (peers === undefined) this.#peers.set(network, new Set([peer]))
    else peers.add(peer)
  }

  leave(peer: Peer): void {
    const { network } = peer.place
    const peers = this.#peers.get(network)
    peers?.delete(peer)
    if (peers?.size === 0) this.#peers.delete(network)
    if (peer.introduced.everCount === 0) return
    keepNewest(this.#departed, peer.id, network, departedCountMax)
  }

  ofDeparted(id: PeerId): string | undefined {
    return this.#departed.get(id)
  }

  peersOf(network: string): Peer[] {
    return [...(this.#peers.get(network) ?? [])]
  }

  /** To about how many peers those of a network were introduced lately. */
  introducedCount(network: string, now: number): number {
    let count = 0
    for (const { introduced } of this.#peers.get(network) ?? []) count += introduced.recentCount(now)
    return count
  }
}

/** What is counted as one: counts fade in whole parts, which lie in the object itself, as fractions would not. */
const partsOfOne = 1_024

/** Counts what happened, and lets it fade: half of it is gone after each half-life. */
export class FadingCount {
  readonly #halfLifeSeconds: number
  #parts = 0
  #atSeconds = 0
  everCount = 0

  constructor(halfLifeMs: number) {
    this.#halfLifeSeconds = halfLifeMs / 1_000
  }

  add(now: number): void {
    this.#parts = Math.round(this.#partsAt(now)) + partsOfOne
    this.#atSeconds = Math.floor(now / 1_000)
    this.everCount++
  }

  recentCount(now: number): number {
    return this.#partsAt(now) / partsOfOne
  }

  #partsAt(now: number): number {
    const elapsed = Math.floor(now / 1_000) - this.#atSeconds
    return elapsed > 0 ? this.#parts * 0.5 ** (elapsed / this.#halfLifeSeconds) : this.#parts
  }
}
