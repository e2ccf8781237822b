/** Telling peers what has come: often together, and only to those who may want it. */
import { haveIndexesMax } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import { haveHoldMs } from './settings.ts'
import type { Swarm } from './swarm.ts'

/** The first after a pause is told at once, so that it can be passed on; what comes soon after it, together. */
export function noteHave(core: Core, swarm: Swarm, index: number, now: number): void {
  swarm.untold.push(index)
  if (swarm.untold.length >= haveIndexesMax || now >= swarm.toldAt + haveHoldMs) tellHaves(core, swarm, now)
}

export const havesDueAt = (swarm: Swarm): number | undefined =>
  swarm.untold.length === 0 ? undefined : swarm.toldAt + haveHoldMs

export function tellHaves(core: Core, swarm: Swarm, now: number): void {
  const indexes = swarm.untold
  swarm.untold = []
  swarm.toldAt = now
  for (const remote of core.remotes.values()) {
    const slot = remote.mySlots.get(swarm.id)
    if (remote.state !== 'open' || slot === undefined || remote.holdings.get(swarm.id)?.have.isFull) continue
    core.emit({ type: 'send', peer: remote.id, message: { type: 'have', slot, indexes } })
  }
}

/** Tells every peer at once that a chunk is here no longer. */
export function tellLost(core: Core, swarm: Swarm, index: number): void {
  swarm.untold = swarm.untold.filter((other) => other !== index)
  for (const remote of core.remotes.values()) {
    const slot = remote.mySlots.get(swarm.id)
    if (remote.state !== 'open' || slot === undefined) continue
    core.emit({ type: 'send', peer: remote.id, message: { type: 'lost', slot, indexes: [index] } })
  }
}
