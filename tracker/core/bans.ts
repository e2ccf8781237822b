/**
 * Addresses that are not let in for a while, because connections of theirs were closed for what they sent. Knows keys
 * of subscribers and networks, not peers, and nothing of complaints (complaints.ts).
 *
 * A ban is of a subscriber (an IPv4 address, a /64 of IPv6) and keeps only new connections out. Behind one address of a
 * carrier or an office are hundreds of people: those who are connected stay so, one bad connection is no ban, more of
 * them are needed the more connections are open, and the first ban is shorter than a client waits before it tries again
 * a third time. Who goes on is kept out longer each time.
 */
import { keepNewest } from '../../shared/newest.ts'
import type { TrackerLimits } from './limits.ts'

/** Subscribers and networks that are remembered; the one that was heard of longest ago goes first. */
const recordCountMax = 4_096

/** Of so many open connections one may be bad without a strike for all: a crowd has its share of broken clients. */
const connectionsPerStrike = 8

/** Subscribers of one network that were banned: then it is the network, for example a /48 of IPv6 that one host has. */
const subscribersPerNetwork = 8

/** Doubles each time; from here on the longest time is reached. */
const doublingsMax = 16

interface Offender {
  strikeCount: number
  /** Bans so far, one after the other. */
  banCount: number
  lastMs: number
  untilMs: number
}

export class Bans {
  readonly #limits: TrackerLimits
  /** Those heard of longest ago first. */
  readonly #records = new Map<string, Offender>()

  #bannedCount = 0

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#records.size
  }

  /** How many were banned when time last passed. */
  get bannedCount(): number {
    return this.#bannedCount
  }

  isBanned(subscriber: string, network: string, now: number): boolean {
    return this.untilMs(subscriber, network) > now
  }

  /** When the ban of a subscriber ends, or ended; 0 if there is none. */
  untilMs(subscriber: string, network: string): number {
    return Math.max(this.#records.get(subscriber)?.untilMs ?? 0, this.#records.get(network)?.untilMs ?? 0)
  }

  /**
   * A connection was closed for what it sent.
   * @param openCount other connections of the subscriber
   * @returns whether the subscriber is banned by this
   */
  strike(subscriber: string, network: string, openCount: number, now: number): boolean {
    const isBanned = this.#strike(
      subscriber,
      this.#limits.strikesPerBan + Math.floor(openCount / connectionsPerStrike),
      now,
    )
    if (isBanned) this.#strike(network, subscribersPerNetwork, now)
    return isBanned
  }

  #strike(key: string, countMax: number, now: number): boolean {
    const record = this.#fresh(key, now)
    record.strikeCount++
    record.lastMs = now
    this.#keep(key, record)
    // Who was banned a while ago is on parole.
    const isFirst = record.banCount === 0
    if (now < record.untilMs || record.strikeCount < (isFirst ? countMax : Math.ceil(countMax / 2))) return false
    const { strikeBanMs, strikeBanLongestMs } = this.#limits
    record.untilMs = now + Math.min(strikeBanLongestMs, strikeBanMs * 2 ** Math.min(record.banCount, doublingsMax))
    record.banCount++
    this.#bannedCount++
    record.strikeCount = 0
    return true
  }

  #fresh(key: string, now: number): Offender {
    const record = this.#records.get(key)
    if (record !== undefined && !this.#isOver(record, now)) return record
    return { strikeCount: 0, banCount: 0, lastMs: now, untilMs: 0 }
  }

  #isOver({ lastMs, untilMs }: Offender, now: number): boolean {
    return now >= untilMs && now - Math.max(lastMs, untilMs) >= this.#limits.strikeMemoryMs
  }

  #keep(key: string, record: Offender): void {
    keepNewest(this.#records, key, record, recordCountMax)
  }

  /** A ban that another tracker of the same service says. */
  adopt(key: string, untilMs: number, now: number): void {
    const record = this.#fresh(key, now)
    record.untilMs = Math.max(record.untilMs, untilMs)
    this.#keep(key, record)
  }

  /** Frees what has run out; for quiet times. */
  expire(now: number): void {
    this.#bannedCount = 0
    for (const [key, record] of this.#records) {
      if (now < record.untilMs) this.#bannedCount++
      else if (this.#isOver(record, now)) this.#records.delete(key)
    }
  }
}
