/**
 * A line that its flows share as connections side by side do: each that has something to send gets an equal part of the
 * rate, whatever the others queue (generalized processor sharing, Parekh and Gallager 1993, computed by virtual time).
 * Knows what a frame measures and nothing else of it.
 */
import type { Due, VirtualTime } from './virtual-time.ts'

export interface Load {
  readonly bytes: number
}

export interface Flow<L extends Load> {
  /** Waiting frames, the one that is being sent first. */
  readonly queue: L[]
  /** The line's virtual time at which the first frame has left. */
  endsAt: number
  sent(frame: L): void
}

/** Two frames that end so close together leave together: in bytes. */
const closeBytes = 1e-3

export class FairLine<L extends Load> implements Due {
  readonly #time: VirtualTime
  readonly #bytesPerMs: number
  readonly #active: Flow<L>[] = []
  /** Bytes that each active flow has been given since the beginning. */
  #virtual = 0
  #virtualAt = 0
  #dueAt = Number.POSITIVE_INFINITY
  /** Bytes that have left, and the time during which there was something to send. */
  sentBytes = 0
  busyMs = 0

  constructor(time: VirtualTime, bytesPerSecond: number) {
    this.#time = time
    this.#bytesPerMs = bytesPerSecond / 1_000
  }

  push(flow: Flow<L>, frame: L): void {
    this.#advance()
    flow.queue.push(frame)
    if (flow.queue.length > 1) return
    flow.endsAt = this.#virtual + frame.bytes
    this.#active.push(flow)
    this.#plan()
  }

  /** Nothing more of a flow leaves. */
  drop(flow: Flow<L>): void {
    if (flow.queue.length === 0) return
    this.#advance()
    flow.queue.length = 0
    this.#active.splice(this.#active.indexOf(flow), 1)
    this.#plan()
  }

  due(): void {
    if (this.#time.now < this.#dueAt) return
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#advance()
    for (let i = 0; i < this.#active.length; ) {
      const flow = this.#active[i]!
      if (flow.endsAt > this.#virtual + closeBytes) {
        i++
        continue
      }
      const frame = flow.queue.shift()!
      const next = flow.queue[0]
      if (next) flow.endsAt += next.bytes
      else this.#active.splice(i, 1)
      this.sentBytes += frame.bytes
      flow.sent(frame)
      if (next) i++
    }
    this.#plan()
  }

  #advance(): void {
    const { now } = this.#time
    if (this.#active.length > 0) {
      this.#virtual += ((now - this.#virtualAt) * this.#bytesPerMs) / this.#active.length
      this.busyMs += now - this.#virtualAt
    }
    this.#virtualAt = now
  }

  /** An event that comes too early finds nothing to do and plans anew. */
  #plan(): void {
    let least = Number.POSITIVE_INFINITY
    for (const { endsAt } of this.#active) if (endsAt < least) least = endsAt
    if (least === Number.POSITIVE_INFINITY) return
    const bytes = Math.max(0, least - this.#virtual) * this.#active.length
    const at = this.#time.now + (bytes === 0 ? 0 : bytes / this.#bytesPerMs)
    if (at >= this.#dueAt) return
    this.#dueAt = at
    this.#time.plan(at, this)
  }
}
