/** Who listens to a client's events. Knows when the statistics are due, and nothing of what they say. */
import { type ClientEvents, NearcastError, type Stats } from '../api.ts'

/** Often enough to watch bytes arrive; each call reads all peers and files. */
const statsEveryMs = 1_000

type Callback<Event extends keyof ClientEvents> = (value: ClientEvents[Event]) => void

export class Listeners {
  readonly #callbacks: { [Event in keyof ClientEvents]: Set<Callback<Event>> } = {
    consent: new Set(),
    stats: new Set(),
  }
  readonly #stats: () => Stats
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(stats: () => Stats) {
    this.#stats = stats
  }

  /** @throws NearcastError `usage` for an event that there is not */
  on<Event extends keyof ClientEvents>(event: Event, callback: Callback<Event>): () => void {
    const callbacks = this.#callbacks[event]
    if (!callbacks) throw new NearcastError('usage', `nearcast: event is ${event}: it must be consent or stats`)
    // The same function twice is called twice.
    const own: Callback<Event> = (value) => callback(value)
    callbacks.add(own)
    this.#look()
    return () => {
      callbacks.delete(own)
      this.#look()
    }
  }

  tell<Event extends keyof ClientEvents>(event: Event, value: ClientEvents[Event]): void {
    const callbacks = this.#callbacks[event]
    for (const callback of callbacks) {
      // What a page's callback throws is the page's to hear of.
      queueMicrotask(() => callbacks.has(callback) && callback(value))
    }
  }

  /** Nobody is told anything any more. */
  end(): void {
    for (const callbacks of Object.values(this.#callbacks)) callbacks.clear()
    this.#look()
  }

  /** Nothing ticks while nobody listens. */
  #look(): void {
    const isHeard = this.#callbacks.stats.size > 0
    if (isHeard) this.#timer ??= setInterval(() => this.tell('stats', this.#stats()), statsEveryMs)
    else {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
