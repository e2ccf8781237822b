/**
 * How much more of the line one gets that is behind the others in a file, and how much less one that is ahead: who has
 * fewer links is served by fewer, and without this finishes long after the rest. What a peer says it has is only its
 * word, so little can be gained by it.
 */
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'

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
  const behind = measure(core, swarm)
  latest.set(swarm, { at: now, behind })
  return behind
}

function measure(core: Core, swarm: Swarm): number {
  let count = 0
  let sum = 0
  for (const { holdings } of core.remotes.values()) {
    const have = holdings.get(swarm.id)?.have
    if (!have || have.isFull) continue
    count++
    sum += have.count
  }
  if (count === 0) return 0
  const behindShare = (sum / count - swarm.have.count) / swarm.geometry.chunkCount
  return Math.max(0, Math.min(1, behindShare / farShare))
}

/** @returns the factor on the shares of this one of the peers that wait to be served */
export function needOf(core: Core, remote: Remote, waiting: readonly Remote[]): number {
  const id = remote.uploads[0]?.swarm
  const swarm = id && core.swarms.get(id)
  const own = id && remote.holdings.get(id)
  if (!swarm || !own) return 1
  let count = 0
  let sum = 0
  for (const other of waiting) {
    const holdings = other.holdings.get(swarm.id)
    if (!holdings) continue
    count++
    sum += holdings.have.count
  }
  const behindShare = (sum / count - own.have.count) / swarm.geometry.chunkCount
  return 1 + swing * Math.max(-1, Math.min(1, behindShare / farShare))
}
