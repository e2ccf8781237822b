/**
 * Addresses as a popular site sees them: each region has a few providers of unequal size, each provider some /16 that lie
 * anywhere, and some of its customers share a /24 or an address. Made up, as no list of real ones comes with Nearcast.
 */
import type { Rng } from '../../shared/rng.ts'

/** Of a hundred visitors of a region, those of each of its providers. */
const providerShares = [38, 22, 15, 10, 8, 4, 3]

/** In how many /16 each of them has its customers. */
const blockCounts = [5, 4, 3, 3, 2, 1, 1]

/** Of a hundred visitors those behind an address that others have too: a household, an office, a carrier's gateway. */
const sharedPercent = 12

export interface RealAddress {
  address: [number, number, number, number]
  /** The provider's number. */
  asn: number
}

export function realAddress(region: number, rng: Rng): RealAddress {
  let left = rng.below(100)
  let provider = 0
  while (left >= providerShares[provider]!) left -= providerShares[provider++]!
  const asn = 64_512 + region * providerShares.length + provider
  // A block's place follows from whose it is, spread as registries spread them.
  const block = rng.below(blockCounts[provider]!)
  const place = ((asn - 64_512) * 8 + block) * 2_654_435_761
  const first = 1 + ((place >>> 24) % 222)
  const second = (place >>> 16) & 255
  const isShared = rng.below(100) < sharedPercent
  const third = isShared ? 7 : rng.below(256)
  return { address: [first, second, third, isShared ? 1 + rng.below(3) : 1 + rng.below(254)], asn }
}
