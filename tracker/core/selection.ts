/**
 * Whom a peer is told of: the nearest, some from anywhere so that the mesh stays connected whatever the local bias
 * (random K-out graphs, K ≥ 2), few of any one network so that no crowd behind it fills an answer, and the less busy of
 * each two. The number of draws depends on the number wanted alone, never on the swarm's size.
 */
import type { Rng } from '../../shared/rng.ts'
import type { Exposure } from './exposure.ts'
import type { Introductions } from './introductions.ts'
import { noSlot } from './member-table.ts'
import type { Outcomes } from './outcomes.ts'
import type { Membership } from './peer.ts'
import { isSameAddress, isSameNetwork } from './place.ts'
import type { Deck } from './roster.ts'

/** Two random links a peer connect the mesh with probability 1 − Θ(n⁻³) (Yağan and Makowski). */
const randomPicksMin = 2

/** The most draws: two for each choice, and some for those that cannot be picked. */
const nearDraws = (need: number): number => 2 * need + 4

/**
 * More, because a crowd of one network may be most of the swarm and only a few of it are taken: where it is four fifths,
 * 48 draws for four places miss all but one of the others three times in 10,000.
 */
const randomDraws = (need: number): number => 8 * need + 16

const holderDraws = 8

/** Of the times when chance falls on a peer that several could not reach, so many in all are one at which it is named. */
const doubtedOnceIn = 4

export interface Chance {
  readonly introductions: Introductions
  readonly outcomes: Outcomes
  readonly exposure: Exposure
  readonly rng: Rng
  readonly now: number
}

/** Of an answer, so many are drawn from all. */
export const randomPicksOf = (want: number): number => Math.min(want, Math.max(randomPicksMin, Math.ceil(want / 4)))

/** @returns at most `want` members of the asker's swarm, without the asker, none twice */
export function selectPeers(asker: Membership, want: number, chance: Chance): Membership[] {
  const { swarm } = asker
  if (want === 0 || swarm.size < 2) return []
  const selection = new Selection(asker, want, chance)
  const nearPicks = want - randomPicksOf(want)
  for (const deck of swarm.near(asker.peer.place)) {
    const need = nearPicks - selection.size
    if (need > 0) selection.take(deck, nearDraws(need), need)
  }
  const need = want - selection.size
  selection.take(swarm.all, randomDraws(need), need)
  selection.fill()
  selection.takeHolder()
  return selection.members
}

class Selection {
  readonly #picked: number[] = []
  /** Left out for the sake of variety, or the busier of two: better than nobody. */
  readonly #spare: number[] = []
  /** Could not be reached, as several say. */
  readonly #doubted: number[] = []
  /** Introduced a short while ago: only when there is nobody else. */
  readonly #met: number[] = []
  readonly #asker: Membership
  readonly #want: number
  readonly #chance: Chance

  constructor(asker: Membership, want: number, chance: Chance) {
    this.#asker = asker
    this.#want = want
    this.#chance = chance
  }

  get size(): number {
    return this.#picked.length
  }

  get members(): Membership[] {
    return this.#picked.map((slot) => this.#asker.swarm.memberAt(slot))
  }

  /**
   * Picks up to `need`, the less busy of each two drawn; the other ones come in when the deck has no more. Only who would
   * be picked is looked at closely.
   */
  take(deck: Deck, drawsMax: number, need: number): void {
    const { swarm } = this.#asker
    const draws = Math.min(drawsMax, deck.size)
    const neededSize = this.size + need
    const losers: number[] = []
    let first = noSlot
    for (let i = 0; i < draws && this.size < neededSize; i++) {
      const drawn = deck.draw(i, this.#chance.rng)
      if (drawn === first || drawn === this.#asker.slot || this.#picked.includes(drawn)) continue
      if (first === noSlot) {
        first = drawn
        continue
      }
      const better = swarm.lessBusy(first, drawn)
      const loser = better === first ? drawn : first
      if (this.#pick(better)) {
        losers.push(loser)
        first = noSlot
      } else {
        first = loser
      }
    }
    if (first !== noSlot) losers.unshift(first)
    for (const slot of losers) {
      if (this.size < neededSize) this.#pick(slot)
      else this.#spare.push(slot)
    }
  }

  /** Fills what is missing with those that were left out. */
  fill(): void {
    for (const slot of this.#spare) if (this.size < this.#want && this.#isOpen(slot)) this.#add(slot)
    for (const slot of this.#doubted) this.#add(slot)
    if (this.size > 0) return
    for (const slot of this.#met) this.#add(slot)
  }

  /** A peer that knows only empty ones learns nothing: one that has content takes the last place. */
  takeHolder(): void {
    const { swarm } = this.#asker
    if (this.#picked.some((slot) => swarm.memberAt(slot).have > 0)) return
    const { holders } = swarm
    let holder = noSlot
    for (let i = 0; i < Math.min(holderDraws, holders.size); i++) {
      const drawn = holders.draw(i, this.#chance.rng)
      if (this.#isFree(drawn)) holder = holder === noSlot ? drawn : swarm.lessBusy(holder, drawn)
    }
    if (holder === noSlot) return
    if (this.size >= this.#want) this.#picked.pop()
    this.#picked.push(holder)
  }

  #add(slot: number): void {
    if (this.size < this.#want && !this.#picked.includes(slot)) this.#picked.push(slot)
  }

  /** @returns whether it was picked: who cannot be is left out, and what would make the answer uniform is set aside */
  #pick(slot: number): boolean {
    // Of a large deck one may be drawn twice.
    if (this.#picked.includes(slot) || !this.#isOpen(slot)) return false
    if (!this.#isVaried(slot)) {
      this.#spare.push(slot)
      return false
    }
    this.#picked.push(slot)
    return true
  }

  #isOpen(slot: number): boolean {
    return this.#isFree(slot) && !this.#isPassedOver(slot)
  }

  #isFree(slot: number): boolean {
    const { introductions, exposure, now } = this.#chance
    const { peer: asker } = this.#asker
    if (slot === this.#asker.slot) return false
    const { peer } = this.#asker.swarm.memberAt(slot)
    if (!introductions.hasRoom(peer, asker) || !exposure.permits(asker, peer, now)) return false
    const introduction = introductions.between(asker, peer, now)
    if (introduction === undefined) return true
    if (introductions.mayCallAgain(introduction, asker, now)) this.#met.push(slot)
    return false
  }

  /** Never for good: blame is cheap, and whoever it falls on keeps a part of its calls. */
  #isPassedOver(slot: number): boolean {
    const { outcomes, rng, now } = this.#chance
    const { peer } = this.#asker.swarm.memberAt(slot)
    if (!outcomes.isDoubted(this.#asker.peer, peer, now) || rng.below(doubtedOnceIn) === 0) return false
    this.#doubted.push(slot)
    return true
  }

  /** At most half of an answer is of one network, and at most a quarter of one address that is not the asker's own. */
  #isVaried(slot: number): boolean {
    const { swarm, peer: asker } = this.#asker
    const { place } = swarm.memberAt(slot).peer
    const half = Math.ceil(this.#want / 2)
    const ofAddressMax = isSameAddress(place, asker.place) ? half : Math.ceil(this.#want / 4)
    let ofAddress = 0
    let ofNetwork = 0
    for (const picked of this.#picked) {
      const other = swarm.memberAt(picked).peer.place
      if (!isSameNetwork(other, place)) continue
      ofNetwork++
      if (isSameAddress(other, place)) ofAddress++
    }
    return ofNetwork < half && ofAddress < ofAddressMax
  }
}
