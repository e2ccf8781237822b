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
import { median } from './median.ts'
import { readResults, writeResult } from './result.ts'
import { simVerdicts } from './sim-verdicts.ts'
import { printSummary } from './summary.ts'

/** No bench needs longer; one that hangs must not keep the others from running. */
const benchMsMax = 30 * 60_000

const scriptOf = (bench: string): string =>
  fileURLToPath(new URL(bench === 'sim' ? 'sim/run.mjs' : `${bench}.mjs`, import.meta.url))

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

/** The simulator leaves its own results behind; scenarios that take minutes are run by name only. */
async function runSim(): Promise<void> {
  await run('sim', [])
}

interface CrowdFigures {
  failed: number
  boundSeconds: number
  lastSeconds: number
  originCopies: number
  cpuSeconds: number
}

const crowdAim = 1.25
const crowdRounds = 3

/** The same crowd on lines of a quarter: twenty peers on two processors are then bounded by their lines. */
const slowLines = ['--server', '0.25', '--uplink', '0.125']

const timesBound = ({ lastSeconds, boundSeconds }: CrowdFigures): number => lastSeconds / boundSeconds

async function runHeadlessCrowd(): Promise<void> {
  const crowd = async (...args: string[]) =>
    JSON.parse(await run('headless-crowd', ['--json', ...args])) as CrowdFigures
  const rounds: CrowdFigures[] = []
  while (rounds.length < crowdRounds) rounds.push(await crowd())
  const slow = await crowd(...slowLines)
  const times = median(rounds.map(timesBound))
  const copies = median(rounds.map(({ originCopies }) => originCopies)).toFixed(2)
  const failed = [...rounds, slow].some((round) => round.failed > 0) ? '; some failed' : ''
  const onSlowLines = `on lines of a quarter, where processors are not the bound: ${timesBound(slow).toFixed(2)} ×`
  const row = (name: string | number, round: CrowdFigures) => {
    const { lastSeconds, originCopies, cpuSeconds } = round
    const cells = [name, lastSeconds.toFixed(1), timesBound(round).toFixed(2), originCopies.toFixed(2)]
    return `| ${[...cells, cpuSeconds.toFixed(1)].join(' | ')} |`
  }
  writeResult('headless-crowd', {
    verdicts: {
      'crowd-headless': {
        measured: `${times.toFixed(2)} × T* (${copies} copies from the origin${failed}); ${onSlowLines}`,
        isReached: failed === '' && times <= crowdAim,
      },
    },
    details: [
      '| round | last peer, s | × T* | origin copies | processor, s |',
      '| --- | --- | --- | --- | --- |',
      ...rounds.map((round, i) => row(i + 1, round)),
      row('a quarter', slow),
    ],
    figures: { rounds, slow },
  })
}

/** What measures otherwise than by leaving a result behind itself. */
const runners: Record<string, () => Promise<void>> = {
  link: runLink,
  sim: runSim,
  'headless-crowd': runHeadlessCrowd,
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
    const running = runners[bench]?.() ?? run(bench, ['--write'])
    await running.catch((error: Error) => faults.push(error.message))
  }
  writeFileSync(new URL('results/README.md', import.meta.url), printSummary(readResults(), simVerdicts()))
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
