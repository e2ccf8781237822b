/**
 * Those who come with tokens, each counted as one however many connections they open: what these take together, and of
 * whom they were told. One that has gone is remembered for as long as that matters.
 */
import { accountLimits } from './admission.ts'
import { Deadlines } from './deadlines.ts'
import { type Account, type AccountLimits, Ledger } from './ledger.ts'
import type { TrackerLimits } from './limits.ts'
import { Reveals } from './reveals.ts'

/** Bearers that are gone and still remembered; beyond them the one that left longest ago is forgotten. */
const departedCountMax = 65_536

const tokenLimits = (limits: TrackerLimits): AccountLimits =>
  accountLimits(limits, limits.connectionsPerTokenMax, limits.busyConnectionsPerTokenMax)

export interface Bearer {
  /** What all its connections take; another one for who was away until that was forgotten (ledger.ts). */
  account: Account
  /** Of whom it was told lately, where that is limited. */
  readonly reveals: Reveals | undefined
}

export class Bearers {
  readonly #limits: TrackerLimits
  readonly #ledger: Ledger
  readonly #bearers = new Map<string, Bearer>()
  readonly #departed = new Deadlines<string>()
  /** In the order in which they left. */
  readonly #order = new Set<string>()

  constructor(limits: TrackerLimits) {
    this.#limits = limits
    this.#ledger = new Ledger('token', tokenLimits(limits))
  }

  /** The limits are others than before. */
  renew(): void {
    this.#ledger.change(tokenLimits(this.#limits))
  }

  get count(): number {
    return this.#bearers.size
  }

  /**
   * @param peersMax of how many it may be told, where its token says so; the first token of a bearer counts
   * @returns the bearer, or why it may have no more connections
   */
  enter(name: string, peersMax: number | undefined, now: number): Bearer | string {
    const account = this.#ledger.enter(name, now)
    if (typeof account === 'string') return account
    const bearer = this.#bearers.get(name) ?? this.#create(account, peersMax)
    bearer.account = account
    this.#departed.clear(name)
    this.#order.delete(name)
    return bearer
  }

  #create(account: Account, peersMax: number | undefined): Bearer {
    const limits = this.#limits
    const revealsMax = peersMax ?? limits.peersPerTokenMax
    const bearer: Bearer = {
      account,
      reveals: revealsMax === 0 ? undefined : new Reveals(revealsMax, limits.revealWindowMs),
    }
    this.#bearers.set(account.key, bearer)
    return bearer
  }

  leave({ account }: Bearer, now: number): void {
    this.#ledger.leave(account)
    if (account.connectionCount > 0) return
    const { key: name } = account
    this.#departed.set(name, now + this.#limits.revealWindowMs)
    this.#order.add(name)
    const [oldest] = this.#order
    if (this.#order.size > departedCountMax && oldest !== undefined) this.#forget(oldest)
  }

  expire(now: number): void {
    this.#ledger.expire(now)
    for (const name of this.#departed.take(now)) this.#forget(name)
  }

  #forget(name: string): void {
    this.#departed.clear(name)
    this.#order.delete(name)
    this.#bearers.delete(name)
  }
}
