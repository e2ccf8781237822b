/**
 * Those who come with tokens, each counted as one however many connections they open: how many these are, how fast they
 * ask together, and of whom they were told. One that has gone is remembered for as long as that matters.
 */
import { TokenBucket } from '../../shared/token-bucket.ts'
import { Deadlines } from './deadlines.ts'
import type { TrackerLimits } from './limits.ts'
import { Reveals } from './reveals.ts'

/** Bearers that are gone and still remembered; beyond them the one that left longest ago is forgotten. */
const departedCountMax = 65_536

export interface Bearer {
  readonly name: string
  connectionCount: number
  readonly joins: TokenBucket
  readonly signals: TokenBucket
  /** Of whom it was told lately, where that is limited. */
  readonly reveals: Reveals | undefined
}

export class Bearers {
  readonly #limits: TrackerLimits
  readonly #bearers = new Map<string, Bearer>()
  readonly #departed = new Deadlines<string>()
  /** In the order in which they left. */
  readonly #order = new Set<string>()

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#bearers.size
  }

  /**
   * @param peersMax of how many it may be told, where its token says so; the first token of a bearer counts
   * @returns the bearer, or undefined when it has as many connections as it may have
   */
  enter(name: string, peersMax: number | undefined): Bearer | undefined {
    const bearer = this.#bearers.get(name) ?? this.#create(name, peersMax)
    if (bearer.connectionCount >= this.#limits.connectionsPerTokenMax) return undefined
    bearer.connectionCount++
    this.#departed.clear(name)
    this.#order.delete(name)
    return bearer
  }

  #create(name: string, peersMax: number | undefined): Bearer {
    const limits = this.#limits
    const revealsMax = peersMax ?? limits.peersPerTokenMax
    const bearer: Bearer = {
      name,
      connectionCount: 0,
      joins: new TokenBucket(limits.tokenJoinsPerSecond, limits.tokenJoinsBurst),
      signals: new TokenBucket(limits.tokenSignalsPerSecond, limits.tokenSignalsBurst),
      reveals: revealsMax === 0 ? undefined : new Reveals(revealsMax, limits.revealWindowMs),
    }
    this.#bearers.set(name, bearer)
    return bearer
  }

  leave(bearer: Bearer, now: number): void {
    bearer.connectionCount--
    if (bearer.connectionCount > 0) return
    const { name } = bearer
    this.#departed.set(name, now + this.#limits.revealWindowMs)
    this.#order.add(name)
    const [oldest] = this.#order
    if (this.#order.size > departedCountMax && oldest !== undefined) this.#forget(oldest)
  }

  expire(now: number): void {
    for (const name of this.#departed.take(now)) this.#forget(name)
  }

  #forget(name: string): void {
    this.#departed.clear(name)
    this.#order.delete(name)
    this.#bearers.delete(name)
  }
}
