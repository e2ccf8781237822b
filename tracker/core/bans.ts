/**
 * Addresses that are not let in for a while, because connections of theirs were closed for what they sent. Knows keys
 * of subscribers and networks, not peers, and nothing of complaints (complaints.ts).
 *
 * A ban is of a subscriber (an IPv4 address, a /64 of IPv6). Behind one address of a carrier or an office are hundreds of
 * people: one bad connection is no ban, more of them are needed the more connections are open, and the first ban keeps
 * only new connections out and is shorter than a client waits before it tries again a third time. Who goes on is kept out
 * longer each time, and what it has open is closed.
 */
import { keepNewest } from '../../shared/newest.ts'
import type { Account } from './ledger.ts'
import type { TrackerLimits } from './limits.ts'
import type { Place } from './place.ts'

/** Subscribers and networks of each standing that are remembered; the one that was heard of longest ago goes first. */
const recordCountMax = 4_096

/** Of so many open connections one may be bad without a strike for all: a crowd has its share of broken clients. */
const connectionsPerStrike = 8

/** Subscribers of one network that were banned: then it is the network, for example a /48 of IPv6 that one host has. */
const subscribersPerNetwork = 8

/** What the banned hear. */
export const strikesText = 'connections from this address were closed for what they sent: come back later'

/** What they hear whom the operator named. */
export const excludedText = 'the operator of this tracker keeps this address out: come back later'

/** Doubles each time; from here on the longest time is reached. */
const doublingsMax = 16

/** Somebody is not let in from now on. */
export interface Ban {
  readonly network: string
  /** Who of the network; undefined for all of it. */
  readonly subscriber: string | undefined
  /** Why, for those who are turned out. */
  readonly why: string
  /** How many in a row this is. */
  readonly count: number
  /** Whether connections that are open are closed. */
  readonly endsOpen: boolean
  readonly untilMs: number
  /** Whether it was decided here, so that others are to be told. */
  readonly isOurs: boolean
}

/** What a ban is about. */
interface Owned {
  readonly subscriber: string
  readonly place: Place
}

/** Whether a ban closes a connection. */
export const concerns = ({ network, subscriber, endsOpen }: Ban, owned: Owned): boolean =>
  endsOpen && owned.place.network === network && (subscriber === undefined || subscriber === owned.subscriber)

/** Bans that one listener has not taken yet; who is late misses the oldest, which are over soon. */
const newsMax = 1_024

export class BanNews {
  #bans: Ban[] = []

  add(ban: Ban): void {
    if (this.#bans.length < newsMax) this.#bans.push(ban)
  }

  take(): Ban[] {
    if (this.#bans.length === 0) return this.#bans
    const bans = this.#bans
    this.#bans = []
    return bans
  }
}

interface Offender {
  strikeCount: number
  /** Bans so far, one after the other. */
  banCount: number
  lastMs: number
  untilMs: number
  /** The operator named it, and not its faults. */
  isExcluded: boolean
}

/** Each is remembered apart, so that a crowd of those of whom little is known drives nobody out who was banned. */
const standings = ['suspect', 'banned', 'excluded'] as const
type Standing = (typeof standings)[number]

function standingOf({ banCount, isExcluded }: Offender): Standing {
  if (isExcluded) return 'excluded'
  return banCount > 0 ? 'banned' : 'suspect'
}

export class Bans {
  readonly #limits: TrackerLimits
  /** Of each standing, those heard of longest ago first; nobody is in two. */
  readonly #records: Readonly<Record<Standing, Map<string, Offender>>> = {
    suspect: new Map(),
    banned: new Map(),
    excluded: new Map(),
  }

  readonly #news: BanNews[] = []
  readonly #heard: () => void
  #bannedCount = 0

  /** @param heard is called when there is news, or somebody is let in again: those who take it do so a moment later */
  constructor(limits: TrackerLimits, heard: () => void = () => {}) {
    this.#limits = limits
    this.#heard = heard
  }

  get size(): number {
    return this.#all.length
  }

  get #all(): [key: string, record: Offender][] {
    return standings.flatMap((standing) => [...this.#records[standing]])
  }

  #of(key: string): Offender | undefined {
    const { suspect, banned, excluded } = this.#records
    return excluded.get(key) ?? banned.get(key) ?? suspect.get(key)
  }

  /** How many were banned when time last passed. */
  get bannedCount(): number {
    return this.#bannedCount
  }

  /** From now on, for one that closes connections or tells others. */
  news(): BanNews {
    const news = new BanNews()
    this.#news.push(news)
    return news
  }

  isBanned(subscriber: string, network: string, now: number): boolean {
    return this.untilMs(subscriber, network) > now
  }

  /** When the ban of a subscriber ends, or ended; 0 if there is none. */
  untilMs(subscriber: string, network: string): number {
    return Math.max(this.#of(subscriber)?.untilMs ?? 0, this.#of(network)?.untilMs ?? 0)
  }

  /** A connection with these accounts was closed for what it sent (admission.ts). One of another tracker has none. */
  strikeOwner([address, network]: readonly Account[], now: number): void {
    if (address && network) this.strike(address.key, network.key, address.connectionCount - 1, now)
  }

  /**
   * A connection was closed for what it sent.
   * @param openCount other connections of the subscriber
   * @returns whether the subscriber is banned by this
   */
  strike(subscriber: string, network: string, openCount: number, now: number): boolean {
    const countMax = this.#limits.strikesPerBan + Math.floor(openCount / connectionsPerStrike)
    const record = this.#strike(subscriber, countMax, now)
    if (record === undefined) return false
    this.#tell(record, network, subscriber)
    const wider = this.#strike(network, subscribersPerNetwork, now)
    if (wider !== undefined) this.#tell(wider, network, undefined)
    return true
  }

  #tell({ banCount: count, untilMs }: Offender, network: string, subscriber: string | undefined): void {
    this.tell({ network, subscriber, why: strikesText, count, endsOpen: count > 1, untilMs, isOurs: true })
  }

  /** Somebody is banned, whoever keeps that in mind. */
  tell(ban: Ban): void {
    for (const news of this.#news) news.add(ban)
    this.#heard()
  }

  /** @returns what is known of who is banned by this */
  #strike(key: string, countMax: number, now: number): Offender | undefined {
    const record = this.#fresh(key, now)
    record.strikeCount++
    record.lastMs = now
    if (!this.#isDue(record, countMax, now)) {
      this.#keep(key, record)
      return undefined
    }
    const { strikeBanMs, strikeBanLongestMs } = this.#limits
    record.untilMs = now + Math.min(strikeBanLongestMs, strikeBanMs * 2 ** Math.min(record.banCount, doublingsMax))
    record.isExcluded = false
    record.banCount++
    this.#bannedCount++
    record.strikeCount = 0
    this.#keep(key, record)
    return record
  }

  /** Who was banned a while ago is on parole. */
  #isDue({ banCount, strikeCount, untilMs }: Offender, countMax: number, now: number): boolean {
    return now >= untilMs && strikeCount >= (banCount === 0 ? countMax : Math.ceil(countMax / 2))
  }

