/**
 * Who of a crowd fetches what from the origin. Its line is shared by all who ask: were they many, each chunk would
 * crawl and nobody could pass it on. So the first to come fetch, each from a start of its own, and say what they
 * fetch; the others wait for them a moment, and step in when nothing comes.
 */

import type { SwarmId } from '../../shared/ids.ts'
import { aheadCountMax } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'

/** Claims of one peer in one swarm that are remembered: it has two runs at once, and one that has just ended. */
const claimCountMax = 4

/** The longest that a claim is believed, whatever it says: a claimer that never delivers costs others this once. */
export const claimMsMax = 10_000

/** What a peer that is not among the first waits for the others, and as much again by its own chance. */
const patienceMs = 1_500

/** While peers have so much to bring, nobody else's part is fetched. */
const plentyMs = 3_000

/** A peer that is being called counts as one to share with for so long: then it is slow, or not to be reached. */
const callPatienceMs = 3_000

/** Where a chunk takes longer than this, so many share the origin's line that it is better left to a few. */
const crawlingChunkMs = 500

/** Whether somebody is there to share the work with, or about to be; notes since when somebody is. */
export function isTogether(core: Core, swarm: Swarm, now: number): boolean {
  let isLinked = false
  let isCalling = false
  for (const remote of core.remotes.values()) {
    if (remote.restUntil > now) continue
    if (remote.holdings.has(swarm.id)) isLinked = true
    else if (remote.introducedIn.has(swarm.id) && now - remote.startedAt < callPatienceMs) isCalling = true
  }
  swarm.togetherAt = isLinked ? Math.min(swarm.togetherAt, now) : Number.POSITIVE_INFINITY
  return isLinked || isCalling
}

const isFirst = (core: Core, swarm: Swarm) => core.isGiving && swarm.ahead < aheadCountMax

/** The first of those that download and give fetch what nobody has; the others leave it to them, while they do. */
export const isScout = (core: Core, swarm: Swarm, now: number) =>
  isFirst(core, swarm) || (core.isGiving && now < swarm.stepsInUntil)

/** Whether HTTP is so slow that one chunk takes long, or is not known yet. */
export const isCrawling = (swarm: Swarm) => isCrawlingAt(swarm, swarm.httpBytesPerSecond)

export const isCrawlingAt = (swarm: Swarm, bytesPerSecond: number) =>
  swarm.geometry.chunkBytes * 1_000 > bytesPerSecond * crawlingChunkMs

/**
 * Whether the others have brought nothing for longer than they are waited for: what they pass on has to come from the
 * origin first, and of a slow one nobody has anything sooner.
 */
export function isStarving(core: Core, swarm: Swarm, now: number): boolean {
  const waitedMs = now - Math.max(swarm.peerProgressAt, swarm.togetherAt)
  return waitedMs > originChunkMs(swarm, now) + patienceMs * (1 + chanceOf(core))
}

/** How long the origin takes for a chunk; where it has brought none yet, at least so long as it was waited for. */
export function originChunkMs(swarm: Swarm, now: number): number {
  if (swarm.httpBytesPerSecond > 0) return (swarm.geometry.chunkBytes * 1_000) / swarm.httpBytesPerSecond
  return Math.max(0, ...[...swarm.runs.values()].map(({ startedAt }) => now - startedAt))
}

/** So many of a swarm try an unknown origin within one patience. */
const untriedCount = 4

/**
 * Whether the origin's rate is still unknown, as it had brought nothing when it was left to others, and it is this one's
 * moment to try it: the more peers there are, the later, so that they do not all ask at once.
 */
export function isUntried(core: Core, swarm: Swarm, now: number): boolean {
  if (swarm.httpBytesPerSecond > 0) return false
  return now - swarm.togetherAt > patienceMs * (1 + chanceOf(core)) * (swarm.size / untriedCount)
}

/** This client's own number from 0 to 1. */
export const chanceOf = (core: Core) => Number.parseInt(core.settings.instance.slice(0, 8), 16) / 2 ** 32

/** The halves of a file for the first two, quarters for the next two, eighths for four more (van der Corput). */
const scoutStarts = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15].map((part) => part / aheadCountMax)

/** The part of a file that is this one's among so many who fetch: from its start to the next one's, as shares. */
function partOf(place: number, count: number): [from: number, to: number] {
  const from = scoutStarts[place]!
  return [from, Math.min(1, ...scoutStarts.slice(0, count).filter((start) => start > from))]
}

