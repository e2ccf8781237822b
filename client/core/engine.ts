/**
 * The engine: one pure machine for all files and all peers of a client. `handle` takes one input and gives the effects
 * that answer it; `nextWake` says when it wants to hear `wake`. It knows no socket, no clock and no random source.
 */
import { assertNever } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { Arrivals } from './arrivals.ts'
import { Attachments } from './attachments.ts'
import { Complaints } from './complaints.ts'
import { Conversation } from './conversation.ts'
import { Core, earlier } from './core.ts'
import { Downloads } from './downloads.ts'
import type { Effect, Input } from './engine-events.ts'
import { Files } from './files.ts'
import { havesDueAt, noteHave, tellHaves } from './haves.ts'
import { Lanes } from './lanes.ts'
import { Mesh } from './mesh.ts'
import { NamedServers } from './named-servers.ts'
import { OriginRuns } from './origin-runs.ts'
import type { Remote } from './remote.ts'
import { Reports } from './reports.ts'
import type { EngineSettings } from './settings.ts'
import type { Swarm } from './swarm.ts'
import { TrackerSession } from './tracker-session.ts'
import { Uploads } from './uploads.ts'

type LinkInput = Extract<Input, { peer: PeerId }>

export class Engine {
  readonly core: Core
  readonly session: TrackerSession
  readonly #arrivals: Arrivals
  readonly #downloads: Downloads
  readonly #runs: OriginRuns
  readonly #uploads: Uploads
  readonly #lanes: Lanes
  readonly #files: Files
  readonly #mesh: Mesh
  readonly #conversation: Conversation
  readonly #complaints: Complaints
  readonly #servers: NamedServers
  readonly #reports: Reports
  isConsented = false
  #now = 0

