/** What a failed answer of the file's own origin means for those that follow: when to ask again, and when to give up. */
import type { Core } from './core.ts'
import { isStuck } from './origin-plan.ts'
import { retryAfterMsMax, runBackoffMaxMs, runBackoffMinMs, runFailuresMax } from './settings.ts'
import type { Swarm } from './swarm.ts'

export interface RunFailure {
  reason: string
  retry: boolean
  changed: boolean
  retryAfterMs: number
}

/** One that may be over later. @returns whether there is no hope any more */
export function noteFailure(core: Core, swarm: Swarm, { retryAfterMs }: RunFailure, now: number): boolean {
  swarm.failuresSinceProgress++
  const exponent = Math.min(swarm.runFailures++, 10)
  const backoffMs = Math.min(runBackoffMaxMs, runBackoffMinMs * 2 ** exponent)
  swarm.runNotBefore = now + Math.max(retryAfterMs, backoffMs * (0.5 + core.rng.fraction() / 2))
  const isHopeless = swarm.failuresSinceProgress >= runFailuresMax || retryAfterMs > retryAfterMsMax
  return isHopeless && core.edges.pick(swarm, now) === undefined && isStuck(core, swarm, now)
}
