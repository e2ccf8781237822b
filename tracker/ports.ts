/** What the tracker asks of the world around it, where there is more than one way to give it. */
import type { Durations } from './core/durations.ts'
import type { NodeId } from './core/node-ids.ts'
import type { Topic } from './core/topics.ts'

export interface BusListener {
  /** Something came for this node or for all of them; anyone who can write to the bus may have said it. */
  message(text: string): void
  /** Answers `readDigests`, unless the bus is down: what other nodes put there, or some of it if they are many. */
  digests(topic: Topic, texts: readonly string[]): void
  /** Nobody listens as this node. */
  unheard(node: NodeId): void
}

/**
 * What joins the trackers of one service. Delivery is at most once and in the order of each sender; what cannot be
 * delivered is dropped and never thrown about: a tracker without its bus is a tracker alone.
 */
export interface Bus {
  /** Listens as this node from now on; once. Nothing comes before this call returns. */
  open(node: NodeId, listener: BusListener): void
  /** @param node the one that it is for; undefined for all, this one perhaps among them */
  publish(node: NodeId | undefined, text: string): void
  /** Replaces what this node said of the swarm; it is gone by itself after `lifetimeMs`. */
  putDigest(topic: Topic, text: string, lifetimeMs: number): void
  readDigests(topic: Topic): void
  readonly isUp: boolean
  /** Messages that were not taken, because the bus was down or too slow. */
  readonly droppedCount: number
  /** How long it took until the bus had what was published. */
  readonly publishTimes: Durations
  close(): Promise<void>
}

/** Of so many other nodes one reading tells; of more, of as many drawn at random. */
export const digestsPerReadMax = 16

/** The longest life of a digest. */
export const digestLifetimeMsMax = 60_000
