/** Peers that are not to be linked to before some time, or ever: unreachable ones, and those that lied. */
import type { PeerId } from '../../shared/ids.ts'
import { keepNewest } from '../../shared/newest.ts'
import { recallAfterMs, redialAfterMs, shunnedCountMax } from './settings.ts'

export class Shunned {
  /** Those shunned longest ago first. */
  readonly #until = new Map<PeerId, number>()
  /** Of them, those that could not be reached at the first call. */
  readonly #missed = new Set<PeerId>()

  get size(): number {
    return this.#until.size
  }

  has(id: PeerId, now: number): boolean {
    return (this.#until.get(id) ?? 0) > now
  }

  isBanned(id: PeerId): boolean {
    return this.#until.get(id) === Number.POSITIVE_INFINITY
  }

  add(id: PeerId, until: number): void {
    const before = this.#until.get(id) ?? 0
    const forgotten = keepNewest(this.#until, id, Math.max(until, before), shunnedCountMax)
    if (forgotten !== undefined) this.#missed.delete(forgotten)
  }

  isMissed(id: PeerId): boolean {
    return this.#missed.has(id)
  }

  /** A call came to nothing. The first one may have been bad luck: it is made again soon. */
  miss(id: PeerId, now: number): void {
    this.add(id, now + (this.#missed.has(id) ? redialAfterMs : recallAfterMs))
    this.#missed.add(id)
  }
}
