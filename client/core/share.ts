/**
 * Who of a crowd fetches what from the origin. Each stretch of the file belongs to the one among the peers linked here
 * for whom a hash of peer and stretch is least (rendezvous hashing, Thaler & Ravishankar 1998), and who begins with a
 * stretch says so, so that those who are ahead help the others without doing their work twice.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'

/** Claims of one peer in one swarm that are remembered: it has two runs at once, and one that has just ended. */
const claimCountMax = 4

/** The longest that a claim is believed, whatever it says: a claimer that never delivers costs others this once. */
export const claimMsMax = 10_000

/** Chunks in one stretch: long enough for a request to be worth it, short enough to divide among many. */
const stretchChunks = 8

/** A mixing of two words to one (the finalizer of MurmurHash3). */
function mix(seed: number, value: number): number {
  let hash = Math.imul(seed ^ Math.imul(value + 1, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const seedOf = (instance: string) => Number.parseInt(instance.slice(0, 8), 16)

/**
 * @param isFree whether a chunk may be fetched at all
 * @returns the free chunk to start at: in the stretch where fewest others come before this client, its own first
 */
export function ownStart(core: Core, swarm: Swarm, isFree: (index: number) => boolean): number | undefined {
  const own = seedOf(core.settings.instance)
  const others: number[] = []
  for (const remote of core.remotes.values()) {
    const holdings = remote.holdings.get(swarm.id)
    if (remote.state === 'open' && holdings && !holdings.have.isFull) others.push(seedOf(remote.instance))
  }
  let best: number | undefined
  let least = Number.POSITIVE_INFINITY
  for (const want of swarm.wants.values()) {
    const [first, end] = swarm.open(want)
    // Only what is idle can be free.
    let next = swarm.idle.next(first, end)
    for (; next !== undefined; next = swarm.idle.next(next + 1, end)) {
      const index = next
      if (!isFree(index)) continue
      const stretch = Math.floor(index / stretchChunks)
      const mine = mix(own, stretch)
      let place = mine / 2 ** 32
      for (const other of others) if (mix(other, stretch) < mine) place++
      if (place < least) {
        best = index
        least = place
      }
      // The rest of the stretch has the same place.
      next = (stretch + 1) * stretchChunks - 1
    }
  }
  return best
}

/** A peer says what it fetches. */
export function noteClaim(
  remote: Remote,
  id: SwarmId,
  claim: { first: number; count: number; withinMs: number },
  now: number,
): void {
  if (remote.isClaimBroken) return
  const have = remote.holdings.get(id)?.have
  // A run comes in order: with its last chunk, all of it is there.
  const open = (remote.claims.get(id) ?? []).filter(({ end }) => !have?.has(end - 1))
  remote.claims.set(id, open)
  // One that ran out is not forgotten for a newer one, or a claimer that renews in time would be believed for ever.
  if (open.some(({ until }) => now >= until)) remote.isClaimBroken = true
  else if (open.length < claimCountMax) {
    const until = now + Math.min(claim.withinMs, claimMsMax)
    open.push({ first: claim.first, end: claim.first + claim.count, until })
  }
}

/** @returns whether a linked peer is fetching the chunk from the origin, as far as it is to be believed */
export function isClaimed(core: Core, swarm: Swarm, index: number, now: number): boolean {
  for (const remote of core.remotes.values()) {
    if (remote.isClaimBroken || remote.restUntil > now) continue
    for (const claim of remote.claims.get(swarm.id) ?? []) {
      if (index < claim.first || index >= claim.end || remote.holdings.get(swarm.id)?.have.has(index)) continue
      if (now < claim.until) return true
      remote.isClaimBroken = true
    }
  }
  return false
}

/** Says to the peers that still download what this client begins to fetch. */
export function tellClaim(core: Core, swarm: Swarm, claim: { first: number; count: number; withinMs: number }): void {
  for (const remote of core.remotes.values()) {
    const slot = remote.mySlots.get(swarm.id)
    const holdings = remote.holdings.get(swarm.id)
    if (remote.state !== 'open' || slot === undefined || !holdings || holdings.have.isFull) continue
    core.emit({ type: 'send', peer: remote.id, message: { type: 'claim', slot, ...claim } })
  }
}
