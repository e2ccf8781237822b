/** How long things took, in a few buckets: two additions a time, and nothing kept of each. */
import type { Distribution } from '../../shared/metric.ts'

/** 50 µs to 50 ms, each about twice the last: below is noise of the clock, above the process is in trouble. */
const boundsSeconds = [5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2] as const

export class Durations {
  readonly #counts: number[] = [...boundsSeconds.map(() => 0), 0]
  #sum = 0

  add(seconds: number): void {
    let bucket = 0
    while (bucket < boundsSeconds.length && seconds > boundsSeconds[bucket]!) bucket++
    this.#counts[bucket]!++
    this.#sum += seconds
  }

  read(): Distribution {
    return { bounds: boundsSeconds, counts: [...this.#counts], sum: this.#sum }
  }
}

/** Of what never happened. */
export const noDurations: Distribution = new Durations().read()
