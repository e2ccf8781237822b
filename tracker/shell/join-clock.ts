/** How long joins take: from a message's arrival until its answer is handed to the socket. Keeps no more than counts. */
import type { Distribution } from '../../shared/metric.ts'
import { Durations } from '../core/durations.ts'
import type { TrackerEffect } from '../core/effects.ts'

export class JoinClock {
  readonly #now: () => number
  readonly #durations = new Durations()

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The effects of a message that arrived then are carried out; those of a join begin with its answer. */
  ran([effect]: readonly TrackerEffect[], arrivedMs: number): void {
    if (effect?.type !== 'send' || effect.message.type !== 'peers') return
    this.#durations.add((this.#now() - arrivedMs) / 1000)
  }

  read(): Distribution {
    return this.#durations.read()
  }
}
