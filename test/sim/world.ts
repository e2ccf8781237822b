/**
 * A world of real engines and the real tracker core on virtual time, with model links and a model origin. A node's
 * frames leave one after another at its uplink's rate, travel for the path's delay, and arrive one after another at
 * the receiver's downlink's rate. The origin's line is shared equally by its answers. Same seed, same trace.
 */

import { Engine } from '../../client/core/engine.ts'
import type { Effect, Input, Order } from '../../client/core/engine-events.ts'
import type { Mode } from '../../client/core/settings.ts'
import { assert, assertNever } from '../../shared/assert.ts'
import type { PeerId } from '../../shared/ids.ts'
import { frameBytesMax, KiB } from '../../shared/limits.ts'
import { createRng, type Rng } from '../../shared/rng.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { encodeWire, type WireMessage } from '../../shared/wire.ts'
import { type TrackerEffect, TrackerMachine } from '../../tracker/core/tracker-machine.ts'
import type { Behaviour } from './behaviours.ts'
import { ModelFile } from './model-file.ts'
import { ModelOrigin } from './model-origin.ts'
import { VirtualTime } from './virtual-time.ts'

/** The send queue of a link: the marks of the real one. */
const sendHighBytes = 1024 * KiB
const sendLowBytes = 256 * KiB

/** How often a stream's reader looks for more. */
const lookMs = 20

export interface PeerPlan {
  upBytesPerSecond: number
  downBytesPerSecond: number
  /** One way, to anyone. */
  delayMs: number
  joinAtMs: number
  mode?: Mode
  order?: Order
  /** Changes what the peer sends; undefined drops it. */
  corrupt?: Behaviour
  address?: readonly [number, number, number, number]
  /** Bytes a second at which a stream is read; without it, as fast as it comes. */
  readBytesPerSecond?: number
}

export interface WorldPlan {
  seed: number
  fileBytes: number
  chunkBytes: number
  origin: { bytesPerSecond: number; delayMs: number }
}

interface HalfLink {
  key: string
  owner: Node
  other: HalfLink | undefined
  isOpen: boolean
  queuedBytes: number
  peer: PeerId
}

export class Node {
  readonly plan: PeerPlan
  readonly engine: Engine
  readonly links = new Map<PeerId, HalfLink>()
  id: PeerId | undefined
  upFreeAt = 0
  downFreeAt = 0
  wakeAt = Number.POSITIVE_INFINITY
  readonly bytes = { peers: 0, origin: 0 }
  /** How far a stream's reader is, and the most bytes that were here or on their way beyond it. */
  readAt = 0
  aheadBytesMax = 0
  startedAt = 0
  doneAt: number | undefined
  failure: string | undefined
  isGone = false

  constructor(plan: PeerPlan, engine: Engine) {
    this.plan = plan
    this.engine = engine
  }
}

export class World {
  readonly time = new VirtualTime()
  readonly rng: Rng
  readonly file: ModelFile
  readonly origin: ModelOrigin
  tracker: TrackerMachine
  readonly nodes: Node[] = []
  readonly #byId = new Map<PeerId, Node>()
  readonly #calls = new Map<string, HalfLink>()
  /** A running hash over all that happened: two runs of one seed have the same. */
  trace = 0x811c9dc5
  #linkCount = 0
  #isTrackerUp = true

  constructor(plan: WorldPlan) {
    this.rng = createRng([plan.seed, 1, 2, 3])
    this.file = new ModelFile(plan.fileBytes, plan.chunkBytes)
    this.origin = new ModelOrigin(this.time, plan.origin)
    this.tracker = this.#newTracker()
  }

