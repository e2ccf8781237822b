/**
 * The conversation with the tracker: connecting, joining swarms, asking for more peers at a slowing pace, coming back
 * after a loss as the same peer, or when the tracker says. Without one nothing else stops: the mesh lives on and HTTP
 * goes on.
 */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { Signal, TrackerMessage } from '../../shared/tracker-messages.ts'
import { type Core, earlier } from './core.ts'
import {
  joinGapMs,
  linkTargetCount,
  reconnectMaxMs,
  reconnectMinMs,
  reconnectSpreadMs,
  refusedRetryMs,
  rejoinMaxMs,
  rejoinMinMs,
  servingJoinsBurst,
  servingJoinsPerSecond,
  toldSpread,
  welcomeTimeoutMs,
} from './settings.ts'
import type { Swarm } from './swarm.ts'
import { TokenDesk } from './token-desk.ts'

export type SessionState = 'off' | 'connecting' | 'open' | 'waiting'

type Refused = TrackerMessage & { type: 'refused' }
type Welcome = TrackerMessage & { type: 'welcome' }

interface Membership {
  nextJoinAt: number
  lastJoinAt: number
  /** How many peers were asked for. */
  lastWant: number
  rejoinMs: number
  /** What was last told: a change of it is told at once. */
  wasSeeding: boolean
  wasGiving: boolean
  /** The tracker asked not to be asked for more peers before. */
  quietUntil: number
}

export class TrackerSession {
  readonly #core: Core
  state: SessionState = 'off'
  ownId: PeerId | undefined
  #isAllowed = false
  #reconnectAt = 0
  #connectingSince = 0
  #failures = 0
  /** With what the next connection is the same peer's. */
  #resume: string | undefined
  /** The tracker said when to come back: while it is still there, and after it closed. */
  #moveAt: number | undefined
  readonly #members = new Map<SwarmId, Membership>()
  /** What this connection may still ask of the tracker for files that are only served. */
  #joins = new TokenBucket(servingJoinsPerSecond, servingJoinsBurst)
  readonly #tokens: TokenDesk

  constructor(core: Core) {
    this.#core = core
    this.#tokens = new TokenDesk(core)
  }

  /** Connects or closes, by consent and by whether there is a swarm to be in. */
  update(isAllowed: boolean, now: number): void {
    this.#isAllowed = isAllowed
    const isNeeded = isAllowed && this.#core.settings.tracker && this.#core.swarms.size > 0
    this.#core.seeksPeers = isNeeded
    if (isNeeded && this.state === 'off') this.#connect(now)
    if (!isNeeded && this.state !== 'off') {
      if (this.state !== 'waiting') this.#core.emit({ type: 'closeTracker' })
      this.state = 'off'
      // Who comes back after this is somebody else to all.
      this.ownId = undefined
      this.#resume = undefined
      this.#moveAt = undefined
      this.#members.clear()
      this.#tokens.ended()
    }
  }

