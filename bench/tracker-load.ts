/** Runs one load in a process of its own, and tells the process that forked it when it measures and what came of it. */
import { runAnnounces } from './announce-load.ts'
import { runFuzz } from './fuzz-load.ts'
import { runIdle } from './idle-load.ts'
import { runJoins } from './join-load.ts'
import type { LoadMessage } from './pinned.ts'

/** Tells that what is measured begins now. */
export type Begins = () => Promise<void>

const say = (message: LoadMessage): void => {
  process.send!(message)
}

/** Fulfilled when the other side has heard it. */
function begins(): Promise<void> {
  say({ type: 'begins' })
  return new Promise((resolve) => process.once('message', () => resolve()))
}

const loads: Record<string, (load: never, begins: Begins) => Promise<unknown>> = {
  announce: runAnnounces,
  join: runJoins,
  idle: runIdle,
  fuzz: runFuzz,
}

export async function main([kind, load]: string[]): Promise<void> {
  // Whoever forked it has gone.
  process.on('disconnect', () => process.exit())
  say({ type: 'ended', figures: await loads[kind!]!(JSON.parse(load!) as never, begins) })
}
