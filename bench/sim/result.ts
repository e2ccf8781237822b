/** One run of a scenario, and how it reads as JSON, as a table of the terminal and as a page. */
import { World } from '../../test/sim/world.ts'
import { reportOf } from '../../test/sim/world-report.ts'
import { isReached, type Row, type Scenario } from './scenario.ts'

export interface Result {
  name: string
  description: string
  boundIs: string
  seed: number
  plan: Scenario['plan']
  rows: Row[]
  /** Of each peer, sorted; null for one that is not done. */
  doneMs: (number | null)[]
  boundMs: number | null
  /** Two runs of one seed have the same. */
  trace: string
  eventCount: number
  cpuSeconds: number
  node: string
  date: string
}

export function resultOf(scenario: Scenario, seed: number): { result: Result; doneMs: number[] } {
  const plan = { ...scenario.plan, seed }
  const { user } = process.cpuUsage()
  const world = new World(plan)
  scenario.populate(world)
  world.runUntilDone(scenario.untilMs)
  const report = reportOf(world)
  const cpuSeconds = (process.cpuUsage().user - user) / 1e6
  const result = {
    name: scenario.name,
    description: scenario.description,
    boundIs: scenario.boundIs,
    seed,
    plan,
    rows: scenario.rows(world, report).map((row) => ({ ...row, value: Number(row.value.toPrecision(6)) })),
    doneMs: report.doneMs.map((ms) => (Number.isFinite(ms) ? Math.round(ms) : null)),
    boundMs: scenario.boundMs ?? null,
    trace: world.trace.hash.toString(16).padStart(8, '0'),
    eventCount: world.time.count,
    cpuSeconds: Number(cpuSeconds.toFixed(1)),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  }
  return { result, doneMs: report.doneMs }
}

const figure = (value: number | null): string =>
  value === null || !Number.isFinite(value) ? 'never' : String(Number(value.toPrecision(4)))

/** The cells of a row: what, value with its unit, what to reach, and the mark. */
export function cellsOf(row: Row): [what: string, value: string, reach: string, mark: string] {
  const unit = row.unit === 'share' || row.unit === 'count' ? '' : ` ${row.unit}`
  const reached = isReached(row)
  const reach = !row.reach
    ? ''
    : 'atMost' in row.reach
      ? `≤ ${figure(row.reach.atMost)}`
      : `≥ ${figure(row.reach.atLeast)}`
  return [row.what, figure(row.value) + unit, reach, reached === undefined ? '' : reached ? 'reached' : 'short']
}

export function textOf({ name, rows, cpuSeconds, eventCount, trace }: Result): string {
  const cells = rows.map(cellsOf)
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row) =>
    `  ${row.map((cell, column) => (column === 1 ? cell.padStart(widths[1]!) : cell.padEnd(widths[column] ?? 0))).join('   ')}`.trimEnd(),
  )
  return `${name}   (${cpuSeconds} s of one core, ${eventCount} events, trace ${trace})\n${lines.join('\n')}\n`
}

export function pageOf(results: readonly Result[]): string {
  const sections = results.map((result) => {
    const rows = result.rows.map((row) => {
      const [what, value, reach, mark] = cellsOf(row)
      return `| ${what} | ${value} | ${reach} | ${mark === 'short' ? '**short**' : mark} |`
    })
    return [
      `## ${result.name}\n`,
      `${result.description} Bound: ${result.boundIs}\n`,
      '| what | value | reach | |\n| --- | ---: | ---: | --- |',
      `${rows.join('\n')}\n`,
      `![Peers done over time](${result.name}.svg)\n`,
      `Seed ${result.seed}, trace ${result.trace}, ${result.eventCount} events in ${result.cpuSeconds} s of one core, ` +
        `Node ${result.node}, ${result.date}.\n`,
    ].join('\n')
  })
  const head =
    '# Simulated\n\nReal engines and the real tracker core on virtual time, with model links and a model origin: ' +
    '`npm run sim` runs all but the long ones, `npm run sim -- <name…>` those named (`--list` names them, `--seed n` ' +
    'draws other chances). The same seed gives the same trace. Figures as measured, also where they fall short.\n'
  return `${head}\n${sections.join('\n')}`
}
