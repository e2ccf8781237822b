/**
 * An HTTP origin with a line of a given rate, shared equally by the answers under way, a slice each in turn. An answer
 * goes no faster than its client's downlink or the cap per connection, and has no more on its way than a window of TCP.
 */
import { KiB } from '../../shared/limits.ts'
import type { QueueLine } from './queue-line.ts'
import type { Due, VirtualTime } from './virtual-time.ts'

/** What leaves at once: as a server writes, and less when many share the line, so that all of them move. */
const sliceBytesMax = 16 * KiB
const sliceBytesMin = 2 * KiB
const turnBytes = 256 * KiB

/** A window of TCP holds this many times what the client's line brings in a round trip, and never less than this. */
const windowFactor = 2
const windowBytesMin = 64 * KiB

export interface OriginPlan {
  bytesPerSecond: number
  /** One way. */
  delayMs: number
  /** What one answer gets at most, whatever the line has left. */
  answerBytesPerSecondMax?: number
  /** What an answer sends in its turn, where the server shares its line out itself; else all go on side by side. */
  turnBytes?: number
}

export interface OriginClient {
  /** Who it is: answers are cancelled by it. */
  node: object
  downBytesPerSecond: number
  /** One way, on the client's side. */
  delayMs: number
  down: QueueLine
}

type Part = { from: number; to: number } | 'ended' | 'failed'

/** One answer; its own event when it may send again. */
class Answer implements Due {
  readonly run: number
  readonly to: number
  readonly client: OriginClient
  readonly deliver: (part: Part) => void
  readonly resume: (answer: Answer) => void
  at: number
  /** Bytes on their way. */
  flyingBytes = 0
  /** Until then its client's line, or its cap, is busy. */
  freeAt = 0
  isOpen = true
  /** Waits in the origin's queue for its turn, or will be put there by an event. */
  isWaiting = false

  constructor(
    client: OriginClient,
    request: { run: number; from: number; to: number },
    deliver: (part: Part) => void,
    resume: (answer: Answer) => void,
  ) {
    this.client = client
    this.run = request.run
    this.at = request.from
    this.to = request.to
    this.deliver = deliver
    this.resume = resume
  }

  due(): void {
    this.resume(this)
  }
}

export class ModelOrigin implements Due {
  readonly #time: VirtualTime
  readonly #plan: OriginPlan
  readonly #chunkBytes: number
  readonly #answers = new Map<object, Set<Answer>>()
  #queue: Answer[] = []
  #head = 0
  #openCount = 0
  #isSending = false
  #isUp = true
  sentBytes = 0
  requestCount = 0
  /** Bytes sent of each chunk, in chunks: 1 is one copy. */
  readonly copies: Float64Array

  constructor(time: VirtualTime, plan: OriginPlan, file: { chunkBytes: number; chunkCount: number }) {
    this.#time = time
    this.#plan = plan
    this.#chunkBytes = file.chunkBytes
    this.copies = new Float64Array(file.chunkCount)
  }

  open(client: OriginClient, request: { run: number; from: number; to: number }, deliver: (part: Part) => void): void {
    const answer = new Answer(client, request, deliver, (resumed) => this.#ready(resumed))
    const answers = this.#answers.get(client.node) ?? new Set()
    this.#answers.set(client.node, answers.add(answer))
    this.requestCount++
    this.#openCount++
    this.#time.at(this.#time.now + 2 * this.#delayMs(client), () => {
      if (!answer.isOpen) return
      if (this.#isUp) return this.#ready(answer)
      this.#close(answer)
      answer.deliver('failed')
    })
  }

  #delayMs(client: OriginClient): number {
    return this.#plan.delayMs + client.delayMs
  }

  stop(): void {
    this.#isUp = false
    for (const answer of [...this.#answers.values()].flatMap((answers) => [...answers])) {
      this.#close(answer)
      this.#time.at(this.#time.now, () => answer.deliver('failed'))
    }
  }

  start(): void {
    this.#isUp = true
  }

  cancel(node: object, run: number): void {
    for (const answer of this.#answers.get(node) ?? []) if (answer.run === run) this.#close(answer)
  }

  cancelAll(node: object): void {
    for (const answer of [...(this.#answers.get(node) ?? [])]) this.#close(answer)
  }

  #close(answer: Answer): void {
    if (!answer.isOpen) return
    answer.isOpen = false
    this.#openCount--
    const { node } = answer.client
    const answers = this.#answers.get(node)!
    answers.delete(answer)
    if (answers.size === 0) this.#answers.delete(node)
  }

  #ready(answer: Answer): void {
    if (!answer.isOpen || answer.at >= answer.to) return
    this.#queue.push(answer)
    if (this.#isSending) return
    this.#isSending = true
    this.due()
  }

  /** The line is free. */
  due(): void {
    for (;;) {
      const answer = this.#queue[this.#head]
      if (!answer) break
      this.#head++
      if (this.#head > 1_024) {
        this.#queue = this.#queue.slice(this.#head)
        this.#head = 0
      }
      if (answer.isOpen) return this.#send(answer)
    }
    this.#queue = []
    this.#head = 0
    this.#isSending = false
  }

  #send(answer: Answer): void {
    const { client } = answer
    const turn = Math.floor(turnBytes / Math.max(1, this.#openCount))
    const sliceBytes = this.#plan.turnBytes ?? Math.max(sliceBytesMin, Math.min(sliceBytesMax, turn))
    const from = answer.at
    const index = Math.floor(from / this.#chunkBytes)
    const to = Math.min(answer.to, from + sliceBytes, (index + 1) * this.#chunkBytes)
    const bytes = to - from
    answer.at = to
    this.sentBytes += bytes
    this.copies[index]! += bytes / this.#chunkBytes
    const leavesAt = this.#time.now + (bytes * 1_000) / this.#plan.bytesPerSecond
    this.#time.plan(leavesAt, this)
    const pace = Math.min(client.downBytesPerSecond, this.#plan.answerBytesPerSecondMax ?? Number.POSITIVE_INFINITY)
    const freeAt = Math.max(leavesAt, this.#time.now + (bytes * 1_000) / pace)
    answer.flyingBytes += bytes
    this.#time.at(leavesAt + this.#delayMs(client), () => {
      const arrived = { due: () => this.#arrived(answer, from, to) }
      if (client.down.isThrough(bytes, arrived)) arrived.due()
    })
    answer.freeAt = freeAt
    answer.isWaiting = answer.flyingBytes >= this.#windowBytes(client)
    if (!answer.isWaiting) this.#time.plan(freeAt, answer)
  }

  #windowBytes(client: OriginClient): number {
    const pathBytes = (client.downBytesPerSecond * 2 * this.#delayMs(client)) / 1_000
    return Math.max(windowBytesMin, windowFactor * pathBytes)
  }

  #arrived(answer: Answer, from: number, to: number): void {
    if (!answer.isOpen) return
    answer.flyingBytes -= to - from
    if (answer.isWaiting) {
      answer.isWaiting = false
      this.#time.plan(answer.freeAt, answer)
    }
    answer.deliver({ from, to })
    if (to < answer.to || !answer.isOpen) return
    this.#close(answer)
    answer.deliver('ended')
  }
}
