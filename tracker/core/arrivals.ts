/**
 * In which order those that download and give came into a swarm, and how many are ahead of each. For a peer of another
 * network only the first few of one network count: else whoever comes first sixteen times would have everybody else wait
 * for what it never fetches. Knows no file.
 */
import type { Membership } from './peer.ts'
import { type RingKey, ringKey } from './place.ts'

/** A quarter of the first places (shared/limits.ts, aheadCountMax), like its share of all else. */
const leadersPerNetworkMax = 4

/** One that came, in the list of its network and, where it is a leader, in that of all leaders. */
export interface Arrival {
  readonly number: number
  readonly network: Network
  earlier: Arrival | undefined
  later: Arrival | undefined
  /** Whether it was among the first few of its network when it came. */
  readonly isLeader: boolean
  earlierLeader: Arrival | undefined
  laterLeader: Arrival | undefined
}

interface Network {
  newest: Arrival | undefined
  leaderCount: number
}

export class Arrivals {
  readonly #networks = new Map<RingKey, Network>()
  #oldestLeader: Arrival | undefined
  #newestLeader: Arrival | undefined
  #arrivedCount = 0
  size = 0

  /** One that is here already keeps its place. */
  add(member: Membership): void {
    if (member.arrival !== undefined) return
    const key = ringKey(member.peer.place, 'network')!
    let network = this.#networks.get(key)
    if (network === undefined) {
      network = { newest: undefined, leaderCount: 0 }
      this.#networks.set(key, network)
    }
    const isLeader = network.leaderCount < leadersPerNetworkMax
    const arrival: Arrival = {
      number: this.#arrivedCount++,
      network,
      earlier: network.newest,
      later: undefined,
      isLeader,
      earlierLeader: isLeader ? this.#newestLeader : undefined,
      laterLeader: undefined,
    }
    if (network.newest !== undefined) network.newest.later = arrival
    network.newest = arrival
    if (isLeader) this.#lead(arrival)
    member.arrival = arrival
    this.size++
  }

  #lead(arrival: Arrival): void {
    arrival.network.leaderCount++
    if (this.#newestLeader === undefined) this.#oldestLeader = arrival
    else this.#newestLeader.laterLeader = arrival
    this.#newestLeader = arrival
  }

  delete(member: Membership): void {
    const { arrival } = member
    if (arrival === undefined) return
    const { network, earlier, later, isLeader } = arrival
    if (earlier !== undefined) earlier.later = later
    if (later !== undefined) later.earlier = earlier
    else network.newest = earlier
    if (network.newest === undefined) this.#networks.delete(ringKey(member.peer.place, 'network')!)
    if (isLeader) this.#leadNoMore(arrival)
    member.arrival = undefined
    this.size--
  }

  #leadNoMore({ network, earlierLeader, laterLeader }: Arrival): void {
    network.leaderCount--
    if (earlierLeader === undefined) this.#oldestLeader = laterLeader
    else earlierLeader.laterLeader = laterLeader
    if (laterLeader === undefined) this.#newestLeader = earlierLeader
    else laterLeader.earlierLeader = earlierLeader
  }

  /** How many came before this member, all of its own network and a few of each other; `countMax` stands for any more. */
  aheadOf({ arrival, peer }: Membership, countMax: number): number {
    const network = arrival?.network ?? this.#networks.get(ringKey(peer.place, 'network')!)
    const number = arrival?.number ?? this.#arrivedCount
    let count = 0
    let neighbour = arrival === undefined ? network?.newest : arrival.earlier
    for (; neighbour !== undefined && count < countMax; neighbour = neighbour.earlier) count++
    let leader = this.#oldestLeader
    for (; leader !== undefined && leader.number < number && count < countMax; leader = leader.laterLeader) {
      if (leader.network !== network) count++
    }
    return count
  }
}
