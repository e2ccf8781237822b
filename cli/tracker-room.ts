/** Makes the tracker that settings ask for. Knows no server around it. */
import type { Log } from '../shared/log.ts'
import { createTracker, type Tracker, type TrackerOptions } from '../tracker/main.ts'
import { usageRefusal } from './refusal.ts'
import { type TrackerSettings, trackerOptionsOf } from './tracker-settings.ts'

/**
 * @param options what is the program's to say and not the operator's
 * @throws Refusal when settings do not go together
 */
export async function createTrackerWith(
  settings: TrackerSettings,
  log: Log,
  options: Partial<TrackerOptions> = {},
): Promise<Tracker> {
  try {
    return createTracker({ ...trackerOptionsOf(settings), ...options, log })
  } catch (error) {
    throw usageRefusal(error instanceof Error ? error.message : String(error))
  }
}
