/**
 * Ten thousand clients lose their tracker at once: it is killed and started again, it drains while another one takes
 * over, or it has more to do than it can. How soon they are back, and what that asks of the tracker. The built program
 * on one core, a crowd of real engines in a process of its own on another. Needs `npm run build`; run by
 * bench/tracker-restart.mjs. `--sockets n` changes how many; `--json` prints the figures as JSON; `--write` leaves them behind.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { reconnectMinMs, reconnectSpreadMs } from '../client/core/settings.ts'
import { trackerPath } from '../tracker/main.ts'
import type { Verdict } from './aims.ts'
import { quantile } from './median.ts'
import { writeResult } from './result.ts'
import { type CrowdPlan, type CrowdReport, playCrowd } from './session-crowd.ts'
import { type FloodReport, playFlood } from './tracker-flood.ts'

const program = fileURLToPath(new URL('../dist/cli/nearcast.js', import.meta.url))
const script = fileURLToPath(new URL('tracker-restart.mjs', import.meta.url))

const drainWindowMs = 10_000

/** Nobody is waited for longer. */
const backMsMax = 60_000

/** A bench that fails leaves none of them behind. */
const children = new Set<ChildProcess>()

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Each program has a core of its own where the machine has two. */
function pin(pid: number, core: number): void {
  try {
    execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' })
  } catch {
    // Without taskset, or with one core, they share.
  }
}

interface TrackerProcess {
  child: ChildProcess
  port: number
  /** Milliseconds of processor time so far. */
  cpuMs(): number
}

async function startTracker(keyFile: string, port = 0, args: string[] = []): Promise<TrackerProcess> {
  const settings = ['--port', String(port), '--host', '127.0.0.1', '--tracker-key-file', keyFile, ...args]
  const child = spawn(process.execPath, [program, 'tracker', ...settings], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  pin(child.pid!, 0)
  const [line] = await once(createInterface({ input: child.stdout! }), 'line')
  const { addresses } = JSON.parse(line) as { addresses: string[] }
  const cpuMs = () => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }
  return { child, port: Number(new URL(addresses[0]!).port), cpuMs }
}

/** The busiest second of a process. */
class CpuWatch {
  readonly #timer: NodeJS.Timeout
  readonly #samples: { atMs: number; cpuMs: number }[] = []

  constructor(tracker: TrackerProcess) {
    this.#timer = setInterval(() => {
      try {
        this.#samples.push({ atMs: performance.now(), cpuMs: tracker.cpuMs() })
      } catch {
        // It has ended.
      }
    }, 100)
  }

  stop(): number {
    clearInterval(this.#timer)
    const shares = this.#samples.slice(10).map(({ atMs, cpuMs }, i) => {
      const before = this.#samples[i]!
      return (cpuMs - before.cpuMs) / (atMs - before.atMs)
    })
    return Math.max(0, ...shares)
  }
}

class Crowd {
  readonly child = fork(script, ['--crowd'])

  constructor() {
    children.add(this.child)
    pin(this.child.pid!, 1)
  }

  begin(plan: CrowdPlan): void {
    this.child.send({ type: 'begin', plan })
  }

  mark(port: number): void {
    this.child.send({ type: 'mark', port })
  }

  async report(): Promise<CrowdReport> {
    this.child.send({ type: 'report' })
    const [report] = await once(this.child, 'message')
    return report
  }

  async allBack(count: number): Promise<CrowdReport> {
    for (const endMs = performance.now() + backMsMax; ; ) {
      const report = await this.report()
      if (report.backMs.length >= count || performance.now() > endMs) return report
      await sleep(250)
    }
  }
}

interface Figures {
  sockets: number
  back: number
  windowMs: number
  p50Ms: number
  p99Ms: number
  lastMs: number
  sameId: number
  /** Connections begun in all, and those that were told to come later. */
  connects: number
  busy: number
  connectsPerSecondPeak: number
  takenPerSecondPeak: number
  cpuPeak: number
  crowdLagMs: number
  crowdCpuMs: number
}

function figuresOf(report: CrowdReport, sockets: number, windowMs: number, cpuPeak: number): Figures {
  const { backMs, sameIdCount, connectCount, busyCount, connectsPeak, welcomesPeak } = report
  return {
    sockets,
    back: backMs.length,
    windowMs,
    p50Ms: Math.round(quantile(backMs, 0.5)),
    p99Ms: Math.round(quantile(backMs, 0.99)),
    lastMs: Math.round(Math.max(...backMs)),
    sameId: sameIdCount,
    connects: connectCount,
    busy: busyCount,
    connectsPerSecondPeak: connectsPeak * 10,
    takenPerSecondPeak: welcomesPeak * 10,
    cpuPeak: Number(cpuPeak.toFixed(2)),
    crowdLagMs: report.lagMsMax,
    crowdCpuMs: report.cpuMs,
  }
}

