/**
 * What Nearcast costs when it is of no use: the time to the first byte, and to the last, beside a plain `fetch` of the
 * same file from the same built `nearcast serve`, in new browser contexts, taking turns. Run by bench/http.mjs after
 * `npm run build`. `--part first|total`, `--only text`, `--rounds n`, `--mib n` change what is run and how much;
 * `--write` leaves bench/results/http.json behind.
 */
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import type { ClientOptions } from '../client/api.ts'
import { MiB } from '../shared/limits.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import type { PageServer } from '../test/browser/page-server.ts'
import { createTempFolder, type RunningServer, startServer, type TempFolder } from '../test/e2e/harness.ts'
import { sitePage, type Visitor } from '../test/e2e/visitor.ts'
import type { Verdict, Verdicts } from './aims.ts'
import {
  closedTracker,
  openSilentTracker,
  openStaticHost,
  type SilentTracker,
  seed,
  stall,
} from './http-surroundings.ts'
import { type Age, type Timing, type Visit, visit } from './http-visit.ts'
import { median, quantile } from './median.ts'
import { writeResult } from './result.ts'

/** The line that totals are measured on: what many homes have. */
const lineRate = '100Mbit/s'

const latenciesMs = [0, 40]

const slowPeerCount = 3
const stallingPeerCount = 3
const slowBytesPerSecondMax = 100_000

/** What promise 1 allows. */
const firstByteAim = (plainMs: number) => plainMs * 1.02 + 5
const totalAimRatio = 1.03

const consenting: ClientOptions = { tracker: 'auto', consent: 'granted' }

interface Row {
  name: string
  /** The host, without a slash. */
  url: string
  path: string
  client: ClientOptions
  age: Age
  latencyMs: number
}

interface Figures {
  name: string
  ours: Timing[]
  plain: Timing[]
}

/** What the quicker ones do: less of it is the machine's other work. */
const quarter = (values: number[]) => quantile(values, 1 / 4)

