/**
 * Tells the tracker which peers were cut off for a fault that is proven here, with the ticket of the introduction. What
 * becomes of it is the tracker's: this client has cut the peer off already.
 */
import type { PeerId } from '../../shared/ids.ts'
import { keepNewest } from '../../shared/newest.ts'
import type { ComplaintReason } from '../../shared/tracker-messages.ts'
import type { Core } from './core.ts'
import type { TrackerSession } from './tracker-session.ts'

/** Introductions whose tickets are kept: those of a few minutes. The fault may come out after the link is gone. */
const ticketCountMax = 256

export class Complaints {
  readonly #core: Core
  readonly #session: TrackerSession
  /** Those of the oldest introductions first. */
  readonly #tickets = new Map<PeerId, string>()

  constructor(core: Core, session: TrackerSession) {
    this.#core = core
    this.#session = session
  }

  introduced(id: PeerId, ticket: string | undefined): void {
    if (ticket === undefined) return
    keepNewest(this.#tickets, id, ticket, ticketCountMax)
  }

  /** Tickets name this client by the id that it had. */
  renamed(): void {
    this.#tickets.clear()
  }

  /** Complains, once. */
  about(id: PeerId, reason: ComplaintReason): void {
    const ticket = this.#tickets.get(id)
    if (ticket === undefined || this.#session.state !== 'open') return
    this.#tickets.delete(id)
    this.#core.emit({ type: 'tell', message: { type: 'complain', about: id, reason, ticket } })
  }
}
