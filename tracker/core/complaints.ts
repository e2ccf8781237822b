/**
 * Complaints and what comes of them. What counts is from how many networks they come: one network, however many peers
 * it plays, has one voice, and who often complains alone has less than one. Knows networks, not peers.
 */
import { keepNewest } from '../../shared/newest.ts'
import type { TrackerLimits } from './limits.ts'

/** Networks complained about, complaining, and banned, that are remembered; the oldest go first. */
const networkCountMax = 4_096

/** Voices about one network that are kept: many times what a ban needs. */
const voiceCountMax = 256

/** Complaints that nobody else shares and that cost nothing: the first victim is alone for a while. */
const loneFreeMax = 3

/** What of one complainer is remembered: with more than this alone, it is not heard at all. */
const aboutCountMax = 32

export class Complaints {
  readonly #limits: TrackerLimits
  /** Who complained about each network, and when last. */
  readonly #voices = new Map<string, Map<string, number>>()
  /** About whom each network complained. */
  readonly #about = new Map<string, Set<string>>()
  readonly #bannedUntil = new Map<string, number>()
  count = 0

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  /** How much is remembered. */
  get size(): { complainers: number; accused: number; voices: number } {
    let voices = 0
    for (const { size } of this.#voices.values()) voices += size
    return { complainers: this.#about.size, accused: this.#voices.size, voices }
  }

  isBanned(network: string, now: number): boolean {
    const until = this.#bannedUntil.get(network)
    if (until === undefined || now < until) return until !== undefined
    this.#bannedUntil.delete(network)
    return false
  }

  /** Networks that are banned, and until when. */
  banned(now: number): [network: string, untilMs: number][] {
    return [...this.#bannedUntil].filter(([, untilMs]) => now < untilMs)
  }

  /** Whatever was said about it is forgotten. */
  lift(network: string): void {
    this.#bannedUntil.delete(network)
    this.#voices.delete(network)
  }

  get bannedCount(): number {
    return this.#bannedUntil.size
  }

  /**
   * @param introducedCount about how many peers the accused network was introduced to lately
   * @returns whether it is banned by this
   */
  add(from: string, about: string, introducedCount: number, now: number): boolean {
    // A network's quarrels with itself are its own.
    if (from === about || this.isBanned(about, now)) return false
    const mine = this.#about.get(from) ?? new Set()
    if (!mine.has(about) && mine.size >= aboutCountMax) return false
    this.count++
    keepNewest(this.#about, from, mine.add(about), networkCountMax)
    const voices = this.#fresh(about, now)
    if (voices.has(from) || voices.size < voiceCountMax) voices.set(from, now)
    keepNewest(this.#voices, about, voices, networkCountMax)
    if (!this.#isEnough(voices, introducedCount)) return false
    this.#ban(about, voices, now)
    return true
  }

  /** The voices about a network that still count. */
  #fresh(about: string, now: number): Map<string, number> {
    const voices = this.#voices.get(about) ?? new Map<string, number>()
    for (const [from, at] of voices) if (now - at >= this.#limits.complaintWindowMs) voices.delete(from)
    return voices
  }

  #isEnough(voices: ReadonlyMap<string, number>, introducedCount: number): boolean {
    const { complaintNetworksMin, complaintSharePercent } = this.#limits
    const needed = Math.max(complaintNetworksMin, (introducedCount * complaintSharePercent) / 100)
    if (voices.size < needed) return false
    let weight = 0
    for (const from of voices.keys()) weight += this.#weightOf(from)
    return weight >= needed
  }

  /** Less than one for whom nobody agrees with. */
  #weightOf(from: string): number {
    let loneCount = 0
    for (const about of this.#about.get(from) ?? []) if (this.#voices.get(about)?.size === 1) loneCount++
    return loneCount <= loneFreeMax ? 1 : loneFreeMax / loneCount
  }

  #ban(network: string, voices: ReadonlyMap<string, number>, now: number): void {
    for (const from of voices.keys()) this.#about.get(from)?.delete(network)
    this.ban(network, now + this.#limits.banMs)
  }

  /** @param until no ban is shortened by it */
  ban(network: string, until: number): void {
    this.#voices.delete(network)
    keepNewest(this.#bannedUntil, network, Math.max(until, this.#bannedUntil.get(network) ?? 0), networkCountMax)
  }

  /** Frees what has run out; for quiet times. */
  expire(now: number): void {
    for (const network of [...this.#bannedUntil.keys()]) this.isBanned(network, now)
    for (const about of [...this.#voices.keys()]) if (this.#fresh(about, now).size === 0) this.#voices.delete(about)
    for (const [from, abouts] of this.#about) {
      for (const about of abouts) if (!this.#voices.get(about)?.has(from)) abouts.delete(about)
      if (abouts.size === 0) this.#about.delete(from)
    }
  }
}
