/** What an operator sees and does of a tracker, at the admin port. */
import { type Tracker, trackerMetrics } from '../tracker/main.ts'
import type { OperatorDesk } from './operator-desk.ts'

/** What is only shown, of each of several processes for itself. */
export const trackerRoutes = ['/connections', '/swarms'] as const

export function addTracker(desk: OperatorDesk, tracker: Tracker): void {
  desk.addPart('tracker', { metrics: trackerMetrics, stats: () => tracker.stats() })
  for (const file of tracker.files) desk.addReloadable(file)
  desk.addRoutes(
    { method: 'GET', path: '/connections', run: () => tracker.census().connections },
    { method: 'GET', path: '/swarms', run: () => tracker.census().swarms },
  )
}
