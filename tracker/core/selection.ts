/**
 * Whom a peer is told of: the nearest, some from anywhere so that the mesh stays connected whatever the local bias
 * (random K-out graphs, K ≥ 2), few of any one network so that no crowd behind it fills an answer, and the less busy of
 * each two. The number of draws depends on the number wanted alone, never on the swarm's size.
 */
import type { Rng } from '../../shared/rng.ts'
import type { Exposure } from './exposure.ts'
import type { Introductions } from './introductions.ts'
import type { Outcomes } from './outcomes.ts'
import type { Membership } from './peer.ts'
import { isSameAddress, isSameNetwork } from './place.ts'
import type { Deck } from './roster.ts'

/** Two random links a peer connect the mesh with probability 1 − Θ(n⁻³) (Yağan and Makowski). */
const randomPicksMin = 2

/** A peer with the whole file counts as this many introductions less: preferred a little, and not run over. */
const wholeFileWorth = 4

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
  if (want === 0 || asker.swarm.size < 2) return []
  const { swarm } = asker
  const selection = new Selection(asker, want, chance)
  const randomPicks = randomPicksOf(want)
  for (const deck of swarm.near(asker.peer.place)) {
    const need = want - randomPicks - selection.picked.length
    if (need > 0) selection.take(deck, nearDraws(need), need)
  }
  const need = want - selection.picked.length
  selection.take(swarm.all, randomDraws(need), need)
  selection.fill()
  if (!selection.picked.some((member) => member.have > 0)) selection.takeHolder(swarm.holders)
  return selection.picked
}

class Selection {
  readonly picked: Membership[] = []
  /** Left out for the sake of variety: better than nobody. */
  readonly #spare: Membership[] = []
  /** Could not be reached, as several say. */
  readonly #doubted: Membership[] = []
  /** Introduced a short while ago: only when there is nobody else. */
  readonly #met: Membership[] = []
  readonly #asker: Membership
  readonly #want: number
  readonly #chance: Chance

  constructor(asker: Membership, want: number, chance: Chance) {
    this.#asker = asker
    this.#want = want
    this.#chance = chance
  }

  /** Picks up to `need`, the less busy of each two drawn; the other ones come in when the deck has no more. */
  take(deck: Deck<Membership>, drawsMax: number, need: number): void {
    const draws = Math.min(drawsMax, deck.size)
    const neededSize = this.picked.length + need
    const losers: Membership[] = []
    let first: Membership | undefined
    for (let i = 0; i < draws && this.picked.length < neededSize; i++) {
      const drawn = deck.draw(i, this.#chance.rng)
      if (!this.#isFree(drawn) || this.#isPassedOver(drawn)) continue
      if (first === undefined) {
        first = drawn
        continue
      }
      const better = lessBusy(first, drawn)
      losers.push(better === first ? drawn : first)
      this.#pick(better)
      first = undefined
    }
    if (first !== undefined) losers.unshift(first)
    for (const member of losers) {
      if (this.picked.length < neededSize) this.#pick(member)
      else this.#spare.push(member)
    }
  }

  /** Fills what is missing with those that were left out. */
  fill(): void {
    const strangers = [...this.#spare, ...this.#doubted]
    const rest = this.picked.length + strangers.length > 0 ? strangers : this.#met
    for (const member of rest) {
      if (this.picked.length >= this.#want) return
      if (!this.picked.includes(member)) this.picked.push(member)
    }
  }

  /** A peer that knows only empty ones learns nothing: one that has content takes the last place. */
  takeHolder(holders: Deck<Membership>): void {
    let holder: Membership | undefined
    for (let i = 0; i < Math.min(holderDraws, holders.size); i++) {
      const drawn = holders.draw(i, this.#chance.rng)
      if (this.#isFree(drawn)) holder = holder === undefined ? drawn : lessBusy(holder, drawn)
    }
    if (holder === undefined) return
    if (this.picked.length >= this.#want) this.picked.pop()
    this.picked.push(holder)
  }

  /** What would make the answer uniform is set aside. */
  #pick(member: Membership): void {
    // Of a large deck one may be drawn twice.
    if (this.picked.includes(member)) return
    if (this.#isVaried(member)) this.picked.push(member)
    else this.#spare.push(member)
  }

  #isFree(member: Membership): boolean {
    const { introductions, exposure, now } = this.#chance
    if (member === this.#asker || this.picked.includes(member) || !introductions.hasRoom(member.peer, this.#asker.peer))
      return false
    if (!exposure.permits(this.#asker.peer, member.peer, now)) return false
    const introduction = introductions.between(this.#asker.peer, member.peer, now)
    if (introduction === undefined) return true
    if (introductions.mayCallAgain(introduction, this.#asker.peer, now)) this.#met.push(member)
    return false
  }

  /** Never for good: blame is cheap, and whoever it falls on keeps a part of its calls. */
  #isPassedOver(member: Membership): boolean {
    const { outcomes, rng, now } = this.#chance
    if (!outcomes.isDoubted(this.#asker.peer, member.peer, now) || rng.below(doubtedOnceIn) === 0) return false
    this.#doubted.push(member)
    return true
  }

  /** At most half of an answer is of one network, and at most a quarter of one address that is not the asker's own. */
  #isVaried(member: Membership): boolean {
    const { place } = member.peer
    const half = Math.ceil(this.#want / 2)
    const ofAddressMax = isSameAddress(place, this.#asker.peer.place) ? half : Math.ceil(this.#want / 4)
    let ofAddress = 0
    let ofNetwork = 0
    for (const { peer } of this.picked) {
      if (!isSameNetwork(peer.place, place)) continue
      ofNetwork++
      if (isSameAddress(peer.place, place)) ofAddress++
    }
    return ofNetwork < half && ofAddress < ofAddressMax
  }
}

/** Choosing between two keeps the busiest from becoming much busier than the rest. */
function lessBusy(a: Membership, b: Membership): Membership {
  return busyness(b) < busyness(a) ? b : a
}

const busyness = (member: Membership): number => member.peer.introductionCount - wholeFileWorth * member.have
