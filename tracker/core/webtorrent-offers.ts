/**
 * Offers that were passed on and wait for their answer: an answer is passed back only to who made the offer, once, and
 * only by who was given it. All live equally long, so one list in order of age serves their expiry.
 */
import type { BinaryId } from './binary-id.ts'
import type { Introduction } from './introductions.ts'

/** Who has offers waiting for its answer. */
export interface Answerer<T> {
  offers: Map<BinaryId, PendingOffer<T>> | undefined
}

export interface Offered<T> {
  readonly id: BinaryId
  readonly caller: T
  readonly callee: T
  /** Of the two, which says what each may still name. */
  readonly introduction: Introduction
}

export interface PendingOffer<T> extends Offered<T> {
  readonly startedMs: number
  older: PendingOffer<T> | undefined
  newer: PendingOffer<T> | undefined
}

/** More than one announce can add, so that the list drains, and few enough that no message waits for it. */
const expiredPerCallMax = 64

export class PendingOffers<T extends Answerer<T>> {
  readonly #lifetimeMs: number
  #oldest: PendingOffer<T> | undefined
  #newest: PendingOffer<T> | undefined
  #count = 0

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs
  }

  get count(): number {
    return this.#count
  }

  /** @returns false for an id that waits there already: it stands for the offer that came first */
  add({ id, caller, callee, introduction }: Offered<T>, now: number): boolean {
    if (callee.offers === undefined) callee.offers = new Map()
    else if (callee.offers.has(id)) return false
    const startedMs = now
    const offer = { id, caller, callee, introduction, startedMs, older: this.#newest, newer: undefined }
    if (this.#newest === undefined) this.#oldest = offer
    else this.#newest.newer = offer
    this.#newest = offer
    callee.offers.set(id, offer)
    this.#count++
    return true
  }

  /** Ends the offer of that caller which this answers. @returns the introduction of the two, if there is such an offer */
  take(id: BinaryId, caller: T, callee: T, now: number): Introduction | undefined {
    const offer = callee.offers?.get(id)
    if (offer === undefined || offer.caller !== caller || this.#isOver(offer, now)) return undefined
    this.#remove(offer)
    return offer.introduction
  }

  /** Ends all that wait for one who is gone. */
  forget(callee: T): void {
    for (const offer of callee.offers?.values() ?? []) this.#remove(offer)
  }

  expire(now: number): void {
    for (let i = 0; i < expiredPerCallMax; i++) {
      if (this.#oldest === undefined || !this.#isOver(this.#oldest, now)) return
      this.#remove(this.#oldest)
    }
  }

  #isOver(offer: PendingOffer<T>, now: number): boolean {
    return now - offer.startedMs >= this.#lifetimeMs
  }

  #remove(offer: PendingOffer<T>): void {
    const { id, callee, older, newer } = offer
    callee.offers!.delete(id)
    if (callee.offers!.size === 0) callee.offers = undefined
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    this.#count--
  }
}
