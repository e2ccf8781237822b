/**
 * Who may send next under one cap on all bodies together. Each body asks for one slice at a time and asks again when
 * it went out; turns go round, so that every body gets the same share and a slow reader blocks nobody. Owns the order
 * and the rate; knows no socket and no timer.
 */
import { KiB } from '../../shared/limits.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'

/** The longest slice: two bodies already alternate at this grain. */
const sliceBytesMax = 64 * KiB

/** Slices of about this long at the cap, so that under a low cap others do not wait seconds for one slice. */
const sliceMs = 50

/** The shortest slice: below it, per-write costs outweigh the bytes. */
const sliceBytesMin = 1 * KiB

/** How late a wake may come without losing rate: on a busy machine a process waits 100 ms for its turn. */
const burstMs = 150

/** Prompt slices in a row before a bulk one gets its turn, so that a flood of manifests starves no download. */
const promptRunMax = 4

export class FairEgress {
  /** What a body should ask for at a time, at most. */
  readonly sliceBytes: number
  readonly #bucket: TokenBucket
  // Maps keep the order of asking, and forget a body in constant time.
  readonly #prompt = new Map<number, number>()
  readonly #bulk = new Map<number, number>()
  #promptRun = 0

  constructor(bytesPerSecondMax: number) {
    const sliceBytes = Math.round((bytesPerSecondMax * sliceMs) / 1000)
    this.sliceBytes = Math.max(sliceBytesMin, Math.min(sliceBytesMax, sliceBytes))
    this.#bucket = new TokenBucket(bytesPerSecondMax, Math.max(this.sliceBytes, (bytesPerSecondMax * burstMs) / 1000))
  }

  /** Queues a body's next slice. Prompt ones (small answers that others wait for) go before bulk ones. */
  ask(id: number, bytes: number, prompt: boolean): void {
    const queue = prompt ? this.#prompt : this.#bulk
    queue.set(id, bytes)
  }

  /** Takes a question back, if there is one. */
  withdraw(id: number): void {
    this.#prompt.delete(id)
    this.#bulk.delete(id)
  }

  /** The body that may send its slice now, or undefined. Call until it is undefined. */
  next(nowMs: number): number | undefined {
    const queue = this.#queueInTurn()
    for (const [id, bytes] of queue) {
      if (!this.#bucket.take(bytes, nowMs)) return undefined
      queue.delete(id)
      this.#promptRun = queue === this.#prompt ? this.#promptRun + 1 : 0
      return id
    }
    return undefined
  }

  /** When `next` will have somebody: infinity while nobody asks. */
  nextWake(nowMs: number): number {
    for (const bytes of this.#queueInTurn().values()) return this.#bucket.availableAt(bytes, nowMs)
    return Number.POSITIVE_INFINITY
  }

  #queueInTurn(): Map<number, number> {
    if (this.#prompt.size === 0) return this.#bulk
    return this.#bulk.size > 0 && this.#promptRun >= promptRunMax ? this.#bulk : this.#prompt
  }
}
