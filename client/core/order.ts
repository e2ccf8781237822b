/**
 * Which chunk a peer is asked for next: in order near a stream's reader, otherwise rarest first. Ties go to the chunk
 * after the last one asked of this peer, so that each peer works along its own stretch and few gaps are left.
 */
import type { Rng } from '../../shared/rng.ts'
import { originSoonMs } from './settings.ts'
import type { Holdings, Swarm, Want } from './swarm.ts'

/** A run that has brought nothing for this long is not counted on. */
const silentMs = 2 * originSoonMs

/** True when a run is about to deliver the chunk anyway. */
export function comesSoon(swarm: Swarm, index: number, now: number): boolean {
  for (const run of swarm.runs.values()) {
    if (now - run.lastByteAt > silentMs) continue
    const next = swarm.geometry.chunkAt(run.at)
    const bytes = (swarm.httpBytesPerSecond * originSoonMs) / 1_000
    const soon = next + Math.max(1, Math.ceil(bytes / swarm.geometry.chunkBytes))
    if (index >= next && index < soon && swarm.geometry.startOf(index) < run.to) return true
  }
  return false
}

/**
 * @param allowed what is left of the peer's chunks after those that it may not be asked for
 * @param chance decides between equals where others download too: were all to take the same, none could pass it on
 */
export function pickChunk(
  swarm: Swarm,
  holdings: Holdings,
  allowed: (index: number) => boolean,
  now: number,
  chance?: Rng,
): number | undefined {
  // Most often there is nothing: this is asked after every frame.
  if (holdings.have.count === 0) return undefined
  if (swarm.idle.nextInBoth(holdings.have, 0, swarm.idle.length) === undefined) return undefined
  // Of what is idle here and held there.
  const eligible = (index: number) => allowed(index) && !comesSoon(swarm, index, now)
  for (const want of swarm.wants.values()) {
    const picked = want.order === 'stream' ? pickForStream(swarm, want, holdings, eligible, chance) : undefined
    if (picked !== undefined) return picked
  }
  for (const want of swarm.wants.values()) {
    const picked = rarest(swarm, swarm.open(want), holdings, eligible, chance)
    if (picked !== undefined) return picked
  }
  return undefined
}

function pickForStream(
  swarm: Swarm,
  want: Want,
  holdings: Holdings,
  eligible: (index: number) => boolean,
  chance: Rng | undefined,
): number | undefined {
  const near = swarm.near(want)
  let index = swarm.idle.nextInBoth(holdings.have, want.position, near)
  for (; index !== undefined; index = swarm.idle.nextInBoth(holdings.have, index + 1, near)) {
    if (eligible(index)) return index
  }
  return rarest(swarm, [near, swarm.open(want)[1]], holdings, eligible, chance)
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
