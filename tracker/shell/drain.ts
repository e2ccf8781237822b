/**
 * The orderly end of a tracker: for a while all goes on but nobody should be sent here, then every client is told when
 * to come back, and there is time until they have. Knows no socket.
 */
import type { PeerId } from '../../shared/ids.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import type { Lifecycle } from '../core/lifecycle.ts'

export interface DrainPlan {
  /** For how long all goes on as before, but for `isReady`: load balancers need it to send nobody any more. */
  delayMs: number
  /** Over how long after that the clients are sent away, each at a moment of its own; 0 leaves the moment to them. */
  windowMs: number
}

export interface DrainParts {
  lifecycle: Lifecycle
  /** Who is connected now. */
  ids(): PeerId[]
  tell(id: PeerId, message: TrackerMessage): void
  now(): number
}

/** Told in one go: a few milliseconds' work. */
const sliceCount = 250

/** How often it is looked whether everybody is gone. */
const lookMs = 50

export class Drain {
  readonly #parts: DrainParts
  #running: Promise<void> | undefined
  #isCut = false

  constructor(parts: DrainParts) {
    this.#parts = parts
  }

  /** A second call waits for the same end. */
  run(plan: DrainPlan): Promise<void> {
    this.#parts.lifecycle.leave()
    this.#running ??= this.#drain(plan)
    return this.#running
  }

  /** There is no more time. */
  cut(): void {
    this.#isCut = true
    this.#parts.lifecycle.leave()
  }

  async #drain({ delayMs, windowMs }: DrainPlan): Promise<void> {
    const { lifecycle, ids, tell, now } = this.#parts
    await this.#wait(now() + delayMs, () => false)
    if (this.#isCut) return
    // Without a window nobody is told a moment: each comes back at one of its own choice.
    if (windowMs === 0) return
    const endMs = now() + windowMs
    const told = ids()
    const slots = lifecycle.drain(told.length, windowMs, now())
    for (const [i, id] of told.entries()) {
      tell(id, { type: 'drain', afterMs: slots[i]! })
      if (i % sliceCount === sliceCount - 1) await new Promise((resolve) => setImmediate(resolve))
    }
    await this.#wait(endMs, () => ids().length === 0)
  }

  async #wait(untilMs: number, isOver: () => boolean): Promise<void> {
    for (;;) {
      const leftMs = untilMs - this.#parts.now()
      if (leftMs <= 0 || this.#isCut || isOver()) return
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, lookMs)))
    }
  }
}
