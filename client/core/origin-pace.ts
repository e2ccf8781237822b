/** What is learned of the origin from what an answer brings: its rate, what a byte takes, and how soon it answers. */
import type { Core } from './core.ts'
import { downloading, rateAfterMs } from './origin-plan.ts'
import { claimMsMax } from './share.ts'
import type { Run, Swarm } from './swarm.ts'

/** A claim is given twice the time that the run should take, and this for the round trips. */
const claimMarginMs = 2_000

/** Bytes of an answer are here. */
export function heard(swarm: Swarm, run: Run, bytes: number, now: number): void {
  swarm.originRate.add(bytes, now)
  swarm.floorBook.add(bytes, now)
  swarm.extra.came(bytes)
  run.lastByteAt = now
  if (run.askedAt === undefined) return
  swarm.originTrip.add(now - run.askedAt)
  run.askedAt = undefined
  run.chunkAt = now
}

/** A whole chunk of it is. */
export function chunkCame(swarm: Swarm, run: Run, bytes: number, now: number): void {
  swarm.originService.brought(bytes, run.chunkAt, now)
  run.chunkAt = now
}

export function measure(core: Core, swarm: Swarm, run: Run, now: number): void {
  const ms = now - run.startedAt
  if (ms >= rateAfterMs) learn(core, swarm, run, ((run.at - run.from) * 1_000) / ms)
}

/** An answer has ended: where nothing is known yet, also one too short to say much. */
export function measureEnded(core: Core, swarm: Swarm, run: Run, now: number): void {
  if (swarm.httpBytesPerSecond > 0) return
  learn(core, swarm, run, ((run.at - run.from) * 1_000) / Math.max(now - run.startedAt, 1))
}

function learn(core: Core, swarm: Swarm, { isShort }: Run, bytesPerSecond: number): void {
  swarm.httpBytesPerSecond = bytesPerSecond
  // Beside peers a run has the line to itself that without them all would share.
  swarm.fairBytesPerSecond = bytesPerSecond / (isShort ? 1 + downloading(core, swarm) : 1)
}

/** Within what time so many chunks are promised to others. */
export function claimMs(swarm: Swarm, count: number): number {
  const ms = (count * swarm.geometry.chunkBytes * 1_000) / (swarm.httpBytesPerSecond || 1)
  return Math.round(Math.min(claimMarginMs + 2 * ms, claimMsMax))
}
