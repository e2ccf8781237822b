/** Several tracker machines of one service on a bus in memory, with one clock and a handful of verbs. */
import { createHmac } from 'node:crypto'
import type { PeerId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import type { BusEffect, TrackerEffect } from '../../tracker/core/effects.ts'
import type { TrackerLimits } from '../../tracker/core/limits.ts'
import type { Location } from '../../tracker/core/location.ts'
import { type NodeId, peerIdAt } from '../../tracker/core/node-ids.ts'
import { TrackerMachine, type TrackerMachineOptions } from '../../tracker/core/tracker-machine.ts'
import type { Bus } from '../../tracker/ports.ts'
import { createBusCipher } from '../../tracker/shell/bus-cipher.ts'
import { MemoryHub } from '../../tracker/shell/memory-bus.ts'
import { addressBytes, offer, swarmA } from './tracker-crowd.ts'

/** The key that all of them share. */
export const serviceKey = Buffer.alloc(32, 7)

export const hmacOf = (key: Uint8Array) => (text: string) => createHmac('sha256', key).update(text).digest('base64url')

/** 2026-11-21: any day will do. */
const epochMs = 1_795_000_000_000

interface NodeOptions extends Partial<TrackerMachineOptions> {
  name?: string
  key?: Uint8Array
  /** How much its clock is ahead of the others'. */
  aheadMs?: number
}

export class TrackerNodes {
  now = 0
  #tasks: (() => void)[] = []
  readonly hub = new MemoryHub({ now: () => this.now, defer: (task) => this.#tasks.push(task) })
  readonly nodes: TrackerNode[] = []
  readonly #limits: Partial<TrackerLimits>
  #nodeCount = 0
  peerCount = 0
  /** Nothing comes through. */
  isBusDown = false

  constructor(nodeCount = 2, limits: Partial<TrackerLimits> = {}) {
    this.#limits = { connectionsPerAddressMax: 100_000, ...limits }
    for (let i = 0; i < nodeCount; i++) this.add()
  }

  add({ name, ...options }: NodeOptions = {}): TrackerNode {
    const number = ++this.#nodeCount
    const id = (name ?? `node-${number}`).padEnd(6, '_') as NodeId
    const node = new TrackerNode(this, id, number, { limits: this.#limits, ...options })
    this.nodes.push(node)
    return node
  }

  /** Lets what is on the bus arrive, and what comes of it. */
  settle(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task()
  }

  /** Time passes as it does, with a wake twice a second. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 500
      for (const node of this.nodes) node.wake()
      this.settle()
    }
  }
}

export class TrackerNode {
  readonly id: NodeId
  readonly machine: TrackerMachine
  readonly bus: Bus
  /** What it gave to the bus, in order. */
  readonly said: BusEffect[] = []
  /** What it told each peer, in order. */
  readonly #told = new Map<PeerId, TrackerMessage[]>()
  readonly closed = new Set<PeerId>()
  readonly #nodes: TrackerNodes
  readonly #aheadMs: number
  isDead = false

  constructor(nodes: TrackerNodes, id: NodeId, seed: number, options: NodeOptions) {
    const { key = serviceKey, aheadMs = 0, ...more } = options
    this.id = id
    this.#nodes = nodes
    this.#aheadMs = aheadMs
    this.bus = nodes.hub.connect()
    this.machine = new TrackerMachine({
      rng: createRng([1, 2, 3, seed]),
      hmac: hmacOf(key),
      epochMs: epochMs + aheadMs,
      cluster: { node: id, cipher: createBusCipher(key), emit: (effect) => this.#emit(effect) },
      ...more,
    })
    this.bus.open(id, {
      message: (text) => this.hear(text),
      digests: (topic, texts) => this.#run(this.machine.cluster!.digests(topic, texts, nodes.now)),
      unheard: (node) => this.#run(this.machine.cluster!.unheard(node, nodes.now)),
    })
  }

  #emit(effect: BusEffect): void {
    this.said.push(effect)
    if (this.#nodes.isBusDown) return
    if (effect.type === 'publish') this.bus.publish(effect.node, effect.text)
    else if (effect.type === 'putDigest') this.bus.putDigest(effect.topic, effect.text, effect.lifetimeMs)
    else this.bus.readDigests(effect.topic)
  }

  #run(effects: readonly TrackerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#told.set(effect.to, [...(this.#told.get(effect.to) ?? []), effect.message])
      else this.closed.add(effect.to)
    }
  }

  /** As if this came by the bus. */
  hear(text: string): void {
    this.#run(this.machine.cluster!.receive(text, this.#nodes.now))
  }

  wake(): void {
    if (this.isDead) return
    this.#run(this.machine.expire(this.#nodes.now))
    this.machine.cluster!.wake(this.#nodes.now, epochMs + this.#aheadMs + this.#nodes.now)
  }

  /** Without a farewell. */
  async die(): Promise<void> {
    this.isDead = true
    await this.bus.close()
  }

  connect(address: string, location?: Location): PeerId {
    const id = peerIdAt(this.id, String(++this.#nodes.peerCount).padStart(16, 'p'))
    this.#run(this.machine.connect(id, addressBytes(address), location, this.#nodes.now))
    return id
  }

  say(id: PeerId, message: object | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    this.#run(this.machine.receive(id, text, this.#nodes.now))
    this.#nodes.settle()
  }

  leave(id: PeerId): void {
    this.machine.disconnect(id)
    this.#nodes.settle()
  }

  /** A peer in the swarm, who asked for so many. */
  member(address: string, { swarm = swarmA, have = 0, want = 0, location }: MemberOptions = {}): PeerId {
    const id = this.connect(address, location)
    this.say(id, { type: 'join', swarm, have, want })
    return id
  }

  signal(from: PeerId, to: PeerId, signal: object = offer): void {
    this.say(from, { type: 'signal', to, signal })
  }

  /** What a peer was told since it was last asked. */
  heardBy(id: PeerId): TrackerMessage[] {
    const told = this.#told.get(id) ?? []
    this.#told.set(id, [])
    return told
  }

  /** Whom a peer was told of since. */
  peersOf(id: PeerId): { id: PeerId; tier: string; ticket?: string }[] {
    return this.heardBy(id).flatMap((message) => (message.type === 'peers' ? message.peers : []))
  }
}

interface MemberOptions {
  swarm?: string
  have?: number
  want?: number
  location?: Location
}
