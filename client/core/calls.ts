/**
 * Calls: whom to call and when, whose call to take, and the signals between until a link is open. Knows nothing of what
 * links carry.
 */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { signalCandidatesMax } from '../../shared/limits.ts'
import { type Signal, type Tier, tiers } from '../../shared/tracker-messages.ts'
import { type Core, earlier } from './core.ts'
import { Remote } from './remote.ts'
import { answeringCountMax, candidateCountMax, dialingCountMax, incomingShareMax, signalHoldMs } from './settings.ts'
import type { Shunned } from './shunned.ts'
import type { Swarm } from './swarm.ts'
import type { TrackerSession } from './tracker-session.ts'
import { leastUseful } from './usefulness.ts'

export interface CallsListener {
  /** There is a link to the peer already: it carries this swarm too. */
  carry(remote: Remote, swarm: Swarm): void
  /** A link gives its place to another one. */
  makeRoom(remote: Remote, now: number): void
  /** A call comes in from a peer that there is a link to: that one is lost. */
  replace(remote: Remote): void
  /** A call of this side comes to nothing. */
  giveUp(remote: Remote, shunMs: number, now: number): void
}

interface Candidate {
  id: PeerId
  tier: Tier
  swarm: SwarmId
}

export interface CallsParts {
  core: Core
  session: TrackerSession
  shunned: Shunned
}

/** A peer that is busy is called again after this long: others were first, and that passes. */
const busyMs = 5_000

export class Calls {
  readonly #core: Core
  readonly #session: TrackerSession
  readonly #shunned: Shunned
  readonly #listener: CallsListener
  /** Introduced and not yet called. */
  #candidates: Candidate[] = []

  constructor({ core, session, shunned }: CallsParts, listener: CallsListener) {
    this.#core = core
    this.#session = session
    this.#shunned = shunned
    this.#listener = listener
  }

