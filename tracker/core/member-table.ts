/**
 * The members of one swarm that can be named, each in a slot, and in columns beside it what is read when chance falls on
 * one: a look at a member itself is a cache miss for each thing of it that is looked at, and most of those drawn are not
 * taken. Knows nothing of who should meet whom.
 */
import { introductionCountOf, type Membership } from './peer.ts'

/** A peer with the whole file counts as this many introductions less: preferred a little, and not run over. */
const wholeFileWorth = 4

/** In no list. */
const nowhere = -1

export class MemberTable {
  /** Lists in which a member can be. */
  readonly #listCount: number
  readonly #members: (Membership | undefined)[] = []
  readonly #busyness: number[] = []
  /** A row for each slot: where its member is in each list. */
  readonly #positions: number[] = []
  readonly #free: number[] = []

  constructor(listCount: number) {
    this.#listCount = listCount
  }

  get size(): number {
    return this.#members.length - this.#free.length
  }

  enter(member: Membership): void {
    const slot = this.#free.pop() ?? this.#members.length
    this.#members[slot] = member
    const row = slot * this.#listCount
    for (let list = 0; list < this.#listCount; list++) this.#positions[row + list] = nowhere
    member.slot = slot
    this.rate(member)
  }

  exit(member: Membership): void {
    this.#members[member.slot] = undefined
    this.#free.push(member.slot)
    member.slot = nowhere
  }

  memberAt(slot: number): Membership {
    return this.#members[slot]!
  }

  /** Something of what makes a member busy has changed. */
  rate(member: Membership): void {
    this.#busyness[member.slot] = introductionCountOf(member.peer) - wholeFileWorth * member.have
  }

  busynessAt(slot: number): number {
    return this.#busyness[slot]!
  }

  positionIn(list: number, slot: number): number {
    return this.#positions[slot * this.#listCount + list]!
  }

  put(list: number, slot: number, position: number): void {
    this.#positions[slot * this.#listCount + list] = position
  }
}
