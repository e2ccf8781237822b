/**
 * In which order those that download and give came into a swarm, and how many are ahead of each. For a peer of another
 * network only the first few of one network count: else whoever comes first sixteen times would have everybody else wait
 * for what it never fetches. Knows no file.
 */
import type { Membership } from './peer.ts'

/** A quarter of the first places (shared/limits.ts, aheadCountMax), like its share of all else. */
const leadersPerNetworkMax = 4

export class Arrivals {
  /** All of them, and the number of each, in the order in which they came. */
  readonly #numbers = new Map<Membership, number>()
  readonly #byNetwork = new Map<string, Set<Membership>>()
  /** Those that were among the first few of their network when they came, in that order. */
  readonly #leaders = new Set<Membership>()
  readonly #leaderCounts = new Map<string, number>()
  #count = 0

  get size(): number {
    return this.#numbers.size
  }

  /** One that is here already keeps its place. */
  add(member: Membership): void {
    if (this.#numbers.has(member)) return
    this.#numbers.set(member, this.#count++)
    const { network } = member.peer.place
    const neighbours = this.#byNetwork.get(network)
    if (neighbours === undefined) this.#byNetwork.set(network, new Set([member]))
    else neighbours.add(member)
    const leaderCount = this.#leaderCounts.get(network) ?? 0
    if (leaderCount >= leadersPerNetworkMax) return
    this.#leaderCounts.set(network, leaderCount + 1)
    this.#leaders.add(member)
  }

  delete(member: Membership): void {
    if (!this.#numbers.delete(member)) return
    const { network } = member.peer.place
    const neighbours = this.#byNetwork.get(network)!
    neighbours.delete(member)
    if (neighbours.size === 0) this.#byNetwork.delete(network)
    if (!this.#leaders.delete(member)) return
    const leaderCount = this.#leaderCounts.get(network)!
    if (leaderCount === 1) this.#leaderCounts.delete(network)
    else this.#leaderCounts.set(network, leaderCount - 1)
  }

  /** How many came before this member, all of its own network and a few of each other; `countMax` stands for any more. */
  aheadOf(member: Membership, countMax: number): number {
    const { network } = member.peer.place
    const number = this.#numbers.get(member) ?? this.#count
    const came = (other: Membership) => this.#numbers.get(other)! < number
    let count = 0
    for (const other of this.#byNetwork.get(network) ?? []) {
      if (count === countMax || !came(other)) break
      count++
    }
    for (const other of this.#leaders) {
      if (count === countMax || !came(other)) break
      if (other.peer.place.network !== network) count++
    }
    return count
  }
}
