/**
 * What peers report of their introductions, counted, and whom it makes the tracker name less often. Only reports of
 * failure steer, only by the voices of several networks, and only in part: praise would draw a crowd to who buys it, and
 * blame that always counted would push out whom an attacker chooses. Knows no message.
 */
import { keepNewest } from '../../shared/newest.ts'
import { type Tier, tiers } from '../../shared/tracker-messages.ts'
import type { Introduction } from './introductions.ts'
import type { TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { Voices } from './voices.ts'

/** Pairs of providers that are remembered; what was said of them longest ago goes first. */
const pairCountMax = 4_096

/** Links of one peer that are remembered, three times what a client has open. */
const linksPerPeerMax = 64

/** 10 Gbit/s: nobody received more from one peer, whatever is reported. */
const bytesPerMsMax = 1_250_000

export type Result = 'connected' | 'failed'

/** One link as one side sees it. */
export interface LinkReport {
  readonly result: Result
  readonly roundTripMs?: number
  readonly bytesPerSecond?: number
  /** Verified bytes that came over it since the last report. */
  readonly bytes?: number
}

/** What one peer said, for as long as it is here. */
export class Said {
  connectedCount = 0
  failedCount = 0
  /** When it last reported each peer that it is linked to, and how near that one is. */
  readonly links = new Map<string, { tier: Tier; at: number }>()
}

/** Of whom a peer reports. */
interface Subject {
  readonly peer: Peer
  readonly id: string
  /** Undefined when it is gone. */
  readonly other: Peer | undefined
  readonly introduction: Introduction | undefined
}

interface Sum {
  count: number
  sum: number
}

export interface OutcomeStats {
  /** What came of introductions, by the first of the two that said. */
  outcomes: Record<Tier, Record<Result, number>>
  /** Verified bytes from peers, by those who received them. */
  bytes: Record<Tier, number>
  roundTripMs: Record<Tier, Sum>
  bytesPerSecond: Record<Tier, Sum>
}

const byTier = <T>(make: (tier: Tier) => T): Record<Tier, T> =>
  Object.fromEntries(tiers.map((tier) => [tier, make(tier)])) as Record<Tier, T>

export class Outcomes {
  readonly #limits: TrackerLimits
  readonly #pairs = new Map<string, Voices>()
  /** Until when any pair is doubted: before it, there is nothing to look up. */
  #pairsDoubtedUntil = Number.NEGATIVE_INFINITY
  readonly #stats: OutcomeStats = {
    outcomes: byTier(() => ({ connected: 0, failed: 0 })),
    bytes: byTier(() => 0),
    roundTripMs: byTier(() => ({ count: 0, sum: 0 })),
    bytesPerSecond: byTier(() => ({ count: 0, sum: 0 })),
  }

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  get pairCount(): number {
    return this.#pairs.size
  }

  stats(): OutcomeStats {
    const { outcomes, bytes, roundTripMs, bytesPerSecond } = this.#stats
    return {
      outcomes: byTier((tier) => ({ ...outcomes[tier] })),
      bytes: { ...bytes },
      roundTripMs: byTier((tier) => ({ ...roundTripMs[tier] })),
      bytesPerSecond: byTier((tier) => ({ ...bytesPerSecond[tier] })),
    }
  }

  /**
   * A peer says what came of an introduction, or of a link that it reported before. What it was not introduced to a short
   * while ago and has no link to is not counted.
   */
  hear({ peer, id, other, introduction }: Subject, report: LinkReport, now: number): void {
    if (introduction === undefined && peer.said === undefined) return
    peer.said ??= new Said()
    if (introduction !== undefined && other !== undefined) this.#judge(peer, other, introduction, report.result, now)
    if (report.result === 'connected') this.#measure(peer.said, id, introduction, report, now)
  }

  /** One word from each side of an introduction. */
  #judge(peer: Peer, other: Peer, introduction: Introduction, result: Result, now: number): void {
    const isCaller = introduction.caller === peer
    if (isCaller ? introduction.hasCallerSaid : introduction.hasCalleeSaid) return
    if (!introduction.hasCallerSaid && !introduction.hasCalleeSaid) this.#stats.outcomes[introduction.tier][result]++
    if (isCaller) introduction.hasCallerSaid = true
    else introduction.hasCalleeSaid = true
    const said = peer.said!
    const isConnected = result === 'connected'
    if (isConnected) said.connectedCount++
    else said.failedCount++
    // Whom nobody answers is likely to be the cause of it, and says nothing about the others.
    if (!isConnected && said.failedCount > said.connectedCount) return
    const { network } = peer.place
    if (network === other.place.network) return
    other.heard ??= new Voices()
    other.heard.hear(network, isConnected, now, this.#limits)
    const pair = this.#pairOf(peer, other)
    pair.hear(network, isConnected, now, this.#limits)
    this.#pairsDoubtedUntil = Math.max(this.#pairsDoubtedUntil, pair.doubtedUntil)
  }

  #pairOf(a: Peer, b: Peer): Voices {
    const key = pairKey(a, b)
    const voices = this.#pairs.get(key) ?? new Voices()
    keepNewest(this.#pairs, key, voices, pairCountMax)
    return voices
  }

  #measure({ links }: Said, id: string, introduction: Introduction | undefined, report: LinkReport, now: number): void {
    const link = links.get(id) ?? (introduction && { tier: introduction.tier, at: introduction.startedMs })
    if (link === undefined) return
    const { bytes = 0, roundTripMs, bytesPerSecond } = report
    const { tier } = link
    this.#stats.bytes[tier] += Math.min(bytes, Math.max(0, now - link.at) * bytesPerMsMax)
    if (roundTripMs !== undefined) add(this.#stats.roundTripMs[tier], roundTripMs)
    if (bytesPerSecond !== undefined)
      add(this.#stats.bytesPerSecond[tier], Math.min(bytesPerSecond, bytesPerMsMax * 1_000))
    link.at = now
    keepNewest(links, id, link, linksPerPeerMax)
  }

  /** Whether `other` is to be named to `asker` less often than others: several networks could not reach it or its kind. */
  isDoubted(asker: Peer, other: Peer, now: number): boolean {
    if (other.heard?.isDoubted(now)) return true
    return now < this.#pairsDoubtedUntil && (this.#pairs.get(pairKey(asker, other))?.isDoubted(now) ?? false)
  }
}

/** No key of a place has this character: prefixes are bytes, and the rest is ASCII. */
const between = '\u0100'

function pairKey({ place: { provider: a } }: Peer, { place: { provider: b } }: Peer): string {
  return a < b ? a + between + b : b + between + a
}

function add(sum: Sum, value: number): void {
  sum.count++
  sum.sum += value
}