  constructor(settings: EngineSettings, rng: Rng) {
    this.core = new Core(settings, rng)
    this.session = new TrackerSession(this.core)
    this.#arrivals = new Arrivals(this.core, {
      wrong: (source) => {
        if (source !== 'origin') {
          this.#mesh.ban(source)
          this.#complaints.about(source, 'wrong-bytes')
        }
        this.#plan(this.#now)
      },
      takeBack: (swarm, transfer) => this.#downloads.takeBack(swarm, transfer, this.#now),
      verified: (swarm, index) => this.#verified(swarm, index),
    })
    this.#downloads = new Downloads(this.core, this.#arrivals, (remote, weight) => this.#blame(remote, weight))
    this.#runs = new OriginRuns(this.core, this.#arrivals)
    this.#uploads = new Uploads(this.core)
    this.#lanes = new Lanes(this.core)
    this.#complaints = new Complaints(this.core, this.session)
    this.#servers = new NamedServers(this.core)
    this.#reports = new Reports(this.core, this.session)
    const attachments = new Attachments(this.core)
    const parts = { core: this.core, session: this.session, attachments }
    this.#mesh = new Mesh({ ...parts, reports: this.#reports }, (remote) => {
      this.#downloads.gone(remote)
      this.#uploads.gone(remote)
      if (remote.state === 'open') this.#reports.about(remote, this.#now)
    })
    this.#files = new Files({
      ...parts,
      arrivals: this.#arrivals,
      downloads: this.#downloads,
      runs: this.#runs,
      uploads: this.#uploads,
    })
    this.#conversation = new Conversation({
      core: this.core,
      mesh: this.#mesh,
      attachments,
      downloads: this.#downloads,
      uploads: this.#uploads,
      strike: (remote) => this.#blame(remote, 'strike'),
      replan: (now) => this.#plan(now),
    })
  }

  /** A number for an HTTP answer that is opened before its file is known. */
  takeRunId(): number {
    return this.#runs.takeId()
  }

  get uploads(): Pick<Uploads, 'uploadedBytes' | 'yieldingBytesPerSecond'> {
    return this.#uploads
  }

  /** True while the owner should read no more from any HTTP answer. */
  get isPressed(): boolean {
    return this.core.isPressed
  }

  handle(input: Input, now: number): Effect[] {
    this.#now = now
    const wasPressed = this.core.isPressed
    this.#route(input, now)
    if (wasPressed && !this.core.isPressed) {
      this.#runs.readOn(now)
      this.#plan(now)
    }
    return this.core.takeEffects()
  }

  /** The next instant at which something is due; infinity when nothing is. */
  nextWake(): number {
    let at = earlier(this.session.nextWake(), this.#mesh.nextWake())
    at = earlier(at, this.#reports.nextWake())
    at = earlier(at, this.#downloads.nextWake())
    at = earlier(at, this.#arrivals.pages.nextWake())
    at = earlier(at, this.#runs.nextWake(this.#now))
    at = earlier(at, this.#uploads.nextWake(this.#now))
    for (const swarm of this.core.swarms.values()) at = earlier(at, havesDueAt(swarm))
    return at
  }

  #route(input: Input, now: number): void {
    switch (input.type) {
      case 'consent':
        return this.#consent(input.granted, now)
      case 'open':
        return this.#files.open(input, this.isConsented, now)
      case 'held':
        return this.#with(input.swarm, (swarm) => this.#files.held(swarm, input.indexes, now))
      case 'shut':
        return this.#files.shut(input.swarm, this.isConsented, now)
      case 'want':
        return this.#with(input.swarm, (swarm) => this.#files.want(swarm, input, now))
      case 'reading':
        return this.#with(input.swarm, (swarm) => this.#files.reading(swarm, input, now))
      case 'unwant':
        return this.#with(input.swarm, (swarm) => this.#files.unwant(swarm, input, now))
      case 'digested':
        return this.#with(input.swarm, (swarm) =>
          this.#arrivals.digested(swarm, input.index, input.bytes, input.hash, now),
        )
      case 'leafDigested':
        return this.#with(input.swarm, (swarm) =>
          this.#arrivals.leafDigested(swarm, input.leaf, input.bytes, input.hash),
        )
      case 'chunkRead':
        return this.#uploads.chunkRead(input.swarm, input.index, input.bytes, now)
      case 'lost':
        return this.#with(input.swarm, (swarm) => this.#files.lost(swarm, input, now))
      case 'page':
        return this.#with(input.swarm, (swarm) => this.#arrivals.page(swarm, input.page, input.known, now))
      case 'pressure':
        return this.core.press(input.on)
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
      case 'token':
        return this.session.token(input.token, now)
      case 'uploadRate':
        this.#uploads.setLimits(input.bytesPerSecondMax, input.peerBytesPerSecondMax, input.ratioMax)
        this.session.wake(now)
        return this.#uploads.pump(now)
      case 'leaving':
        return this.#mesh.endAll()
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

  #consent(granted: boolean, now: number): void {
    this.isConsented = granted
    if (!granted) this.#mesh.endAll()
    this.session.update(granted, now)
    this.#plan(now)
  }

  #verified(swarm: Swarm, index: number): void {
    noteHave(this.core, swarm, index, this.#now)
    this.#uploads.gained(swarm.geometry.lengthOf(index), this.#now)
    swarm.reached(index, this.#now)
    this.#runs.overtaken(swarm, index)
    if (swarm.have.count === 1) this.#downloads.plan(this.#now)
    if (swarm.runs.size === 0) this.#runs.plan(swarm, this.#now)
  }

  #blame(remote: Remote, weight: 'strike' | 'ban'): void {
    this.#mesh.blame(remote, weight)
    if (weight === 'ban') this.#complaints.about(remote.id, 'out-of-place')
    this.#plan(this.#now)
  }

  #trackerSaid(message: TrackerMessage, now: number): void {
    // What was under way when consent was withdrawn links to nobody any more.
    if (this.session.state === 'off') return
    switch (message.type) {
      case 'welcome':
        if (message.id !== this.session.ownId) this.#complaints.renamed()
        this.#servers.welcome(message)
        return this.session.welcome(message, now)
      case 'servers':
        return this.#servers.hear(message)
      case 'peers':
        for (const { id, ticket } of message.peers) this.#complaints.introduced(id, ticket)
        if (message.intervalMs !== undefined) this.session.quiet(message.swarm, message.intervalMs, now)
        return this.#with(message.swarm, (swarm) => {
          swarm.size = message.size
          swarm.ahead = message.ahead
          this.#mesh.introduced(swarm, message.peers, now)
          this.#runs.plan(swarm, now)
        })
      case 'signal':
        this.#complaints.introduced(message.from, message.ticket)
        return this.#mesh.signalled(message.from, message.tier, message.signal, now)
      case 'drain':
        return this.session.drain(message.afterMs, now)
      case 'busy':
        return this.session.busy(message.retryMs, now)
      case 'authorized':
        return this.session.authorized(message.forMs, now)
      case 'refused':
        return message.to === undefined ? this.session.refused(message, now) : this.#mesh.unreachable(message.to, now)
      default:
        return assertNever(message)
    }
  }

  #linkSaid(remote: Remote, input: LinkInput, now: number) {
    switch (input.type) {
      case 'linkSignal':
        return this.#mesh.found(remote, input, now)
      case 'linkOpen':
        return this.#mesh.opened(remote, input.frameBytesMax, input.roomBytes, now)
      case 'drained':
        remote.roomBytes = input.roomBytes
        remote.roomBytesMax = Math.max(remote.roomBytesMax, input.roomBytes)
        return this.#uploads.pump(now)
      case 'linkClosed':
        this.#mesh.closed(remote, now)
        return this.#plan(now)
      case 'frame':
        this.#conversation.frame(remote, input.frame, now)
        return this.#lanes.look(now)
    }
  }

  #plan(now: number): void {
    for (const swarm of this.core.swarms.values()) this.#runs.plan(swarm, now)
    this.#downloads.plan(now)
  }

  #wake(now: number): void {
    this.session.wake(now)
    this.#mesh.wake(now)
    this.#reports.wake(now)
    this.#downloads.wake(now)
    this.#runs.wake(now)
    this.#arrivals.pages.wake(now)
    for (const remote of this.#uploads.wake(now)) this.#mesh.ping(remote, now)
    for (const swarm of this.core.swarms.values()) {
      if (now >= (havesDueAt(swarm) ?? Number.POSITIVE_INFINITY)) tellHaves(this.core, swarm, now)
    }
    this.#plan(now)
  }
}
