/**
 * Passes offers on to others of the swarm and their answers back, under the names that the seats have. What is passed on
 * stays as it was written, but for candidates that nobody is sent.
 */
import { zeroCounts } from '../../shared/counts.ts'
import type { Rng } from '../../shared/rng.ts'
import { tiers } from '../../shared/tracker-messages.ts'
import { take } from './admission.ts'
import { type BinaryId, binaryIdOf, writtenId } from './binary-id.ts'
import type { CandidateScreen } from './candidate-policy.ts'
import type { Exposure } from './exposure.ts'
import { type Introduction, Introductions } from './introductions.ts'
import type { TrackerLimits } from './limits.ts'
import { Outcomes } from './outcomes.ts'
import { tierOf } from './place.ts'
import { selectPeers } from './selection.ts'
import type { WebTorrentEffect } from './webtorrent-conduct.ts'
import type { Offer } from './webtorrent-messages.ts'
import { PendingOffers } from './webtorrent-offers.ts'
import type { Seat } from './webtorrent-seats.ts'
import { screenWritten } from './written-sdp.ts'

export interface WebTorrentRelayParts {
  limits: TrackerLimits
  rng: Rng
  candidates: CandidateScreen
  exposure: Exposure
}

export class WebTorrentRelay {
  readonly #rng: Rng
  readonly #candidates: CandidateScreen
  readonly #introductions: Introductions
  readonly #exposure: Exposure
  /** Clients of this protocol report nothing. */
  readonly #outcomes: Outcomes
  readonly #pending: PendingOffers<Seat>
  /** Offers passed on, by how near the two are. */
  readonly offered = zeroCounts(tiers)
  answered = 0

  constructor({ limits, rng, candidates, exposure }: WebTorrentRelayParts) {
    this.#rng = rng
    this.#candidates = candidates
    this.#exposure = exposure
    this.#introductions = new Introductions(limits)
    this.#outcomes = new Outcomes(limits)
    this.#pending = new PendingOffers(limits.offerLifetimeMs)
  }

  get pendingCount(): number {
    return this.#pending.count
  }

  /** Passes each offer on to another peer, the nearest first. Those that nobody is there for are dropped. */
  offer(seat: Seat, offers: readonly Offer[], want: number, now: number): WebTorrentEffect[] {
    const introductions = this.#introductions
    const exposure = this.#exposure
    const chance = { introductions, outcomes: this.#outcomes, exposure, rng: this.#rng, now }
    const head = `{"action":"announce","info_hash":"${seat.torrent.written}","peer_id":"${seat.written}","offer_id":"`
    const effects: WebTorrentEffect[] = []
    for (const [i, { peer }] of selectPeers(seat.membership, want, chance).entries()) {
      const other = peer as Seat
      // Those before it may have taken the last room.
      if (!exposure.permits(seat, other, now)) continue
      const isNew = introductions.between(seat, other, now) === undefined
      if (isNew && take(seat, 'introductions', 1, now) !== undefined) break
      const { sdp, offerId } = offers[i]!
      const id = binaryIdOf(offerId)
      if (id === undefined) continue
      const tier = tierOf(seat.place, other.place)
      const introduction = introductions.introduce(seat, other, tier, undefined, now)
      exposure.note(seat, other, now)
      const passed = this.#screened(sdp, 'offer', seat, other, introduction)
      if (passed === undefined) continue
      const text = `${head}${writtenId(id)}","offer":{"type":"offer","sdp":"${passed}"}}`
      if (!seat.balance.pays(text.length)) break
      if (!this.#pending.add({ id, caller: seat, callee: other, introduction }, now)) continue
      this.offered[tier]++
      effects.push({ type: 'send', to: other.connection.id, text })
    }
    return effects
  }

  /** Passes an answer back to who made the offer; nothing when there is none such, or no longer. */
  answer(seat: Seat, to: BinaryId, id: BinaryId, sdp: string, now: number): WebTorrentEffect | undefined {
    const { torrent } = seat
    const caller = torrent.seats.get(to)
    const introduction = caller && this.#pending.take(id, caller, seat, now)
    const passed = introduction && this.#screened(sdp, 'answer', seat, caller, introduction)
    if (passed === undefined) return undefined
    const names = `"info_hash":"${torrent.written}","peer_id":"${seat.written}","offer_id":"${writtenId(id)}"`
    const text = `{"action":"announce",${names},"answer":{"type":"answer","sdp":"${passed}"}}`
    if (!seat.balance.pays(text.length)) return undefined
    this.answered++
    return { type: 'send', to: caller!.connection.id, text }
  }

  forget(seat: Seat): void {
    this.#introductions.forget(seat)
    this.#pending.forget(seat)
  }

  expire(now: number): void {
    this.#introductions.expire(now)
    this.#pending.expire(now)
  }

  /** What of a description is passed on, as it is written; undefined for one that nobody gets. */
  #screened(sdp: string, type: 'offer' | 'answer', from: Seat, to: Seat, introduction: Introduction) {
    const { hidesOthers } = this.#candidates
    const passed = screenWritten(sdp, { keep: this.#candidates.keeper(from, to, introduction), hidesOthers })
    if (passed !== undefined) return passed === 'sections' ? undefined : passed
    const signal = { session: '', description: { type, sdp: JSON.parse(`"${sdp}"`) as string } }
    const screened = this.#candidates.screened(signal, from, to, introduction)
    return typeof screened === 'string' ? undefined : JSON.stringify(screened.description!.sdp).slice(1, -1)
  }
}
