/** What the simulator's results say of the aims. Reads bench/results/sim; runs nothing. */
import { existsSync, readFileSync } from 'node:fs'
import type { AimId, Verdicts } from './aims.ts'
import { cellsOf, type Result } from './sim/result.ts'
import { isReached } from './sim/scenario.ts'

const folder = new URL('results/sim/', import.meta.url)

/** The scenarios that measure each aim. Others are there to learn from. */
const scenariosOf = {
  'crowd-simulated': ['flash-crowd-100', 'flash-crowd-100-no-delay', 'flash-crowd-1000', 'flash-crowd-1000-no-delay'],
  offload: ['joining', 'passing-1', 'passing-3', 'passing-10'],
  streaming: ['streaming'],
  floor: ['balanced-floor'],
  greedy: ['greedy', 'free-riding'],
  regions: ['regions'],
} satisfies Partial<Record<AimId, string[]>>

function read(name: string): Result | undefined {
  const file = new URL(`${name}.json`, folder)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined
}

/** An aim is reached when every figure of every scenario of it is. */
export function simVerdicts(): Verdicts {
  const verdicts: Verdicts = {}
  for (const [id, names] of Object.entries(scenariosOf)) {
    const results = names.map(read)
    const measured = results.map((result, place) => (result ? describe(result) : `${names[place]}: not measured`))
    const isWhole = results.every((result) => result?.rows.every((row) => isReached(row) !== false))
    verdicts[id as AimId] = { measured: measured.join('; '), isReached: isWhole }
  }
  return verdicts
}

function describe({ name, date, rows }: Result): string {
  const aimed = rows.filter((row) => row.reach !== undefined)
  return `${name} (${date}): ${aimed.map((row) => `${row.what} ${cellsOf(row)[1]}`).join(', ')}`
}
