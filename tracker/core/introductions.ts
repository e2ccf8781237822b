/**
 * Which two peers may signal each other, until when and how much. One introduction stands for both directions. They
 * all live equally long, so one list in order of age serves their expiry.
 */
import type { Signal, Tier } from '../../shared/tracker-messages.ts'
import { type CandidateSide, regainedSide } from './candidate-policy.ts'
import type { TrackerLimits } from './limits.ts'
import { introductionCountOf, type Peer } from './peer.ts'

export interface Introduction {
  /** The one that was told of the other, and calls. */
  readonly caller: Peer
  readonly callee: Peer
  readonly tier: Tier
  readonly startedMs: number
  /** With which each may complain about the other, where complaints are heard. */
  readonly ticket: string | undefined
  /** Whether each has said what came of it. */
  hasCallerSaid: boolean
  hasCalleeSaid: boolean
  signalsLeft: number
  bytesLeft: number
  /** What each may still name, once one has named any. */
  candidates: Map<Peer, CandidateSide> | undefined
  older: Introduction | undefined
  newer: Introduction | undefined
}

/** After this long without a link the called side may be sent the other way; sooner, both would call at once. */
const callBackAfterMs = 10_000

/** Of a peer's introductions, those with one network that is not its own. */
const networkShareMax = 1 / 4

/** More than one answer can add, so that the list drains, and few enough that no message waits for it. */
const expiredPerCallMax = 64

export class Introductions {
  readonly #limits: TrackerLimits
  #oldest: Introduction | undefined
  #newest: Introduction | undefined
  #openCount = 0

  constructor(limits: TrackerLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#openCount
  }

  /** The introduction of these two that still holds. */
  between(a: Peer, b: Peer, now: number): Introduction | undefined {
    const introduction = a.introductions?.get(b)
    if (introduction === undefined || this.#isOver(introduction, now)) return undefined
    // Of one of them more may be known by now, such as that the two must not meet.
    return a.place.scope === b.place.scope ? introduction : undefined
  }

  /** Whether two peers that were introduced can be again, with `caller` calling: the first call may have been lost. */
  mayCallAgain(introduction: Introduction, caller: Peer, now: number): boolean {
    return introduction.caller === caller || now - introduction.startedMs >= callBackAfterMs
  }

  /** Whether `peer` may be named to `asker`: nobody's places are all taken by one network that is not its own. */
  hasRoom(peer: Peer, asker: Peer): boolean {
    const countMax = this.#limits.introductionsPerPeerMax
    const count = introductionCountOf(peer)
    if (count < countMax * networkShareMax) return true
    if (count >= countMax) return false
    const { network } = asker.place
    return network === peer.place.network || (peer.introducedNetworks?.get(network) ?? 0) < countMax * networkShareMax
  }

  #enter(peer: Peer, other: Peer, introduction: Introduction): void {
    peer.introductions ??= new Map()
    peer.introductions.set(other, introduction)
    this.#count(peer, other, 1)
  }

  #exit(peer: Peer, other: Peer): void {
    peer.introductions!.delete(other)
    if (peer.introductions!.size === 0) peer.introductions = undefined
    this.#count(peer, other, -1)
  }

  /** Counts a peer's introductions by network while there are so many that a network could have too many of them. */
  #count(peer: Peer, other: Peer, by: 1 | -1): void {
    const { introducedNetworks } = peer
    const count = introductionCountOf(peer)
    for (let one = peer.newest; one !== undefined; one = one.older) one.swarm.rate(one)
    const needed = this.#limits.introductionsPerPeerMax * networkShareMax
    if (introducedNetworks !== undefined) {
      if (count < needed / 2) peer.introducedNetworks = undefined
      else add(introducedNetworks, other, by)
    } else if (count >= needed) {
      const counts = new Map<string, number>()
      for (const partner of peer.introductions!.keys()) add(counts, partner, 1)
      peer.introducedNetworks = counts
    }
  }

  /** Begins a new introduction. One that still holds gives up its place, and hands on what it has left to spend. */
  introduce(caller: Peer, callee: Peer, tier: Tier, ticket: string | undefined, now: number): Introduction {
    const limits = this.#limits
    const former = caller.introductions?.get(callee)
    if (former !== undefined) this.#remove(former)
    // Asking again and again must not buy more than waiting would.
    const share = former === undefined ? 1 : (now - former.startedMs) / limits.introductionLifetimeMs
    const left = (max: number, formerLeft = 0): number => Math.min(max, formerLeft + Math.floor(max * share))
    const introduction: Introduction = {
      caller,
      callee,
      tier,
      startedMs: now,
      ticket,
      hasCallerSaid: false,
      hasCalleeSaid: false,
      signalsLeft: left(limits.signalsPerIntroductionMax, former?.signalsLeft),
      bytesLeft: left(limits.signalBytesPerIntroductionMax, former?.bytesLeft),
      candidates: former?.candidates && regainedSides(former.candidates, share),
      older: this.#newest,
      newer: undefined,
    }
    if (this.#newest !== undefined) this.#newest.newer = introduction
    else this.#oldest = introduction
    this.#newest = introduction
    this.#openCount++
    this.#enter(caller, callee, introduction)
    this.#enter(callee, caller, introduction)
    return introduction
  }

  /** Pays for one signal. @returns false when the introduction has not enough left */
  spend(introduction: Introduction, signal: Signal): boolean {
    const bytes = signalBytes(signal)
    if (introduction.signalsLeft < 1 || introduction.bytesLeft < bytes) return false
    introduction.signalsLeft -= 1
    introduction.bytesLeft -= bytes
    return true
  }

  /** Ends all introductions of a peer that is gone. */
  forget(peer: Peer): void {
    for (const introduction of peer.introductions?.values() ?? []) this.#remove(introduction)
  }

  expire(now: number): void {
    for (let i = 0; i < expiredPerCallMax; i++) {
      if (this.#oldest === undefined || !this.#isOver(this.#oldest, now)) return
      this.#remove(this.#oldest)
    }
  }

  #isOver(introduction: Introduction, now: number): boolean {
    return now - introduction.startedMs >= this.#limits.introductionLifetimeMs
  }

  #remove(introduction: Introduction): void {
    const { caller, callee, older, newer } = introduction
    this.#exit(caller, callee)
    this.#exit(callee, caller)
    if (older !== undefined) older.newer = newer
    else this.#oldest = newer
    if (newer !== undefined) newer.older = older
    else this.#newest = older
    this.#openCount--
  }
}

function add(counts: Map<string, number>, { place: { network } }: Peer, by: 1 | -1): void {
  const after = (counts.get(network) ?? 0) + by
  if (after > 0) counts.set(network, after)
  else counts.delete(network)
}

function regainedSides(sides: ReadonlyMap<Peer, CandidateSide>, share: number): Map<Peer, CandidateSide> {
  return new Map([...sides].map(([peer, side]) => [peer, regainedSide(side, share)]))
}

/** Texts are nearly all ASCII, and the frame's own limit bounds the rest. */
function signalBytes(signal: Signal): number {
  let bytes = signal.description?.sdp.length ?? 0
  for (const { candidate } of signal.candidates ?? []) bytes += candidate.length
  return bytes
}