  #connect(now: number): void {
    this.state = 'connecting'
    this.#connectingSince = now
    this.#moveAt = undefined
    const resume = this.#resume
    this.#core.emit({ type: 'connectTracker', ...(resume !== undefined && { resume }) })
    this.#tokens.connecting()
  }

  welcome({ id, resume }: Welcome, now: number): void {
    if (this.state !== 'connecting') return
    this.state = 'open'
    this.ownId = id
    this.#resume = resume
    this.#failures = 0
    this.#tokens.opened()
    this.#joins = new TokenBucket(servingJoinsPerSecond, servingJoinsBurst)
    this.#joinAll(now)
  }

  /** What is wanted goes first, and what is only served after it, a few at a time. */
  #joinAll(now: number): void {
    const swarms = [...this.#core.swarms.values()]
    for (const swarm of swarms) if (swarm.isWanting) this.join(swarm, now)
    for (const swarm of swarms) if (!swarm.isWanting) this.join(swarm, now)
  }

  /** The owner's token is here, or there is none. */
  token(token: string | undefined, now: number): void {
    if (this.state !== 'connecting' && this.state !== 'open') return
    const verdict = this.#tokens.got(token, this.state === 'open', now)
    if (verdict === 'again') this.#joinAll(now)
    if (verdict === 'over') this.#shutOut('its token could not be had', now)
  }

  authorized(forMs: number, now: number): void {
    this.#tokens.authorized(forMs, now)
  }

  refused({ code, message, swarm }: Refused, now: number): void {
    const member = swarm && this.#members.get(swarm)
    const verdict = this.#tokens.refused(code, swarm !== undefined, now)
    if (verdict === 'over') this.#shutOut(message, now)
    else if (verdict === 'again') this.#members.clear()
    else if (code === 'unauthorized' && member) {
      member.nextJoinAt = now + refusedRetryMs
      this.#core.emit({ type: 'shutOut', why: message })
    }
  }

  /** Nothing that this client can show is good enough: it goes on without the tracker for a long while. */
  #shutOut(why: string, now: number): void {
    if (this.state !== 'waiting') this.#core.emit({ type: 'closeTracker' })
    this.closed(now)
    this.#reconnectAt = now + this.#spread(refusedRetryMs)
    this.#core.emit({ type: 'shutOut', why })
  }

  /** The tracker is about to end: until its moment comes this client goes on as it is, then it comes back. */
  drain(afterMs: number, now: number): void {
    if (this.state === 'open') this.#moveAt = Math.max(now + afterMs, this.#connectingSince + reconnectMinMs)
  }

  /** The tracker takes nobody now and closes: not sooner than it says, and not in step with others. */
  busy(retryMs: number, now: number): void {
    this.#moveAt = now + this.#after(Math.max(retryMs, reconnectMinMs))
  }

  /** The tracker has much to do: it is asked for peers of this swarm again only after a while. */
  quiet(swarm: SwarmId, intervalMs: number, now: number): void {
    const member = this.#members.get(swarm)
    if (!member) return
    member.quietUntil = now + intervalMs
    member.nextJoinAt = Math.max(member.nextJoinAt, now + this.#after(intervalMs))
  }

  /** Comes back when the tracker said; else after 1 to 7 s at first, then later and later, never in step with others. */
  closed(now: number): void {
    if (this.state === 'off') return
    this.state = 'waiting'
    this.#members.clear()
    this.#tokens.ended()
    if (this.#moveAt !== undefined) {
      this.#reconnectAt = Math.max(this.#moveAt, now)
      return
    }
    const spreadMs = Math.min(reconnectSpreadMs * 2 ** Math.min(this.#failures++, 5), reconnectMaxMs - reconnectMinMs)
    this.#reconnectAt = now + reconnectMinMs + this.#core.rng.fraction() * spreadMs
  }

  /** A reader begins: more peers are asked for at once, or a moment after the last time. */
  joinSoon(swarm: Swarm, now: number): void {
    const member = this.#members.get(swarm.id)
    if (!member || member.lastWant === 0) return this.join(swarm, now)
    member.nextJoinAt = Math.min(member.nextJoinAt, Math.max(now, member.lastJoinAt + joinGapMs))
    if (member.nextJoinAt <= now) this.join(swarm, now)
  }

  join(swarm: Swarm, now: number): void {
    if (this.state !== 'open' || !this.#tokens.isReady) return
    const before = this.#members.get(swarm.id)
    const want = this.#want(swarm, now)
    const isInTurn = this.#joins.take(1, now)
    if (want === 0 && !isInTurn) return this.#joinLater(swarm, now)
    // What asked for nobody says nothing about how many there are to be had.
    const paceMs = before && before.lastWant > 0 ? 2 * before.rejoinMs : rejoinMinMs
    const rejoinMs = want === 0 ? rejoinMaxMs : Math.min(rejoinMaxMs, paceMs)
    const nextJoinAt = now + this.#spread(rejoinMs)
    const said = { wasSeeding: swarm.have.isFull, wasGiving: this.#core.isGiving }
    this.#members.set(swarm.id, { rejoinMs, nextJoinAt, lastJoinAt: now, lastWant: want, quietUntil: now, ...said })
    const { chunkCount } = swarm.geometry
    const gives = this.#core.isGiving ? undefined : { gives: false }
    const have = chunkCount === 0 ? 1 : swarm.have.count / chunkCount
    this.#core.emit({ type: 'tell', message: { type: 'join', swarm: swarm.id, have, want, ...gives } })
  }

  #joinLater(swarm: Swarm, now: number): void {
    const before = this.#members.get(swarm.id)
    this.#members.set(swarm.id, {
      ...(before ?? { lastJoinAt: now, lastWant: 0, rejoinMs: rejoinMaxMs, quietUntil: now }),
      wasSeeding: swarm.have.isFull,
      wasGiving: this.#core.isGiving,
      nextJoinAt: this.#joins.availableAt(1, now),
    })
  }

  /** A while that the tracker named, and somewhat more: many were told the same. */
  #after(ms: number): number {
    return ms * (1 + this.#core.rng.fraction() * toldSpread)
  }

  /** Nobody asks in step with others. */
  #spread(ms: number): number {
    return ms * (0.8 + this.#core.rng.fraction() * 0.4)
  }

  leave(swarm: Swarm): void {
    if (!this.#members.delete(swarm.id) || this.state !== 'open') return
    this.#core.emit({ type: 'tell', message: { type: 'leave', swarm: swarm.id } })
  }

  /** A link of a downloading swarm was lost: ask for another soon, but not in step with all who lost the same peer. */
  lostLink(now: number): void {
    for (const [id, member] of this.#members) {
      const swarm = this.#core.swarms.get(id)
      if (!swarm || this.#want(swarm, now) === 0) continue
      member.rejoinMs = rejoinMinMs / 2
      const delayMs = (rejoinMinMs / 2) * (0.5 + this.#core.rng.fraction())
      member.nextJoinAt = Math.min(member.nextJoinAt, Math.max(now + delayMs, member.quietUntil))
    }
  }

  /** How many more peers a swarm needs; one that only serves is called, it calls nobody. */
  #want(swarm: Swarm, now: number): number {
    if (!swarm.isWanting) return 0
    let linked = 0
    for (const remote of this.#core.remotes.values()) {
      if (remote.restUntil <= now && (remote.holdings.has(swarm.id) || remote.introducedIn.has(swarm.id))) linked++
    }
    return Math.max(0, Math.min(linkTargetCount - linked, this.#core.settings.linkCountMax - this.#core.remotes.size))
  }

  signal(to: PeerId, signal: Signal): void {
    if (this.state === 'open') this.#core.emit({ type: 'tell', message: { type: 'signal', to, signal } })
  }

  wake(now: number): void {
    if (this.state === 'waiting' && now >= this.#reconnectAt && this.#isAllowed) this.#connect(now)
    else if (this.state === 'open' && this.#moveAt !== undefined && now >= this.#moveAt) this.#move(now)
    else if (this.state === 'connecting' && now - this.#connectingSince >= welcomeTimeoutMs) {
      this.#core.emit({ type: 'closeTracker' })
      this.closed(now)
    }
    if (this.state === 'open' || this.state === 'connecting') this.#tokens.wake(now)
    if (this.state !== 'open') return
    for (const [id, member] of this.#members) {
      const swarm = this.#core.swarms.get(id)
      if (!swarm) continue
      const isNews = member.wasSeeding !== swarm.have.isFull || member.wasGiving !== this.#core.isGiving
      if (isNews || now >= member.nextJoinAt) this.join(swarm, now)
    }
  }

  /** Leaves the tracker that ends, and comes to whichever has its address now. */
  #move(now: number): void {
    this.#core.emit({ type: 'closeTracker' })
    this.#members.clear()
    this.#connect(now)
  }

  nextWake(): number {
    if (this.state === 'waiting') return this.#reconnectAt
    if (this.state === 'connecting') return this.#connectingSince + welcomeTimeoutMs
    let at = Number.POSITIVE_INFINITY
    if (this.state !== 'open') return at
    for (const member of this.#members.values()) at = earlier(at, member.nextJoinAt)
    return earlier(earlier(at, this.#moveAt), this.#tokens.nextWake())
  }
}
