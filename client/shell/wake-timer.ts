/** The one timer that wakes the engine. Nothing but the engine decides when. */
import type { Clock } from '../ports.ts'

export class WakeTimer {
  readonly #clock: Clock
  readonly #nextWake: () => number
  readonly #wake: () => void
  #cancel: (() => void) | undefined
  #at = Number.POSITIVE_INFINITY

  constructor(clock: Clock, nextWake: () => number, wake: () => void) {
    this.#clock = clock
    this.#nextWake = nextWake
    this.#wake = wake
  }

  /** To be called after every input. A timer that would only fire too soon is left: to change it costs more. */
  schedule(): void {
    const at = this.#nextWake()
    if (this.#cancel && at >= this.#at - 1) return
    this.stop()
    if (at === Number.POSITIVE_INFINITY) return
    this.#at = at
    this.#cancel = this.#clock.at(at, () => {
      this.#cancel = undefined
      if (this.#nextWake() <= this.#clock.now()) this.#wake()
      else this.schedule()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
