/**
 * Runs scenarios of the simulator: `npm run sim [-- names…]`. Writes what came of each as JSON and as a plot, and one
 * page over all that were ever run. `--list` names them, `--seed n` draws other chances, `--dry` writes nothing.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { scenarios } from './catalogue.ts'
import { plotOf } from './plot.ts'
import { pageOf, type Result, resultOf, textOf } from './result.ts'
import { isReached } from './scenario.ts'

/** @returns the exit code: 1 for a name that no scenario has */
export function main(args: string[], folder: URL): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      dry: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  })
  if (values.list) {
    for (const { name, description, isLong } of scenarios)
      console.log(`${name}${isLong ? ' (long)' : ''}: ${description}`)
    return 0
  }
  const unknown = positionals.filter((text) => !scenarios.some(({ name }) => name === text))
  if (unknown.length > 0) {
    console.error(`no scenario is named ${unknown.join(', ')}: npm run sim -- --list names them`)
    return 1
  }
  const seed = Number(values.seed)
  if (!Number.isInteger(seed)) {
    console.error(`--seed ${values.seed} is no whole number`)
    return 1
  }
  const chosen = scenarios.filter(({ name, isLong }) => (positionals.length > 0 ? positionals.includes(name) : !isLong))
  let shortCount = 0
  for (const scenario of chosen) {
    const { result, doneMs } = resultOf(scenario, seed)
    console.log(textOf(result))
    shortCount += result.rows.filter((row) => isReached(row) === false).length
    if (!values.dry) write(folder, result, doneMs)
  }
  if (!values.dry) writeFileSync(new URL('README.md', folder), pageOf(allResults(folder)))
  console.log(shortCount === 0 ? 'all reached' : `${shortCount} short`)
  return 0
}

function write(folder: URL, result: Result, doneMs: number[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(`${result.name}.json`, folder), `${JSON.stringify(result)}\n`)
  writeFileSync(new URL(`${result.name}.svg`, folder), plotOf(result.name, doneMs, result.boundMs ?? undefined))
}

function allResults(folder: URL): Result[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
  const results = names.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Result)
  const place = ({ name }: Result) => scenarios.findIndex((scenario) => scenario.name === name)
  return results.filter((result) => place(result) >= 0).sort((a, b) => place(a) - place(b))
}
