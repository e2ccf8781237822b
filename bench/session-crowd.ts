/**
 * A crowd of the client's own tracker sessions over sockets of loopback, with one file each that is here whole and shared
 * by all: what there is to see is how they connect, join, wait and come back. Of the engine the rest is left out, so that
 * one core has time to play ten thousand. A process of its own, told what to do by its parent.
 */
import { Core } from '../client/core/core.ts'
import { Engine } from '../client/core/engine.ts'
import type { Effect } from '../client/core/engine-events.ts'
import type { Swarm } from '../client/core/swarm.ts'
import { TrackerSession } from '../client/core/tracker-session.ts'
import type { SwarmId } from '../shared/ids.ts'
import { KiB } from '../shared/limits.ts'
import { createRng } from '../shared/rng.ts'
import { parseTrackerMessage, subprotocolsOf, type TrackerMessage } from '../shared/tracker-messages.ts'
import { ModelFile } from '../test/sim/model-file.ts'
import { LoopbackSocket } from './loopback-socket.ts'

export interface CrowdPlan {
  count: number
  port: number
  path: string
  /** Clients begin this many a second. */
  perSecond: number
}

/** What the parent is told when it asks. */
export interface CrowdReport {
  /** When each of those that are in their swarm now had the answer to its first join since `mark`, since then. */
  backMs: number[]
  /** Those of them that have the id that they had before. */
  sameIdCount: number
  connectCount: number
  busyCount: number
  /** The most connections that were begun, and taken, in a tenth of a second. */
  connectsPeak: number
  welcomesPeak: number
  /** The latest that the crowd itself came to what was due: what comes of that is not the tracker's doing. */
  lagMsMax: number
  cpuMs: number
}

/** As many as the tracker takes from one address, less some that are on their way out. */
const perAddress = 200
const swarmCount = 100
const tickMs = 5
const binMs = 100

class Tally {
  readonly #bins = new Map<number, number>()
  count = 0

  add(): void {
    this.count++
    const bin = Math.floor(performance.now() / binMs)
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1)
  }

  get peak(): number {
    return Math.max(0, ...this.#bins.values())
  }
}

class Member {
  readonly #crowd: SessionCrowd
  readonly #localAddress: string
  readonly #core: Core
  readonly #session: TrackerSession
  #socket: LoopbackSocket | undefined
  #id: string | undefined
  wakeAt = Number.POSITIVE_INFINITY
  backAt: number | undefined
  hasSameId = false

  constructor(crowd: SessionCrowd, number: number) {
    this.#crowd = crowd
    const place = Math.floor(number / perAddress)
    // Each in a network of its own: one network is given no more than some thousands of connections.
    this.#localAddress = `127.${2 + (place >> 8)}.${place & 255}.1`
    const settings = {
      mode: 'balanced',
      tracker: true,
      uploadBytesPerSecondMax: 1,
      linkCountMax: 20,
      instance,
    } as const
    this.#core = new Core(settings, createRng([number, 7, 7, 7]))
    const swarm = crowd.swarms[number % swarmCount]!
    this.#core.swarms.set(swarm.id, swarm)
    this.#session = new TrackerSession(this.#core)
    this.act((session, now) => session.update(true, now))
  }