  #fresh(key: string, now: number): Offender {
    const record = this.#of(key)
    if (record !== undefined && !this.#isOver(record, now)) return record
    return { strikeCount: 0, banCount: 0, lastMs: now, untilMs: 0, isExcluded: false }
  }

  #isOver({ lastMs, untilMs }: Offender, now: number): boolean {
    return now >= untilMs && now - Math.max(lastMs, untilMs) >= this.#limits.strikeMemoryMs
  }

  #keep(key: string, record: Offender): void {
    this.#forget(key)
    keepNewest(this.#records[standingOf(record)], key, record, recordCountMax)
  }

  #forget(key: string): void {
    for (const standing of standings) this.#records[standing].delete(key)
  }

  /** A ban that another tracker of the same service says. */
  adopt(said: Pick<Ban, 'network' | 'subscriber' | 'count' | 'untilMs'>, now: number): void {
    const key = said.subscriber ?? said.network
    const record = this.#fresh(key, now)
    record.untilMs = Math.max(record.untilMs, Math.min(said.untilMs, now + this.#limits.strikeBanLongestMs))
    record.banCount = Math.max(record.banCount, said.count)
    this.#keep(key, record)
    this.tell({ ...said, why: strikesText, endsOpen: said.count > 1, isOurs: false })
  }

  /** The operator keeps out somebody until then, and no longer; what is open from there is closed. */
  exclude({ network, subscriber }: Pick<Ban, 'network' | 'subscriber'>, untilMs: number, now: number): void {
    const key = subscriber ?? network
    this.#keep(key, { ...this.#fresh(key, now), untilMs, isExcluded: true })
    this.tell({ network, subscriber, why: excludedText, count: 1, endsOpen: true, untilMs, isOurs: false })
  }

  /** Whether a ban of these is the operator's. */
  isExcluded(subscriber: string, network: string, now: number): boolean {
    return [subscriber, network].some((key) => {
      const record = this.#of(key)
      return record?.isExcluded === true && now < record.untilMs
    })
  }

  /** Whatever was held against it is forgotten. */
  lift(key: string): void {
    this.#forget(key)
    this.#heard()
  }

  list(now: number): { key: string; cause: 'faults' | 'operator'; count: number; untilMs: number }[] {
    return this.#all
      .filter(([, { untilMs }]) => now < untilMs)
      .map(([key, { untilMs, banCount, isExcluded }]) => {
        return { key, cause: isExcluded ? 'operator' : 'faults', count: Math.max(1, banCount), untilMs }
      })
  }

  /** Frees what has run out; for quiet times. */
  expire(now: number): void {
    this.#bannedCount = 0
    for (const [key, record] of this.#all) {
      if (now < record.untilMs) this.#bannedCount++
      else if (this.#isOver(record, now)) this.#forget(key)
    }
  }
}
