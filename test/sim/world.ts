/**
 * A world of real engines and the real tracker core on virtual time, with model links and a model origin. A node's
 * links share its uplink, frames travel for the path's delay and come one after another through the receiver's
 * downlink, which its HTTP answers use too. Same seed, same trace.
 */
import { Engine } from '../../client/core/engine.ts'
import type { Effect, Input } from '../../client/core/engine-events.ts'
import { assert, assertNever } from '../../shared/assert.ts'
import type { PeerId } from '../../shared/ids.ts'
import { frameBytesMax } from '../../shared/limits.ts'
import { createRng, type Rng } from '../../shared/rng.ts'
import { FrameBook } from './frame-book.ts'
import { ModelFile } from './model-file.ts'
import { ModelOrigin, type OriginPlan } from './model-origin.ts'
import { ModelTracker } from './model-tracker.ts'
import { Network, type NetworkPlan } from './network.ts'
import { Node, type PeerPlan } from './node.ts'
import { StreamReader } from './stream-reader.ts'
import { Trace } from './trace.ts'
import { VirtualTime } from './virtual-time.ts'

export type { Node, PeerPlan } from './node.ts'

export interface WorldPlan extends NetworkPlan {
  seed: number
  fileBytes: number
  chunkBytes: number
  origin: OriginPlan
}

export class World {
  readonly plan: WorldPlan
  readonly time = new VirtualTime()
  readonly trace = new Trace()
  readonly rng: Rng
  readonly file: ModelFile
  readonly origin: ModelOrigin
  readonly tracker: ModelTracker
  readonly network: Network
  readonly nodes: Node[] = []
  readonly #frames: FrameBook
  #unfinishedCount = 0

  constructor(plan: WorldPlan) {
    this.plan = plan
    this.rng = createRng([plan.seed, 1, 2, 3])
    this.file = new ModelFile(plan.fileBytes, plan.chunkBytes)
    this.#frames = new FrameBook(({ index, payload }) => this.file.isOwn(index, payload))
    this.origin = new ModelOrigin(this.time, plan.origin, this.file.geometry)
    this.tracker = new ModelTracker(this.time, this.rng, {
      said: (node, message) => this.input(node, { type: 'trackerMessage', message }),
      closed: (node) => this.input(node, { type: 'trackerClosed' }),
    })
    this.network = new Network(this.time, plan, {
      chance: () => this.rng.fraction(),
      signal: (node, peer, description) => this.input(node, { type: 'linkSignal', peer, description }),
      opened: ({ owner, peer, roomBytes }) => this.input(owner, { type: 'linkOpen', peer, frameBytesMax, roomBytes }),
      closed: (node, peer) => this.input(node, { type: 'linkClosed', peer }),
      drained: (node, peer, roomBytes) => this.input(node, { type: 'drained', peer, roomBytes }),
      arrived: (node, peer, frame) => this.input(node, { type: 'frame', peer, frame }),
    })
  }

  add(plan: PeerPlan): Node {
    const seed = [this.rng.uint32(), this.rng.uint32(), this.rng.uint32(), this.rng.uint32()] as const
    const instance = [0, 1].map(() => this.rng.uint32().toString(16).padStart(8, '0')).join('')
    const settings = {
      mode: plan.mode ?? 'balanced',
      tracker: true,
      linkCountMax: plan.linkCountMax ?? 20,
      uploadBytesPerSecondMax: plan.uploadBytesPerSecondMax ?? Number.POSITIVE_INFINITY,
      uploadRatioMax: plan.uploadRatioMax ?? Number.POSITIVE_INFINITY,
      instance,
    } as const
    const node = new Node(plan, this.nodes.length, new Engine(settings, createRng(seed)), this.time)
    this.nodes.push(node)
    this.#unfinishedCount++
    this.time.at(plan.joinAtMs, () => this.#start(node))
    if (plan.leaveAtMs !== undefined) this.time.at(plan.leaveAtMs, () => this.leave(node))
    return node
  }

  #start(node: Node): void {
    if (node.isGone) return
    const { swarm, manifest, hashes, geometry } = this.file
    node.startedAt = this.time.now
    this.input(node, { type: 'consent', granted: true })
    if (node.plan.isSeeder) {
      this.input(node, { type: 'open', swarm, manifest, hashes })
      const indexes = Array.from({ length: geometry.chunkCount }, (_, index) => index)
      this.input(node, { type: 'held', swarm, indexes })
      return this.done(node)
    }
    const run = node.engine.takeRunId()
    this.input(node, { type: 'open', swarm, manifest, hashes, run: { id: run, to: geometry.fileBytes } })
    this.#openRun(node, run, 0, geometry.fileBytes)
    const order = node.plan.order ?? 'bulk'
    this.input(node, { type: 'want', swarm, want: 1, from: 0, to: geometry.fileBytes, order })
    if (order === 'stream') new StreamReader(this, node).start()
  }

  /** The peer vanishes: its tab was closed. */
  leave(node: Node): void {
    if (node.isGone) return
    if (!node.isOver) this.#unfinishedCount--
    node.isGone = true
    this.origin.cancelAll(node)
    this.tracker.disconnect(node, true)
    for (const link of [...node.links.values()]) this.network.break(link)
  }

