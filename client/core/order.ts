/**
 * Which chunk a peer is asked for next: in order near a stream's reader, otherwise rarest first. Ties go to the chunk
 * after the last one asked of this peer, so that each peer works along its own stretch and few gaps are left.
 */
import type { Rng } from '../../shared/rng.ts'
import type { Core } from './core.ts'
import { dueOf, isHungry, leadMs, nearEnd } from './deadlines.ts'
import { peerMs } from './forecast.ts'
import { downloading } from './origin-plan.ts'
import type { Remote } from './remote.ts'
import { originSoonMs } from './settings.ts'
import type { Holdings, Swarm, Want } from './swarm.ts'

/** A run that has brought nothing for this long is not counted on. */
const silentRunMs = 2_000

/** True when a run is about to deliver the chunk anyway, within `ms`. */
function comesSoon(swarm: Swarm, index: number, ms: number, now: number): boolean {
  for (const run of swarm.runs.values()) {
    if (now - run.lastByteAt > silentRunMs) continue
    const next = swarm.geometry.chunkAt(run.at)
    const bytes = (swarm.httpBytesPerSecond * ms) / 1_000
    const soon = next + Math.max(1, Math.ceil(bytes / swarm.geometry.chunkBytes))
    if (index >= next && index < soon && swarm.geometry.startOf(index) < run.to) return true
  }
  return false
}

/** So many chunks are under way from a crowd to a client that has nothing, for so long. */
const firstChunksMax = 2
const beginningMs = 500

/** Fewer that download are no crowd. */
const crowdCountMin = 2

/**
 * Whether a client that has nothing has asked for enough for now. Where a crowd begins, each holder's first chunks are for
 * those that have nothing: two of them for one make no more holders than one would. Once the first is here everybody is asked (engine.ts).
 */
export function isBeginning(core: Core, swarm: Swarm, now: number): boolean {
  if (swarm.have.count > 0 || swarm.flights.size < firstChunksMax) return false
  if (downloading(core, swarm) < crowdCountMin) return false
  for (const transfers of swarm.flights.values()) if (now - transfers[0]!.startedAt >= beginningMs) return false
  return true
}

/**
 * @param allowed what is left of the peer's chunks after those that it may not be asked for
 * @param chance decides between equals where others download too: were all to take the same, none could pass it on
 */
export function pickChunk(
  swarm: Swarm,
  remote: Remote,
  holdings: Holdings,
  allowed: (index: number) => boolean,
  now: number,
  chance?: Rng,
): number | undefined {
  // Most often there is nothing: this is asked after every frame.
  if (holdings.have.count === 0) return undefined
  if (swarm.idle.nextInBoth(holdings.have, 0, swarm.idle.length) === undefined) return undefined
  // Of what is idle here and held there.
  const comesMs = peerMs(remote, swarm.geometry.chunkBytes, now)
  const eligible = (index: number) => allowed(index) && !comesSoon(swarm, index, Math.max(comesMs, originSoonMs), now)
  for (const want of swarm.wants.values()) {
    const picked =
      want.order === 'stream' ? pickForStream(swarm, want, holdings, { eligible, comesMs, now, chance }) : undefined
    if (picked !== undefined) return picked
  }
  for (const want of swarm.wants.values()) {
    const picked = rarest(swarm, swarm.open(want), holdings, eligible, chance)
    if (picked !== undefined) return picked
  }
  return fromRunEnd(swarm, holdings, allowed, comesMs)
}

/** The last chunk of a run that the peer would bring before the run comes to it: the run ends there. */
function fromRunEnd(
  swarm: Swarm,
  holdings: Holdings,
  allowed: (index: number) => boolean,
  comesMs: number,
): number | undefined {
  for (const run of swarm.runs.values()) {
    for (let index = swarm.geometry.chunkAt(run.to - 1); ; index--) {
      const bytes = swarm.geometry.startOf(index) - run.at
      if (bytes * 1_000 <= comesMs * swarm.httpBytesPerSecond || bytes <= 0) break
      if (swarm.isIdle(index) && holdings.have.has(index) && allowed(index)) return index
    }
  }
  return undefined
}

interface Choice {
  eligible: (index: number) => boolean
  /** When the peer would bring it. */
  comesMs: number
  now: number
  chance: Rng | undefined
}

function pickForStream(
  swarm: Swarm,
  want: Want,
  holdings: Holdings,
  { eligible, comesMs, now, chance }: Choice,
): number | undefined {
  // Should the peer fail, the origin must still be able to step in.
  const safeMs = comesMs + leadMs(swarm, swarm.geometry.chunkBytes)
  const near = nearEnd(swarm, want, now)
  const due = dueOf(swarm, want, now)
  const firstOf = (test: (index: number) => boolean) => {
    let index = swarm.idle.nextInBoth(holdings.have, want.position, near)
    for (; index !== undefined; index = swarm.idle.nextInBoth(holdings.have, index + 1, near)) {
      if (eligible(index) && test(index)) return index
    }
    return undefined
  }
  // A reader that waits has what it waits for first, from whomever.
  const isHurried = isHungry(want, now)
  return (
    firstOf((index) => isHurried || due(index) >= safeMs) ??
    rarest(swarm, [near, swarm.open(want)[1]], holdings, eligible, chance)
  )
}

/** @param chance decides between chunks that are equally rare; without it, the first from the cursor on is taken */
function rarest(
  swarm: Swarm,
  [first, end]: readonly [number, number],
  holdings: Holdings,
  eligible: (index: number) => boolean,
  chance: Rng | undefined,
): number | undefined {
  const start = holdings.cursor >= first && holdings.cursor < end ? holdings.cursor : first
  let best: number | undefined
  let fewest = Number.POSITIVE_INFINITY
  let equalCount = 0
  // Round from the start to the start.
  for (const [from, to] of [
    [start, end],
    [first, start],
  ] as const) {
    let index = swarm.idle.nextInBoth(holdings.have, from, to)
    for (; index !== undefined; index = swarm.idle.nextInBoth(holdings.have, index + 1, to)) {
      const copies = swarm.copies[index]!
      if (copies > fewest || (copies === fewest && !chance) || !eligible(index)) continue
      equalCount = copies < fewest ? 1 : equalCount + 1
      fewest = copies
      // Each of those that are equally rare is as likely to be the one.
      if (equalCount === 1 || chance!.below(equalCount) === 0) best = index
      // The peer itself is one copy: nothing is rarer.
      if (copies <= 1 && !chance) return best
    }
  }
  return best
}