/** Whether what peers hold keeps this client busy for long: until then others may bring what is not there yet. */
function hasPlenty(swarm: Swarm, now: number): boolean {
  const bytes = swarm.peerRate.perSecond(now) * (plentyMs / 1_000)
  if (bytes === 0) return false
  let count = 0
  const isLast = (index: number) => swarm.copies[index] !== 0 && ++count * swarm.geometry.chunkBytes > bytes
  return swarm.firstIdle(isLast) !== undefined
}

/**
 * Each who fetches has a part of the file, and begins another one's only when that has not come for a while.
 * @param othersCount how many others are here that download
 * @param isFree whether a chunk may be fetched at all
 * @returns the first free chunk of this client's own part, or later one from there on, round the end of the file
 */
export function ownStart(
  core: Core,
  swarm: Swarm,
  { othersCount, isFree, now }: { othersCount: number; isFree: (index: number) => boolean; now: number },
): number | undefined {
  const count = Math.min(aheadCountMax, Math.max(swarm.ahead, othersCount) + 1)
  const [from, to] = isFirst(core, swarm) ? partOf(swarm.ahead, count) : [chanceOf(core), 0]
  for (const want of swarm.wants.values()) {
    const [first, end] = swarm.open(want)
    const at = (share: number) => first + Math.floor((end - first) * (want.order === 'stream' ? 0 : share))
    const own = swarm.firstIdleOf(at(from), at(to), isFree)
    if (own !== undefined) {
      swarm.partDoneAt = Number.POSITIVE_INFINITY
      return own
    }
    if (isFirst(core, swarm) && want.order === 'bulk') {
      swarm.partDoneAt = Math.min(swarm.partDoneAt, now)
      if (now - swarm.partDoneAt < patienceMs * (1 + chanceOf(core)) || hasPlenty(swarm, now)) continue
    }
    const found = swarm.firstIdleOf(at(from), end, isFree) ?? swarm.firstIdleOf(first, at(from), isFree)
    if (found !== undefined) return found
  }
  return undefined
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
  const isKept = (first: number, end: number) => have !== undefined && have.nextMissing(first, end) === undefined
  const open = (remote.claims.get(id) ?? []).filter(({ first, end }) => !isKept(first, end))
  remote.claims.set(id, open)
  // One that ran out is not forgotten for a newer one, or a claimer that renews in time would be believed for ever.
  if (open.some(({ until }) => now >= until)) remote.isClaimBroken = true
  else if (open.length < claimCountMax) {
    const until = now + Math.min(claim.withinMs, claimMsMax)
    open.push({ first: claim.first, end: claim.first + claim.count, until })
  }
}

/**
 * A peer kept this one waiting. If it has never given anything, what it fetches from the origin does not come to the
 * others, and somebody has to fetch in its place.
 */
export function noteStall(core: Core, remote: Remote, now: number): void {
  remote.stalls++
  remote.waitedMs = 0
  if (remote.downloadedBytes > 0) return
  remote.isClaimBroken = true
  for (const id of remote.claims.keys()) {
    const swarm = core.swarms.get(id)
    if (swarm) swarm.stepsInUntil = now + claimMsMax
  }
}

/** The peers that said what they fetch. */
export function claimersOf(core: Core, swarm: Swarm, now: number): Remote[] {
  const claimers: Remote[] = []
  for (const remote of core.remotes.values()) {
    if (!remote.isClaimBroken && remote.restUntil <= now && remote.claims.get(swarm.id)?.length) claimers.push(remote)
  }
  return claimers
}

/** @returns whether one of these peers is fetching the chunk from the origin, as far as it is to be believed */
export function isClaimed(claimers: readonly Remote[], swarm: Swarm, index: number, now: number): boolean {
  for (const remote of claimers) {
    if (remote.isClaimBroken) continue
    for (const claim of remote.claims.get(swarm.id)!) {
      if (index < claim.first || index >= claim.end || remote.holdings.get(swarm.id)?.have.has(index)) continue
      if (now < claim.until) return true
      remote.isClaimBroken = true
    }
  }
  return false
}

/** Says to the peers that still download what this client begins to fetch. */
export function tellClaim(core: Core, swarm: Swarm, claim: { first: number; count: number; withinMs: number }): void {
  if (!core.isGiving) return
  for (const remote of core.remotes.values()) {
    const slot = remote.mySlots.get(swarm.id)
    const holdings = remote.holdings.get(swarm.id)
    if (remote.state !== 'open' || slot === undefined || !holdings || holdings.have.isFull) continue
    core.emit({ type: 'send', peer: remote.id, message: { type: 'claim', slot, ...claim } })
  }
}
