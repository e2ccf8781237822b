/** Which links are of use: where one side has what the other lacks. Knows what peers say that they hold, no more. */
import { type Tier, tiers } from '../../shared/tracker-messages.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'

/** A link that is younger has not had its chance. */
const graceMs = 10_000

/** A link over which nothing moved for this long may make room for a nearer peer. */
const unusedMs = 60_000

/** True when neither side of a link has anything to give the other of the files that they share, or they share none. */
export function isUseless(core: Core, remote: Remote): boolean {
  if (remote.mySlots.size === 0 && remote.theirSlots.size === 0) return true
  if (remote.uploads.length > 0 || remote.inFlightBytes > 0) return false
  for (const id of remote.mySlots.keys()) {
    const swarm = core.swarms.get(id)
    const holdings = remote.holdings.get(id)
    if (!holdings || !swarm?.have.isFull || (core.isGiving && !holdings.have.isFull)) return false
  }
  return true
}

/** The same, and beyond it: neither side has anything now that the other lacks. */
function canTrade(core: Core, remote: Remote): boolean {
  for (const [id, { have }] of remote.holdings) {
    const swarm = core.swarms.get(id)
    if (swarm && differs(swarm, have.bytes)) return true
  }
  return false
}

/** Whether one has a chunk that the other lacks, and the one that lacks it wants some. */
function differs(swarm: Swarm, theirs: Uint8Array): boolean {
  const ours = swarm.have.bytes
  for (let at = 0; at < ours.length; at++) {
    const difference = ours[at]! ^ theirs[at]!
    if ((difference & ours[at]!) !== 0 || (swarm.wants.size > 0 && difference !== 0)) return true
  }
  return false
}

/** @returns the link to give up for a peer of this tier when there are too many: none if all are of more use */
export function leastUseful(core: Core, tier: Tier, now: number): Remote | undefined {
  let worst: Remote | undefined
  let least = Number.POSITIVE_INFINITY
  for (const remote of core.remotes.values()) {
    if (remote.state !== 'open' || now - remote.startedAt < graceMs) continue
    if (remote.uploads.length > 0 || remote.inFlightBytes > 0) continue
    const movedAt = Math.max(remote.startedAt, remote.sentAt, remote.receivedAt)
    const isUnused = now - movedAt >= unusedMs && tiers.indexOf(tier) < tiers.indexOf(remote.tier)
    const trades = canTrade(core, remote)
    if (trades && !isUnused) continue
    // What cannot trade goes first, then the farthest, then whom this side did not choose.
    const worth = (trades ? 100 : 0) - 2 * tiers.indexOf(remote.tier) + (remote.initiator ? 1 : 0)
    if (worth >= least) continue
    worst = remote
    least = worth
  }
  return worst
}