/** Each row beside the plain `fetch` that it is compared with, again and again, now one first and now the other. */
async function run(
  browser: Browser,
  rows: Row[],
  { rounds, whole }: { rounds: number; whole: boolean },
): Promise<Figures[]> {
  const figures = rows.map(({ name }): Figures => ({ name, ours: [], plain: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const [i, { url, path, client, age, latencyMs }] of rows.entries()) {
      const plan: Visit = { url: `${url}/`, path, earlierPath: '/earlier.bin', age, client, latencyMs, whole }
      const ours = async () => figures[i]!.ours.push(await visit(browser, plan))
      const plain = async () => figures[i]!.plain.push(await visit(browser, { ...plan, client: undefined }))
      for (const turn of round % 2 === 0 ? [plain, ours] : [ours, plain]) await turn()
    }
  }
  return figures
}

const ages: Record<Age, string> = {
  new: 'client made just before',
  ready: 'client made earlier',
  second: 'second file of a client',
}

const atLatency = (latencyMs: number) => (latencyMs > 0 ? `, ${latencyMs} ms` : '')

function firstByteRows(url: string, staticUrl: string, tracker: string): Row[] {
  const path = '/alone.bin'
  return latenciesMs.flatMap((latencyMs): Row[] => {
    const rows = (['new', 'ready', 'second'] as const).map(
      (age): Row => ({ name: ages[age] + atLatency(latencyMs), url, path, client: consenting, age, latencyMs }),
    )
    // The tracker is elsewhere, as for every site on a static host.
    const client = { ...consenting, tracker }
    return [
      ...rows,
      { name: `static host${atLatency(latencyMs)}`, url: staticUrl, path, client, age: 'ready', latencyMs },
    ]
  })
}

function totalRows(url: string, silentTracker: string): Row[] {
  const dead = (tracker: string): ClientOptions => ({ ...consenting, tracker })
  const kinds: [name: string, path: string, client: ClientOptions][] = [
    ['no peer', '/alone.bin', consenting],
    ['no consent', '/alone.bin', { tracker: 'auto' }],
    ['tracker refuses', '/alone.bin', dead(closedTracker)],
    ['tracker never answers', '/alone.bin', dead(silentTracker)],
    [`${stallingPeerCount} peers, all stalling`, '/stalling.bin', consenting],
    [`fastest, ${slowPeerCount} slow peers`, '/slow.bin', { ...consenting, mode: 'fastest' }],
  ]
  return latenciesMs.flatMap((latencyMs) =>
    kinds.map(
      ([name, path, client]): Row => ({ name: name + atLatency(latencyMs), url, path, client, age: 'new', latencyMs }),
    ),
  )
}

type What = 'firstByteMs' | 'totalMs'

/** Each pair ran one after the other: what else the machine did weighs on both. */
const pairwise = (ours: number[], plain: number[], of: (ours: number, plain: number) => number) =>
  median(ours.map((each, i) => of(each, plain[i]!)))

function judge({ ours, plain }: Figures, what: What): { before: number; after: number; aim: number } {
  const [before, after] = [plain, ours].map((timings) => median(timings.map((timing) => timing[what])))
  return {
    before: before!,
    after: after!,
    aim: what === 'firstByteMs' ? firstByteAim(before!) : before! * totalAimRatio,
  }
}

function moreOf(figures: Figures, what: What): string {
  const { before, after } = judge(figures, what)
  return what === 'firstByteMs' ? `${(after - before).toFixed(1)} ms more` : `${(after / before).toFixed(3)} ×`
}

function verdictOf(figures: Figures[], what: What): Verdict {
  const short = figures.filter((each) => judge(each, what).after > judge(each, what).aim)
  const named = short.map((one) => `${one.name}: ${moreOf(one, what)}`).join('; ')
  const measured = `${figures.length - short.length} of ${figures.length} cases${named && `; not ${named}`}`
  return { measured, isReached: short.length === 0 }
}

function describe(figures: Figures, what: What): string {
  const { name, ours, plain } = figures
  const mine = ours.map((timing) => timing[what])
  const its = plain.map((timing) => timing[what])
  const { before, after, aim } = judge(figures, what)
  const more = pairwise(mine, its, (a, b) => a - b)
  const ratio = pairwise(mine, its, (a, b) => a / b)
  const peerMiB = median(ours.map(({ peerBytes }) => peerBytes)) / MiB
  const cells = [
    name,
    before.toFixed(1),
    after.toFixed(1),
    what === 'firstByteMs' ? more.toFixed(1) : ratio.toFixed(3),
    `${quarter(its).toFixed(1)} → ${quarter(mine).toFixed(1)}`,
    aim.toFixed(1),
    after <= aim ? 'yes' : '**no**',
    ...(what === 'totalMs' ? [`${peerMiB.toFixed(1)} MiB`] : []),
  ]
  return `| ${cells.join(' | ')} |`
}

interface Site {
  folder: TempFolder
  wide: RunningServer
  line: RunningServer
  static: PageServer
  silent: SilentTracker
  close(): Promise<void>
}

async function openSite(fileBytes: number): Promise<Site> {
  const folder = createTempFolder()
  folder.write('index.html', sitePage)
  for (const [i, name] of ['earlier', 'alone', 'stalling', 'slow'].entries()) {
    folder.generate(`${name}.bin`, name === 'earlier' ? 1 * MiB : fileBytes, i + 1)
  }
  const wide = await startServer([folder.path])
  const line = await startServer([folder.path, '--egress-rate', lineRate])
  for (const { url } of [wide, line]) {
    // Hashed before any clock runs.
    for (const name of ['earlier', 'alone', 'stalling', 'slow']) {
      const response = await fetch(`${url}/${name}.bin.nearcast.json`)
      if (!response.ok) throw new Error(`the manifest of ${name}.bin is not ready: ${response.status}`)
      await response.arrayBuffer()
    }
  }
  const plainFolder = createTempFolder()
  for (const name of [
    'index.html',
    'earlier.bin',
    'alone.bin',
    'alone.bin.nearcast.json',
    '.nearcast/nearcast.js',
    '.nearcast/engine.js',
  ]) {
    const response = await fetch(`${wide.url}/${name}`)
    plainFolder.write(name, new Uint8Array(await response.arrayBuffer()))
  }
  const host = await openStaticHost(plainFolder.path)
  const silent = await openSilentTracker()
  const close = async () => {
    silent.close()
    await host.close()
    plainFolder.remove()
    await wide.kill()
    await line.kill()
    folder.remove()
  }
  return { folder, wide, line, static: host, silent, close }
}

interface Measured {
  table: string[]
  figures: Figures[]
  verdict: Verdict
}

async function measureTotals(browser: Browser, site: Site, only: string, rounds: number): Promise<Measured> {
  const rows = totalRows(site.line.url, site.silent.url).filter(({ name }) => name.includes(only))
  const seeders: Visitor[] = []
  const needs = (path: string) => rows.some((row) => row.path === path)
  const { url } = site.line
  if (needs('/stalling.bin')) {
    seeders.push(...(await seed(browser, url, '/stalling.bin', { count: stallingPeerCount, prepare: stall })))
  }
  if (needs('/slow.bin')) {
    const options = { uploadBytesPerSecondMax: slowBytesPerSecondMax }
    seeders.push(...(await seed(browser, url, '/slow.bin', { count: slowPeerCount, options })))
  }
  const figures = await run(browser, rows, { rounds, whole: true })
  for (const seeder of seeders) await seeder.leave()
  const head = '| | plain, ms | ours, ms | pairwise ratio | quickest quarter, ms | aim: at most | reached | by peers |'
  const table = [head, '|---|---|---|---|---|---|---|---|', ...figures.map((each) => describe(each, 'totalMs'))]
  return { table, figures, verdict: verdictOf(figures, 'totalMs') }
}

async function measureFirstBytes(browser: Browser, site: Site, only: string, rounds: number): Promise<Measured> {
  const rows = firstByteRows(site.wide.url, site.static.origin, site.silent.url).filter(({ name }) =>
    name.includes(only),
  )
  const figures = await run(browser, rows, { rounds, whole: false })
  const head = '| | plain, ms | ours, ms | pairwise more, ms | quickest quarter, ms | aim: at most | reached |'
  const table = [head, '|---|---|---|---|---|---|---|', ...figures.map((each) => describe(each, 'firstByteMs'))]
  return { table, figures, verdict: verdictOf(figures, 'firstByteMs') }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      part: { type: 'string', default: 'first,total' },
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '9' },
      mib: { type: 'string', default: '16' },
      write: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const site = await openSite(Number(values.mib) * MiB)
  const browser = await launchChromium()
  try {
    const details: string[] = []
    const verdicts: Verdicts = {}
    const figures: Record<string, Figures[]> = {}
    if (values.part.includes('first')) {
      const measured = await measureFirstBytes(browser, site, values.only, rounds)
      details.push('First byte:', '', ...measured.table, '')
      if (measured.figures.length > 0) verdicts['first-byte'] = measured.verdict
      figures.firstByte = measured.figures
    }
    if (values.part.includes('total')) {
      const measured = await measureTotals(browser, site, values.only, rounds)
      details.push(`All of ${values.mib} MiB over ${lineRate}:`, '', ...measured.table, '')
      if (measured.figures.length > 0) verdicts.totals = measured.verdict
      figures.total = measured.figures
    }
    details.push(`Medians of ${rounds}, taking turns, each in a new browser context.`)
    console.log(details.join('\n'))
    if (values.write) writeResult('http', { verdicts, details, figures })
  } finally {
    await browser.close()
    await site.close()
  }
}
