/** The connections of each address at all workers of one machine together, where each worker sees only a part of them. */
import type { PeerId } from '../../shared/ids.ts'

/** There is no room for this one. */
export type SharedDoorListener = (id: PeerId) => void

/** A worker's side: says who is in, and hears, a moment later, who must go. */
export interface SharedDoor {
  onFull(listener: SharedDoorListener): void
  enter(id: PeerId, subscriber: string): void
  leave(id: PeerId): void
}

/** What one worker has. */
export interface WorkerConnections {
  /** @returns whether there is room; nothing is counted when there is none */
  enter(id: PeerId, subscriber: string): boolean
  leave(id: PeerId): void
  /** The worker is gone. */
  clear(): void
}

/** The primary's side. */
export class SharedConnections {
  /** How many one address may have. */
  perAddressMax: number
  readonly #counts = new Map<string, number>()

  constructor(perAddressMax: number) {
    this.perAddressMax = perAddressMax
  }

  get addressCount(): number {
    return this.#counts.size
  }

  worker(): WorkerConnections {
    const subscribers = new Map<PeerId, string>()
    return {
      enter: (id, subscriber) => {
        const count = this.#counts.get(subscriber) ?? 0
        if (count >= this.perAddressMax || subscribers.has(id)) return false
        subscribers.set(id, subscriber)
        this.#counts.set(subscriber, count + 1)
        return true
      },
      leave: (id) => {
        const subscriber = subscribers.get(id)
        subscribers.delete(id)
        if (subscriber !== undefined) this.#leave(subscriber)
      },
      clear: () => {
        for (const subscriber of subscribers.values()) this.#leave(subscriber)
        subscribers.clear()
      },
    }
  }

  #leave(subscriber: string): void {
    const count = this.#counts.get(subscriber)! - 1
    if (count > 0) this.#counts.set(subscriber, count)
    else this.#counts.delete(subscriber)
  }
}
