/** Makes `bench/results/README.md` of what the benches left behind. Runs none of them. */
import { type AimId, aims, type Verdict, type Verdicts } from './aims.ts'
import type { Result } from './result.ts'

/** What every summary begins with. */
const head = [
  '# What Nearcast reaches',
  '',
  'Written by `npm run bench`; every figure is as it was measured, also where it falls short. `npm run bench -- rival` runs',
  'one bench and `npm run bench -- --summary` only writes this page anew, from the JSON beside it. Medians of several',
  'rounds; contenders take turns in the same run. What is simulated runs on virtual time: [sim/README.md](sim/README.md).',
]

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function verdictCells(verdict: Verdict | undefined): [string, string] {
  if (verdict !== undefined) return [verdict.measured, verdict.isReached ? 'reached' : '**short**']
  return ['not measured', '–']
}

const listVersions = (versions: Record<string, string>): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')

function section({ bench, date, machine, loadBefore, versions, details }: Result): string[] {
  const load = `load before it ${loadBefore}`
  const how = `${date}, ${machine}, ${load}; ${listVersions(versions)}. Again: \`npm run bench -- ${bench}\`.`
  return ['', `## ${bench}`, '', how, '', ...details]
}

/** @param simulated what the simulator's own results say */
export function printSummary(results: ReadonlyMap<string, Result>, simulated: Verdicts = {}): string {
  const table = [
    row(['scenario', 'bound or rival', 'to reach', 'measured', '']),
    row(['---', '---', '---', '---', '---']),
    ...aims.map(({ id, scenario, against, reach, bench }) => {
      const verdicts: Partial<Record<AimId, Verdict>> = results.get(bench)?.verdicts ?? {}
      return row([scenario, against, reach, ...verdictCells(verdicts[id] ?? simulated[id])])
    }),
  ]
  const sections = [...results.values()].sort((a, b) => (a.bench < b.bench ? -1 : 1)).flatMap(section)
  return `${[...head, '', ...table, ...sections].join('\n')}\n`
}
