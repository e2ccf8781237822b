/**
 * Tells the tracker what came of its introductions: who could be reached, how fast, and how many verified bytes came, so
 * that it names the right ones next time. What happens within a few seconds is told together.
 */
import { reportedLinksMax, roundTripMsMax } from '../../shared/limits.ts'
import type { ClientMessage } from '../../shared/tracker-messages.ts'
import { type Core, earlier } from './core.ts'
import type { Remote } from './remote.ts'
import { reportHoldMs, reportPeriodMs } from './settings.ts'
import type { TrackerSession } from './tracker-session.ts'

type LinkReport = (ClientMessage & { type: 'report' })['links'][number]

/** Links of which something is to be told; those that have waited longest are dropped. */
const waitingCountMax = 4 * reportedLinksMax

export class Reports {
  readonly #core: Core
  readonly #session: TrackerSession
  readonly #waiting = new Set<Remote>()
  #dueAt = Number.POSITIVE_INFINITY
  #periodEndsAt = Number.POSITIVE_INFINITY

  constructor(core: Core, session: TrackerSession) {
    this.#core = core
    this.#session = session
  }

  /** A link is open, has ended, or did not come about. */
  about(remote: Remote, now: number): void {
    this.#waiting.delete(remote)
    for (const former of this.#waiting) {
      // The call was made again: what came of it in the end is told.
      if (former.id === remote.id && former.state !== 'open') this.#waiting.delete(former)
    }
    const [oldest] = this.#waiting
    if (oldest && this.#waiting.size >= waitingCountMax) this.#waiting.delete(oldest)
    this.#waiting.add(remote)
    this.#dueAt = earlier(now + reportHoldMs, this.#dueAt)
    this.#periodEndsAt = earlier(now + reportPeriodMs, this.#periodEndsAt)
  }

  wake(now: number): void {
    if (now >= this.#periodEndsAt) {
      this.#periodEndsAt = this.#core.remotes.size > 0 ? now + reportPeriodMs : Number.POSITIVE_INFINITY
      for (const remote of this.#core.remotes.values()) {
        if (remote.downloadedBytes > remote.reportedBytes) this.about(remote, now)
      }
    }
    if (now >= this.#dueAt) this.#tell(now)
  }

  #tell(now: number): void {
    const told = [...this.#waiting].slice(0, reportedLinksMax)
    for (const remote of told) this.#waiting.delete(remote)
    this.#dueAt = this.#waiting.size > 0 ? now + reportHoldMs : Number.POSITIVE_INFINITY
    if (this.#session.state !== 'open') return
    this.#core.emit({ type: 'tell', message: { type: 'report', links: told.map(reportOf) } })
  }

  nextWake(): number {
    return earlier(this.#dueAt, this.#periodEndsAt)
  }
}

/** What comes after this is told the next time. */
function reportOf(remote: Remote): LinkReport {
  const { id, state, roundTrip, service, downloadedBytes } = remote
  if (state !== 'open') return { peer: id, result: 'failed' }
  const bytes = downloadedBytes - remote.reportedBytes
  remote.reportedBytes = downloadedBytes
  return {
    peer: id,
    result: 'connected',
    ...(roundTrip.leastMs !== undefined && { roundTripMs: Math.min(roundTripMsMax, Math.round(roundTrip.leastMs)) }),
    ...(service.isKnown && { bytesPerSecond: Math.round(1_000 / Math.max(service.msFor(1), 1e-6)) }),
    ...(bytes > 0 && { bytes }),
  }
}