  /** The peer's clock is another one from now on, as after a sleep. */
  jump(node: Node, byMs: number): void {
    node.clockAheadMs += byMs
    this.input(node, { type: 'wake' })
  }

  /** The peer leaves everybody, and comes back at once as one whom nobody knows, with all that it has. */
  renew(node: Node): void {
    this.input(node, { type: 'consent', granted: false })
    this.input(node, { type: 'consent', granted: true })
  }

  run(untilMs: number, isOver?: () => boolean): void {
    this.time.run(untilMs, isOver)
  }

  /** Runs until every peer that is still here has the file. */
  runUntilDone(untilMs: number): void {
    this.run(untilMs, () => this.#unfinishedCount === 0)
  }

  done(node: Node): void {
    if (node.isOver) return
    node.doneAt = this.time.now
    this.#unfinishedCount--
  }

  input(node: Node, input: Input): void {
    if (node.isGone) return
    const effects = node.engine.handle(input, this.time.now + node.clockAheadMs)
    for (const effect of effects) this.#effect(node, effect)
    this.#schedule(node)
  }

  #schedule(node: Node): void {
    // Timers count in milliseconds and are never early.
    const at = Math.max(Math.ceil(node.engine.nextWake() - node.clockAheadMs), Math.floor(this.time.now) + 1)
    if (at >= node.wakeAt || at === Number.POSITIVE_INFINITY) return
    node.wakeAt = at
    this.time.at(at, () => {
      if (node.wakeAt !== at) return
      node.wakeAt = Number.POSITIVE_INFINITY
      this.input(node, { type: 'wake' })
    })
  }

  #soon(node: Node, input: Input): void {
    this.time.at(this.time.now, () => this.input(node, input))
  }

  #effect(node: Node, effect: Effect): void {
    this.trace.mark(this.time.now, node.number, effect.type)
    switch (effect.type) {
      case 'askRoom': {
        const { peer } = effect
        const roomBytes = node.links.get(peer)?.roomBytes ?? 0
        return roomBytes > 0 ? this.#soon(node, { type: 'drained', peer, roomBytes }) : undefined
      }
      case 'digest': {
        const { swarm, index, bytes } = effect
        return this.#soon(node, { type: 'digested', swarm, index, bytes, hash: this.file.digest(index, bytes) })
      }
      case 'digestLeaf':
      case 'release':
      case 'widen':
      case 'fetchPage':
        return
      case 'keep':
        return this.#kept(node, effect)
      case 'read': {
        const { swarm, index } = effect
        return this.#soon(node, { type: 'chunkRead', swarm, index, bytes: this.file.chunk(index) })
      }
      case 'openRun':
        return this.#openRun(node, effect.run, effect.from, effect.to)
      case 'closeRun':
        return this.origin.cancel(node, effect.run)
      case 'failed':
        if (!node.isOver) this.#unfinishedCount--
        node.failure = effect.code
        return
      case 'connectTracker':
        return this.time.at(this.time.now + 2 * node.plan.delayMs, () => {
          if (!node.isGone) this.tracker.connect(node)
        })
      case 'iceServers':
      case 'fetchToken':
      case 'shutOut':
        return
      case 'closeTracker':
        return this.tracker.disconnect(node)
      case 'tell':
        return this.tracker.tell(node, JSON.stringify(effect.message))
      case 'dial':
        return this.network.dial(node, effect.peer, effect.initiator)
      case 'linkSignal': {
        const { peer, description } = effect
        return description && this.network.signalled(node, peer, description, this.tracker.nodeOf(peer))
      }
      case 'hangUp': {
        const link = node.links.get(effect.peer)
        return link && this.network.break(link)
      }
      case 'send': {
        const { peer, message } = effect
        const link = node.links.get(peer)
        const sent = node.plan.corrupt ? node.plan.corrupt(message) : message
        return link?.isOpen && sent ? link.send(this.#frames.encode(sent)) : undefined
      }
      default:
        return assertNever(effect)
    }
  }

  #kept(node: Node, { index, bytes, source, swarm }: Extract<Effect, { type: 'keep' }>): void {
    assert(this.file.isTrue(index, bytes), `a false chunk ${index} was kept`)
    if (source === 'origin') node.bytes.origin += bytes.length
    else {
      node.bytes.peers += bytes.length
      if (this.#regionOf(source) === node.plan.region) node.sameRegionBytes += bytes.length
    }
    if (node.engine.core.swarms.get(swarm)!.have.isFull && node.plan.order !== 'stream') this.done(node)
  }

  #regionOf(peer: PeerId): number | undefined {
    return this.tracker.nodeOf(peer)?.plan.region
  }

  #openRun(node: Node, run: number, from: number, to: number): void {
    const { downBytesPerSecond, delayMs } = node.plan
    this.origin.open({ node, down: node.down, downBytesPerSecond, delayMs }, { run, from, to }, (part) => {
      if (part === 'ended') return this.input(node, { type: 'runEnded', run })
      if (part === 'failed') {
        const failure = { reason: 'down', retry: true, changed: false, retryAfterMs: 0 }
        return this.input(node, { type: 'runFailed', run, ...failure })
      }
      const index = this.file.geometry.chunkAt(part.from)
      const start = this.file.geometry.startOf(index)
      const bytes = this.file.chunk(index).subarray(part.from - start, part.to - start)
      this.input(node, { type: 'runBytes', run, bytes })
    })
  }
}
