/** Messages that wait for a bus to come back: few, and not for long. Knows no bus. */
import { MiB } from '../../shared/limits.ts'
import type { NodeId } from '../core/node-ids.ts'

export interface WaitingMessage {
  readonly node: NodeId | undefined
  readonly text: string
}

/** A signalling step that is later than this belongs to a call that was given up. */
const waitMsMax = 5_000

/** What a busy node says within a second. */
const countMax = 2_048
const lengthMax = MiB

export class WaitingMessages {
  #queue: { message: WaitingMessage; at: number }[] = []
  #length = 0
  droppedCount = 0

  /** The oldest give way. */
  add(message: WaitingMessage, now: number): void {
    this.#queue.push({ message, at: now })
    this.#length += message.text.length
    while (this.#queue.length > countMax || this.#length > lengthMax) {
      this.#length -= this.#queue.shift()!.message.text.length
      this.droppedCount++
    }
  }

  /** All that are not too old, in order; none is left. */
  take(now: number): WaitingMessage[] {
    const fresh = this.#queue.filter(({ at }) => now - at <= waitMsMax)
    this.droppedCount += this.#queue.length - fresh.length
    this.#queue = []
    this.#length = 0
    return fresh.map(({ message }) => message)
  }
}
