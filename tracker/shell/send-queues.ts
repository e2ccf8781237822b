/** What waits to be sent to clients that read slowly, to each and to all together. Knows lengths, not what is sent. */
import { type SocketServerOptions, socketOptionsWith } from './socket-options.ts'

/** What waits, as ws tells it. */
export interface Queue {
  readonly bufferedAmount: number
}

/** @throws Error that names a wrong setting, its value and what would be right */
export function sendQueuesFrom<T extends Queue>(options: SocketServerOptions): SendQueues<T> {
  const { sendQueueBytesMax, allSendQueuesBytesMax } = socketOptionsWith(options)
  return new SendQueues(sendQueueBytesMax, allSendQueuesBytesMax)
}

export class SendQueues<T extends Queue> {
  readonly #eachBytesMax: number
  readonly #allBytesMax: number
  /** Those for whom something waited when they were last sent something. */
  readonly #waiting = new Set<T>()
  /** What waits for them, or a little more: some of it may be gone since. */
  #bytes = 0

  constructor(eachBytesMax: number, allBytesMax: number) {
    this.#eachBytesMax = eachBytesMax
    this.#allBytesMax = allBytesMax
  }

  /** Whether one has as much waiting as it may, so that it is not sent any more. */
  isFull({ bufferedAmount }: T): boolean {
    return bufferedAmount > this.#eachBytesMax
  }

  /** Something was sent. @returns who is to be dropped for it: whoever has most waiting, when all have too much */
  sent(queue: T, bytes: number): T | undefined {
    if (queue.bufferedAmount === 0) return undefined
    this.#waiting.add(queue)
    this.#bytes += bytes
    if (this.#bytes <= this.#allBytesMax) return undefined
    this.count()
    if (this.#bytes <= this.#allBytesMax) return undefined
    let largest = queue
    for (const other of this.#waiting) if (other.bufferedAmount > largest.bufferedAmount) largest = other
    this.gone(largest)
    return largest
  }

  gone(queue: T): void {
    if (this.#waiting.delete(queue)) this.#bytes -= Math.min(this.#bytes, queue.bufferedAmount)
  }

  /** Looks at what really waits; to be called about once a second. */
  count(): void {
    this.#bytes = 0
    for (const queue of this.#waiting) {
      if (queue.bufferedAmount === 0) this.#waiting.delete(queue)
      else this.#bytes += queue.bufferedAmount
    }
  }
}
