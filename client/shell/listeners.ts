/** Who listens to a client's events. Knows when the statistics are due, and nothing of what they say. */
import { type ClientEvents, type Consent, NearcastError, type Stats } from '../api.ts'

/** Often enough to watch bytes arrive; each call reads all peers and files. */
const statsEveryMs = 1_000

type Callback<Event extends keyof ClientEvents> = (value: ClientEvents[Event]) => void

export class Listeners {
  readonly #stats: () => Stats
  readonly #consent = new Set<Callback<'consent'>>()
  /** What stops each that listens. */
  readonly #stops = new Set<() => void>()
  /** How to begin to listen, by event; gives what stops it. */
  readonly #starts: { [Event in keyof ClientEvents]: (callback: Callback<Event>) => () => void } = {
    consent: (callback) => {
      // The same function twice is called twice.
      const own: typeof callback = (state) => callback(state)
      this.#consent.add(own)
      return () => this.#consent.delete(own)
    },
    stats: (callback) => {
      const timer = setInterval(() => callback(this.#stats()), statsEveryMs)
      return () => clearInterval(timer)
    },
  }

  constructor(stats: () => Stats) {
    this.#stats = stats
  }

  /** @throws NearcastError `usage` for an event that there is not */
  on<Event extends keyof ClientEvents>(event: Event, callback: Callback<Event>): () => void {
    if (!this.#starts[event])
      throw new NearcastError('usage', `nearcast: event is ${event}: it must be consent or stats`)
    const stop = this.#starts[event](callback)
    this.#stops.add(stop)
    return () => {
      stop()
      this.#stops.delete(stop)
    }
  }

  tellConsent(state: Consent): void {
    for (const callback of this.#consent) {
      // What a page's callback throws is the page's to hear of.
      queueMicrotask(() => this.#consent.has(callback) && callback(state))
    }
  }

  /** Nobody is told anything any more. */
  end(): void {
    for (const stop of this.#stops) stop()
  }
}
