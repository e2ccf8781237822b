import { afterEach, describe, expect, it, vi } from 'vitest'
import { counter, gauge } from '../shared/metric.ts'
import type { Pipe } from '../tracker/main.ts'
import type { AdminRoute } from './admin.ts'
import { createMetrics } from './metrics.ts'
import { Questions } from './questions.ts'
import { type TeamQuestion, WorkerTeam } from './worker-team.ts'

/** Two ends of a pipe that copies what it carries, a moment later, as between processes. */
function pipes(): [Pipe, Pipe] {
  const listeners: ((message: unknown) => void)[][] = [[], []]
  const end = (side: number): Pipe => ({
    isOpen: true,
    send(message, sent) {
      const copy = JSON.parse(JSON.stringify(message))
      queueMicrotask(() => {
        for (const hear of listeners[1 - side]!) hear(copy)
        sent()
      })
    },
    listen: (listener) => void listeners[side]!.push(listener),
  })
  return [end(0), end(1)]
}

/** A process with a number that only grows, and one that does not. */
function worker(team: WorkerTeam, routes: Record<string, () => object> = {}) {
  const [here, there] = pipes()
  const stats = { seen: 0, open: 0, isHanging: false }
  const metrics = createMetrics('1.2.3')
  metrics.add({
    metrics: [
      counter('seen_total', 'Seen.', (now: typeof stats) => now.seen),
      gauge('open', 'Open.', (now: typeof stats) => now.open),
      gauge('worst', 'The worst.', (now: typeof stats) => now.open, 'max'),
    ],
    stats: () => stats,
  })
  const primary = new Questions<TeamQuestion>(there, (question) => {
    if (stats.isHanging) return new Promise(() => {})
    if (question === 'metrics') return metrics.read()
    return { status: question.path in routes ? 200 : 500, value: routes[question.path]?.() ?? { error: 'torn' } }
  })
  return { stats, end: team.serve(here), text: () => primary.ask('metrics') as Promise<string> }
}

const numbersIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    [...text.matchAll(/^(seen_total|open|worst) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  )

afterEach(() => vi.useRealTimers())

describe('several workers', () => {
  it('[T252] have one set of numbers: the sum, or the worst, whichever of them is asked', async () => {
    const team = new WorkerTeam()
    const [one, two] = [worker(team), worker(team)]
    Object.assign(one.stats, { seen: 3, open: 1 })
    Object.assign(two.stats, { seen: 4, open: 5 })
    const sum = { seen_total: 7, open: 6, worst: 5 }
    expect(numbersIn(await team.printMetrics())).toEqual(sum)
    expect(numbersIn(await one.text())).toEqual(sum)
    expect(await two.text()).toMatch(/^build_info\{version="1\.2\.3",node="[^"]+"\} 1$/m)
  })

  it('[T252] keep what one counted that is gone, and nothing else of it', async () => {
    const team = new WorkerTeam()
    const [one, two] = [worker(team), worker(team)]
    Object.assign(one.stats, { seen: 3, open: 1 })
    Object.assign(two.stats, { seen: 4, open: 5 })
    await team.printMetrics()
    two.end()
    expect(numbersIn(await team.printMetrics())).toEqual({ seen_total: 7, open: 1, worst: 1 })
    const three = worker(team)
    three.stats.seen = 10
    await team.printMetrics()
    three.end()
    expect(numbersIn(await team.printMetrics())).toMatchObject({ seen_total: 17 })
  })

  it('[T252] count one that hangs with what it said last', async () => {
    const team = new WorkerTeam()
    const [one, two] = [worker(team), worker(team)]
    Object.assign(two.stats, { seen: 4, open: 5 })
    await team.printMetrics()
    vi.useFakeTimers()
    two.stats.isHanging = true
    one.stats.seen = 1
    const text = team.printMetrics()
    await vi.advanceTimersByTimeAsync(3_000)
    expect(numbersIn(await text)).toEqual({ seen_total: 5, open: 5, worst: 5 })
  })

  it('[T252] answer side by side, and one that cannot read a file again says so for all', async () => {
    const team = new WorkerTeam()
    worker(team, { '/swarms': () => ({ count: 1 }), '/reload': () => ({}) })
    const other = worker(team, { '/swarms': () => ({ count: 2 }) })
    const { run }: AdminRoute = team.route('/swarms')
    expect(await run('', new URLSearchParams())).toEqual({ workers: [{ count: 1 }, { count: 2 }] })
    await expect(team.reload()).rejects.toThrow(/^torn$/)
    other.end()
    await expect(team.reload()).resolves.toBeUndefined()
  })

  it('[T252] are not waited for when one dies with a question unanswered', async () => {
    const team = new WorkerTeam()
    const hanging = worker(team)
    hanging.stats.isHanging = true
    const answers = team.ask({ method: 'GET', path: '/stats' })
    hanging.end()
    expect(await answers).toEqual([{ status: 504, value: { error: 'a worker gives no answer: the process ended' } }])
  })
})
