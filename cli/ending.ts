/**
 * How a server ends. A supervisor's SIGTERM gives it time: its visitors are sent elsewhere one by one, while all goes on
 * as ever. A person's Ctrl-C ends it soon. Either way there is a moment at which it ends whatever is left.
 */
import type { Tracker } from '../tracker/main.ts'
import type { Site } from './site.ts'
import { type EndingSignal, exitCodeOf } from './stopping.ts'
import type { TrackerSettings } from './tracker-settings.ts'

export interface EndingParts {
  tracker: Tracker
  site: Site
  /** The operator's port, which shows the end to its end. */
  desk: { close(): Promise<void> }
  settings: Pick<TrackerSettings, 'drainDelay' | 'drainWindow'>
  /** For answers that are on their way when it closes. */
  graceMs: number
}

/** Closing is over before this, or hangs. */
const closeMsMax = 3_000

export async function endServer(
  signal: EndingSignal,
  { tracker, site, desk, settings, graceMs }: EndingParts,
): Promise<never> {
  const isUnhurried = signal === 'SIGTERM'
  const plan = { delayMs: settings.drainDelay, windowMs: settings.drainWindow }
  const drainMs = isUnhurried ? plan.delayMs + plan.windowMs : 0
  setTimeout(() => process.exit(exitCodeOf(signal)), drainMs + graceMs + closeMsMax)
  if (isUnhurried) await tracker.drain(plan)
  await site.close(graceMs)
  await desk.close()
  process.exit(0)
}
