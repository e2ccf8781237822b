/** Members in a dense array: entering, leaving and a random draw cost the same whatever its length. */
import type { Rng } from '../../shared/rng.ts'

/**
 * What can be drawn from: draws 0, 1, 2 and so on give each a random one of those not drawn yet. Where there are many, one
 * may come twice, as seldom as chance has it.
 */
export interface Deck<T> {
  readonly size: number
  draw(index: number, rng: Rng): T
}

/** `at[slot]` is the member's place in the roster of that slot. */
export interface Placed {
  readonly at: number[]
}

/**
 * From so many on, drawn ones stay where they are: to move them touches two members more for each draw. Of the 88 draws
 * that one answer can take at most, some seven come twice in a roster of just this size, and are drawn in vain.
 */
const unmovedSizeMin = 512

export class Roster<T extends Placed> implements Deck<T> {
  readonly #slot: number
  readonly #members: T[] = []

  constructor(slot: number) {
    this.#slot = slot
  }

  get size(): number {
    return this.#members.length
  }

  get members(): readonly T[] {
    return this.#members
  }

  add(member: T): void {
    member.at[this.#slot] = this.#members.length
    this.#members.push(member)
  }

  /** The last member takes the free place. */
  remove(member: T): void {
    const index = member.at[this.#slot]!
    const last = this.#members.pop()!
    if (last !== member) this.#put(last, index)
    member.at[this.#slot] = -1
  }

  /** A step of a Fisher–Yates shuffle of the roster itself: its order means nothing. */
  draw(index: number, rng: Rng): T {
    if (this.#members.length >= unmovedSizeMin) return this.#members[rng.below(this.#members.length)]!
    const chosen = index + rng.below(this.#members.length - index)
    const drawn = this.#members[chosen]!
    if (chosen !== index) {
      this.#put(this.#members[index]!, chosen)
      this.#put(drawn, index)
    }
    return drawn
  }

  #put(member: T, index: number): void {
    this.#members[index] = member
    member.at[this.#slot] = index
  }
}

/** A deck of what is listed; the array's order changes. */
export function deckOf<T>(listed: T[]): Deck<T> {
  return {
    size: listed.length,
    draw(index, rng) {
      const chosen = index + rng.below(listed.length - index)
      const drawn = listed[chosen]!
      listed[chosen] = listed[index]!
      listed[index] = drawn
      return drawn
    },
  }
}