  act(what: (session: TrackerSession, now: number) => void): void {
    what(this.#session, performance.now())
    for (const effect of this.#core.takeEffects()) this.#run(effect)
    this.#crowd.schedule(this, this.#session.nextWake())
  }

  #run(effect: Effect): void {
    if (effect.type === 'tell') return this.#socket?.send(JSON.stringify(effect.message))
    if (effect.type === 'connectTracker') return this.#connect(effect.resume)
    if (effect.type !== 'closeTracker') return
    this.#socket?.close()
    this.#socket = undefined
  }

  #connect(resume: string | undefined): void {
    const { port, path, connects } = this.#crowd
    connects.add()
    const address = { port, path, localAddress: this.#localAddress }
    const socket = new LoopbackSocket(address, subprotocolsOf(resume), {
      message: (text) => {
        const parsed = parseTrackerMessage(text)
        if (this.#socket === socket && parsed.ok && parsed.value) this.#heard(parsed.value)
      },
      closed: () => {
        if (this.#socket !== socket) return
        this.#socket = undefined
        this.act((session, now) => session.closed(now))
      },
    })
    this.#socket = socket
  }

  #heard(message: TrackerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#crowd.welcomes.add()
        this.hasSameId = message.id === this.#id
        this.#id = message.id
        return this.act((session, now) => session.welcome(message, now))
      case 'drain':
        return this.act((session, now) => session.drain(message.afterMs, now))
      case 'busy':
        this.#crowd.busyCount++
        return this.act((session, now) => session.busy(message.retryMs, now))
      case 'peers':
        this.backAt ??= performance.now()
        if (message.intervalMs === undefined) return
        return this.act((session, now) => session.quiet(message.swarm, message.intervalMs!, now))
      default:
    }
  }
}

const instance = '00'.repeat(8)

/** Files that are here whole. */
function wholeSwarms(): Swarm[] {
  const file = new ModelFile(16 * KiB, 64 * KiB)
  return Array.from({ length: swarmCount }, (_, number) => {
    const swarm = number.toString(16).padStart(40, '0') as SwarmId
    const settings = {
      mode: 'balanced',
      tracker: false,
      uploadBytesPerSecondMax: 1,
      linkCountMax: 20,
      instance,
    } as const
    const engine = new Engine(settings, createRng([1, 1, 1, number]))
    const { manifest, hashes } = file
    engine.handle({ type: 'open', swarm, manifest, hashes }, 0)
    engine.handle({ type: 'held', swarm, indexes: [0] }, 0)
    return engine.core.swarms.get(swarm)!
  })
}

export class SessionCrowd {
  readonly swarms = wholeSwarms()
  port = 0
  path = '/'
  connects = new Tally()
  welcomes = new Tally()
  busyCount = 0
  #markedAt = 0
  #lagMsMax = 0
  #cpu = process.cpuUsage()
  readonly #sessions: Member[] = []
  readonly #due = new Map<number, Member[]>()
  #tick = Math.floor(performance.now() / tickMs)

  begin({ count, port, path, perSecond }: CrowdPlan): void {
    this.port = port
    this.path = path
    const startMs = performance.now()
    const more = setInterval(() => {
      const aim = Math.min(count, ((performance.now() - startMs) * perSecond) / 1_000)
      while (this.#sessions.length < aim) this.#sessions.push(new Member(this, this.#sessions.length))
      if (this.#sessions.length >= count) clearInterval(more)
    }, 10)
    setInterval(() => this.#wake(), tickMs)
  }

  schedule(session: Member, at: number): void {
    if (at === session.wakeAt || at === Number.POSITIVE_INFINITY) return
    session.wakeAt = at
    const tick = Math.max(this.#tick + 1, Math.ceil(at / tickMs))
    const due = this.#due.get(tick)
    if (due === undefined) this.#due.set(tick, [session])
    else due.push(session)
  }

  #wake(): void {
    const end = Math.floor(performance.now() / tickMs)
    this.#lagMsMax = Math.max(this.#lagMsMax, (end - this.#tick - 1) * tickMs)
    while (this.#tick < end) {
      this.#tick++
      const due = this.#due.get(this.#tick)
      this.#due.delete(this.#tick)
      for (const session of due ?? []) {
        if (session.wakeAt > performance.now()) continue
        session.wakeAt = Number.POSITIVE_INFINITY
        session.act((own, now) => own.wake(now))
      }
    }
  }

  /** From now on it is counted anew who is back. */
  mark(port: number): void {
    this.port = port
    this.#markedAt = performance.now()
    this.connects = new Tally()
    this.welcomes = new Tally()
    this.busyCount = 0
    this.#lagMsMax = 0
    this.#cpu = process.cpuUsage()
    for (const session of this.#sessions) session.backAt = undefined
  }

  report(): CrowdReport {
    const { user, system } = process.cpuUsage(this.#cpu)
    const back = this.#sessions.filter(({ backAt }) => backAt !== undefined)
    return {
      backMs: back.map(({ backAt }) => backAt! - this.#markedAt),
      sameIdCount: back.filter(({ hasSameId }) => hasSameId).length,
      connectCount: this.connects.count,
      busyCount: this.busyCount,
      connectsPeak: this.connects.peak,
      welcomesPeak: this.welcomes.peak,
      lagMsMax: this.#lagMsMax,
      cpuMs: (user + system) / 1_000,
    }
  }
}

/** The child's side. */
export function playCrowd(): void {
  const crowd = new SessionCrowd()
  process.on(
    'message',
    (order: { type: 'begin'; plan: CrowdPlan } | { type: 'mark'; port: number } | { type: 'report' }) => {
      if (order.type === 'begin') crowd.begin(order.plan)
      else if (order.type === 'mark') crowd.mark(order.port)
      else process.send!(crowd.report())
    },
  )
}
