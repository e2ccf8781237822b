/**
 * Links: whom to call, whose call to take, the signals between, the greeting, and the end. Knows nothing of chunks
 * beyond who holds which.
 */
import { fromHex, toHex } from '../../shared/bytes.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { frameBytesMax, frameBytesSafe, signalCandidatesMax } from '../../shared/limits.ts'
import type { Signal, Tier } from '../../shared/tracker-messages.ts'
import { type ControlMessage, wireVersion } from '../../shared/wire.ts'
import type { Attachments } from './attachments.ts'
import { type Core, earlier } from './core.ts'
import { Remote } from './remote.ts'
import {
  candidateCountMax,
  deadAfterMs,
  dialingCountMax,
  dialTimeoutMs,
  idleAfterMs,
  pingAfterMs,
  redialAfterMs,
  signalHoldMs,
  strikesMax,
} from './settings.ts'
import { Shunned } from './shunned.ts'
import type { Swarm } from './swarm.ts'
import type { TrackerSession } from './tracker-session.ts'

type ByeReason = Extract<ControlMessage, { type: 'bye' }>['reason']
type Of<T extends ControlMessage['type']> = Extract<ControlMessage, { type: T }>

export class Mesh {
  readonly #core: Core
  readonly #session: TrackerSession
  readonly #attachments: Attachments
  readonly #onGone: (remote: Remote) => void
  /** Introduced and not yet called. */
  #candidates: { id: PeerId; tier: Tier; swarm: SwarmId }[] = []
  readonly #shunned = new Shunned()

  constructor(
    parts: { core: Core; session: TrackerSession; attachments: Attachments },
    onGone: (remote: Remote) => void,
  ) {
    this.#core = parts.core
    this.#session = parts.session
    this.#attachments = parts.attachments
    this.#onGone = onGone
  }

