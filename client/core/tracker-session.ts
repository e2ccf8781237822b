/**
 * The conversation with the tracker: connecting, joining swarms, asking for more peers at a slowing pace, coming back
 * after a loss. Without a tracker nothing else stops: the mesh lives on and HTTP goes on.
 */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { type Core, earlier } from './core.ts'
import {
  linkTargetCount,
  reconnectMaxMs,
  reconnectMinMs,
  reconnectSpreadMs,
  rejoinMaxMs,
  rejoinMinMs,
} from './settings.ts'
import type { Swarm } from './swarm.ts'

export type SessionState = 'off' | 'connecting' | 'open' | 'waiting'

interface Membership {
  nextJoinAt: number
  rejoinMs: number
  /** What was last told: a change of it is told at once. */
  wasSeeding: boolean
}

export class TrackerSession {
  readonly #core: Core
  state: SessionState = 'off'
  ownId: PeerId | undefined
  #isAllowed = false
  #reconnectAt = 0
  #failures = 0
  readonly #members = new Map<SwarmId, Membership>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Connects or closes, by consent and by whether there is a swarm to be in. */
  update(isAllowed: boolean): void {
    this.#isAllowed = isAllowed
    const isNeeded = isAllowed && this.#core.settings.tracker && this.#core.swarms.size > 0
    if (isNeeded && this.state === 'off') this.#connect()
    if (!isNeeded && this.state !== 'off') {
      if (this.state !== 'waiting') this.#core.emit({ type: 'closeTracker' })
      this.state = 'off'
      this.ownId = undefined
      this.#members.clear()
    }
  }

  #connect(): void {
    this.state = 'connecting'
    this.#core.emit({ type: 'connectTracker' })
  }

  welcome(id: PeerId, now: number): void {
    if (this.state !== 'connecting') return
    this.state = 'open'
    this.ownId = id
    this.#failures = 0
    for (const swarm of this.#core.swarms.values()) this.join(swarm, now)
  }

  /** Comes back after 1 to 3 s at first, then later and later, never in step with others. */
  closed(now: number): void {
    if (this.state === 'off') return
    this.state = 'waiting'
    this.ownId = undefined
    this.#members.clear()
    const spreadMs = reconnectSpreadMs * 2 ** Math.min(this.#failures++, 5)
    const delayMs = reconnectMinMs + this.#core.rng.fraction() * spreadMs
    this.#reconnectAt = now + Math.min(delayMs, reconnectMaxMs)
  }

  join(swarm: Swarm, now: number): void {
    if (this.state !== 'open') return
    const before = this.#members.get(swarm.id)
    const want = this.#want(swarm, now)
    const rejoinMs = want === 0 ? rejoinMaxMs : Math.min(rejoinMaxMs, (before?.rejoinMs ?? rejoinMinMs / 2) * 2)
    const spread = 0.8 + this.#core.rng.fraction() * 0.4
    this.#members.set(swarm.id, { rejoinMs, nextJoinAt: now + rejoinMs * spread, wasSeeding: swarm.have.isFull })
    const { chunkCount } = swarm.geometry
    const have = chunkCount === 0 ? 1 : swarm.have.count / chunkCount
    this.#core.emit({ type: 'tell', message: { type: 'join', swarm: swarm.id, have, want } })
  }

  leave(swarm: Swarm): void {
    if (!this.#members.delete(swarm.id) || this.state !== 'open') return
    this.#core.emit({ type: 'tell', message: { type: 'leave', swarm: swarm.id } })
  }

  /** A link of a downloading swarm was lost: ask for another soon. */
  lostLink(now: number): void {
    for (const [id, member] of this.#members) {
      const swarm = this.#core.swarms.get(id)
      if (!swarm || this.#want(swarm, now) === 0) continue
      member.rejoinMs = rejoinMinMs / 2
      member.nextJoinAt = Math.min(member.nextJoinAt, now + rejoinMinMs / 2)
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
    if (this.state === 'waiting' && now >= this.#reconnectAt && this.#isAllowed) this.#connect()
    if (this.state !== 'open') return
    for (const [id, member] of this.#members) {
      const swarm = this.#core.swarms.get(id)
      if (swarm && (now >= member.nextJoinAt || member.wasSeeding !== swarm.have.isFull)) this.join(swarm, now)
    }
  }

  nextWake(): number {
    if (this.state === 'waiting') return this.#reconnectAt
    let at = Number.POSITIVE_INFINITY
    if (this.state === 'open') for (const member of this.#members.values()) at = earlier(at, member.nextJoinAt)
    return at
  }
}
