/** Peers say what came of their introductions. Owns how often they may; what it means is in outcomes.ts. */
import type { PeerId } from '../../shared/ids.ts'
import type { ClientMessage } from '../../shared/tracker-messages.ts'
import type { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { Introductions } from './introductions.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import type { Load } from './load.ts'
import type { Outcomes } from './outcomes.ts'
import type { Peer } from './peer.ts'

export interface ReportingParts {
  limits: TrackerLimits
  load: Load
  introductions: Introductions
  outcomes: Outcomes
  conduct: Conduct
  peerOf: (id: PeerId) => Peer | undefined
}

export class Reporting {
  readonly #parts: ReportingParts

  constructor(parts: ReportingParts) {
    this.#parts = parts
  }

  /** Has no answer: what does not count is dropped in silence, since an honest report can come too late. */
  report(peer: Peer, { links }: ClientMessage & { type: 'report' }, now: number): TrackerEffect[] {
    const { limits, load, introductions, outcomes, conduct, peerOf } = this.#parts
    if (!peer.allowance.take('reports', 1, now)) {
      return conduct.tooFast(peer, { message: rateText(limits, 'reports') }, now)
    }
    // What is reported later counts as well; nobody's answer waits for it.
    if (!load.hasTime) return []
    for (const link of links) {
      const other = peerOf(link.peer)
      const introduction = other && introductions.between(peer, other, now)
      outcomes.hear({ peer, id: link.peer, other, introduction }, link, now)
    }
    return []
  }
}
