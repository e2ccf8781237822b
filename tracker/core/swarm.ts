/** The members of one swarm, and decks of those near a place. Knows nothing of who should meet whom. */
import type { SwarmId } from '../../shared/ids.ts'
import { Arrivals } from './arrivals.ts'
import type { Membership, Peer } from './peer.ts'
import { type Place, type Ring, ringOf, rings } from './place.ts'
import { type Deck, deckOf, Roster } from './roster.ts'

/** Up to this size all members are looked at, which is cheaper than to keep rosters by prefix. */
const scannedSizeMax = 64

/** Below this size the rosters by prefix are dropped; the gap keeps a swarm at the border from rebuilding. */
const indexedSizeMin = 32

const allSlot = 0
const holdersSlot = 1
const slotOfRing = Object.fromEntries(rings.map((ring, i) => [ring, 2 + i])) as Readonly<Record<Ring, number>>

/** In no roster: an array of its full length from the beginning never moves, and wastes nothing. */
const nowhereYet: readonly number[] = Array.from({ length: 2 + rings.length }, () => -1)

/** Who is alone in its ring, which most are in the near ones, needs no roster. */
type Neighbours = Membership | Roster<Membership>

type Index = Record<Ring, Map<string, Neighbours>>

export class Swarm {
  readonly id: SwarmId
  /** Whose members may meet each other: see place.ts. */
  readonly scope: string
  /** Those that can be named: all but those that give nothing. */
  readonly #all = new Roster<Membership>(allSlot)
  #takersCount = 0
  /** Those that have a part of the file. */
  readonly #holders = new Roster<Membership>(holdersSlot)
  /** Those that lack a part and give the rest. */
  readonly #downloading = new Arrivals()
  #index: Index | undefined

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
      have: 0,
      gives: true,
      aheadElsewhere: undefined,
      at: [...nowhereYet],
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
    this.#all.add(member)
    this.#downloading.add(member)
    if (this.#index !== undefined) enter(this.#index, member)
    else if (this.#all.size > scannedSizeMax) this.#index = this.#indexed()
  }

  #exit(member: Membership): void {
    this.#setHave(member, 0)
    this.#downloading.delete(member)
    this.#all.remove(member)
    if (this.#index === undefined) return
    if (this.#all.size < indexedSizeMin) this.#index = undefined
    else exit(this.#index, member)
  }

  #setGives(member: Membership, gives: boolean): void {
    member.gives = gives
    this.#takersCount += gives ? -1 : 1
    if (gives) this.#enter(member)
    else this.#exit(member)
  }

  #setHave(member: Membership, have: number): void {
    if (member.have === 0 && have > 0) this.#holders.add(member)
    else if (member.have > 0 && have === 0) this.#holders.remove(member)
    member.have = have
    if (have < 1) this.#downloading.add(member)
    else this.#downloading.delete(member)
  }

  /** Whether members who can be named are at so many different addresses: one person can play many peers. */
  hasAddresses(countMin: number, elsewhere: () => readonly string[] = () => []): boolean {
    if (countMin === 0) return true
    const addresses = new Set<string>()
    for (const { peer } of this.#all.members) {
      addresses.add(peer.place.address)
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

  get all(): Deck<Membership> {
    return this.#all
  }

  get holders(): Deck<Membership> {
    return this.#holders
  }

  /** Members around a place, nearest first: a deck for each ring, which may have those of nearer ones among them. */
  near(place: Place): Deck<Membership>[] {
    const index = this.#index
    if (index === undefined) return this.#scanned(place)
    const decks: Deck<Membership>[] = []
    for (const ring of rings) {
      const key = place[ring]
      const neighbours = key === undefined ? undefined : index[ring].get(key)
      if (neighbours !== undefined) decks.push(neighbours instanceof Roster ? neighbours : deckOf([neighbours]))
    }
    return decks
  }

  #scanned(place: Place): Deck<Membership>[] {
    const found: Partial<Record<Ring, Membership[]>> = {}
    for (const member of this.#all.members) {
      const ring = ringOf(member.peer.place, place)
      if (ring === undefined) continue
      const members = found[ring]
      if (members === undefined) found[ring] = [member]
      else members.push(member)
    }
    return rings.flatMap((ring) => (found[ring] === undefined ? [] : [deckOf(found[ring])]))
  }

  #indexed(): Index {
    const index = Object.fromEntries(rings.map((ring) => [ring, new Map<string, Neighbours>()])) as Index
    for (const member of this.#all.members) enter(index, member)
    return index
  }
}

function enter(index: Index, member: Membership): void {
  for (const ring of rings) {
    const key = member.peer.place[ring]
    if (key === undefined) continue
    const neighbours = index[ring].get(key)
    if (neighbours === undefined) {
      index[ring].set(key, member)
    } else if (neighbours instanceof Roster) {
      neighbours.add(member)
    } else {
      const roster = new Roster<Membership>(slotOfRing[ring])
      roster.add(neighbours)
      roster.add(member)
      index[ring].set(key, roster)
    }
  }
}

function exit(index: Index, member: Membership): void {
  for (const ring of rings) {
    const key = member.peer.place[ring]
    if (key === undefined) continue
    const neighbours = index[ring].get(key)!
    if (neighbours instanceof Roster) neighbours.remove(member)
    if (neighbours === member || (neighbours instanceof Roster && neighbours.size === 0)) index[ring].delete(key)
  }
}
