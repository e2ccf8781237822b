/**
 * The engine: one pure machine for all files and all peers of a client. `handle` takes one input and gives the effects
 * that answer it; `nextWake` says when it wants to hear `wake`. It knows no socket, no clock and no random source.
 */
import { assertNever } from '../../shared/assert.ts'
import type { SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { Arrivals } from './arrivals.ts'
import { Attachments } from './attachments.ts'
import { Conversation } from './conversation.ts'
import { Core, earlier } from './core.ts'
import { Downloads } from './downloads.ts'
import type { Effect, Input } from './engine-events.ts'
import { havesDueAt, noteHave, tellHaves, tellLost } from './haves.ts'
import { Mesh } from './mesh.ts'
import { OriginRuns } from './origin-runs.ts'
import type { Remote } from './remote.ts'
import type { EngineSettings } from './settings.ts'
import { Swarm, type Want } from './swarm.ts'
import { TrackerSession } from './tracker-session.ts'
import { Uploads } from './uploads.ts'

type Of<T extends Input['type']> = Extract<Input, { type: T }>

export class Engine {
  readonly core: Core
  readonly session: TrackerSession
  readonly #arrivals: Arrivals
  readonly #downloads: Downloads
  readonly #runs: OriginRuns
  readonly #uploads: Uploads
  readonly #mesh: Mesh
  readonly #conversation: Conversation
  isConsented = false
  #now = 0

  constructor(settings: EngineSettings, rng: Rng) {
    this.core = new Core(settings, rng)
    this.session = new TrackerSession(this.core)
    this.#arrivals = new Arrivals(this.core, {
      liar: (peer) => this.#blame(this.core.remotes.get(peer), 'ban'),
      takeBack: (swarm, transfer) => this.#downloads.takeBack(swarm, transfer, this.#now),
      verified: (swarm, index) => this.#verified(swarm, index),
    })
    this.#downloads = new Downloads(this.core, this.#arrivals, (remote, weight) => this.#blame(remote, weight))
    this.#runs = new OriginRuns(this.core, this.#arrivals)
    this.#uploads = new Uploads(this.core)
    const attachments = new Attachments(this.core)
    this.#mesh = new Mesh({ core: this.core, session: this.session, attachments }, (remote) => {
      this.#downloads.gone(remote)
      this.#uploads.drop(remote)
    })
    this.#conversation = new Conversation({
      core: this.core,
      mesh: this.#mesh,
      attachments,
      downloads: this.#downloads,
      uploads: this.#uploads,
      strike: (remote) => this.#blame(remote, 'strike'),
    })
  }

  /** A number for an HTTP answer that is opened before its file is known. */
  takeRunId(): number {
    return this.#runs.takeId()
  }

  get uploadedBytes(): number {
    return this.#uploads.uploadedBytes
  }

  handle(input: Input, now: number): Effect[] {
    this.#now = now
    this.#route(input, now)
    return this.core.takeEffects()
  }

  /** The next instant at which something is due; infinity when nothing is. */
  nextWake(): number {
    let at = earlier(this.session.nextWake(), this.#mesh.nextWake())
    at = earlier(at, this.#downloads.nextWake())
    at = earlier(at, this.#runs.nextWake(this.#now))
    at = earlier(at, this.#uploads.nextWake(this.#now))
    for (const swarm of this.core.swarms.values()) at = earlier(at, havesDueAt(swarm))
    return at
  }

  #route(input: Input, now: number): void {
    switch (input.type) {
      case 'consent':
        return this.#consent(input.granted)
      case 'open':
        return this.#open(input, now)
      case 'held':
        return this.#with(input.swarm, (swarm) => this.#held(swarm, input.indexes, now))
      case 'shut':
        return this.#shut(input.swarm)
      case 'want':
        return this.#want(input, now)
      case 'reading':
        return this.#reading(input, now)
      case 'unwant':
        return this.#unwant(input, now)
      case 'digested':
        return this.#with(input.swarm, (swarm) => this.#arrivals.digested(swarm, input.index, input.hash))
      case 'leafDigested':
        return this.#with(input.swarm, (swarm) =>
          this.#arrivals.leafDigested(swarm, input.leaf, input.bytes, input.hash),
        )
      case 'chunkRead':
        return this.#uploads.chunkRead(input.swarm, input.index, input.bytes, now)
      case 'lost':
        return this.#with(input.swarm, (swarm) => this.#lost(swarm, input.index, now))
      case 'page':
        return this.#with(input.swarm, (swarm) => this.#arrivals.page(swarm, input.page, input.known))
      case 'pressure':
        this.core.pressure = input.on
        return input.on ? undefined : this.#plan(now)
      case 'runBytes':
        return this.#runs.bytes(input.run, input.bytes, now)
      case 'runEnded':
        this.#runs.ended(input.run, now)
        return this.#plan(now)
      case 'runFailed':
        this.#runs.failed(input.run, input, now)
        return this.#plan(now)
      case 'trackerMessage':
        return this.#trackerSaid(input.message, now)
      case 'trackerClosed':
        return this.session.closed(now)
      case 'uploadRate':
        this.#uploads.setRate(input.bytesPerSecondMax)
        return this.#uploads.pump(now)
      case 'wake':
        return this.#wake(now)
      case 'linkSignal':
      case 'linkOpen':
      case 'frame':
      case 'drained':
      case 'linkClosed': {
        const remote = this.core.remotes.get(input.peer)
        return remote && this.#linkSaid(remote, input, now)
      }
      default:
        return assertNever(input)
    }
  }

  #with(id: SwarmId, act: (swarm: Swarm) => void): void {
    const swarm = this.core.swarms.get(id)
    if (swarm) act(swarm)
  }

  #consent(granted: boolean): void {
    this.isConsented = granted
    if (!granted) this.#mesh.endAll()
    this.session.update(granted)
  }

  #open(input: Of<'open'>, now: number): void {
    if (this.core.swarms.has(input.swarm)) return
    const swarm = new Swarm(input.swarm, input.manifest, input.hashes)
    this.core.swarms.set(input.swarm, swarm)
    if (input.run) this.#runs.adopt(swarm, input.run, now)
    this.session.update(this.isConsented)
    if (this.session.state === 'open') this.session.join(swarm, now)
  }

  #held(swarm: Swarm, indexes: readonly number[], now: number): void {
    for (const index of indexes) {
      if (index >= swarm.geometry.chunkCount || !swarm.have.add(index)) continue
      for (const transfer of swarm.flights.get(index) ?? []) this.#downloads.takeBack(swarm, transfer, now)
      noteHave(this.core, swarm, index, now)
    }
    this.#planSwarm(swarm, now)
  }

  #shut(id: SwarmId): void {
    const swarm = this.core.swarms.get(id)
    if (!swarm) return
    this.#runs.closeAll(swarm)
    swarm.wants.clear()
    this.#downloads.trim(swarm, this.#now)
    this.session.leave(swarm)
    for (const remote of this.core.remotes.values()) {
      this.#uploads.drop(remote, id)
      const slot = remote.mySlots.get(id)
      if (slot !== undefined) this.core.emit({ type: 'send', peer: remote.id, message: { type: 'detach', slot } })
      remote.mySlots.delete(id)
      remote.holdings.delete(id)
      remote.claims.delete(id)
      remote.introducedIn.delete(id)
    }
    this.#arrivals.forget(swarm)
    this.core.swarms.delete(id)
    this.session.update(this.isConsented)
  }

  #want(input: Of<'want'>, now: number): void {
    this.#with(input.swarm, (swarm) => {
      const [first, end] = swarm.geometry.chunksOver(input.from, input.to)
      const want: Want = { order: input.order, first, end, position: first }
      swarm.wants.set(input.want, want)
      swarm.failed = false
      this.#planSwarm(swarm, now)
      if (this.session.state === 'open') this.session.join(swarm, now)
    })
  }

  #reading(input: Of<'reading'>, now: number): void {
    this.#with(input.swarm, (swarm) => {
      const want = swarm.wants.get(input.want)
      if (!want) return
      want.position = Math.min(want.end, swarm.geometry.chunkAt(input.position))
      this.#planSwarm(swarm, now)
    })
  }

  #unwant(input: Of<'unwant'>, now: number): void {
    this.#with(input.swarm, (swarm) => {
      if (!swarm.wants.delete(input.want)) return
      this.#downloads.trim(swarm, now)
      if (swarm.wants.size === 0) this.#runs.closeAll(swarm)
    })
  }

  #lost(swarm: Swarm, index: number, now: number): void {
    if (!swarm.have.delete(index)) return
    tellLost(this.core, swarm, index)
    this.#planSwarm(swarm, now)
  }

  #verified(swarm: Swarm, index: number): void {
    noteHave(this.core, swarm, index, this.#now)
    if (swarm.have.isFull || swarm.runs.size === 0) this.#runs.plan(swarm, this.#now)
  }

  #blame(remote: Remote | undefined, weight: 'strike' | 'ban'): void {
    if (!remote) return
    this.#mesh.blame(remote, weight)
    this.#plan(this.#now)
  }

  #trackerSaid(message: TrackerMessage, now: number): void {
    switch (message.type) {
      case 'welcome':
        return this.session.welcome(message.id, now)
      case 'peers':
        return this.#with(message.swarm, (swarm) => {
          swarm.size = message.size
          this.#mesh.introduced(swarm, message.peers, now)
        })
      case 'signal':
        return this.isConsented ? this.#mesh.signalled(message.from, message.tier, message.signal, now) : undefined
      case 'refused':
        return message.to === undefined ? undefined : this.#mesh.unreachable(message.to, now)
      default:
        return assertNever(message)
    }
  }

  #linkSaid(remote: Remote, input: Of<'linkSignal' | 'linkOpen' | 'frame' | 'drained' | 'linkClosed'>, now: number) {
    switch (input.type) {
      case 'linkSignal':
        return this.#mesh.found(remote, input, now)
      case 'linkOpen':
        return this.#mesh.opened(remote, input.frameBytesMax, input.roomBytes, now)
      case 'drained':
        remote.roomBytes = input.roomBytes
        return this.#uploads.pump(now)
      case 'linkClosed':
        this.#mesh.closed(remote, now)
        return this.#plan(now)
      case 'frame':
        return this.#conversation.frame(remote, input.frame, now)
    }
  }

  #planSwarm(swarm: Swarm, now: number): void {
    this.#runs.plan(swarm, now)
    this.#downloads.plan(now)
  }

  #plan(now: number): void {
    for (const swarm of this.core.swarms.values()) this.#runs.plan(swarm, now)
    this.#downloads.plan(now)
  }

  #wake(now: number): void {
    this.session.wake(now)
    this.#mesh.wake(now)
    this.#downloads.wake(now)
    this.#uploads.pump(now)
    for (const swarm of this.core.swarms.values()) {
      if (now >= (havesDueAt(swarm) ?? Number.POSITIVE_INFINITY)) tellHaves(this.core, swarm)
    }
    this.#plan(now)
  }
}
