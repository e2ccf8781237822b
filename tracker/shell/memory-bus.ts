/**
 * The bus of trackers that share a process: of tests, of the simulator, and of workers, whose hub is their primary. Owns
 * who listens and what was put down for how long. Knows no message.
 */
import { MiB } from '../../shared/limits.ts'
import { Durations } from '../core/durations.ts'
import type { NodeId } from '../core/node-ids.ts'
import type { Topic } from '../core/topics.ts'
import { type Bus, type BusListener, digestsPerReadMax } from '../ports.ts'

export interface MemoryHubOptions {
  /** Milliseconds on a clock that never goes back. */
  now?: () => number
  /** Runs a task a moment later: nobody is told of anything while speaking. */
  defer?: (task: () => void) => void
}

/** What digests may take in all; beyond it the oldest go. About 4,000 swarms at 32 peers on each of four nodes. */
const digestBytesMax = 64 * MiB

interface Digest {
  topic: Topic
  node: NodeId
  text: string
  expiresAt: number
}

export class MemoryHub {
  readonly #now: () => number
  readonly defer: (task: () => void) => void
  readonly #listeners = new Map<NodeId, BusListener>()
  readonly #byTopic = new Map<Topic, Map<NodeId, Digest>>()
  /** All of them, the oldest first. */
  readonly #digests = new Set<Digest>()
  #bytes = 0

  constructor({ now = () => performance.now(), defer = queueMicrotask }: MemoryHubOptions = {}) {
    this.#now = now
    this.defer = defer
  }

  /** A bus for one more node. */
  connect(): Bus {
    return new MemoryBus(this)
  }

  enter(node: NodeId, listener: BusListener): void {
    this.#listeners.set(node, listener)
  }

  leave(node: NodeId): void {
    this.#listeners.delete(node)
    for (const digest of [...this.#digests]) if (digest.node === node) this.#remove(digest)
  }

  get nodes(): readonly NodeId[] {
    return [...this.#listeners.keys()]
  }

  /** @returns whether anybody listens as this node */
  deliver(node: NodeId, text: string): boolean {
    const listener = this.#listeners.get(node)
    listener?.message(text)
    return listener !== undefined
  }

  put(topic: Topic, node: NodeId, text: string, lifetimeMs: number): void {
    const nodes = this.#byTopic.get(topic) ?? new Map<NodeId, Digest>()
    const former = nodes.get(node)
    if (former !== undefined) this.#remove(former)
    const digest: Digest = { topic, node, text, expiresAt: this.#now() + lifetimeMs }
    nodes.set(node, digest)
    this.#byTopic.set(topic, nodes)
    this.#digests.add(digest)
    this.#bytes += text.length
    for (const oldest of this.#digests) {
      if (this.#bytes <= digestBytesMax && oldest.expiresAt > this.#now()) return
      this.#remove(oldest)
    }
  }

  read(topic: Topic, reader: NodeId | undefined): string[] {
    const found: string[] = []
    for (const digest of this.#byTopic.get(topic)?.values() ?? []) {
      if (digest.node !== reader && digest.expiresAt > this.#now()) found.push(digest.text)
    }
    return found.slice(0, digestsPerReadMax)
  }

  #remove(digest: Digest): void {
    this.#digests.delete(digest)
    this.#bytes -= digest.text.length
    const nodes = this.#byTopic.get(digest.topic)!
    nodes.delete(digest.node)
    if (nodes.size === 0) this.#byTopic.delete(digest.topic)
  }
}

class MemoryBus implements Bus {
  readonly #hub: MemoryHub
  #node: NodeId | undefined
  #listener: BusListener | undefined
  droppedCount = 0
  /** It has everything at once. */
  readonly publishTimes = new Durations()

  constructor(hub: MemoryHub) {
    this.#hub = hub
  }

  get isUp(): boolean {
    return this.#node !== undefined
  }

  open(node: NodeId, listener: BusListener): void {
    this.#node = node
    this.#listener = listener
    this.#hub.enter(node, listener)
  }

  publish(node: NodeId | undefined, text: string): void {
    const own = this.#node
    if (own === undefined) return
    const others = node === undefined ? this.#hub.nodes.filter((other) => other !== own) : [node]
    for (const other of others) {
      this.#hub.defer(() => {
        if (!this.#hub.deliver(other, text)) this.#listener?.unheard(other)
      })
    }
  }

  putDigest(topic: Topic, text: string, lifetimeMs: number): void {
    if (this.#node !== undefined) this.#hub.put(topic, this.#node, text, lifetimeMs)
  }

  readDigests(topic: Topic): void {
    this.#hub.defer(() => this.#listener?.digests(topic, this.#hub.read(topic, this.#node)))
  }

  async close(): Promise<void> {
    if (this.#node !== undefined) this.#hub.leave(this.#node)
    this.#node = undefined
    this.#listener = undefined
  }
}