  /** The tracker named peers to call. */
  introduced(swarm: Swarm, peers: readonly { id: PeerId; tier: Tier }[], now: number): void {
    for (const { id, tier } of peers) {
      if (this.#isLinked(id, swarm)) continue
      if (id === this.#session.ownId || this.#shunned.has(id, now)) continue
      if (this.#candidates.length >= candidateCountMax) this.#candidates.shift()
      this.#candidates.push({ id, tier, swarm: swarm.id })
    }
    this.next(now)
  }

  /** @returns whether there is a link to the peer, which then carries the swarm too */
  #isLinked(id: PeerId, swarm: Swarm): boolean {
    const remote = this.#core.remotes.get(id)
    if (!remote) return false
    remote.introducedIn.add(swarm.id)
    if (remote.state === 'open') this.#listener.carry(remote, swarm)
    return true
  }

  /** Calls as many as may be called now. */
  next(now: number): void {
    while (this.#openingCount(true) < dialingCountMax) {
      const next = this.#nextCandidate()
      if (!next) return
      const swarm = this.#core.swarms.get(next.swarm)
      if (!swarm || this.#shunned.has(next.id, now)) continue
      if (this.#isLinked(next.id, swarm)) continue
      if (!this.#hasRoom(next.tier, now)) return void this.#candidates.push(next)
      const session = this.#core.rng.uint32().toString(36)
      const remote = new Remote({ id: next.id, tier: next.tier, initiator: true, session, now })
      remote.introducedIn.add(next.swarm)
      this.#core.remotes.set(next.id, remote)
      this.#core.emit({ type: 'dial', peer: next.id, initiator: true })
    }
  }

  /** The one named first, or, when that would cost another link its place, the nearest. */
  #nextCandidate(): Candidate | undefined {
    if (this.#core.remotes.size < this.#core.settings.linkCountMax) return this.#candidates.shift()
    const nearest = this.#candidates.toSorted((a, b) => tiers.indexOf(a.tier) - tiers.indexOf(b.tier))[0]
    this.#candidates = this.#candidates.filter((candidate) => candidate !== nearest)
    return nearest
  }

  #openingCount(isOwn: boolean): number {
    let count = 0
    for (const { state, initiator } of this.#core.remotes.values()) if (state !== 'open' && initiator === isOwn) count++
    return count
  }

  /** Whether there is a place for one more link; if need be, one that is of no use is given up for it. */
  #hasRoom(tier: Tier, now: number): boolean {
    if (this.#core.remotes.size < this.#core.settings.linkCountMax) return true
    const useless = leastUseful(this.#core, tier, now)
    if (useless) this.#listener.makeRoom(useless, now)
    return useless !== undefined
  }

  /** A step of a negotiation came through the tracker. */
  signalled(from: PeerId, tier: Tier, signal: Signal, now: number): void {
    let remote = this.#core.remotes.get(from)
    if (signal.description?.type === 'offer' && signal.session !== remote?.session) {
      remote = this.#take(remote, from, tier, signal.session, now)
    }
    if (!remote || remote.session !== signal.session) return
    if (signal.busy) {
      if (remote.state === 'dialing') this.#listener.giveUp(remote, busyMs, now)
      return
    }
    const isExpected = signal.description?.type === (remote.initiator ? 'answer' : 'offer')
    if (signal.description && isExpected) {
      this.#core.emit({ type: 'linkSignal', peer: from, description: signal.description })
    }
    for (const candidate of signal.candidates ?? []) this.#core.emit({ type: 'linkSignal', peer: from, candidate })
  }

  #take(present: Remote | undefined, from: PeerId, tier: Tier, session: string, now: number): Remote | undefined {
    const isTaken =
      !this.#shunned.isBanned(from) && this.#core.swarms.size > 0 && (present || this.#mayComeIn(tier, now))
    if (!isTaken) {
      this.#session.signal(from, { session, busy: true })
      return present
    }
    if (present) {
      // Both called at once: the call of the lesser id stands. An open link's peer that calls anew has lost it.
      const ownCallStands = present.state === 'dialing' && present.initiator && (this.#session.ownId ?? '') < from
      if (ownCallStands) return present
      this.#listener.replace(present)
    }
    const remote = new Remote({ id: from, tier, initiator: false, session, now })
    for (const swarm of present?.introducedIn ?? []) remote.introducedIn.add(swarm)
    this.#core.remotes.set(from, remote)
    this.#core.emit({ type: 'dial', peer: from, initiator: false })
    return remote
  }

  /** While this side wants something a part of the links is for peers that it called: nobody can fill it with callers. */
  #mayComeIn(tier: Tier, now: number): boolean {
    if (this.#openingCount(false) >= answeringCountMax) return false
    const { remotes, swarms, settings } = this.#core
    const isWanting = [...swarms.values()].some((swarm) => swarm.wants.size > 0 && !swarm.have.isFull)
    const incomingMax = Math.max(1, Math.floor(settings.linkCountMax * incomingShareMax))
    const incomingCount = [...remotes.values()].filter(({ initiator }) => !initiator).length
    if (isWanting && incomingCount >= incomingMax) return false
    return this.#hasRoom(tier, now)
  }

  /** This side's WebRTC made a step: it waits a moment for others to travel with it. */
  found(remote: Remote, step: { description?: Signal['description']; candidate?: object }, now: number): void {
    if (step.description) remote.pendingDescription = step.description
    if (step.candidate && remote.pendingCandidates.length < 2 * signalCandidatesMax) {
      remote.pendingCandidates.push(step.candidate as Remote['pendingCandidates'][number])
    }
    remote.pendingSince ??= now
  }

  #flush(remote: Remote): void {
    const { session, pendingDescription: description } = remote
    const candidates = remote.pendingCandidates.splice(0, signalCandidatesMax)
    this.#session.signal(remote.id, {
      session,
      ...(description && { description }),
      ...(candidates.length > 0 && { candidates }),
    })
    remote.pendingDescription = undefined
    if (remote.pendingCandidates.length === 0) remote.pendingSince = undefined
  }

  /** Calls nobody any more of those that were named. */
  forget(): void {
    this.#candidates = []
  }

  wake(now: number): void {
    for (const remote of this.#core.remotes.values()) {
      if (remote.pendingSince !== undefined && now >= remote.pendingSince + signalHoldMs) this.#flush(remote)
    }
  }

  nextWake(): number {
    let at = Number.POSITIVE_INFINITY
    for (const { pendingSince } of this.#core.remotes.values()) {
      if (pendingSince !== undefined) at = earlier(at, pendingSince + signalHoldMs)
    }
    return at
  }
}
