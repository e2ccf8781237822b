/** When the turns of a load count: after a warm-up, for a while. Knows nothing of what a turn is. */
import type { Begins } from './tracker-load.ts'

/** A turn that has not ended by then is lost. */
export const lostMs = 2_000

export interface Span {
  warmUpMs: number
  measureMs: number
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class MeasuredSpan {
  isRunning = false
  isMeasured = false
  lostCount = 0

  lose(): void {
    if (this.isMeasured) this.lostCount++
  }

  /**
   * Turns are under way.
   * @param sweep looks for those that are lost
   * @returns for how many seconds was measured
   */
  async run({ warmUpMs, measureMs }: Span, begins: Begins, sweep: () => void): Promise<number> {
    const sweeping = setInterval(sweep, lostMs / 4)
    await after(warmUpMs)
    await begins()
    this.isMeasured = true
    const startedMs = performance.now()
    await after(measureMs)
    this.isMeasured = false
    this.isRunning = false
    clearInterval(sweeping)
    return (performance.now() - startedMs) / 1000
  }
}
