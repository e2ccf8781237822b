/** Slots of members in a dense list: entering, leaving and a random draw cost the same whatever its length. */
import type { Rng } from '../../shared/rng.ts'
import type { MemberTable } from './member-table.ts'

/**
 * What slots can be drawn from: draws 0, 1, 2 and so on give each a random one of those not drawn yet. Where there are
 * many, one may come twice, as seldom as chance has it.
 */
export interface Deck {
  readonly size: number
  draw(index: number, rng: Rng): number
}

/**
 * From so many on, drawn ones stay where they are: to move them touches two rows more for each draw. Of the 88 draws
 * that one answer can take at most, some seven come twice in a roster of just this size, and are drawn in vain.
 */
const unmovedSizeMin = 512

export class Roster implements Deck {
  readonly #table: MemberTable
  /** Which of a member's lists this is. */
  readonly #list: number
  readonly #slots: number[] = []

  constructor(table: MemberTable, list: number) {
    this.#table = table
    this.#list = list
  }

  get size(): number {
    return this.#slots.length
  }

  get slots(): readonly number[] {
    return this.#slots
  }

  add(slot: number): void {
    this.#table.put(this.#list, slot, this.#slots.length)
    this.#slots.push(slot)
  }

  /** The last one takes the free position. */
  remove(slot: number): void {
    const position = this.#table.positionIn(this.#list, slot)
    const last = this.#slots.pop()!
    if (last !== slot) this.#put(last, position)
  }

  /** A step of a Fisher–Yates shuffle of the roster itself: its order means nothing. */
  draw(index: number, rng: Rng): number {
    const { length } = this.#slots
    if (length >= unmovedSizeMin) return this.#slots[rng.below(length)]!
    const chosen = index + rng.below(length - index)
    const drawn = this.#slots[chosen]!
    if (chosen !== index) {
      this.#put(this.#slots[index]!, chosen)
      this.#put(drawn, index)
    }
    return drawn
  }

  #put(slot: number, position: number): void {
    this.#slots[position] = slot
    this.#table.put(this.#list, slot, position)
  }
}

/** A few slots that were found by looking at all. */
export class Hand implements Deck {
  readonly #slots: number[]

  constructor(slots: number[]) {
    this.#slots = slots
  }

  get size(): number {
    return this.#slots.length
  }

  add(slot: number): void {
    this.#slots.push(slot)
  }

  draw(index: number, rng: Rng): number {
    const chosen = index + rng.below(this.#slots.length - index)
    const drawn = this.#slots[chosen]!
    this.#slots[chosen] = this.#slots[index]!
    this.#slots[index] = drawn
    return drawn
  }
}
