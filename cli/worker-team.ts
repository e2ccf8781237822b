/**
 * The workers of one server as its operator sees them: their metrics summed, their answers side by side. What a worker
 * counted before it died stays in the sums. Knows processes by their pipes, and nothing of what they serve.
 */
import type { Pipe } from '../tracker/main.ts'
import { type AdminAnswer, AdminFailure, type AdminRequest, type AdminRoute } from './admin.ts'
import type { MetricsReading } from './metrics.ts'
import { Questions } from './questions.ts'
import { SummedMetrics } from './summed-metrics.ts'

/** From a worker: all metrics as text. To one: its own, or what a route of it answers. */
export type TeamQuestion = 'metrics' | AdminRequest

type Worker = Questions<TeamQuestion>

export class WorkerTeam {
  readonly #workers = new Set<Worker>()
  readonly #metrics = new SummedMetrics<Worker>()

  /** @returns to be called when the worker is gone */
  serve(pipe: Pipe): () => void {
    const worker: Worker = new Questions(pipe, (question) => {
      if (question === 'metrics') return this.printMetrics()
      throw new Error(`a worker asks for ${question.path}`)
    })
    this.#workers.add(worker)
    return () => {
      this.#workers.delete(worker)
      this.#metrics.end(worker)
      worker.end()
    }
  }

  async printMetrics(): Promise<string> {
    await Promise.all(
      [...this.#workers].map(async (worker) => {
        // One that hangs counts with what it said last: sums that fall would look as if all had begun anew.
        const read = await worker.ask('metrics').catch(() => undefined)
        if (read !== undefined && this.#workers.has(worker)) this.#metrics.take(worker, read as MetricsReading)
      }),
    )
    return this.#metrics.print()
  }

  /** What each of them answers. */
  async ask(request: AdminRequest): Promise<AdminAnswer[]> {
    const asked = [...this.#workers].map((worker) => worker.ask(request))
    return (await Promise.allSettled(asked)).map((outcome) =>
      outcome.status === 'fulfilled'
        ? (outcome.value as AdminAnswer)
        : { status: 504, value: { error: `a worker gives no answer: ${outcome.reason.message}` } },
    )
  }

  /** What each of them answers to a GET, side by side. */
  async values(path: string): Promise<unknown[]> {
    return (await this.ask({ method: 'GET', path })).map(({ value }) => value)
  }

  /** Asks all of them to do something: it is done when one of them did it. @throws AdminFailure with what all say against it */
  async run(request: AdminRequest): Promise<unknown> {
    const answers = await this.ask(request)
    const done = answers.find(({ status }) => status === 200)
    if (done !== undefined) return done.value
    const [first] = answers
    throw new AdminFailure(first?.status ?? 503, first ? faultOf(first) : 'no worker is there')
  }

  /** @throws Error that says what could not be read */
  async reload(): Promise<void> {
    const answers = await this.ask({ method: 'POST', path: '/reload' })
    const faults = answers.filter(({ status }) => status !== 200)
    if (faults.length > 0) throw new Error([...new Set(faults.map(faultOf))].join('; '))
  }

  /** One of the workers' routes, whose answers stand side by side. */
  route(path: string): AdminRoute {
    return { method: 'GET', path, run: async () => ({ workers: await this.values(path) }) }
  }
}

const faultOf = ({ value }: AdminAnswer): string => String((value as { error?: unknown }).error)
