/**
 * Where the origin is needed beside peers, as pure questions about the state: the floor, what nobody near holds, what
 * comes too late. Opens and closes nothing.
 */
import { assertNever } from '../../shared/assert.ts'
import type { Core } from './core.ts'
import { hedged, isAnyPaced, nearEnd, type Prospects } from './deadlines.ts'
import type { Remote } from './remote.ts'
import {
  corruptOriginMax,
  floorBytesPerSecondMax,
  floorShare,
  originSoonMs,
  runCountMax,
  runLeadMs,
  runLeadTrips,
  runMs,
} from './settings.ts'
import {
  claimersOf,
  isClaimed,
  isCrawling,
  isCrawlingAt,
  isScout,
  isStarving,
  isUntried,
  originChunkMs,
  ownStart,
} from './share.ts'
import type { Run, Swarm } from './swarm.ts'
import { isWithdrawn } from './withdrawals.ts'

/** A run this young says little about the origin's rate: most of its time was the round trip. */
export const rateAfterMs = 200

/** And this young nothing: of a new connection's beginning. */
export const beginningMs = 70

/** The least that is asked for at once while peers serve: below it the request costs more than the bytes. */
const runBytesMin = 256 * 1024

/**
 * An answer of a known origin has fallen silent when it brought nothing for `originSoonMs` and so many times what a
 * chunk takes: a line that many share is given out in turns. What has never brought anything is given this long.
 */
const chunkPatience = 2
const firstByteMs = 4_000

/** Being ahead of the floor, or behind, is remembered for this long. */
const floorMemoryMs = 1_000

/** What a peer holds that has brought nothing for so long is not counted on: to hold it is only its word. */
const muteMs = 1_000

/** Whether a peer was asked and has never brought anything. */
const isMute = (remote: Remote, now: number) =>
  !remote.service.isKnown && remote.inFlightBytes > 0 && now - remote.lastByteAt > muteMs

/**
 * Whether a peer is one to count on: it has brought something, or is about to, as it downloads itself. To hold all is
 * easily said.
 */
function isPromising(remote: Remote, swarm: Swarm, now: number): boolean {
  const have = remote.holdings.get(swarm.id)?.have
  return remote.service.isKnown || (have?.isFull === false && !isMute(remote, now))
}

/** Whether a peer to count on holds something. */
export function isServing(core: Core, swarm: Swarm, now: number): boolean {
  for (const remote of core.remotes.values()) {
    if (remote.state !== 'open' || remote.restUntil > now || !remote.holdings.get(swarm.id)?.have.count) continue
    if (isPromising(remote, swarm, now)) return true
  }
  return false
}

/** Whether a chunk that is missing was asked of none but peers that nobody counts on. */
export function isUnpromised(core: Core, swarm: Swarm, index: number, now: number): boolean {
  for (const { source } of swarm.flights.get(index) ?? []) {
    const remote = core.remoteOf(source)
    if (!remote || isPromising(remote, swarm, now)) return false
  }
  return swarm.isMissing(index)
}

/** Whether a peer holds the chunk that can be asked for it now. */
export function isServed(core: Core, swarm: Swarm, index: number, now: number): boolean {
  if (swarm.copies[index] === 0) return false
  for (const remote of core.remotes.values()) {
    if (remote.state !== 'open' || remote.restUntil > now || !remote.mySlots.has(swarm.id)) continue
    if (isMute(remote, now)) continue
    if (remote.holdings.get(swarm.id)?.have.has(index) && !isWithdrawn(remote, swarm.id, index)) return true
  }
  return false
}

/** True when nothing that is wanted is on its way, and no peer can be asked for any of it. */
export function isStuck(core: Core, swarm: Swarm, now: number): boolean {
  if (swarm.flights.size > 0 || swarm.hashing.size > 0 || !swarm.isWanting) return false
  return swarm.firstIdle((index) => isServed(core, swarm, index, now)) === undefined
}

