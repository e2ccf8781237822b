/**
 * Questions from one process of a server to another, and their answers. A process that hangs or dies answers none, and
 * nobody waits for it for long. Knows nothing of what is asked.
 */
import type { Pipe } from '../tracker/main.ts'

/** Whoever asks is an operator's tool, which has some patience of its own. */
const patienceMs = 3_000

/** Operators' tools ask one thing at a time, and there are few of them. */
const waitingMax = 256

interface Answer {
  answer: number
  value?: unknown
  fault?: string
}

type Said<Question> = { ask: number; question: Question } | Answer

export class Questions<Question> {
  readonly #pipe: Pipe
  readonly #answers: (question: Question) => unknown
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #count = 0

  /** @param answers what the other process asks; what it throws is the other's rejection */
  constructor(pipe: Pipe, answers: (question: Question) => unknown) {
    this.#pipe = pipe
    this.#answers = answers
    pipe.listen((message) => {
      if (typeof message !== 'object' || message === null) return
      const said = message as Said<Question>
      if ('ask' in said) void this.#reply(said.ask, said.question)
      else if ('answer' in said) this.#waiting.get(said.answer)?.(said)
    })
  }

  async #reply(answer: number, question: Question): Promise<void> {
    let said: Said<Question>
    try {
      said = { answer, value: await this.#answers(question) }
    } catch (error) {
      said = { answer, fault: error instanceof Error ? error.message : String(error) }
    }
    this.#say(said)
  }

  #say(said: Said<Question>): void {
    if (this.#pipe.isOpen) this.#pipe.send(said, () => {})
  }

  /** Rejects when there is no answer in time, or a fault in its place. */
  ask(question: Question): Promise<unknown> {
    if (this.#waiting.size >= waitingMax) return Promise.reject(new Error('too many questions at once'))
    const number = ++this.#count
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(number)
        reject(new Error(`no answer within ${patienceMs / 1_000} s`))
      }, patienceMs)
      this.#waiting.set(number, ({ value, fault }) => {
        clearTimeout(timer)
        this.#waiting.delete(number)
        if (fault === undefined) resolve(value)
        else reject(new Error(fault))
      })
      this.#say({ ask: number, question })
    })
  }

  /** The other process is gone. */
  end(): void {
    for (const [number, hear] of this.#waiting) hear({ answer: number, fault: 'the process ended' })
  }
}
