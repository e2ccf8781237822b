/** Looks at how late the event loop is and how much of its time it works, several times a second. Judges nothing. */
import { performance } from 'node:perf_hooks'
import type { LoadSample } from '../core/load.ts'

/** Often enough to notice within a second, and seldom enough to cost nothing. */
const periodMs = 100

export class LoopWatch {
  readonly #timer: NodeJS.Timeout
  #lastMs = performance.now()
  #last = performance.eventLoopUtilization()

  constructor(seen: (sample: LoadSample) => void) {
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, this.#last)
      const lagMs = Math.max(0, nowMs - this.#lastMs - periodMs)
      this.#lastMs = nowMs
      this.#last = now
      seen({ lagMs, busyShare: utilization })
    }, periodMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
