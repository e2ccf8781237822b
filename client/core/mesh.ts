/** Links: the greeting, the signs of life, who is cut off, and the end. How they come about is in calls.ts. */
import { fromHex, toHex } from '../../shared/bytes.ts'
import type { PeerId } from '../../shared/ids.ts'
import { frameBytesMax, frameBytesSafe } from '../../shared/limits.ts'
import type { Signal, Tier } from '../../shared/tracker-messages.ts'
import { type ControlMessage, wireVersion } from '../../shared/wire.ts'
import type { Attachments } from './attachments.ts'
import { Calls } from './calls.ts'
import { type Core, earlier } from './core.ts'
import type { Remote } from './remote.ts'
import type { Reports } from './reports.ts'
import {
  deadAfterMs,
  dialTimeoutMs,
  firstDialTimeoutMs,
  idleAfterMs,
  pingAfterMs,
  redialAfterMs,
  strikesMax,
} from './settings.ts'
import { Shunned } from './shunned.ts'
import type { Swarm } from './swarm.ts'
import type { TrackerSession } from './tracker-session.ts'
import { isUseless } from './usefulness.ts'

type ByeReason = Extract<ControlMessage, { type: 'bye' }>['reason']
type Of<T extends ControlMessage['type']> = Extract<ControlMessage, { type: T }>

export class Mesh {
  readonly #core: Core
  readonly #session: TrackerSession
  readonly #attachments: Attachments
  readonly #reports: Reports
  readonly #onGone: (remote: Remote) => void
  readonly #shunned = new Shunned()
  readonly #calls: Calls

  constructor(
    parts: { core: Core; session: TrackerSession; attachments: Attachments; reports: Reports },
    onGone: (remote: Remote) => void,
  ) {
    this.#core = parts.core
    this.#session = parts.session
    this.#attachments = parts.attachments
    this.#reports = parts.reports
    this.#onGone = onGone
    this.#calls = new Calls(
      { core: parts.core, session: parts.session, shunned: this.#shunned },
      {
        carry: (remote, swarm) => this.#attachments.attach(remote, swarm),
        makeRoom: (remote, now) => this.#part(remote, 'full', now + redialAfterMs),
        replace: (remote) => this.#end(remote),
        giveUp: (remote, shunMs, now) => this.#giveUp(remote, now, shunMs),
      },
    )
  }

  introduced(swarm: Swarm, peers: readonly { id: PeerId; tier: Tier }[], now: number): void {
    this.#calls.introduced(swarm, peers, now)
  }

  signalled(from: PeerId, tier: Tier, signal: Signal, now: number): void {
    this.#calls.signalled(from, tier, signal, now)
  }

  found(remote: Remote, step: { description?: Signal['description']; candidate?: object }, now: number): void {
    this.#calls.found(remote, step, now)
  }

