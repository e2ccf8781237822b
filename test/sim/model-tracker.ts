/** The real tracker core behind sockets of a given delay, which can die and come back with nothing remembered. */
import type { PeerId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import type { TrackerEffect } from '../../tracker/core/effects.ts'
import { TrackerMachine } from '../../tracker/core/tracker-machine.ts'
import type { Node } from './node.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface TrackerListener {
  said(node: Node, message: TrackerMessage): void
  closed(node: Node): void
}

export class ModelTracker {
  readonly #time: VirtualTime
  readonly #rng: Rng
  readonly #listener: TrackerListener
  #machine: TrackerMachine
  #isUp = true
  readonly #byId = new Map<PeerId, Node>()

  constructor(time: VirtualTime, rng: Rng, listener: TrackerListener) {
    this.#time = time
    this.#rng = rng
    this.#listener = listener
    this.#machine = this.#newMachine()
  }

  #newMachine(): TrackerMachine {
    return new TrackerMachine({
      rng: this.#rng,
      limits: { connectionsPerAddressMax: 1_000_000, busyConnectionsPerAddressMax: 1_000_000 },
    })
  }

  get stats() {
    return this.#machine.stats
  }

  nodeOf(id: PeerId): Node | undefined {
    return this.#byId.get(id)
  }

  connect(node: Node): void {
    if (!this.#isUp) return this.#listener.closed(node)
    const words = Array.from({ length: 4 }, () => this.#rng.uint32().toString(16).padStart(8, '0')).join('')
    const id = words.slice(0, 22) as PeerId
    node.id = id
    this.#byId.set(id, node)
    const { number, plan } = node
    // A /16 of its own: only regions say who is near whom.
    const address = plan.address ?? [1 + (number >> 8), number & 255, 0, 1]
    const location = plan.region === undefined || plan.isRegionHidden ? undefined : { region: `region-${plan.region}` }
    this.#run(this.#machine.connect(id, Uint8Array.from(address), location, this.#time.now))
  }

  tell(node: Node, text: string): void {
    const { id } = node
    if (!id) return
    this.#time.at(this.#time.now + node.plan.delayMs, () => {
      if (node.id === id && this.#isUp) this.#run(this.#machine.receive(id, text, this.#time.now))
    })
  }

  /** The socket is closed; a peer that is gone cannot be found any more. */
  disconnect(node: Node, isGone = false): void {
    if (!node.id) return
    this.#machine.disconnect(node.id)
    if (isGone) this.#byId.delete(node.id)
  }

  stop(): void {
    this.#isUp = false
    const nodes = [...this.#byId.values()]
    this.#byId.clear()
    for (const node of nodes) {
      node.id = undefined
      this.#time.at(this.#time.now, () => this.#listener.closed(node))
    }
    this.#machine = this.#newMachine()
  }

  start(): void {
    this.#isUp = true
  }

  #run(effects: TrackerEffect[]): void {
    for (const effect of effects) {
      const node = this.#byId.get(effect.to)
      if (!node || effect.type !== 'send') continue
      const { to, message } = effect
      this.#time.at(this.#time.now + node.plan.delayMs, () => {
        if (node.id === to) this.#listener.said(node, message)
      })
    }
  }
}
