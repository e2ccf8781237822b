/**
 * Of whom this tracker decided by itself who is kept out and who is let in again, and when: what the others may not know,
 * if they could not be told. Knows keys of places (place.ts), not how long anybody is kept out.
 */
import { keepNewest } from '../../shared/newest.ts'

/** As many as a tracker that starts is told of (bans-abroad.ts); the one decided longest ago goes first. */
const decisionCountMax = 1_000

interface Decision {
  readonly isLift: boolean
  readonly atMs: number
}

export class BanDecisions {
  /** The last of each key, the one made longest ago first. */
  readonly #decisions = new Map<string, Decision>()

  add(key: string, isLift: boolean, now: number): void {
    keepNewest(this.#decisions, key, { isLift, atMs: now }, decisionCountMax)
  }

  /** Another tracker says of a key what it knows: the opposite holds no more. */
  hear(key: string, isLift: boolean): void {
    if (this.#decisions.get(key)?.isLift === !isLift) this.#decisions.delete(key)
  }

  /** Who was kept out since then, and not let in again. */
  bannedSince(sinceMs: number): ReadonlySet<string> {
    return this.#keys(({ isLift, atMs }) => !isLift && atMs >= sinceMs)
  }

  /** Who was let in again since then. */
  liftedSince(sinceMs: number): ReadonlySet<string> {
    return this.#keys(({ isLift, atMs }) => isLift && atMs >= sinceMs)
  }

  #keys(isMeant: (decision: Decision) => boolean): ReadonlySet<string> {
    return new Set([...this.#decisions].filter(([, decision]) => isMeant(decision)).map(([key]) => key))
  }
}