  opened(remote: Remote, maxFrameBytes: number, roomBytes: number, now: number): void {
    if (remote.state !== 'dialing') return
    remote.state = 'greeting'
    remote.frameBytesMax = Math.max(frameBytesSafe, Math.min(maxFrameBytes, frameBytesMax))
    remote.roomBytes = roomBytes
    remote.roomBytesMax = roomBytes
    remote.lastHeardAt = now
    const instance = fromHex(this.#core.settings.instance)!
    this.#send(remote, { type: 'hello', version: wireVersion, instance, frameBytesMax })
    // Without waiting for the other's greeting: what is here is known there half a round trip sooner.
    this.#attachIntroduced(remote)
  }

  greeted(remote: Remote, hello: Of<'hello'>, now: number): void {
    if (remote.state !== 'greeting') return
    remote.instance = toHex(hello.instance)
    if (hello.version !== wireVersion) return this.#part(remote, 'leaving', now + redialAfterMs)
    if (remote.instance === this.#core.settings.instance) return this.#part(remote, 'duplicate', now + redialAfterMs)
    remote.frameBytesMax = Math.max(frameBytesSafe, Math.min(remote.frameBytesMax, hello.frameBytesMax))
    remote.state = 'open'
    this.#reports.about(remote, now)
    this.ping(remote, now)
    if (this.#hasTwin(remote)) this.#send(remote, { type: 'twin' })
    this.#attachIntroduced(remote)
    this.#calls.next(now)
  }

  #attachIntroduced(remote: Remote): void {
    for (const id of remote.introducedIn) {
      const swarm = this.#core.swarms.get(id)
      // Until it has greeted, it is not known to take more.
      const isFitting = remote.state === 'open' || (swarm && swarm.have.bytes.length <= frameBytesSafe / 2)
      if (swarm && isFitting) this.#attachments.attach(remote, swarm)
    }
  }

  /** Whether there is another open link whose peer calls itself the same. */
  #hasTwin(remote: Remote): boolean {
    return [...this.#core.remotes.values()].some(
      (other) => other !== remote && other.state === 'open' && other.instance === remote.instance,
    )
  }

  /**
   * The peer says that it has another link to this client. Only if this side sees two links to the same client as well
   * is the second one closed, by the greater instance: a peer that calls itself what another one does parts nobody.
   */
  twinSaid(remote: Remote, now: number): void {
    if (!this.#hasTwin(remote) || this.#core.settings.instance < remote.instance) return
    this.#part(remote, 'duplicate', now + redialAfterMs)
  }

  /** The tracker knows no introduction to this peer any more. */
  unreachable(id: PeerId, now: number): void {
    const remote = this.#core.remotes.get(id)
    if (remote?.state === 'dialing') this.#giveUp(remote, now, redialAfterMs)
  }

  /** The peer says goodbye. */
  left(remote: Remote, now: number): void {
    this.#giveUp(remote, now, redialAfterMs)
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

  #giveUp(remote: Remote, now: number, shunMs: number): void {
    this.#shunned.add(remote.id, now + shunMs)
    this.#drop(remote, now)
  }

  #missed(remote: Remote, now: number): void {
    this.#shunned.miss(remote.id, now)
    this.#reports.about(remote, now)
    this.#drop(remote, now)
  }

  /** Ends the link and looks for another. */
  #drop(remote: Remote, now: number): void {
    this.#end(remote)
    this.#session.lostLink(now)
    this.#calls.next(now)
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
    if (remote.state === 'dialing') {
      this.#shunned.miss(remote.id, now)
      this.#reports.about(remote, now)
    }
    this.#session.lostLink(now)
    this.#calls.next(now)
  }

  #end(remote: Remote): void {
    if (this.#core.remotes.get(remote.id) !== remote) return
    this.#core.remotes.delete(remote.id)
    this.#core.emit({ type: 'hangUp', peer: remote.id })
    this.#onGone(remote)
  }

  /** Closes every link, as when consent is withdrawn. */
  endAll(): void {
    this.#calls.forget()
    for (const remote of [...this.#core.remotes.values()]) {
      if (remote.state === 'open') this.#send(remote, { type: 'bye', reason: 'leaving' })
      this.#end(remote)
    }
  }

  #send(remote: Remote, message: ControlMessage): void {
    this.#core.emit({ type: 'send', peer: remote.id, message })
  }

  wake(now: number): void {
    this.#calls.wake(now)
    for (const remote of this.#core.remotes.values()) {
      if (remote.state !== 'open') {
        if (now >= this.#callEnd(remote)) this.#missed(remote, now)
      } else if (now - remote.lastHeardAt >= deadAfterMs) {
        this.#giveUp(remote, now, redialAfterMs)
      } else if (this.#isIdle(remote, now)) {
        this.#part(remote, 'idle', now)
      } else if (now >= this.#pingAt(remote)) {
        this.ping(remote, now)
      }
    }
  }

  #callEnd({ id, initiator, startedAt }: Remote): number {
    return startedAt + (initiator && !this.#shunned.isMissed(id) ? firstDialTimeoutMs : dialTimeoutMs)
  }

  /**
   * True when the link has been of no use for long. Its pings are often enough to see it. Who has all of a file keeps
   * every link to one who has not: a swarm whose peers stay for one more chunk each lives (Hajek and Zhu 2010).
   */
  #isIdle(remote: Remote, now: number): boolean {
    if (!isUseless(this.#core, remote)) remote.idleSince = undefined
    else remote.idleSince ??= now
    return remote.idleSince !== undefined && now - remote.idleSince >= idleAfterMs
  }

  #pingAt(remote: Remote): number {
    return Math.max(remote.lastHeardAt, remote.pingSentAt ?? 0) + pingAfterMs
  }

  nextWake(): number {
    let at = this.#calls.nextWake()
    for (const remote of this.#core.remotes.values()) {
      if (remote.state !== 'open') at = earlier(at, this.#callEnd(remote))
      else at = earlier(at, Math.min(remote.lastHeardAt + deadAfterMs, this.#pingAt(remote)))
      if (remote.idleSince !== undefined) at = earlier(at, remote.idleSince + idleAfterMs)
    }
    return at
  }
}
