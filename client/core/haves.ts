/** Telling peers what has come: often together, and only to those who may want it. */
import { haveIndexesMax } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import { haveHoldMs } from './settings.ts'
import type { Swarm } from './swarm.ts'

/** What a peer has as well is no news to it, but for how far this client is: so many are told by themselves. */
const untoldCountMax = 4

/** The first after a pause is told at once, so that it can be passed on; what comes soon after it, together. */
export function noteHave(core: Core, swarm: Swarm, index: number, now: number): void {
  if (!core.isGiving) return
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
    const holdings = remote.holdings.get(swarm.id)
    // What it has is not known yet.
    if (!holdings) {
      tell(core, swarm, [remote], 'have', indexes)
      continue
    }
    const { have, untold } = holdings
    if (have.isFull) continue
    untold.push(...indexes)
    // Who was told nothing yet takes this client for one that has nothing to trade.
    const isFirst = untold.length >= swarm.have.count
    const isNews = isFirst || swarm.have.isFull || untold.some((index) => !have.has(index))
    if (!isNews && untold.length < untoldCountMax) continue
    holdings.untold = []
    tell(core, swarm, [remote], 'have', untold)
  }
}

/** A peer lost these: what was no news to it is now. */
export function tellAgain(core: Core, swarm: Swarm, remote: Remote, indexes: readonly number[]): void {
  if (!core.isGiving) return
  const here = indexes.filter((index) => swarm.have.has(index))
  tell(core, swarm, [remote], 'have', here)
}

/** Tells every peer at once that a chunk is here no longer. */
export function tellLost(core: Core, swarm: Swarm, index: number): void {
  if (!core.isGiving) return
  keepUntold(core, swarm, (other) => other !== index)
  tell(core, swarm, core.remotes.values(), 'lost', [index])
}

/** Uploads were turned on, or off: what is here can be had now, or not any more. */
export function tellGiving(core: Core, swarm: Swarm): void {
  keepUntold(core, swarm, () => false)
  const indexes: number[] = []
  let index = swarm.have.next(0, swarm.have.length)
  for (; index !== undefined; index = swarm.have.next(index + 1, swarm.have.length)) indexes.push(index)
  tell(core, swarm, core.remotes.values(), core.isGiving ? 'have' : 'lost', indexes)
}

/** Of what waits to be told, to all or to one, only what `test` accepts still does. */
function keepUntold(core: Core, swarm: Swarm, test: (index: number) => boolean): void {
  swarm.untold = swarm.untold.filter(test)
  for (const remote of core.remotes.values()) {
    const holdings = remote.holdings.get(swarm.id)
    if (holdings) holdings.untold = holdings.untold.filter(test)
  }
}

/** In as many messages as it takes; none for nothing. */
function tell(core: Core, swarm: Swarm, remotes: Iterable<Remote>, type: 'have' | 'lost', indexes: number[]): void {
  for (const remote of remotes) {
    const slot = remote.mySlots.get(swarm.id)
    if (slot === undefined) continue
    for (let at = 0; at < indexes.length; at += haveIndexesMax) {
      const part = indexes.slice(at, at + haveIndexesMax)
      core.emit({ type: 'send', peer: remote.id, message: { type, slot, indexes: part } })
    }
  }
}
