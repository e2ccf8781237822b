/**
 * The bus of workers: a pipe from each to their primary, which has the hub. Over the same pipe workers share what counts
 * for a whole machine, the connections of one address. Knows neither processes nor messages of trackers.
 */
import type { PeerId } from '../../shared/ids.ts'
import { MiB } from '../../shared/limits.ts'
import { Durations } from '../core/durations.ts'
import type { NodeId } from '../core/node-ids.ts'
import type { Topic } from '../core/topics.ts'
import type { Bus, BusListener } from '../ports.ts'
import { MemoryHub } from './memory-bus.ts'
import { SharedConnections, type SharedDoor, type SharedDoorListener } from './shared-door.ts'

/** One end of a channel of structured messages between two processes. */
export interface Pipe {
  /** @param sent is called when the other process has it, or never will */
  send(message: object, sent: () => void): void
  listen(listener: (message: unknown) => void): void
  readonly isOpen: boolean
}

type ToHub =
  | { bus: 'open'; node: NodeId }
  | { bus: 'publish'; node: NodeId | undefined; text: string }
  | { bus: 'put'; topic: Topic; text: string; lifetimeMs: number }
  | { bus: 'read'; topic: Topic }
  | { bus: 'close' }
  | { bus: 'enter'; id: PeerId; subscriber: string }
  | { bus: 'leave'; id: PeerId }

type FromHub =
  | { bus: 'message'; text: string }
  | { bus: 'digests'; topic: Topic; texts: string[] }
  | { bus: 'unheard'; node: NodeId }
  | { bus: 'full'; id: PeerId }
  | { bus: 'closed' }

/** What may wait for a process that is busy; it is a second's worth of a full tracker. */
const waitingLengthMax = 16 * MiB
const waitingCountMax = 50_000

/** A primary that does not answer holds no worker up. */
const closeMsMax = 1_000

/** Sends until too much waits. */
class Outlet<T extends object> {
  readonly #pipe: Pipe
  #count = 0
  #length = 0
  droppedCount = 0

  constructor(pipe: Pipe) {
    this.#pipe = pipe
  }

  /** @param isNeeded it changes a count: without it the other side would be wrong for good */
  send(message: T, isNeeded = false, taken?: () => void): void {
    const length = 'text' in message ? String(message.text).length : 64
    const isFull = this.#count >= waitingCountMax || this.#length + length > waitingLengthMax
    if (!this.#pipe.isOpen || (isFull && !isNeeded)) {
      this.droppedCount++
      return
    }
    this.#count++
    this.#length += length
    this.#pipe.send(message, () => {
      this.#count--
      this.#length -= length
      taken?.()
    })
  }
}

const isOfBus = (message: unknown): message is { bus: string } =>
  typeof message === 'object' && message !== null && 'bus' in message

/** A worker's end. */
export class PipeBus implements Bus, SharedDoor {
  readonly #pipe: Pipe
  readonly #outlet: Outlet<ToHub>
  #listener: BusListener | undefined
  #doorListener: SharedDoorListener | undefined
  #closed: (() => void) | undefined
  readonly publishTimes = new Durations()

  constructor(pipe: Pipe) {
    this.#pipe = pipe
    this.#outlet = new Outlet(pipe)
    pipe.listen((message) => {
      if (isOfBus(message)) this.#hear(message as FromHub)
    })
  }

  get isUp(): boolean {
    return this.#pipe.isOpen && this.#listener !== undefined
  }

  get droppedCount(): number {
    return this.#outlet.droppedCount
  }

  open(node: NodeId, listener: BusListener): void {
    this.#listener = listener
    this.#outlet.send({ bus: 'open', node })
  }

  #hear(message: FromHub): void {
    switch (message.bus) {
      case 'message':
        return this.#listener?.message(message.text)
      case 'digests':
        return this.#listener?.digests(message.topic, message.texts)
      case 'unheard':
        return this.#listener?.unheard(message.node)
      case 'full':
        return this.#doorListener?.(message.id)
      case 'closed':
        return this.#closed?.()
    }
  }

  publish(node: NodeId | undefined, text: string): void {
    if (this.#listener === undefined) return
    const startedMs = performance.now()
    const taken = () => this.publishTimes.add((performance.now() - startedMs) / 1_000)
    this.#outlet.send({ bus: 'publish', node, text }, false, taken)
  }

  putDigest(topic: Topic, text: string, lifetimeMs: number): void {
    if (this.#listener !== undefined) this.#outlet.send({ bus: 'put', topic, text, lifetimeMs })
  }

  readDigests(topic: Topic): void {
    if (this.#listener !== undefined) this.#outlet.send({ bus: 'read', topic })
  }

  onFull(listener: SharedDoorListener): void {
    this.#doorListener = listener
  }

  enter(id: PeerId, subscriber: string): void {
    this.#outlet.send({ bus: 'enter', id, subscriber }, true)
  }

  leave(id: PeerId): void {
    this.#outlet.send({ bus: 'leave', id }, true)
  }

  async close(): Promise<void> {
    const isOpen = this.#listener !== undefined && this.#pipe.isOpen
    this.#listener = undefined
    if (!isOpen) return
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve
      setTimeout(resolve, closeMsMax).unref()
    })
    this.#outlet.send({ bus: 'close' }, true)
    await closed
  }
}

/**
 * The primary's end of one worker's pipe.
 * @returns ends what the worker had, to be called when it is gone
 */
export function servePipe(hub: MemoryHub, connections: SharedConnections, pipe: Pipe): () => void {
  const outlet = new Outlet<FromHub>(pipe)
  const bus = hub.connect()
  const inside = connections.worker()
  const end = () => {
    void bus.close()
    inside.clear()
  }
  const hear = (message: ToHub): void => {
    switch (message.bus) {
      case 'open':
        return bus.open(message.node, {
          message: (text) => outlet.send({ bus: 'message', text }),
          digests: (topic, texts) => outlet.send({ bus: 'digests', topic, texts: [...texts] }),
          unheard: (node) => outlet.send({ bus: 'unheard', node }),
        })
      case 'publish':
        return bus.publish(message.node, message.text)
      case 'put':
        return bus.putDigest(message.topic, message.text, message.lifetimeMs)
      case 'read':
        return bus.readDigests(message.topic)
      case 'close':
        end()
        return outlet.send({ bus: 'closed' }, true)
      case 'enter':
        if (!inside.enter(message.id, message.subscriber)) outlet.send({ bus: 'full', id: message.id }, true)
        return
      case 'leave':
        return inside.leave(message.id)
    }
  }
  pipe.listen((message) => {
    if (isOfBus(message)) hear(message as ToHub)
  })
  return end
}

/** What the primary has for all its workers. */
export class WorkerHub {
  readonly #hub = new MemoryHub()
  readonly #connections: SharedConnections

  constructor(connectionsPerAddressMax: number) {
    this.#connections = new SharedConnections(connectionsPerAddressMax)
  }

  /** From now on; those who are in stay. */
  set connectionsPerAddressMax(count: number) {
    this.#connections.perAddressMax = count
  }

  /** @returns ends what the worker had, to be called when it is gone */
  serve(pipe: Pipe): () => void {
    return servePipe(this.#hub, this.#connections, pipe)
  }
}