/** The rate below which the origin helps, by mode: three settings of one rule. */
function floor(core: Core, swarm: Swarm): number {
  switch (core.settings.mode) {
    case 'fastest':
      return Number.POSITIVE_INFINITY
    case 'frugal':
      return 0
    case 'balanced': {
      const seen = swarm.fairBytesPerSecond
      return Math.min(floorBytesPerSecondMax, seen === 0 ? Number.POSITIVE_INFINITY : floorShare * seen)
    }
    default:
      return assertNever(core.settings.mode)
  }
}

export function isBelowFloor(core: Core, swarm: Swarm, now: number): boolean {
  const bytesPerSecond = floor(core, swarm)
  if (bytesPerSecond === 0 || bytesPerSecond === Number.POSITIVE_INFINITY) return bytesPerSecond > 0
  return swarm.floorBook.ahead(bytesPerSecond, floorMemoryMs, now) < 0
}

/**
 * What is asked for at once beside peers, from a source or for a reader of this rate: where the origin crawls, chunk by
 * chunk, so that no more is promised to others than comes soon; of a rate that is not known yet, half the least.
 */
export function runBytes(swarm: Swarm, bytesPerSecond: number): number {
  if (bytesPerSecond === 0) return Math.max(runBytesMin / 2, swarm.geometry.chunkBytes)
  const leastBytes = isCrawlingAt(swarm, bytesPerSecond) ? 0 : runBytesMin
  return Math.max(leastBytes, swarm.geometry.chunkBytes, (bytesPerSecond * runMs) / 1_000)
}

/** Peers here that still download: had nobody peers, they would share the origin's line with this client. */
export function downloading(core: Core, swarm: Swarm): number {
  let count = 0
  for (const remote of core.remotes.values()) {
    const have = remote.holdings.get(swarm.id)?.have
    if (remote.state === 'open' && have && !have.isFull) count++
  }
  return count
}

/**
 * Where the origin helps beside peers with what is wanted as fast as it comes: what nobody near holds or fetches, then
 * anything while below the floor. Who is not among the first leaves both to others while they bring something.
 */
export function startBesidePeers(core: Core, swarm: Swarm, now: number): number | undefined {
  if (core.settings.mode !== 'fastest' && !isAnyPaced(swarm, now)) return undefined
  const isStarved = isStarving(core, swarm, now)
  const isWaiting = !isScout(core, swarm, now) && !isStarved && !isUntried(core, swarm, now)
  const isPatient = core.settings.mode !== 'fastest' && isWaiting
  const claimers = claimersOf(core, swarm, now)
  const isRare = (index: number) =>
    isFree(swarm, index) &&
    (!isPatient || isNear(swarm, index, now)) &&
    !isServed(core, swarm, index, now) &&
    (isStarved || !isClaimed(claimers, swarm, index, now))
  const start = ownStart(core, swarm, { othersCount: downloading(core, swarm), isFree: isRare, now })
  if (start !== undefined || (isPatient && isCrawling(swarm)) || !isBelowFloor(core, swarm, now)) return start
  return swarm.firstIdle((index) => isFree(swarm, index))
}

/** What can be asked of the origin, and what another one is fetching from there. */
export function prospects(core: Core, swarm: Swarm, now: number): Prospects {
  const claimers = claimersOf(core, swarm, now)
  return {
    isFree: (index) => isFree(swarm, index),
    isComing: (index) => isClaimed(claimers, swarm, index, now),
  }
}

/** Whether a reader is about to come to the chunk. */
const isNear = (swarm: Swarm, index: number, now: number) =>
  [...swarm.wants.values()].some(
    (want) => want.order === 'stream' && index >= want.position && index < nearEnd(swarm, want, now),
  )

