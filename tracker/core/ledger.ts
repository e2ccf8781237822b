/**
 * What one payer takes of the tracker over all its connections: an address, a network, or whoever a token names. One
 * that opens many connections must not get many times what its users need. Knows keys, not what they stand for.
 */
import { assert } from '../../shared/assert.ts'
import { keepNewest } from '../../shared/newest.ts'
import { type Rate, RateBuckets, RateTable } from './rate-buckets.ts'

/** What is counted by rate, for a connection and for those who pay for it. */
export type RateName = 'joins' | 'signals' | 'introductions' | 'bytes'

/** What the connections of one payer may take together. */
export interface AccountLimits {
  connectionsMax: number
  /** Swarms of all its connections: each connection's count. */
  swarmsMax: number
  rates: Readonly<Record<RateName, Rate>>
}

/** A client that loses its connection tries again after 1 to 3 s; a crowd behind one address does so at once. */
const openedWindowMs = 10_000

/** All of a full address may come back twice in a window; what reconnects faster does it to get fresh allowances. */
const turnoverPerWindow = 2

/** Payers without a connection whose rates are still known: to come back must not buy full buckets. */
const restingCountMax = 4_096

/** By then the buckets are about full again. */
const restMs = 60_000

/** Why one more is refused. */
export const connectionsText = (countMax: number, noun: string): string =>
  `at most ${countMax} connections from one ${noun}`

export class Account {
  readonly key: string
  readonly ledger: Ledger
  connectionCount = 0
  swarmCount = 0
  /** Connections that it opened in the current window. */
  openedCount = 0
  windowIndex = -1
  /** When it last took anything. */
  activeMs = 0
  readonly #buckets: RateBuckets<RateName>

  constructor(key: string, ledger: Ledger) {
    this.key = key
    this.ledger = ledger
    this.#buckets = new RateBuckets(ledger.rates)
  }

  take(rate: RateName, amount: number, now: number): boolean {
    this.activeMs = now
    return this.#buckets.take(rate, amount, now)
  }

  get hasSwarmsLeft(): boolean {
    return this.swarmCount < this.ledger.limits.swarmsMax
  }
}

export class Ledger {
  /** What a key is, in words for its owner: `address`, `network`, `token`. */
  readonly noun: string
  limits: AccountLimits
  readonly rates: RateTable<RateName>
  readonly #open = new Map<string, Account>()
  /** Those without a connection, the longest gone first. */
  readonly #resting = new Map<string, Account>()

  constructor(noun: string, limits: AccountLimits) {
    this.noun = noun
    this.limits = limits
    this.rates = new RateTable(limits.rates)
  }

  /** Other limits from now on, for those who are known too. */
  change(limits: AccountLimits): void {
    this.limits = limits
    this.rates.change(limits.rates)
  }

  /** How many are known, with a connection or without. */
  get size(): number {
    return this.#open.size + this.#resting.size
  }

  /** Counts a connection in. @returns its account, or why it is refused */
  enter(key: string, now: number): Account | string {
    const { connectionsMax } = this.limits
    const account = this.#open.get(key) ?? this.#resting.get(key) ?? new Account(key, this)
    if (account.connectionCount >= connectionsMax) return connectionsText(connectionsMax, this.noun)
    const windowIndex = Math.floor(now / openedWindowMs)
    if (windowIndex !== account.windowIndex) {
      account.windowIndex = windowIndex
      account.openedCount = 0
    }
    const openedMax = connectionsMax * turnoverPerWindow
    if (account.openedCount >= openedMax) {
      return `at most ${openedMax} new connections from one ${this.noun} in ${openedWindowMs / 1000} s`
    }
    account.openedCount++
    account.connectionCount++
    account.activeMs = now
    this.#resting.delete(key)
    this.#open.set(key, account)
    return account
  }

  leave(account: Account): void {
    assert(account.ledger === this && account.connectionCount > 0, 'an account that nobody entered was left')
    account.connectionCount--
    if (account.connectionCount > 0) return
    this.#open.delete(account.key)
    keepNewest(this.#resting, account.key, account, restingCountMax)
  }

  /** Forgets those whose allowances are full again. */
  expire(now: number): void {
    for (const [key, { activeMs }] of this.#resting) if (now - activeMs >= restMs) this.#resting.delete(key)
  }
}
