/** What an operator sees and does of a tracker at the admin port, of one process or of several. */
import { type Tracker, trackerMetrics } from '../tracker/main.ts'
import { AdminFailure } from './admin.ts'
import { liveSettings } from './live-settings.ts'
import type { ProgramLog } from './log.ts'
import type { OperatorDesk } from './operator-desk.ts'
import { durationKind } from './setting-kinds.ts'
import type { TrackerCommandSettings } from './settings.ts'
import { liveKeys, type TrackerSettings } from './tracker-settings.ts'
import type { WorkerTeam } from './worker-team.ts'

/** Long enough to look for what is behind it. */
const banMsDefault = 3_600_000

/** @throws AdminFailure for what an operator wrote wrong */
function refusing<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof RangeError ? new AdminFailure(400, error.message) : error
  }
}

function banTime(query: URLSearchParams): number {
  const text = query.get('for')
  if (text === null) return banMsDefault
  const ms = durationKind.read(text, '')
  if (ms === undefined) throw new AdminFailure(400, `for is ${JSON.stringify(text)}; it must be ${durationKind.right}`)
  return ms
}

export function addTracker(desk: OperatorDesk, tracker: Tracker): void {
  const { bans } = tracker
  desk.addPart('tracker', { metrics: trackerMetrics, stats: () => tracker.stats() })
  for (const file of tracker.files) desk.addReloadable(file)
  desk.addRoutes(
    { method: 'GET', path: '/connections', run: () => tracker.census().connections },
    { method: 'GET', path: '/swarms', run: () => tracker.census().swarms },
    { method: 'GET', path: '/bans', run: () => bans.list() },
    { method: 'POST', path: '/bans/', run: (range, query) => refusing(() => bans.add(range, banTime(query))) },
    {
      method: 'DELETE',
      path: '/bans/',
      run(range) {
        if (refusing(() => bans.lift(range))) return { lifted: range }
        throw new AdminFailure(404, `${range} is not banned here`)
      },
    },
  )
}

/** What a server's settings have in common that has a tracker inside. */
type ServerSettings = TrackerSettings & Pick<TrackerCommandSettings, 'config' | 'logLevel'>

/**
 * The config file, if there is one, among what is read again.
 * @param apply makes limits and web origins of new settings hold. Throws when they cannot, and then changes nothing
 */
export function addLiveSettings<S extends ServerSettings>(
  desk: OperatorDesk,
  { settings, reread, log }: { settings: S; reread: () => S; log: ProgramLog },
  apply: (settings: S) => void,
): void {
  if (settings.config === undefined) return
  const applyAll = (changed: S) => {
    apply(changed)
    log.setLevel(changed.logLevel)
  }
  desk.addReloadable(liveSettings({ settings, reread, log, apply: applyAll, liveKeys: [...liveKeys, 'logLevel'] }))
}

/** The trackers of several workers: what each has stands side by side, and bans are those of all. */
export function addTeam(desk: OperatorDesk, team: WorkerTeam): void {
  desk.addStats('workers', () => team.values('/stats'))
  desk.addReloadable({ name: 'the workers', reload: () => team.reload() })
  desk.addRoutes(
    team.route('/connections'),
    team.route('/swarms'),
    {
      method: 'GET',
      path: '/bans',
      run: async () => uniqueBans((await team.values('/bans')).flat()),
    },
    {
      method: 'POST',
      path: '/bans/',
      run: (range, query) => team.run({ method: 'POST', path: `/bans/${encodeURIComponent(range)}?${query}` }),
    },
    {
      method: 'DELETE',
      path: '/bans/',
      run: (range) => team.run({ method: 'DELETE', path: `/bans/${encodeURIComponent(range)}` }),
    },
  )
}

/** Bans for faults are each worker's own, and all others are known to all of them. */
function uniqueBans(bans: readonly unknown[]): unknown[] {
  const keyOf = (ban: unknown) => {
    const { range, cause } = ban as { range?: string; cause?: string }
    return `${range} ${cause}`
  }
  return [...new Map(bans.map((ban) => [keyOf(ban), ban])).values()]
}
