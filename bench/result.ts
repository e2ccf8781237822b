/** What a bench leaves behind: `bench/results/NAME.json`, from which the summary is made. Measures and judges nothing. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { findChromium } from '../test/browser/chromium.ts'
import type { Verdicts } from './aims.ts'

export interface Result {
  bench: string
  /** The day, as 2026-01-31. */
  date: string
  machine: string
  /** Processes that wanted to run in the minute before the bench began, its own aside: others make figures worse. */
  loadBefore: number
  versions: Record<string, string>
  verdicts: Verdicts
  /** Lines of Markdown that show the figures, each run of them. */
  details: string[]
  /** The same for programs. */
  figures: unknown
}

const folder = new URL('results/', import.meta.url)

const GiB = 1024 ** 3

const loadBefore = Number(loadavg()[0]!.toFixed(1))

/** Cores, model, memory and system; nothing by which the machine itself could be told. */
function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || process.arch
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / GiB)} GiB, ${systemName()}`
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform
  } catch {
    return process.platform // no Linux
  }
}

function chromiumVersion(): string | undefined {
  const path = findChromium()
  if (path === undefined) return undefined
  const said = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return /\d+\.[\d.]+/.exec(said)?.[0]
}

const ownVersion = (): string => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

/** @param more versions of what else took part */
export function writeResult(
  bench: string,
  { verdicts, details, figures }: Pick<Result, 'verdicts' | 'details' | 'figures'>,
  more: Record<string, string> = {},
): void {
  const chromium = chromiumVersion()
  const result: Result = {
    bench,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    loadBefore,
    versions: { nearcast: ownVersion(), node: process.version.slice(1), ...(chromium && { chromium }), ...more },
    verdicts,
    details,
    figures,
  }
  writeFileSync(new URL(`${bench}.json`, folder), `${JSON.stringify(result, null, 2)}\n`)
}

/** All that were left behind in the form above, by the names of their benches. */
export function readResults(): Map<string, Result> {
  const found = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Partial<Result>)
    .filter((result): result is Result => result.bench !== undefined && result.verdicts !== undefined)
  return new Map(found.map((result) => [result.bench, result]))
}
