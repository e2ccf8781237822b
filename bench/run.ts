/**
 * `npm run bench`: every bench whose figures the aims name, one after another, then the summary. Names after `--` choose
 * among them; `--summary` runs none. A bench that fails is named at the end, and the others still run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { aims } from './aims.ts'
import { readResults, writeResult } from './result.ts'
import { printSummary } from './summary.ts'

/** No bench needs longer; one that hangs must not keep the others from running. */
const benchMsMax = 30 * 60_000

const scriptOf = (bench: string): string => fileURLToPath(new URL(`${bench}.mjs`, import.meta.url))

/** @returns what it printed */
async function run(bench: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [scriptOf(bench), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: benchMsMax,
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    process.stdout.write(text)
  })
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${bench} ended with ${signal ?? code}`)
  return printed
}

interface LinkFigure {
  mibPerSecond: number
  cpuSecondsPerGiB: number
}

interface LinkFigures {
  medians: Record<string, LinkFigure>
  figures: Record<string, LinkFigure[]>
}

const linkAim = 0.9

/** bench/link.ts tells its figures, and they are judged here. */
async function runLink(): Promise<void> {
  const figures = JSON.parse(await run('link', ['--json'])) as LinkFigures
  const { bare, nearcast } = figures.medians
  if (!bare || !nearcast) throw new Error('link did not run both contenders')
  const ratio = nearcast.mibPerSecond / bare.mibPerSecond
  const byProcessor = bare.cpuSecondsPerGiB / nearcast.cpuSecondsPerGiB
  const rows = Object.entries(figures.figures).map(([name, each]) => {
    const { mibPerSecond, cpuSecondsPerGiB } = figures.medians[name]!
    const rounds = each.map((one) => one.mibPerSecond.toFixed(1)).join(' ')
    return `| ${name} | ${mibPerSecond.toFixed(1)} | ${cpuSecondsPerGiB.toFixed(0)} | ${rounds} |`
  })
  const measured = `${ratio.toFixed(2)} (${nearcast.mibPerSecond.toFixed(1)} MiB/s; ${byProcessor.toFixed(2)} by processor time)`
  writeResult('link', {
    verdicts: { link: { measured, isReached: ratio >= linkAim } },
    details: ['| contender | MiB/s | processor s/GiB | each round |', '| --- | --- | --- | --- |', ...rows],
    figures,
  })
}

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { summary: { type: 'boolean', default: false } },
  })
  const benches = [...new Set<string>(aims.map(({ bench }) => bench))].filter((bench) => existsSync(scriptOf(bench)))
  const unknown = positionals.find((name) => !benches.includes(name))
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}: there are ${benches.join(', ')}`)
  const faults: string[] = []
  for (const bench of values.summary ? [] : positionals.length > 0 ? positionals : benches) {
    console.log(`\n> ${bench}`)
    const running = bench === 'link' ? runLink() : run(bench, ['--write'])
    await running.catch((error: Error) => faults.push(error.message))
  }
  writeFileSync(new URL('results/README.md', import.meta.url), printSummary(readResults()))
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