/** Whether the answers under way need no other yet. One that has fallen silent is not waited for. */
export function isSupplied(swarm: Swarm, now: number): boolean {
  if (swarm.runs.size >= runCountMax) return true
  const leadMs = Math.min(runLeadMs, runLeadTrips * (swarm.originTrip.smoothedMs ?? Number.POSITIVE_INFINITY))
  let leadBytes = (swarm.httpBytesPerSecond * leadMs) / 1_000
  const silentMs =
    swarm.httpBytesPerSecond === 0 ? firstByteMs : originSoonMs + chunkPatience * originChunkMs(swarm, now)
  for (const run of swarm.runs.values()) {
    if (now - run.lastByteAt >= silentMs) continue
    leadBytes -= run.to - run.at
    if (leadBytes < 0) return true
  }
  return false
}

/** Whether the answer that was to bring all gives way, now that there are others to share the work with. */
export function isGivingWay(core: Core, swarm: Swarm, run: Run, now: number): boolean {
  if (run.isShort || run.isHedge) return false
  // A reader waits for what comes first.
  for (const { order } of swarm.wants.values()) if (order === 'stream') return false
  const { transfer } = run
  if (transfer && transfer.receivedBytes * 2 > transfer.length) return false
  if (isScout(core, swarm, now)) return swarm.ahead > 0
  if (core.settings.mode === 'fastest') return false
  const ms = now - run.startedAt
  if (ms >= rateAfterMs) return isCrawling(swarm)
  return ms >= beginningMs && isCrawlingAt(swarm, ((run.at - run.from) * 1_000) / ms)
}

/** The end of the stretch of chunks from `start` that are wanted, idle, and as rare as the first. */
export function endOf(swarm: Swarm, start: number, bytesMax: number): number {
  const isRare = swarm.copies[start] === 0
  let end = start + 1
  const fits = () => (end - start + 1) * swarm.geometry.chunkBytes <= bytesMax
  const wanted = (index: number) => [...swarm.wants.values()].some((want) => index >= want.first && index < want.end)
  while (end < swarm.geometry.chunkCount && fits() && isFree(swarm, end) && wanted(end)) {
    if (bytesMax < Number.POSITIVE_INFINITY && (swarm.copies[end] === 0) !== isRare) break
    end++
  }
  return end
}

/** The chunks on their way from peers that the origin is asked for as well now. */
export function hedges(core: Core, swarm: Swarm, now: number): number[] {
  if (swarm.flights.size === 0) return []
  const isEnding = !isSupplied(swarm, now) && swarm.firstIdle((index) => isFree(swarm, index)) === undefined
  // The end of a crowd's work is left to the crowd: at its last chunks everyone's rate falls.
  const isPressing = (index: number) => isUnpromised(core, swarm, index, now)
  const isHurried = core.settings.mode === 'fastest'
  return hedged(core, swarm, { isEnding, isHurried, isPressing, now }).filter(
    (index) => !isAhead(swarm, index) && !isSpoiled(swarm, index),
  )
}

/** True when a run is on its way to this chunk. */
function isAhead(swarm: Swarm, index: number): boolean {
  const start = swarm.geometry.startOf(index)
  for (const run of swarm.runs.values()) if (start >= run.at && start < run.to) return true
  return false
}

/** True when the origin brought the chunk wrong so often that it is not asked again. */
const isSpoiled = (swarm: Swarm, index: number) => (swarm.corruptByIndex.get(index) ?? 0) >= corruptOriginMax

export const isFree = (swarm: Swarm, index: number) =>
  swarm.isIdle(index) && !isAhead(swarm, index) && !isSpoiled(swarm, index)

/** A chunk that the origin only has wrong and that no peer can be asked for, with how often it came. */
export function spoiled(core: Core, swarm: Swarm, now: number): { index: number; times: number } | undefined {
  for (const [index, times] of swarm.corruptByIndex) {
    if (times >= corruptOriginMax && swarm.isIdle(index) && swarm.isOpen(index) && !isServed(core, swarm, index, now)) {
      return { index, times }
    }
  }
  return undefined
}
