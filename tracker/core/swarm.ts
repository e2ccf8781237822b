/** The members of one swarm, and decks of those near a place. Knows nothing of who should meet whom. */
import type { SwarmId } from '../../shared/ids.ts'
import type { Tier } from '../../shared/tracker-messages.ts'
import type { Membership, Peer } from './peer.ts'
import { type Place, tierOf } from './place.ts'
import { type Deck, deckOf, Roster } from './roster.ts'

/** Up to this size all members are looked at, which is cheaper than to keep rosters by prefix. */
const scannedSizeMax = 64

/** Below this size the rosters by prefix are dropped; the gap keeps a swarm at the border from rebuilding. */
const indexedSizeMin = 32

const allSlot = 0
const holdersSlot = 1
const placeKeys = ['address', 'network', 'isp', 'region', 'wide'] as const
type PlaceKey = (typeof placeKeys)[number]

const slotOf = (key: PlaceKey): number => 2 + placeKeys.indexOf(key)

export type NearTier = Exclude<Tier, 'anywhere'>

const keysOfTier: Record<NearTier, readonly PlaceKey[]> = {
  address: ['address'],
  network: ['network'],
  isp: ['isp'],
  region: ['region', 'wide'],
}

type Index = Record<PlaceKey, Map<string, Roster<Membership>>>

export class Swarm {
  readonly id: SwarmId
  /** Those that can be named: all but those that give nothing. */
  readonly #all = new Roster<Membership>(allSlot)
  #takersCount = 0
  /** Those that have a part of the file. */
  readonly #holders = new Roster<Membership>(holdersSlot)
  /** Those that lack a part and give the rest, in the order in which they came. */
  readonly #downloading = new Set<Membership>()
  #index: Index | undefined

  constructor(id: SwarmId) {
    this.id = id
  }

  get size(): number {
    return this.#all.size + this.#takersCount
  }

  add(peer: Peer): Membership {
    const member: Membership = { peer, swarm: this, have: 0, gives: true, at: [] }
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

  /** How many of the members that download and give came before this one; `countMax` stands for any more. */
  aheadOf(member: Membership, countMax: number): number {
    let count = 0
    for (const other of this.#downloading) {
      if (other === member || count === countMax) break
      count++
    }
    return count
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

  /** Members of this tier around a place, one deck for each rule of the tier; nearer ones may be among them. */
  near(place: Place, tier: NearTier): Deck<Membership>[] {
    const index = this.#index
    if (index === undefined) {
      return [deckOf(this.#all.members.filter((member) => tierOf(member.peer.place, place) === tier))]
    }
    const decks: Deck<Membership>[] = []
    for (const key of keysOfTier[tier]) {
      const value = place[key]
      const roster = value === undefined ? undefined : index[key].get(value)
      if (roster !== undefined) decks.push(roster)
    }
    return decks
  }

  #indexed(): Index {
    const index: Index = { address: new Map(), network: new Map(), isp: new Map(), region: new Map(), wide: new Map() }
    for (const member of this.#all.members) enter(index, member)
    return index
  }
}

function enter(index: Index, member: Membership): void {
  for (const key of placeKeys) {
    const value = member.peer.place[key]
    if (value === undefined) continue
    let roster = index[key].get(value)
    if (roster === undefined) {
      roster = new Roster(slotOf(key))
      index[key].set(value, roster)
    }
    roster.add(member)
  }
}

function exit(index: Index, member: Membership): void {
  for (const key of placeKeys) {
    const value = member.peer.place[key]
    if (value === undefined) continue
    const roster = index[key].get(value)!
    roster.remove(member)
    if (roster.size === 0) index[key].delete(value)
  }
}
