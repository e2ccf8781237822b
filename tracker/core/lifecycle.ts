/**
 * Who is let in, and when those come back who are not: by how many come at once, by how much there is to do, and by
 * whether the tracker is about to end. Knows no socket, no clock and no random source.
 */
import { assert } from '../../shared/assert.ts'
import type { Rng } from '../../shared/rng.ts'
import { Intake } from './intake.ts'
import type { TrackerLimits } from './limits.ts'
import { Load } from './load.ts'
import type { Payers } from './place.ts'

/** A tracker that ends at the same address as its successor: that one needs a moment to be there. */
const successionMs = 1_000

/** Those who came to a tracker that ends come back within this time after it. */
const successionSpreadMs = 4_000

export class Lifecycle {
  readonly load: Load
  readonly #intake: Intake
  readonly #rng: Rng
  /** `leaving`: all goes on, but nobody should be sent here any more. `draining`: everybody is on the way out. */
  #state: 'open' | 'leaving' | 'draining' = 'open'
  #endsAt = 0

  constructor(limits: TrackerLimits, rng: Rng) {
    this.load = new Load(limits)
    this.#intake = new Intake(limits)
    this.#rng = rng
  }

  /** Whether new connections should be sent here. */
  get isReady(): boolean {
    return this.#state === 'open'
  }

  /** Connections that were told to come later. */
  get busyCount(): number {
    return this.#intake.refusedCount
  }

  /**
   * Somebody comes.
   * @param payers whose address and network it is
   * @returns 0 for one that may come in, otherwise for how many milliseconds it is to stay away
   */
  ask(payers: Payers, now: number): number {
    if (this.#state !== 'draining') return this.#intake.ask(payers, this.load.intakeShare, now)
    const leftMs = Math.max(0, this.#endsAt - now)
    return this.#intake.refuse(leftMs + successionMs + this.#rng.fraction() * successionSpreadMs)
  }

  leave(): void {
    if (this.#state === 'open') this.#state = 'leaving'
  }

  /**
   * Lets nobody in any more.
   * @returns for each of so many connections, in how many milliseconds it is to come back: evenly over the window
   */
  drain(count: number, windowMs: number, now: number): number[] {
    assert(this.#state !== 'draining', 'drained twice')
    this.#state = 'draining'
    this.#endsAt = now + windowMs
    return Array.from({ length: count }, (_, i) => Math.floor(((i + this.#rng.fraction()) * windowMs) / count))
  }
}
