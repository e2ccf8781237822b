/**
 * Who may connect and how much a connection may ask: alone, and with all others of its address, of its network and of
 * whatever else pays for it. Knows counts and rates, not what is asked for.
 */
import type { Balance } from './balance.ts'
import { type Account, type AccountLimits, Ledger, type RateName } from './ledger.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import { type Rate, RateBuckets, RateTable } from './rate-buckets.ts'

/**
 * What is counted for a connection alone: all messages that it sends, and errors and excess; when those run out, so does
 * the tracker's patience.
 */
type OwnRateName = 'messages' | 'complaints' | 'reports' | 'faults'

/** What one connection may still do by itself. */
export type Allowance = RateBuckets<RateName | OwnRateName>

/** What is the same in all allowances of a tracker, and so is made once. */
const tables = new WeakMap<TrackerLimits, RateTable<RateName | OwnRateName>>()

export function createAllowance(limits: TrackerLimits): Allowance {
  const table = tables.get(limits) ?? new RateTable(ratesOf(limits))
  tables.set(limits, table)
  return new RateBuckets(table)
}

/** The limits are others than before: for connections that are open as well. */
export const renewAllowances = (limits: TrackerLimits): void => tables.get(limits)?.change(ratesOf(limits))

const ratesOf = (limits: TrackerLimits): Record<RateName | OwnRateName, Rate> => ({
  ...connectionRates(limits),
  messages: { perSecond: limits.messagesPerSecond, burst: limits.messagesBurst },
  complaints: { perSecond: limits.complaintsPerSecond, burst: limits.complaintsBurst },
  reports: { perSecond: limits.reportsPerSecond, burst: limits.reportsBurst },
  faults: { perSecond: limits.faultsPerSecond, burst: limits.faultsBurst },
})

const connectionRates = (limits: TrackerLimits): AccountLimits['rates'] => ({
  joins: { perSecond: limits.joinsPerSecond, burst: limits.joinsBurst },
  signals: { perSecond: limits.signalsPerSecond, burst: limits.signalsBurst },
  introductions: { perSecond: limits.introductionsPerSecond, burst: limits.introductionsBurst },
  bytes: { perSecond: limits.bytesPerSecond, burst: limits.bytesBurst },
})

/** What a payer with so many connections may take, when so many of them take all that one may. */
export function accountLimits(limits: TrackerLimits, connectionsMax: number, busyCount: number): AccountLimits {
  const times = ({ perSecond, burst }: { perSecond: number; burst: number }) => ({
    perSecond: perSecond * busyCount,
    burst: burst * busyCount,
  })
  const { joins, signals, introductions, bytes } = connectionRates(limits)
  return {
    connectionsMax,
    swarmsMax: limits.swarmsPerConnectionMax * busyCount,
    rates: { joins: times(joins), signals: times(signals), introductions: times(introductions), bytes: times(bytes) },
  }
}

/** What was too much, in words, and whose limit that is. */
export interface Excess {
  message: string
  taker: string
}

/** What a connection is charged to. */
export interface Charged {
  readonly allowance: Allowance
  /** Those who pay for it beside itself: its address, its network, whoever its token names. */
  readonly accounts: readonly Account[]
}

/** @returns whose limit is reached, in words; undefined when it is taken from all of them */
export function take(
  { allowance, accounts }: Charged,
  rate: RateName,
  amount: number,
  now: number,
): string | undefined {
  if (!allowance.take(rate, amount, now)) return 'connection'
  for (const account of accounts) if (!account.take(rate, amount, now)) return account.ledger.noun
  return undefined
}

/** Takes what came from a client, whatever it says. @returns what is too much, in words, and whose limit that is */
export function excessOf(
  peer: Charged & { readonly balance: Balance },
  bytes: number,
  limits: TrackerLimits,
  now: number,
): Excess | undefined {
  peer.balance.came(bytes)
  if (!peer.allowance.take('messages', 1, now)) {
    return { message: rateText(limits, 'messages'), taker: 'connection' }
  }
  const taker = take(peer, 'bytes', bytes, now)
  return taker === undefined ? undefined : { message: rateText(limits, 'bytes'), taker }
}

const addressLimits = (limits: TrackerLimits): AccountLimits =>
  accountLimits(limits, limits.connectionsPerAddressMax, limits.busyConnectionsPerAddressMax)

const networkLimits = (limits: TrackerLimits): AccountLimits => {
  const { connectionsPerAddressMax, busyConnectionsPerAddressMax, busyAddressesPerNetworkMax: count } = limits
  return accountLimits(limits, connectionsPerAddressMax * count, busyConnectionsPerAddressMax * count)
}

/** Counts connections: in all, by subscriber and by network. */
export class Door {
  readonly #limits: TrackerLimits
  readonly #addresses: Ledger
  readonly #networks: Ledger
  #count = 0
  /** All that ever came in. */
  entered = 0

  constructor(limits: TrackerLimits) {
    this.#limits = limits
    this.#addresses = new Ledger('address', addressLimits(limits))
    this.#networks = new Ledger('network', networkLimits(limits))
  }

  /** The limits are others than before. */
  renew(): void {
    this.#addresses.change(addressLimits(this.#limits))
    this.#networks.change(networkLimits(this.#limits))
  }

  get count(): number {
    return this.#count
  }

  /** Counts a connection in. @returns the accounts that pay for it, or why it is refused */
  enter(subscriber: string, network: string, now: number): Account[] | string {
    const { connectionsMax } = this.#limits
    if (this.#count >= connectionsMax) return `the tracker is full: at most ${connectionsMax} connections`
    const address = this.#addresses.enter(subscriber, now)
    if (typeof address === 'string') return address
    const neighbours = this.#networks.enter(network, now)
    if (typeof neighbours === 'string') {
      this.#addresses.leave(address)
      return neighbours
    }
    this.#count++
    this.entered++
    return [address, neighbours]
  }

  leave(accounts: readonly Account[]): void {
    for (const account of accounts) account.ledger.leave(account)
    this.#count--
  }

  /** Frees what has run out; for quiet times. */
  expire(now: number): void {
    this.#addresses.expire(now)
    this.#networks.expire(now)
  }
}
