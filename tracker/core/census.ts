/**
 * How many there are of what, for an operator who wants to see where a load comes from. Names no swarm, no peer and no
 * address. Costs a look at each of them: for a person who asks, not for a monitor.
 */
import type { Peer } from './peer.ts'
import type { Swarm } from './swarm.ts'

/** What a person reads at a glance. */
const largestCountMax = 20

export interface Census {
  connections: {
    count: number
    /** Addresses (of IPv6 each /64), and networks (/24, of IPv6 /48), that they come from. */
    addresses: number
    networks: number
    /** How many each of those with the most has, the most first. */
    largestAddresses: number[]
    largestNetworks: number[]
    /** By country, else region, else zone, as far as anything is known; the rest is `unknown`. */
    places: Record<string, number>
  }
  swarms: {
    count: number
    /** Those with the most peers, the largest first, and how many of them lack a part of the file. */
    largest: { peers: number; downloading: number }[]
  }
}

export function takeCensus(peers: Iterable<Peer>, swarms: Iterable<Swarm>): Census {
  const addresses = new Map<string, number>()
  const networks = new Map<string, number>()
  const places = new Map<string, number>()
  let count = 0
  for (const { subscriber, place } of peers) {
    count++
    const { country, region, zone } = place.location
    more(addresses, subscriber)
    more(networks, place.network)
    more(places, country ?? region ?? zone ?? 'unknown')
  }
  const sizes = Array.from(swarms, ({ size, downloadingCount }) => ({ peers: size, downloading: downloadingCount }))
  return {
    connections: {
      count,
      addresses: addresses.size,
      networks: networks.size,
      largestAddresses: largest(addresses).map(([, connections]) => connections),
      largestNetworks: largest(networks).map(([, connections]) => connections),
      places: Object.fromEntries(largest(places)),
    },
    swarms: { count: sizes.length, largest: sizes.sort((a, b) => b.peers - a.peers).slice(0, largestCountMax) },
  }
}

function more(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const largest = (counts: ReadonlyMap<string, number>): [key: string, count: number][] =>
  [...counts].sort(([, a], [, b]) => b - a).slice(0, largestCountMax)
