/**
 * The members of one swarm that can be named, each in a slot, and in columns beside it what is read when chance falls on
 * one: a look at a member itself is a cache miss for each thing of it that is looked at, and most of those drawn are not
 * taken. Knows nothing of who should meet whom.
 */
import { introductionCountOf, type Membership } from './peer.ts'

/** A peer with the whole file counts as this many introductions less: preferred a little, and not run over. */
const wholeFileWorth = 4

/** Of a member that is in no table, and of what is drawn where there is nobody. */
export const noSlot = -1

/** A table of so many slots of which so few are taken is made anew, smaller: a crowd that has gone is not remembered. */
const sparseSizeMin = 1_024
const sparseShare = 1 / 4

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

  get isSparse(): boolean {
    const { length } = this.#members
    return length >= sparseSizeMin && length - this.#free.length < length * sparseShare
  }

  enter(member: Membership): void {
    const slot = this.#free.pop() ?? this.#members.length
    this.#members[slot] = member
    const row = slot * this.#listCount
    for (let list = 0; list < this.#listCount; list++) this.#positions[row + list] = noSlot
    member.slot = slot
    this.rate(member)
  }

  exit(member: Membership): void {
    this.#members[member.slot] = undefined
    this.#free.push(member.slot)
    member.slot = noSlot
  }

  memberAt(slot: number): Membership {
    return this.#members[slot]!
  }

  /** Something of what makes a member busy has changed. One that gives nothing is in no table. */
  rate(member: Membership): void {
    if (member.slot === noSlot) return
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
