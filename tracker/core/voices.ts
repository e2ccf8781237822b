/**
 * What networks said lately of one subject: a peer, or a pair of providers. One network, one voice, the last one that it
 * gave; only what several agree on is believed, and only against the subject. Knows networks, not peers.
 */
import { keepNewest } from '../../shared/newest.ts'
import type { TrackerLimits } from './limits.ts'

/** Twice what a verdict needs and more; the oldest goes first. */
const voicesMax = 8

/** So many failed for each that succeeded: whoever can be reached at all is doubted by many or by none. */
const failedPerConnectedMin = 3

export class Voices {
  readonly #said = new Map<string, { isConnected: boolean; at: number }>()
  doubtedUntil = Number.NEGATIVE_INFINITY

  hear(network: string, isConnected: boolean, now: number, limits: TrackerLimits): void {
    keepNewest(this.#said, network, { isConnected, at: now }, voicesMax)
    this.doubtedUntil = this.#doubtEnd(now, limits)
  }

  isDoubted(now: number): boolean {
    return now < this.doubtedUntil
  }

  /** Until when those that failed are enough: the youngest of them may change the verdict, time alone only ends it. */
  #doubtEnd(now: number, { reportWindowMs, reportNetworksMin }: TrackerLimits): number {
    let connected = 0
    const failedAt: number[] = []
    for (const [network, { isConnected, at }] of this.#said) {
      if (now - at >= reportWindowMs) this.#said.delete(network)
      else if (isConnected) connected++
      else failedAt.push(at)
    }
    const needed = Math.max(reportNetworksMin, connected * failedPerConnectedMin)
    // The voices are in the order in which they came.
    const first = failedAt[failedAt.length - needed]
    return first === undefined ? Number.NEGATIVE_INFINITY : first + reportWindowMs
  }
}
