/** Which peers each of many payers was told of lately. Knows keys, not what they stand for. */
import type { PeerId } from '../../shared/ids.ts'
import { keepNewest } from '../../shared/newest.ts'
import { Deadlines } from './deadlines.ts'
import { Reveals } from './reveals.ts'

export interface RevealLedgerLimits {
  /** Different peers that a payer who is new is told of within the window. */
  peersMax: () => number
  windowMs: number
  /** Payers that are remembered; the one told of anybody longest ago goes first. */
  payersMax: number
}

export class RevealLedger {
  readonly #limits: RevealLedgerLimits
  readonly #reveals = new Map<string, Reveals>()
  readonly #ends = new Deadlines<string>()

  constructor(limits: RevealLedgerLimits) {
    this.#limits = limits
  }

  /** Payers that are remembered. */
  get size(): number {
    return this.#reveals.size
  }

  hasRoomFor(payer: string, peer: PeerId, now: number): boolean {
    return this.#reveals.get(payer)?.hasRoomFor(peer, now) ?? true
  }

  add(payer: string, peer: PeerId, now: number): void {
    const { peersMax, windowMs, payersMax } = this.#limits
    const reveals = this.#reveals.get(payer) ?? new Reveals(peersMax(), windowMs)
    reveals.add(peer, now)
    const forgotten = keepNewest(this.#reveals, payer, reveals, payersMax)
    if (forgotten !== undefined) this.#ends.clear(forgotten)
    this.#ends.extend(payer, now + windowMs)
  }

  expire(now: number): void {
    for (const payer of this.#ends.take(now)) this.#reveals.delete(payer)
  }
}
