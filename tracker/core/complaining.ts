/** Peers accuse others of what they proved wrong. Owns how often they may; what comes of it is in trust.ts. */
import type { PeerId } from '../../shared/ids.ts'
import type { ClientMessage } from '../../shared/tracker-messages.ts'
import type { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import type { Trust } from './trust.ts'

export interface ComplainingParts {
  limits: TrackerLimits
  trust: Trust
  conduct: Conduct
  peerOf: (id: PeerId) => Peer | undefined
}

export const bannedText = 'peers of several networks complained about wrong bytes from this one: come back later'

export class Complaining {
  readonly #parts: ComplainingParts

  constructor(parts: ComplainingParts) {
    this.#parts = parts
  }

  complain(peer: Peer, { about, ticket }: ClientMessage & { type: 'complain' }, now: number): TrackerEffect[] {
    const { limits, trust, conduct, peerOf } = this.#parts
    const { complaintsPerSecond, complaintsBurst } = limits
    if (!peer.allowance.complaints.take(1, now)) {
      const message = `at most ${complaintsBurst} complaints at once and ${complaintsPerSecond} a second`
      return conduct.tooFast(peer, { message, to: about }, now)
    }
    if (!trust.isTicket(ticket, peer.id, about, now)) {
      const message = 'no ticket of these two peers, or no longer'
      return conduct.fault(peer, { code: 'bad-ticket', message, to: about }, now)
    }
    const banned = trust.hear(peer, about, peerOf(about), now)
    return banned.flatMap((other) => conduct.expel(other, 'banned', bannedText))
  }
}
