/** Carries signals between two peers that were introduced, stamped with who sent them. Reads none but for addresses. */
import { zeroCounts } from '../../shared/counts.ts'
import type { ClientMessage, Signal, TrackerMessage } from '../../shared/tracker-messages.ts'
import { take } from './admission.ts'
import type { CandidateScreen } from './candidate-policy.ts'
import type { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { Introductions } from './introductions.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import { type SignalRoute, signalTypes, type TrackerMachineStats } from './machine-stats.ts'
import type { Peer } from './peer.ts'

export interface RelayParts {
  limits: TrackerLimits
  introductions: Introductions
  candidates: CandidateScreen
  conduct: Conduct
}

export class Relay {
  readonly #parts: RelayParts
  /** Signals that were passed on. */
  count = 0
  readonly #countsByRoute = {
    local: zeroCounts(signalTypes),
    out: zeroCounts(signalTypes),
    in: zeroCounts(signalTypes),
  }

  constructor(parts: RelayParts) {
    this.#parts = parts
  }

  stats(): Pick<TrackerMachineStats, 'signals' | 'signalsByRoute'> {
    const { local, out, in: from } = this.#countsByRoute
    return { signals: this.count, signalsByRoute: { local: { ...local }, out: { ...out }, in: { ...from } } }
  }

  /** @param other whom the signal is for, if it is here */
  signal(
    peer: Peer,
    other: Peer | undefined,
    { to, signal }: ClientMessage & { type: 'signal' },
    now: number,
  ): TrackerEffect[] {
    const { limits, introductions, candidates, conduct } = this.#parts
    const taker = take(peer, 'signals', 1, now)
    if (taker !== undefined) {
      return conduct.tooFast(peer, { message: rateText(limits, 'signals'), to }, now, taker)
    }
    const introduction = other && introductions.between(peer, other, now)
    if (introduction === undefined) {
      const message = 'no introduction to this peer, or no longer'
      return conduct.refuse(peer, { code: 'not-introduced', message, to })
    }
    if (!introductions.spend(introduction, signal)) {
      return conduct.tooFast(peer, { message: 'the introduction has no signals or bytes left', to }, now)
    }
    const passed = candidates.screened(signal, peer, other!, introduction)
    if (typeof passed === 'string') return conduct.fault(peer, { code: 'malformed', message: passed, to }, now)
    if (isEmpty(passed) && !isEmpty(signal)) return []
    this.count++
    this.#countsByRoute[routeOf(peer, other!)][signal.description?.type ?? (signal.busy ? 'busy' : 'candidates')]++
    const { tier, ticket } = introduction
    const message: TrackerMessage = { type: 'signal', from: peer.id, tier, signal: passed }
    if (ticket !== undefined && signal.description?.type === 'offer') message.ticket = ticket
    // Who is at another tracker pays there.
    if (peer.node === undefined) peer.balance.passesOn(stampBytes + (message.ticket?.length ?? 0))
    return [{ type: 'send', to, message }]
  }
}

/** What a signal has in JSON as it goes out and had not as it came in: `from` for `to`, tier, ticket, and its frame. */
const stampBytes = 40

/** Only who is at another tracker has the name of one. */
function routeOf(from: Peer, to: Peer): SignalRoute {
  if (from.node !== undefined) return 'in'
  return to.node === undefined ? 'local' : 'out'
}

/** Nothing is left of it that its receiver could do anything with. */
const isEmpty = ({ description, candidates, busy }: Signal): boolean =>
  description === undefined && busy === undefined && !candidates?.length