  /** The tracker named peers to call. */
  introduced(swarm: Swarm, peers: readonly { id: PeerId; tier: Tier }[], now: number): void {
    for (const { id, tier } of peers) {
      if (this.#isLinked(id, swarm)) continue
      if (id === this.#session.ownId || this.#shunned.has(id, now)) continue
      if (this.#candidates.length >= candidateCountMax) this.#candidates.shift()
      this.#candidates.push({ id, tier, swarm: swarm.id })
    }
    this.#call(now)
  }

  /** @returns whether there is a link to the peer, which then carries the swarm too */
  #isLinked(id: PeerId, swarm: Swarm): boolean {
    const remote = this.#core.remotes.get(id)
    if (!remote) return false
    remote.introducedIn.add(swarm.id)
    if (remote.state === 'open') this.#attachments.attach(remote, swarm)
    return true
  }

  #call(now: number): void {
    let dialing = 0
    for (const remote of this.#core.remotes.values()) if (remote.state !== 'open') dialing++
    while (dialing < dialingCountMax && this.#core.remotes.size < this.#core.settings.linkCountMax) {
      const next = this.#candidates.shift()
      if (!next) return
      const swarm = this.#core.swarms.get(next.swarm)
      if (!swarm || this.#shunned.has(next.id, now)) continue
      if (this.#isLinked(next.id, swarm)) continue
      const session = this.#core.rng.uint32().toString(36)
      const remote = new Remote({ id: next.id, tier: next.tier, initiator: true, session, now })
      remote.introducedIn.add(next.swarm)
      this.#core.remotes.set(next.id, remote)
      this.#core.emit({ type: 'dial', peer: next.id, initiator: true })
      dialing++
    }
  }

  /** A step of a negotiation came through the tracker. */
  signalled(from: PeerId, tier: Tier, signal: Signal, now: number): void {
    let remote = this.#core.remotes.get(from)
    if (signal.description?.type === 'offer' && signal.session !== remote?.session) {
      remote = this.#takeCall(remote, from, tier, signal.session, now)
    }
    if (!remote || remote.session !== signal.session) return
    if (signal.busy) {
      if (remote.state === 'dialing') this.#giveUp(remote, now)
      return
    }
    const isExpected = signal.description?.type === (remote.initiator ? 'answer' : 'offer')
    if (signal.description && isExpected) {
      this.#core.emit({ type: 'linkSignal', peer: from, description: signal.description })
    }
    for (const candidate of signal.candidates ?? []) this.#core.emit({ type: 'linkSignal', peer: from, candidate })
  }

  #takeCall(present: Remote | undefined, from: PeerId, tier: Tier, session: string, now: number): Remote | undefined {
    const isBanned = this.#shunned.isBanned(from)
    const isFull = !present && this.#core.remotes.size >= this.#core.settings.linkCountMax
    if (isBanned || isFull || this.#core.swarms.size === 0) {
      this.#session.signal(from, { session, busy: true })
      return present
    }
    if (present) {
      // Both called at once: the call of the lesser id stands. An open link's peer that calls anew has lost it.
      const ownCallStands = present.state === 'dialing' && present.initiator && (this.#session.ownId ?? '') < from
      if (ownCallStands) return present
      this.#end(present)
    }
    const remote = new Remote({ id: from, tier, initiator: false, session, now })
    for (const swarm of present?.introducedIn ?? []) remote.introducedIn.add(swarm)
    this.#core.remotes.set(from, remote)
    this.#core.emit({ type: 'dial', peer: from, initiator: false })
    return remote
  }

  /** This side's WebRTC made a step: it waits a moment for others to travel with it. */
  found(remote: Remote, step: { description?: Signal['description']; candidate?: object }, now: number): void {
    if (step.description) remote.pendingDescription = step.description
    if (step.candidate && remote.pendingCandidates.length < 2 * signalCandidatesMax) {
      remote.pendingCandidates.push(step.candidate as Remote['pendingCandidates'][number])
    }
    remote.pendingSince ??= now
  }

  #flushSignals(remote: Remote): void {
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

  opened(remote: Remote, maxFrameBytes: number, roomBytes: number, now: number): void {
    if (remote.state !== 'dialing') return
    remote.state = 'greeting'
    remote.frameBytesMax = Math.max(frameBytesSafe, Math.min(maxFrameBytes, frameBytesMax))
    remote.roomBytes = roomBytes
    remote.lastHeardAt = now
    const instance = fromHex(this.#core.settings.instance)!
    this.#send(remote, { type: 'hello', version: wireVersion, instance, frameBytesMax })
  }

  greeted(remote: Remote, hello: Of<'hello'>, now: number): void {
    if (remote.state !== 'greeting') return
    remote.instance = toHex(hello.instance)
    if (hello.version !== wireVersion) return this.#part(remote, 'leaving', now + redialAfterMs)
    if (this.#isDuplicate(remote)) return this.#part(remote, 'duplicate', now + redialAfterMs)
    remote.frameBytesMax = Math.max(frameBytesSafe, Math.min(remote.frameBytesMax, hello.frameBytesMax))
    remote.state = 'open'
    this.ping(remote, now)
    for (const id of remote.introducedIn) {
      const swarm = this.#core.swarms.get(id)
      if (swarm) this.#attachments.attach(remote, swarm)
    }
    this.#call(now)
  }

  /** True for a link to oneself, and on the side of the greater instance for a second link to the same peer. */
  #isDuplicate(remote: Remote): boolean {
    const own = this.#core.settings.instance
    if (remote.instance === own) return true
    for (const other of this.#core.remotes.values()) {
      if (other !== remote && other.state === 'open' && other.instance === remote.instance) return own > remote.instance
    }
    return false
  }

  /** The tracker knows no introduction to this peer any more. */
  unreachable(id: PeerId, now: number): void {
    const remote = this.#core.remotes.get(id)
    if (remote?.state === 'dialing') this.#giveUp(remote, now)
  }

  /** The peer says goodbye. */
  left(remote: Remote, now: number): void {
    this.#giveUp(remote, now)
  }

  ping(remote: Remote, now: number): void {
    remote.pingNonce = this.#core.rng.uint32()
    remote.pingSentAt = now
    this.#send(remote, { type: 'ping', nonce: remote.pingNonce })
  }

  /** @returns when the ping was sent that this answers, if it does answer one */
  ponged(remote: Remote, nonce: number, now: number): number | undefined {
    const { pingSentAt } = remote
    if (nonce !== remote.pingNonce || pingSentAt === undefined) return undefined
    remote.roundTrip.add(now - pingSentAt)
    remote.pingSentAt = undefined
    return pingSentAt
  }

  /** A peer broke the protocol: three strikes end the link, a lie ends it at once, and for good. */
  blame(remote: Remote, weight: 'strike' | 'ban'): void {
    remote.strikes += weight === 'ban' ? strikesMax : 1
    if (remote.strikes >= strikesMax) this.#part(remote, 'violation', Number.POSITIVE_INFINITY)
  }

  /** A peer lied: it is never linked to again, here or not. */
  ban(id: PeerId): void {
    const remote = this.#core.remotes.get(id)
    if (remote) this.blame(remote, 'ban')
    else this.#shunned.add(id, Number.POSITIVE_INFINITY)
  }

  #giveUp(remote: Remote, now: number): void {
    this.#shunned.add(remote.id, now + redialAfterMs)
    this.#end(remote)
    this.#session.lostLink(now)
    this.#call(now)
  }

  #part(remote: Remote, reason: ByeReason, shunUntil: number): void {
    this.#shunned.add(remote.id, shunUntil)
    this.#send(remote, { type: 'bye', reason })
    this.#end(remote)
  }

  /** The other side closed the link, or it broke. */
  closed(remote: Remote, now: number): void {
    this.#core.remotes.delete(remote.id)
    this.#onGone(remote)
    if (remote.state === 'dialing') this.#shunned.add(remote.id, now + redialAfterMs)
    this.#session.lostLink(now)
    this.#call(now)
  }

  #end(remote: Remote): void {
    if (this.#core.remotes.get(remote.id) !== remote) return
    this.#core.remotes.delete(remote.id)
    this.#core.emit({ type: 'hangUp', peer: remote.id })
    this.#onGone(remote)
  }

  /** Closes every link, as when consent is withdrawn. */
  endAll(): void {
    this.#candidates = []
    for (const remote of [...this.#core.remotes.values()]) {
      if (remote.state === 'open') this.#send(remote, { type: 'bye', reason: 'leaving' })
      this.#end(remote)
    }
  }

  #send(remote: Remote, message: ControlMessage): void {
    this.#core.emit({ type: 'send', peer: remote.id, message })
  }

  wake(now: number): void {
    for (const remote of [...this.#core.remotes.values()]) {
      if (remote.pendingSince !== undefined && now >= remote.pendingSince + signalHoldMs) this.#flushSignals(remote)
      if (remote.state !== 'open') {
        if (now - remote.startedAt >= dialTimeoutMs) this.#giveUp(remote, now)
      } else if (now - remote.lastHeardAt >= deadAfterMs) {
        this.#giveUp(remote, now)
      } else if (this.#isIdle(remote, now)) {
        this.#part(remote, 'idle', now)
      } else if (now >= this.#pingAt(remote)) {
        this.ping(remote, now)
      }
    }
  }

  /** True when the link has carried no swarm for long. Its pings are often enough to see it. */
  #isIdle(remote: Remote, now: number): boolean {
    if (remote.mySlots.size > 0 || remote.theirSlots.size > 0) remote.idleSince = undefined
    else remote.idleSince ??= now
    return remote.idleSince !== undefined && now - remote.idleSince >= idleAfterMs
  }

  #pingAt(remote: Remote): number {
    return Math.max(remote.lastHeardAt, remote.pingSentAt ?? 0) + pingAfterMs
  }

  nextWake(): number {
    let at = Number.POSITIVE_INFINITY
    for (const remote of this.#core.remotes.values()) {
      if (remote.pendingSince !== undefined) at = earlier(at, remote.pendingSince + signalHoldMs)
      if (remote.state !== 'open') at = earlier(at, remote.startedAt + dialTimeoutMs)
      else at = earlier(at, Math.min(remote.lastHeardAt + deadAfterMs, this.#pingAt(remote)))
    }
    return at
  }
}
