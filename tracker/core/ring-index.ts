/** Members of one swarm by where they are: for each ring of neighbours (place.ts) a roster. Knows slots, not members. */
import type { MemberTable } from './member-table.ts'
import { type Place, type Ring, type RingKey, ringKey, rings } from './place.ts'
import { type Deck, Hand, Roster } from './roster.ts'

/** Who is alone in its ring, which most are in the near ones, needs no roster. */
type Neighbours = number | Roster

export class RingIndex {
  readonly #table: MemberTable
  readonly #rings: readonly RingRosters[]

  /** @param firstList of a member's lists the one of the nearest ring; those of the others follow */
  constructor(table: MemberTable, firstList: number) {
    this.#table = table
    this.#rings = rings.map((ring, i) => ({ ring, list: firstList + i, byKey: new Map<RingKey, Neighbours>() }))
  }

  enter(slot: number, place: Place): void {
    for (const { ring, list, byKey } of this.#rings) {
      const key = ringKey(place, ring)
      if (key === undefined) continue
      const neighbours = byKey.get(key)
      if (neighbours === undefined) {
        byKey.set(key, slot)
      } else if (typeof neighbours === 'number') {
        const roster = new Roster(this.#table, list)
        roster.add(neighbours)
        roster.add(slot)
        byKey.set(key, roster)
      } else {
        neighbours.add(slot)
      }
    }
  }

  exit(slot: number, place: Place): void {
    for (const { ring, byKey } of this.#rings) {
      const key = ringKey(place, ring)
      if (key === undefined) continue
      const neighbours = byKey.get(key)!
      if (typeof neighbours !== 'number') neighbours.remove(slot)
      if (typeof neighbours === 'number' || neighbours.size === 0) byKey.delete(key)
    }
  }

  /** A deck for each ring around a place, nearest first. */
  near(place: Place): Deck[] {
    const decks: Deck[] = []
    for (const { ring, byKey } of this.#rings) {
      const key = ringKey(place, ring)
      const neighbours = key === undefined ? undefined : byKey.get(key)
      if (neighbours !== undefined) decks.push(typeof neighbours === 'number' ? new Hand([neighbours]) : neighbours)
    }
    return decks
  }
}

interface RingRosters {
  readonly ring: Ring
  readonly list: number
  readonly byKey: Map<RingKey, Neighbours>
}
