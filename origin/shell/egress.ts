/** Gives bodies their turns to send: at once without a cap, else in the order and at the rate that the core says. */
import { KiB, MiB } from '../../shared/limits.ts'
import { FairEgress } from '../core/fair-egress.ts'

/** Read and written at a time without a cap: long enough that its costs per piece do not count. */
const uncappedSliceBytesMax = 128 * KiB

/**
 * What all bodies together may hold at full slices. Past it, slices get shorter: thousands that do not read would hold
 * gigabytes. Each body holds two slices.
 */
const uncappedHeldBytesMax = 32 * MiB

/** The shortest slice: at a thousand bodies and more, reads of this length still outrun a line of 1 Gbit/s. */
const uncappedSliceBytesMin = 16 * KiB

/** One body's place in the order. */
export interface Lane {
  /** What to send in one turn, at most. */
  readonly sliceBytes: number
  /** Fulfilled when this many bytes may go, or when the lane was left; undefined when they may at once. */
  turn(bytes: number): Promise<void> | undefined
  /** May be called again. */
  leave(): void
}

export interface Egress {
  /** @param prompt for small answers that somebody waits for before asking for more */
  enter(prompt: boolean): Lane
}

export class UncappedEgress implements Egress {
  #count = 0

  enter(): Lane {
    this.#count++
    const share = uncappedHeldBytesMax / (2 * this.#count)
    const sliceBytes = Math.floor(Math.max(uncappedSliceBytesMin, Math.min(uncappedSliceBytesMax, share)))
    let left = false
    return {
      sliceBytes,
      turn: () => undefined,
      leave: () => {
        if (!left) this.#count--
        left = true
      },
    }
  }
}

/** So much of a prompt answer goes ahead of others: a manifest, or a page of hashes. What is larger waits its turn. */
const promptBytesMax = 64 * KiB

export class CappedEgress implements Egress {
  readonly #order: FairEgress
  readonly #waiting = new Map<number, () => void>()
  #lastId = 0
  #timer: NodeJS.Timeout | undefined

  constructor(bytesPerSecondMax: number) {
    this.#order = new FairEgress(bytesPerSecondMax)
  }

  enter(prompt: boolean): Lane {
    const id = ++this.#lastId
    let left = false
    let sentBytes = 0
    return {
      sliceBytes: this.#order.sliceBytes,
      turn: (bytes) => {
        if (left) return undefined
        sentBytes += bytes
        const isPrompt = prompt && sentBytes <= promptBytesMax
        return new Promise((resolve) => {
          this.#waiting.set(id, resolve)
          this.#order.ask(id, bytes, isPrompt)
          this.#serve()
        })
      },
      leave: () => {
        left = true
        this.#order.withdraw(id)
        this.#release(id)
      },
    }
  }

  #release(id: number): void {
    const resolve = this.#waiting.get(id)
    this.#waiting.delete(id)
    resolve?.()
  }

  #serve(): void {
    clearTimeout(this.#timer)
    const nowMs = performance.now()
    for (let id = this.#order.next(nowMs); id !== undefined; id = this.#order.next(nowMs)) this.#release(id)
    const waitMs = this.#order.nextWake(nowMs) - nowMs
    if (Number.isFinite(waitMs)) this.#timer = setTimeout(() => this.#serve(), waitMs)
  }
}
