/** What a client hears of its faults, and when the tracker's patience with it ends. Knows no message but `refused`. */
import { zeroCounts } from '../../shared/counts.ts'
import type { PeerId } from '../../shared/ids.ts'
import { type RefusalCode, refusalCodes, type TrackerMessage } from '../../shared/tracker-messages.ts'
import { excessOf } from './admission.ts'
import type { Bans } from './bans.ts'
import type { TrackerEffect } from './effects.ts'
import type { TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'

/** WebSocket close codes (RFC 6455 §7.4.1 and IANA's registry): done; against the rules; try again later. */
export const normalClosure = 1000
export const policyViolation = 1008
export const tryAgainLater = 1013

/** What an excess costs of the patience for faults: an honest client with many files may run over a limit once. */
export const tooFastFault = 0.25
export const malformedFault = 1

/** What it costs when all connections of an address ask too much together: this one may be the one that did not. */
export const crowdedFault = 0.05

export const crowdedText = (taker: string): string => `all connections of this ${taker} together ask too much`

/** A refusal in JSON, but for its texts, and its frame. */
const refusalBytes = 90

export type Refusal = Omit<TrackerMessage & { type: 'refused' }, 'type'>

/** What the peers of a banned network hear. */
export const bannedText = 'peers of several networks complained about wrong bytes from this one: come back later'

export class Conduct {
  readonly refused = zeroCounts(refusalCodes)
  expelled = 0
  readonly #disconnect: (id: PeerId) => void
  readonly #bans: Bans

  /** @param disconnect forgets a connection, whose last effects are still carried out */
  constructor(bans: Bans, disconnect: (id: PeerId) => void) {
    this.#bans = bans
    this.#disconnect = disconnect
  }

  /** A message is not carried out, and nothing worse. Who gave too little for an answer hears none. */
  refuse(peer: Peer, refusal: Refusal): TrackerEffect[] {
    const said = this.refusal(refusal)
    const { code, message, to = '', swarm = '' } = refusal
    if (!peer.balance.pays(refusalBytes + code.length + message.length + to.length + swarm.length)) return []
    return [{ type: 'send', to: peer.id, message: said }]
  }

  /** What is said to one that is not even connected. */
  refusal(refusal: Refusal): TrackerMessage & { type: 'refused' } {
    this.refused[refusal.code]++
    return { type: 'refused', ...refusal }
  }

  /**
   * A client asked for more than it may.
   * @param taker whose limit it is, where others share it: they hear so in place of the message
   */
  tooFast(peer: Peer, refusal: Omit<Refusal, 'code'>, now: number, taker = 'connection'): TrackerEffect[] {
    if (taker === 'connection') return this.#fault(peer, tooFastFault, { code: 'too-fast', ...refusal }, now)
    return this.#fault(peer, crowdedFault, { code: 'too-fast', ...refusal, message: crowdedText(taker) }, now)
  }

  /** Counts what came from a client, whatever it says. @returns what follows if that is too much */
  excess(peer: Peer, bytes: number, limits: TrackerLimits, now: number): TrackerEffect[] | undefined {
    const excess = excessOf(peer, bytes, limits, now)
    return excess && this.tooFast(peer, { message: excess.message }, now, excess.taker)
  }

  /** A client broke the protocol. */
  fault(peer: Peer, refusal: Refusal, now: number): TrackerEffect[] {
    return this.#fault(peer, malformedFault, refusal, now)
  }

  /** Says why, and closes. */
  turnAway(to: PeerId, code: RefusalCode, why: string, closeCode = tryAgainLater): TrackerEffect[] {
    return [
      { type: 'send', to, message: this.refusal({ code, message: why }) },
      { type: 'close', to, code: closeCode, reason: why },
    ]
  }

  /** Turns away one that was let in. */
  expel(peer: Peer, code: RefusalCode, why: string, closeCode = tryAgainLater): TrackerEffect[] {
    this.expelled++
    this.#disconnect(peer.id)
    return this.turnAway(peer.id, code, why, closeCode)
  }

  /** The client is back on another connection: this one is dead, or about to be. */
  supersede({ id: to }: Peer): TrackerEffect[] {
    this.#disconnect(to)
    return [{ type: 'close', to, code: normalClosure, reason: 'the client is back on another connection' }]
  }

  /** A connection ends for what it sent. */
  strike({ accounts }: Peer, now: number): void {
    this.#bans.strikeOwner(accounts, now)
  }

  #fault(peer: Peer, cost: number, refusal: Refusal, now: number): TrackerEffect[] {
    if (peer.allowance.take('faults', cost, now)) return this.refuse(peer, refusal)
    this.refused[refusal.code]++
    this.expelled++
    this.strike(peer, now)
    this.#disconnect(peer.id)
    return [{ type: 'close', to: peer.id, code: policyViolation, reason: `too many faults, the last: ${refusal.code}` }]
  }
}
