/**
 * How much more of the line one gets that is behind the others in a file, and how much less one that is ahead: who has
 * fewer links is served by fewer, and without this finishes long after the rest. What a peer says it has is only its
 * word, so little can be gained by it.
 */
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { ReadonlyBits, Swarm } from './swarm.ts'

/** Behind or ahead by this part of the file, a peer gets the most or the least. */
const farShare = 0.02

/** The most that is added or taken: three who lie among 32 cost the others a twentieth. */
const swing = 0.5

/** It changes slowly, and is asked for with every frame. */
const behindMs = 100
const latest = new WeakMap<Swarm, { at: number; behind: number }>()

/** @returns from 0 to 1, how far this client is behind those that download the file too */
export function behindOf(core: Core, swarm: Swarm, now: number): number {
  const known = latest.get(swarm)
  if (known && now - known.at < behindMs) return known.behind
  const behind = Math.max(
    0,
    lagOf(swarm, swarm.have, core.remotes.values(), (have) => !have.isFull),
  )
  latest.set(swarm, { at: now, behind })
  return behind
}

/** @returns the factor on the shares of this one of the peers that wait to be served */
export function needOf(core: Core, remote: Remote, waiting: readonly Remote[]): number {
  const id = remote.uploads[0]?.swarm
  const swarm = id && core.swarms.get(id)
  const own = id && remote.holdings.get(id)
  if (!swarm || !own) return 1
  return 1 + swing * lagOf(swarm, own.have, waiting, () => true)
}

/** @returns from -1, far ahead of the mean of those that count, to 1, far behind it */
function lagOf(
  swarm: Swarm,
  own: ReadonlyBits,
  remotes: Iterable<Remote>,
  counts: (have: ReadonlyBits) => boolean,
): number {
  let count = 0
  let sum = 0
  for (const { holdings } of remotes) {
    const have = holdings.get(swarm.id)?.have
    if (!have || !counts(have)) continue
    count++
    sum += have.count
  }
  if (count === 0) return 0
  const behindShare = (sum / count - own.count) / swarm.geometry.chunkCount
  return Math.max(-1, Math.min(1, behindShare / farShare))
}
