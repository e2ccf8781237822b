/**
 * Who may send next under one cap on all bodies together. Each body asks for one slice at a time and asks again when
 * it went out; turns go round, so that every body gets the same share and a slow reader blocks nobody. A turn is a chunk
 * long: of many visitors who begin together, the first can pass its chunk on while the others wait for theirs, where
 * finer turns would bring all of them theirs at the end. Owns the order and the rate; knows no socket and no timer.
 */
import { KiB } from '../../shared/limits.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'

/** A turn: the smallest chunk (shared/limits.ts, chunkBytesMin). */
const turnBytesMax = 64 * KiB

/** And so much less that every body that waits has its turn within this time. */
const roundMs = 2_000

/** Slices of at most this long at the cap, so that under a low cap others do not wait seconds for one slice. */
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
  readonly #bytesPerSecondMax: number
  /** The body whose turn it is, and what it may still send in it. */
  #turn = { id: -1, leftBytes: 0 }

  constructor(bytesPerSecondMax: number) {
    this.#bytesPerSecondMax = bytesPerSecondMax
    // A turn is a whole number of slices.
    const sliceBytes = 2 ** Math.floor(Math.log2((bytesPerSecondMax * sliceMs) / 1000))
    this.sliceBytes = Math.max(sliceBytesMin, Math.min(turnBytesMax, sliceBytes))
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
    const first = this.#first()
    if (first === undefined || !this.#bucket.take(first.bytes, nowMs)) return undefined
    const { id, bytes, queue } = first
    this.#promptRun = queue === this.#prompt ? this.#promptRun + 1 : 0
    if (queue === this.#bulk) {
      if (id !== this.#turn.id) this.#turn = { id, leftBytes: this.#turnBytes() }
      this.#turn.leftBytes -= bytes
    }
    queue.delete(id)
    return id
  }

  /** When `next` will have somebody: infinity while nobody asks. */
  nextWake(nowMs: number): number {
    const first = this.#first()
    return first === undefined ? Number.POSITIVE_INFINITY : this.#bucket.availableAt(first.bytes, nowMs)
  }

  #first(): { id: number; bytes: number; queue: Map<number, number> } | undefined {
    const queue = this.#queueInTurn()
    if (queue === this.#bulk && this.#turn.leftBytes > 0) {
      const bytes = queue.get(this.#turn.id)
      if (bytes !== undefined) return { id: this.#turn.id, bytes, queue }
    }
    for (const [id, bytes] of queue) return { id, bytes, queue }
    return undefined
  }

  #turnBytes(): number {
    const share = (this.#bytesPerSecondMax * roundMs) / 1_000 / this.#bulk.size
    return Math.max(this.sliceBytes, Math.min(turnBytesMax, share))
  }

  #queueInTurn(): Map<number, number> {
    if (this.#prompt.size === 0) return this.#bulk
    return this.#bulk.size > 0 && this.#promptRun >= promptRunMax ? this.#bulk : this.#prompt
  }
}
