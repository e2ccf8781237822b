/** An HTTP origin with a line of a given rate, shared equally by the answers under way, a slice each in turn. */
import { KiB } from '../../shared/limits.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What leaves at once: as a server writes. */
const sliceBytes = 16 * KiB

interface Answer {
  client: object
  run: number
  at: number
  to: number
  downBytesPerSecond: number
  deliver: (part: { from: number; to: number } | 'ended' | 'failed') => void
  endOf: (at: number) => number
  freeAt: number
}

export class ModelOrigin {
  readonly #time: VirtualTime
  readonly #plan: { bytesPerSecond: number; delayMs: number }
  #answers: Answer[] = []
  #isSending = false
  #isUp = true
  sentBytes = 0
  requestCount = 0

  constructor(time: VirtualTime, plan: { bytesPerSecond: number; delayMs: number }) {
    this.#time = time
    this.#plan = plan
  }

  open(
    client: object,
    request: { run: number; from: number; to: number; downBytesPerSecond: number },
    deliver: Answer['deliver'],
    endOf: Answer['endOf'],
  ): void {
    const { run, from, to, downBytesPerSecond } = request
    const answer = { client, run, at: from, to, downBytesPerSecond, deliver, endOf, freeAt: 0 }
    this.requestCount++
    this.#answers.push(answer)
    this.#time.at(this.#time.now + 2 * this.#plan.delayMs, () => {
      if (!this.#answers.includes(answer)) return
      if (!this.#isUp) {
        this.#drop(answer)
        answer.deliver('failed')
        return
      }
      answer.freeAt = this.#time.now
      if (!this.#isSending) this.#sendNext()
    })
  }

  stop(): void {
    this.#isUp = false
    for (const answer of this.#answers.splice(0)) this.#time.at(this.#time.now, () => answer.deliver('failed'))
  }

  #drop(answer: Answer): void {
    this.#answers = this.#answers.filter((other) => other !== answer)
  }

  cancel(client: object, run: number): void {
    this.#answers = this.#answers.filter((answer) => answer.client !== client || answer.run !== run)
  }

  cancelAll(client: object): void {
    this.#answers = this.#answers.filter((answer) => answer.client !== client)
  }

  #sendNext(): void {
    const answer = this.#answers.find(({ freeAt }) => freeAt > 0 && freeAt <= this.#time.now)
    if (!answer) {
      const next = this.#answers.reduce((at, { freeAt }) => (freeAt > 0 ? Math.min(at, freeAt) : at), Infinity)
      this.#isSending = next < Infinity
      if (this.#isSending) this.#time.at(next, () => this.#sendNext())
      return
    }
    this.#isSending = true
    // To the back of the queue.
    this.#drop(answer)
    const from = answer.at
    const to = Math.min(answer.to, from + sliceBytes, answer.endOf(from))
    answer.at = to
    this.sentBytes += to - from
    const leavesAt = this.#time.now + ((to - from) * 1_000) / this.#plan.bytesPerSecond
    answer.freeAt = Math.max(leavesAt, this.#time.now + ((to - from) * 1_000) / answer.downBytesPerSecond)
    this.#answers.push(answer)
    this.#time.at(leavesAt, () => this.#sendNext())
    this.#time.at(leavesAt + this.#plan.delayMs, () => {
      if (!this.#answers.includes(answer)) return
      answer.deliver({ from, to })
      if (to < answer.to) return
      this.#drop(answer)
      answer.deliver('ended')
    })
    if (to === answer.to) answer.freeAt = Number.POSITIVE_INFINITY
  }
}