async function gathered(tracker: TrackerProcess, count: number): Promise<Crowd> {
  const crowd = new Crowd()
  crowd.begin({ count, port: tracker.port, path: trackerPath, perSecond: 1_000 })
  const { backMs } = await crowd.allBack(count)
  if (backMs.length < count) throw new Error(`only ${backMs.length} of ${count} came`)
  return crowd
}

async function killed(keyFile: string, count: number): Promise<Figures> {
  const first = await startTracker(keyFile)
  const crowd = await gathered(first, count)
  crowd.mark(first.port)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = await startTracker(keyFile, first.port)
  const cpu = new CpuWatch(second)
  const report = await crowd.allBack(count)
  crowd.child.kill('SIGKILL')
  second.child.kill('SIGKILL')
  return figuresOf(report, count, reconnectMinMs + reconnectSpreadMs, cpu.stop())
}

async function drained(keyFile: string, count: number): Promise<Figures> {
  const window = ['--drain-delay', '0s', '--drain-window', `${drainWindowMs}ms`]
  const first = await startTracker(keyFile, 0, window)
  const second = await startTracker(keyFile)
  const crowd = await gathered(first, count)
  crowd.mark(second.port)
  const cpu = new CpuWatch(second)
  first.child.kill('SIGTERM')
  const report = await crowd.allBack(count)
  crowd.child.kill('SIGKILL')
  second.child.kill('SIGKILL')
  if (first.child.exitCode === null) await once(first.child, 'exit')
  return figuresOf(report, count, drainWindowMs, cpu.stop())
}

async function overloaded(keyFile: string, count: number): Promise<FloodReport> {
  const tracker = await startTracker(keyFile)
  const flood = fork(script, ['--flood', '--port', String(tracker.port), '--sockets', String(count)])
  children.add(flood)
  pin(flood.pid!, 1)
  const [report] = await once(flood, 'message')
  const hasLived = tracker.child.exitCode === null
  tracker.child.kill('SIGKILL')
  if (!hasLived) throw new Error('the tracker fell over')
  return report
}

/** Beyond the window over which clients come back: what a second crowd at the door may cost. */
const lateMsMax = 2_000

function judged({ sockets, back, sameId, p99Ms, lastMs, windowMs }: Figures): Verdict {
  const late = p99Ms - windowMs
  return {
    measured: `${back} of ${sockets} back, ${sameId} as who they were; p99 ${(p99Ms / 1_000).toFixed(1)} s, the last ${(lastMs / 1_000).toFixed(1)} s`,
    isReached: back === sockets && sameId === sockets && late <= lateMsMax,
  }
}

function detailsOf(figures: Readonly<Record<string, Figures>>): string[] {
  const rows = Object.entries(figures).map(([name, one]) => {
    const times = [one.p50Ms, one.p99Ms, one.lastMs].map((ms) => (ms / 1_000).toFixed(1))
    const rates = [one.connectsPerSecondPeak, one.takenPerSecondPeak, one.busy, one.cpuPeak]
    return `| ${[name, one.sockets, ...times, ...rates].join(' | ')} |`
  })
  return [
    '| tracker | sockets | half back, s | p99, s | last, s | connects a second at most | taken | told to wait | of its core at most |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ]
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      crowd: { type: 'boolean', default: false },
      flood: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      sockets: { type: 'string', default: '10000' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  if (values.crowd) return playCrowd()
  if (values.flood) return playFlood(Number(values.port), trackerPath, Number(values.sockets))
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-restart-'))
  try {
    const keyFile = join(folder, 'tracker.key')
    writeFileSync(keyFile, 'k'.repeat(32))
    const count = Number(values.sockets)
    const returns: Record<string, Figures> = {}
    const show = (name: string, figures: object) => values.json || console.log(name, figures)
    const isWanted = (name: string) => values.only === undefined || values.only === name
    for (const [name, run] of Object.entries({ killed, drained })) {
      if (!isWanted(name)) continue
      returns[name] = await run(keyFile, count)
      show(name, returns[name])
    }
    const flood = isWanted('overloaded') ? await overloaded(keyFile, Math.ceil(count / 5)) : undefined
    if (flood) show('overloaded', flood)
    const figures = { ...returns, ...(flood && { overloaded: flood }) }
    if (values.json) console.log(JSON.stringify(figures))
    if (!values.write) return
    const { killed: afterKill, drained: afterDrain } = returns
    const verdicts = {
      ...(afterKill && { 'tracker-killed': judged(afterKill) }),
      ...(afterDrain && { 'tracker-drained': judged(afterDrain) }),
    }
    writeResult('tracker-restart', { verdicts, details: detailsOf(returns), figures })
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}
