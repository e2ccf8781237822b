/** The members of one swarm, and decks of those near a place. Knows nothing of who should meet whom. */
import type { SwarmId } from '../../shared/ids.ts'
import { Arrivals } from './arrivals.ts'
import { MemberTable, noSlot } from './member-table.ts'
import type { Membership, Peer } from './peer.ts'
import { type Place, type Ring, ringOf, rings } from './place.ts'
import { RingIndex } from './ring-index.ts'
import { type Deck, Hand, Roster } from './roster.ts'

/** Up to this size all members are looked at, which is cheaper than to keep rosters by prefix. */
const scannedSizeMax = 64

/** Below this size the rosters by prefix are dropped; the gap keeps a swarm at the border from rebuilding. */
const indexedSizeMin = 32

/** Lists that a member can be in. */
const allList = 0
const holdersList = 1
const firstRingList = 2
const listCount = firstRingList + rings.length

export class Swarm {
  readonly id: SwarmId
  /** Whose members may meet each other: see place.ts. */
  readonly scope: string
  /** Those that can be named: all but those that give nothing. */
  #table = new MemberTable(listCount)
  #all = new Roster(this.#table, allList)
  #takersCount = 0
  /** Those that have a part of the file. */
  #holders = new Roster(this.#table, holdersList)
  /** Those that lack a part and give the rest. */
  readonly #downloading = new Arrivals()
  #index: RingIndex | undefined

  constructor(id: SwarmId, scope: string) {
    this.id = id
    this.scope = scope
  }

  get size(): number {
    return this.#all.size + this.#takersCount
  }

  /** Those that lack a part and give the rest. */
  get downloadingCount(): number {
    return this.#downloading.size
  }

  add(peer: Peer): Membership {
    const member: Membership = {
      peer,
      swarm: this,
      older: undefined,
      have: 0,
      gives: true,
      aheadElsewhere: undefined,
      arrival: undefined,
      slot: noSlot,
    }
    this.#enter(member)
    return member
  }

  /** A member says how much of the file it has, and whether it gives any of it. */
  update(member: Membership, have: number, gives: boolean): void {
    if (gives !== member.gives) this.#setGives(member, gives)
    if (gives) this.#setHave(member, have)
  }

  #enter(member: Membership): void {
    this.#table.enter(member)
    this.#all.add(member.slot)
    this.#downloading.add(member)
    if (this.#index !== undefined) this.#index.enter(member.slot, member.peer.place)
    else if (this.#all.size > scannedSizeMax) this.#index = this.#indexed()
  }

  #exit(member: Membership): void {
    this.#setHave(member, 0)
    this.#downloading.delete(member)
    this.#all.remove(member.slot)
    if (this.#all.size < indexedSizeMin) this.#index = undefined
    else this.#index?.exit(member.slot, member.peer.place)
    this.#table.exit(member)
    if (this.#table.isSparse) this.#pack()
  }

  #pack(): void {
    const members = this.#all.slots.map((slot) => this.memberAt(slot))
    this.#table = new MemberTable(listCount)
    this.#all = new Roster(this.#table, allList)
    this.#holders = new Roster(this.#table, holdersList)
    for (const member of members) {
      this.#table.enter(member)
      this.#all.add(member.slot)
      if (member.have > 0) this.#holders.add(member.slot)
    }
    this.#index = this.#index && this.#indexed()
  }

  #setGives(member: Membership, gives: boolean): void {
    member.gives = gives
    this.#takersCount += gives ? -1 : 1
    if (gives) this.#enter(member)
    else this.#exit(member)
  }

  #setHave(member: Membership, have: number): void {
    const isHolder = have > 0
    if (isHolder !== member.have > 0) {
      if (isHolder) this.#holders.add(member.slot)
      else this.#holders.remove(member.slot)
    }
    member.have = have
    this.#table.rate(member)
    if (have < 1) this.#downloading.add(member)
    else this.#downloading.delete(member)
  }

  /** A member was introduced to somebody, or an introduction of it is over. */
  rate(member: Membership): void {
    this.#table.rate(member)
  }

  /** The one to name of two: choosing so keeps the busiest from becoming much busier than the rest. */
  lessBusy(slot: number, other: number): number {
    return this.#table.busynessAt(other) < this.#table.busynessAt(slot) ? other : slot
  }

  memberAt(slot: number): Membership {
    return this.#table.memberAt(slot)
  }

  /**
   * Whether members who can be named are at so many different addresses: one person can play many peers.
   * @param elsewhere subscribers (place.ts) of some that are at other trackers
   */
  hasAddresses(countMin: number, elsewhere: () => readonly string[] = () => []): boolean {
    if (countMin === 0) return true
    const addresses = new Set<string>()
    for (const slot of this.#all.slots) {
      addresses.add(this.memberAt(slot).peer.subscriber)
      if (addresses.size >= countMin) return true
    }
    for (const address of elsewhere()) addresses.add(address)
    return addresses.size >= countMin
  }

  /** How many of the members that download and give came before this one; `countMax` stands for any more. */
  aheadOf(member: Membership, countMax: number): number {
    return this.#downloading.aheadOf(member, countMax)
  }

  remove(member: Membership): void {
    if (member.gives) this.#exit(member)
    else this.#takersCount--
  }

  get all(): Deck {
    return this.#all
  }

  get holders(): Deck {
    return this.#holders
  }

  /** Members around a place, nearest first: a deck for each ring, which may have those of nearer ones among them. */
  near(place: Place): Deck[] {
    return this.#index?.near(place) ?? this.#scanned(place)
  }

  #scanned(place: Place): Deck[] {
    const found: Partial<Record<Ring, Hand>> = {}
    for (const slot of this.#all.slots) {
      const ring = ringOf(this.memberAt(slot).peer.place, place)
      if (ring === undefined) continue
      const hand = found[ring]
      if (hand === undefined) found[ring] = new Hand([slot])
      else hand.add(slot)
    }
    return rings.flatMap((ring) => found[ring] ?? [])
  }

  #indexed(): RingIndex {
    const index = new RingIndex(this.#table, firstRingList)
    for (const slot of this.#all.slots) index.enter(slot, this.memberAt(slot).peer.place)
    return index
  }
}
