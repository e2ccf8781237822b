/**
 * Pages of chunk hashes of files too long to list them all: which were asked for, which failed, when to ask again.
 * Knows no hash.
 */
import type { Core } from './core.ts'
import { earlier } from './core.ts'
import { pageFailuresMax, runBackoffMaxMs, runBackoffMinMs } from './settings.ts'
import type { Swarm } from './swarm.ts'

interface Asked {
  failures: number
  /** Infinity while an answer is awaited. */
  retryAt: number
}

export class HashPages {
  readonly #core: Core
  readonly #asked = new Map<Swarm, Map<number, Asked>>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Asks for the page of hashes that a chunk needs, once. */
  ask(swarm: Swarm, index: number): void {
    const page = swarm.hashes.missingPage(index)
    if (page === undefined) return
    const asked = this.#asked.get(swarm) ?? new Map<number, Asked>()
    this.#asked.set(swarm, asked)
    if (!asked.has(page)) this.#ask(swarm, page, asked, 0)
  }

  #ask(swarm: Swarm, page: number, asked: Map<number, Asked>, failures: number): void {
    asked.set(page, { failures, retryAt: Number.POSITIVE_INFINITY })
    this.#core.emit({ type: 'fetchPage', swarm: swarm.id, page })
  }

  /** @returns whether it is to be given up; then a later reader may try anew */
  failed(swarm: Swarm, page: number, now: number): boolean {
    const asked = this.#asked.get(swarm)
    const before = asked?.get(page)
    if (!asked || !before) return false
    const failures = before.failures + 1
    if (failures >= pageFailuresMax) {
      asked.delete(page)
      return true
    }
    const waitMs = Math.min(runBackoffMaxMs, runBackoffMinMs * 2 ** failures) * (0.5 + this.#core.rng.fraction() / 2)
    asked.set(page, { failures, retryAt: now + waitMs })
    return false
  }

  known(swarm: Swarm, page: number): void {
    this.#asked.get(swarm)?.delete(page)
  }

  wake(now: number): void {
    for (const [swarm, asked] of this.#asked) {
      for (const [page, { failures, retryAt }] of asked) if (retryAt <= now) this.#ask(swarm, page, asked, failures)
    }
  }

  nextWake(): number {
    let at = Number.POSITIVE_INFINITY
    for (const asked of this.#asked.values()) for (const { retryAt } of asked.values()) at = earlier(at, retryAt)
    return at
  }

  forget(swarm: Swarm): void {
    this.#asked.delete(swarm)
  }
}