  #newTracker(): TrackerMachine {
    return new TrackerMachine({
      rng: this.rng,
      limits: { connectionsPerAddressMax: 1_000_000, connectionsPerSecondPerAddress: 1_000_000 } as never,
    })
  }

  add(plan: PeerPlan): Node {
    const seed = [this.rng.uint32(), this.rng.uint32(), this.rng.uint32(), this.rng.uint32()] as const
    const instance = [0, 1].map(() => this.rng.uint32().toString(16).padStart(8, '0')).join('')
    const { mode = 'balanced' } = plan
    const settings = {
      mode,
      tracker: true,
      linkCountMax: 20,
      uploadBytesPerSecondMax: Number.POSITIVE_INFINITY,
      instance,
    }
    const node = new Node(plan, new Engine(settings, createRng(seed)))
    this.nodes.push(node)
    this.time.at(plan.joinAtMs, () => this.#start(node))
    return node
  }

  #start(node: Node): void {
    const { swarm, manifest, hashes, geometry } = this.file
    node.startedAt = this.time.now
    this.input(node, { type: 'consent', granted: true })
    const run = node.engine.takeRunId()
    this.input(node, { type: 'open', swarm, manifest, hashes, run: { id: run, to: geometry.fileBytes } })
    this.#openRun(node, run, 0, geometry.fileBytes)
    const order = node.plan.order ?? 'bulk'
    this.input(node, { type: 'want', swarm, want: 1, from: 0, to: geometry.fileBytes, order })
    if (order === 'stream') this.#read(node)
  }

  /** The peer vanishes: its tab was closed. */
  leave(node: Node): void {
    node.isGone = true
    this.origin.cancelAll(node)
    if (node.id) {
      this.#byId.delete(node.id)
      this.tracker.disconnect(node.id)
    }
    for (const link of [...node.links.values()]) this.#breakLink(link)
  }

  stopTracker(): void {
    this.#isTrackerUp = false
    for (const node of this.nodes) {
      if (!node.id) continue
      this.#byId.delete(node.id)
      node.id = undefined
      this.time.at(this.time.now, () => this.input(node, { type: 'trackerClosed' }))
    }
    this.tracker = this.#newTracker()
  }

  startTracker(): void {
    this.#isTrackerUp = true
  }

  run(untilMs: number, isOver?: () => boolean): void {
    this.time.run(untilMs, isOver)
  }

  /** Runs until every peer that is still here has the file. */
  runUntilDone(untilMs: number): void {
    this.run(untilMs, () => this.nodes.every((node) => node.isGone || node.doneAt !== undefined || node.failure))
  }

  input(node: Node, input: Input): void {
    if (node.isGone) return
    const effects = node.engine.handle(input, this.time.now)
    for (const effect of effects) this.#effect(node, effect)
    this.#schedule(node)
  }

  #schedule(node: Node): void {
    const at = Math.max(node.engine.nextWake(), this.time.now)
    if (at === Number.POSITIVE_INFINITY || (node.wakeAt <= at && node.wakeAt > this.time.now)) return
    node.wakeAt = at
    this.time.at(at, () => {
      if (node.wakeAt !== at) return
      node.wakeAt = Number.POSITIVE_INFINITY
      this.input(node, { type: 'wake' })
    })
  }

  #mark(text: string): void {
    for (let i = 0; i < text.length; i++) this.trace = Math.imul(this.trace ^ text.charCodeAt(i), 0x01000193) >>> 0
  }

  #effect(node: Node, effect: Effect): void {
    this.#mark(`${this.time.now.toFixed(3)}${effect.type}`)
    switch (effect.type) {
      case 'askRoom': {
        const { peer } = effect
        const roomBytes = sendHighBytes - (node.links.get(peer)?.queuedBytes ?? sendHighBytes)
        if (roomBytes > 0) this.time.at(this.time.now, () => this.input(node, { type: 'drained', peer, roomBytes }))
        return
      }
      case 'digest': {
        const hash = this.file.digest(effect.index, effect.bytes)
        const { swarm, index, bytes } = effect
        return this.time.at(this.time.now, () => this.input(node, { type: 'digested', swarm, index, bytes, hash }))
      }
      case 'digestLeaf':
      case 'release':
      case 'fetchPage':
        return
      case 'keep':
        return this.#kept(node, effect)
      case 'read': {
        const { swarm, index } = effect
        const bytes = this.file.chunk(index)
        return this.time.at(this.time.now, () => this.input(node, { type: 'chunkRead', swarm, index, bytes }))
      }
      case 'openRun':
        return this.#openRun(node, effect.run, effect.from, effect.to)
      case 'closeRun':
        return this.origin.cancel(node, effect.run)
      case 'failed':
        node.failure = effect.code
        return
      case 'connectTracker':
        return this.time.at(this.time.now + 2 * node.plan.delayMs, () => this.#connect(node))
      case 'closeTracker':
        if (node.id) this.tracker.disconnect(node.id)
        return
      case 'tell':
        return this.#tell(node, JSON.stringify(effect.message))
      case 'dial':
        return this.#dial(node, effect.peer, effect.initiator)
      case 'linkSignal':
        return effect.description && this.#signalled(node, effect.peer, effect.description)
      case 'hangUp': {
        const link = node.links.get(effect.peer)
        return link && this.#breakLink(link)
      }
      case 'send':
        return this.#send(node, effect.peer, effect.message)
      default:
        return assertNever(effect)
    }
  }

  /** A reader takes what is here at its pace, looked at every so often. */
  #read(node: Node): void {
    const { geometry, swarm } = this.file
    const { have, flights } = node.engine.core.swarms.get(swarm)!
    const bytes = ((node.plan.readBytesPerSecond ?? Number.POSITIVE_INFINITY) * lookMs) / 1_000
    let to = Math.min(node.readAt + bytes, geometry.fileBytes)
    for (let index = geometry.chunkAt(node.readAt); geometry.startOf(index) < to; index++) {
      if (!have.has(index)) to = geometry.startOf(index)
    }
    node.readAt = Math.max(node.readAt, to)
    let aheadBytes = 0
    for (let index = geometry.chunkAt(node.readAt); index < geometry.chunkCount; index++) {
      if (have.has(index) || flights.has(index)) aheadBytes += geometry.lengthOf(index)
    }
    node.aheadBytesMax = Math.max(node.aheadBytesMax, aheadBytes)
    if (node.readAt === geometry.fileBytes) {
      node.doneAt ??= this.time.now
      return
    }
    this.input(node, { type: 'reading', swarm, want: 1, position: node.readAt })
    this.time.at(this.time.now + lookMs, () => this.#read(node))
  }

  #kept(node: Node, effect: Extract<Effect, { type: 'keep' }>): void {
    // A chunk's hash is zeros when its bytes are not the file's.
    assert(this.file.digest(effect.index, effect.bytes)[4] !== 0, `a false chunk ${effect.index} was kept`)
    node.bytes[effect.source === 'origin' ? 'origin' : 'peers'] += effect.bytes.length
    const { have } = node.engine.core.swarms.get(effect.swarm)!
    if (have.isFull && node.plan.order !== 'stream') node.doneAt ??= this.time.now
  }

  #openRun(node: Node, run: number, from: number, to: number): void {
    this.origin.open(
      node,
      { run, from, to, downBytesPerSecond: node.plan.downBytesPerSecond },
      (part) => {
        if (part === 'ended') return this.input(node, { type: 'runEnded', run })
        if (part === 'failed') {
          return this.input(node, {
            type: 'runFailed',
            run,
            reason: 'down',
            retry: true,
            changed: false,
            retryAfterMs: 0,
          })
        }
        const { chunkBytes } = this.file.geometry
        const index = Math.floor(part.from / chunkBytes)
        const start = part.from - index * chunkBytes
        const bytes = this.file.chunk(index).subarray(start, start + part.to - part.from)
        this.input(node, { type: 'runBytes', run, bytes })
      },
      chunkEnd(this.file.geometry.chunkBytes),
    )
  }

  #connect(node: Node): void {
    if (node.isGone) return
    if (!this.#isTrackerUp) return this.input(node, { type: 'trackerClosed' })
    const words = Array.from({ length: 4 }, () => this.rng.uint32().toString(16).padStart(8, '0')).join('')
    const id = words.slice(0, 22) as PeerId
    node.id = id
    this.#byId.set(id, node)
    const number = this.nodes.indexOf(node)
    const address = Uint8Array.from(node.plan.address ?? [10, number >> 16, (number >> 8) & 255, number & 255])
    this.#runTracker(this.tracker.connect(id, address, undefined, this.time.now))
  }

  #tell(node: Node, text: string): void {
    const { id } = node
    if (!id) return
    this.time.at(this.time.now + node.plan.delayMs, () => {
      if (node.id === id && this.#isTrackerUp) this.#runTracker(this.tracker.receive(id, text, this.time.now))
    })
  }

  #runTracker(effects: TrackerEffect[]): void {
    for (const effect of effects) {
      const node = this.#byId.get(effect.to)
      if (!node || effect.type !== 'send') continue
      const message: TrackerMessage = effect.message
      this.time.at(this.time.now + node.plan.delayMs, () => {
        if (node.id === effect.to) this.input(node, { type: 'trackerMessage', message })
      })
    }
  }

  #dial(node: Node, peer: PeerId, initiator: boolean): void {
    const key = `${++this.#linkCount}`
    const link: HalfLink = { key, owner: node, other: undefined, isOpen: false, queuedBytes: 0, peer }
    node.links.set(peer, link)
    if (!initiator) return
    this.#calls.set(key, link)
    this.time.at(this.time.now + 1, () => {
      this.input(node, { type: 'linkSignal', peer, description: { type: 'offer', sdp: key } })
    })
  }

  #signalled(node: Node, peer: PeerId, description: { type: 'offer' | 'answer'; sdp: string }): void {
    const link = node.links.get(peer)
    const caller = this.#calls.get(description.sdp)
    if (!link || !caller) return
    if (description.type === 'offer') {
      link.other = caller
      this.input(node, { type: 'linkSignal', peer, description: { type: 'answer', sdp: description.sdp } })
      return
    }
    this.#calls.delete(description.sdp)
    const callee = [...(this.#byId.get(peer)?.links.values() ?? [])].find((half) => half.other === link)
    if (!callee) return
    link.other = callee
    // ICE, DTLS and SCTP take about four round trips.
    const delayMs = 8 * (node.plan.delayMs + callee.owner.plan.delayMs)
    this.time.at(this.time.now + delayMs, () => {
      for (const half of [link, callee]) {
        if (half.owner.links.get(half.peer) !== half) return
      }
      for (const half of [link, callee]) {
        half.isOpen = true
        this.input(half.owner, { type: 'linkOpen', peer: half.peer, frameBytesMax, roomBytes: sendHighBytes })
      }
    })
  }

  #breakLink(link: HalfLink): void {
    link.owner.links.delete(link.peer)
    const other = link.other
    link.isOpen = false
    if (!other || other.owner.links.get(other.peer) !== other) return
    const delayMs = link.owner.plan.delayMs + other.owner.plan.delayMs
    this.time.at(this.time.now + delayMs, () => {
      if (other.owner.links.get(other.peer) !== other) return
      other.owner.links.delete(other.peer)
      other.isOpen = false
      this.input(other.owner, { type: 'linkClosed', peer: other.peer })
    })
  }

  #send(node: Node, peer: PeerId, message: WireMessage): void {
    const link = node.links.get(peer)
    const sent = node.plan.corrupt ? node.plan.corrupt(message) : message
    if (!link?.isOpen || !sent) return
    const frame = encodeWire(sent)
    const { now } = this.time
    const left = Math.max(now, node.upFreeAt) + (frame.length * 1_000) / node.plan.upBytesPerSecond
    node.upFreeAt = left
    link.queuedBytes += frame.length
    this.time.at(left, () => {
      const wasHigh = link.queuedBytes > sendLowBytes
      link.queuedBytes -= frame.length
      if (link.isOpen && wasHigh && link.queuedBytes <= sendLowBytes) {
        this.input(node, { type: 'drained', peer, roomBytes: sendHighBytes - link.queuedBytes })
      }
      this.#travel(link, frame)
    })
  }

  #travel(link: HalfLink, frame: Uint8Array): void {
    const receiver = link.other?.owner
    if (!receiver) return
    const arrives = this.time.now + link.owner.plan.delayMs + receiver.plan.delayMs
    this.time.at(arrives, () => {
      const done =
        Math.max(this.time.now, receiver.downFreeAt) + (frame.length * 1_000) / receiver.plan.downBytesPerSecond
      receiver.downFreeAt = done
      this.time.at(done, () => {
        const half = link.other
        if (half?.isOpen && receiver.links.get(half.peer) === half) {
          this.input(receiver, { type: 'frame', peer: half.peer, frame })
        }
      })
    })
  }

  /** What everybody did, for assertions and tables. */
  report(): { originCopies: number; doneMs: number[]; offload: number; failures: string[] } {
    const stayed = this.nodes.filter((node) => !node.isGone)
    const doneMs = stayed.map((node) => (node.doneAt ?? Number.POSITIVE_INFINITY) - node.startedAt)
    const peers = stayed.reduce((sum, node) => sum + node.bytes.peers, 0)
    const origin = stayed.reduce((sum, node) => sum + node.bytes.origin, 0)
    return {
      originCopies: this.origin.sentBytes / this.file.geometry.fileBytes,
      doneMs: doneMs.sort((a, b) => a - b),
      offload: peers / (peers + origin),
      failures: stayed.flatMap((node) => node.failure ?? []),
    }
  }
}

const chunkEnd = (chunkBytes: number) => (at: number) => (Math.floor(at / chunkBytes) + 1) * chunkBytes
