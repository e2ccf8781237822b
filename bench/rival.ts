/**
 * Nearcast and WebTorrent on the same tasks in the same Chromium, taking turns: one seeder and one downloader, one
 * seeder and three, and a flash crowd of eight tabs before a capped origin. Run by bench/rival.mjs after
 * `npm run build`. `--only text` runs the tasks with that in their name, `--rounds n` changes how often (medians are
 * told), `--alone` leaves the rival out; `--json` prints the figures as JSON, `--write` leaves them in bench/results.
 */
import { parseArgs } from 'node:util'
import { KiB, MiB } from '../shared/limits.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import type { Verdicts } from './aims.ts'
import { bare } from './bare-swarm.ts'
import type { Contender, Outcome, Task } from './contender.ts'
import { median } from './median.ts'
import { nearcast } from './nearcast-swarm.ts'
import { writeResult } from './result.ts'
import { openStage, type Stage, thinBytesPerSecond } from './stage.ts'
import { installWebTorrent, webTorrentVersions } from './webtorrent-packages.ts'
import { webTorrent, webTorrentFiles } from './webtorrent-swarm.ts'

interface Comparison extends Task {
  rounds: number
  aim: 'rival-one' | 'rival-three' | 'rival-crowd'
  /** How much faster than the rival. */
  reachTimes: number
}

const fromPeers = { isSeeded: true, isOriginUsed: false, originBytesPerSecondMax: thinBytesPerSecond }

const comparisons: Comparison[] = [
  {
    ...fromPeers,
    name: '1 seeder, 1 downloader',
    fileBytes: 64 * MiB,
    downloaderCount: 1,
    rounds: 5,
    aim: 'rival-one',
    reachTimes: 2,
  },
  {
    ...fromPeers,
    name: '1 seeder, 3 downloaders',
    fileBytes: 32 * MiB,
    downloaderCount: 3,
    rounds: 3,
    aim: 'rival-three',
    reachTimes: 2.5,
  },
  {
    name: 'flash crowd of 8',
    fileBytes: 4 * MiB,
    downloaderCount: 8,
    isSeeded: false,
    isOriginUsed: true,
    originBytesPerSecondMax: 1 * MiB,
    uplinkBytesPerSecondMax: 512 * KiB,
    rounds: 3,
    aim: 'rival-crowd',
    reachTimes: 3.5,
  },
]

/** A crowd's last tab is to have the file within this many times the bound. */
const crowdTimesMax = 1.25

/** A run that has not ended by then is taken for one that never will. */
const runMsMax = 180_000

/** The least time in which a server and its clients can bring a file to all (Kumar and Ross 2006). */
function boundMs({ fileBytes, originBytesPerSecondMax, downloaderCount, uplinkBytesPerSecondMax = 0 }: Task): number {
  const all = originBytesPerSecondMax + downloaderCount * uplinkBytesPerSecondMax
  return 1000 * Math.max(fileBytes / originBytesPerSecondMax, (downloaderCount * fileBytes) / all)
}

/** A browser of its own for every run: nothing is left of the one before. */
async function runOnce(contender: Contender, task: Task, stage: Stage): Promise<Outcome> {
  const browser = await launchChromium()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const words = `${contender.name}, ${task.name}: not done within ${runMsMax / 1000} s`
    timer = setTimeout(() => reject(new Error(words)), runMsMax)
  })
  try {
    return await Promise.race([contender.run(browser, task, stage), late])
  } finally {
    clearTimeout(timer)
    await browser.close()
  }
}

interface Figures {
  task: Comparison
  outcomes: Record<string, Outcome[]>
  /** What went wrong, where a run did not end well. */
  faults: string[]
}

async function compare(task: Comparison, products: readonly Contender[], rounds: number): Promise<Figures> {
  const contenders = task.isSeeded ? [...products, bare] : products
  const stage = await openStage({ ...task, extraFiles: contenders.includes(webTorrent) ? webTorrentFiles() : {} })
  const outcomes: Record<string, Outcome[]> = Object.fromEntries(contenders.map(({ name }) => [name, []]))
  const faults: string[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        const outcome = await runOnce(contender, task, stage).catch((error: Error) => void faults.push(error.message))
        if (outcome) outcomes[contender.name]!.push(outcome)
      }
    }
  } finally {
    await stage.close()
  }
  return { task, outcomes, faults }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

interface Medians {
  ms: number
  /** When the last had every byte, before all was stored. */
  lastMs: number
  originCopies: number
  cpuSeconds: number
}

function mediansOf(task: Task, outcomes: readonly Outcome[] | undefined): Medians | undefined {
  if (!outcomes || outcomes.length === 0) return undefined
  return {
    ms: median(outcomes.map(({ ms }) => ms)),
    lastMs: median(outcomes.map(({ eachMs }) => eachMs.at(-1)!)),
    originCopies: median(outcomes.map(({ originBytes }) => originBytes)) / task.fileBytes,
    cpuSeconds: median(outcomes.map(({ cpuSeconds }) => cpuSeconds)),
  }
}

function judge({ task, outcomes }: Figures): Verdicts {
  const ours = mediansOf(task, outcomes.nearcast)
  const theirs = mediansOf(task, outcomes.webtorrent)
  const verdicts: Verdicts = {}
  if (!ours) return verdicts
  const say = ({ ms, originCopies }: Medians) =>
    seconds(ms) + (task.isOriginUsed ? ` and ${originCopies.toFixed(2)} copies from the origin` : '')
  if (theirs) {
    const times = theirs.ms / ours.ms
    const limit = mediansOf(task, outcomes[bare.name])
    const atMost = limit ? `; bare channels ${(theirs.ms / limit.ms).toFixed(1)} ×` : ''
    const measured = `${times.toFixed(1)} × (${say(ours)} against ${say(theirs)}${atMost})`
    verdicts[task.aim] = { measured, isReached: times >= task.reachTimes }
  }
  if (task.isSeeded) return verdicts
  const times = ours.lastMs / boundMs(task)
  const measured = `${times.toFixed(2)} × (${seconds(ours.lastMs)}), ${ours.originCopies.toFixed(2)} copies`
  return { ...verdicts, 'crowd-chromium': { measured, isReached: times <= crowdTimesMax } }
}

function table({ task, outcomes, faults }: Figures): string[] {
  const rows = Object.entries(outcomes).flatMap(([name, each]) => {
    const medians = mediansOf(task, each)
    if (!medians) return []
    const cells = [
      name,
      seconds(medians.ms),
      seconds(medians.lastMs),
      medians.originCopies.toFixed(2),
      seconds(medians.cpuSeconds * 1000),
    ]
    return [`| ${[...cells, each.map(({ ms }) => seconds(ms)).join(', ')].join(' | ')} |`]
  })
  const bound = task.isSeeded ? '' : ` (bound: ${seconds(boundMs(task))})`
  const head = `| ${task.name}, ${task.fileBytes / MiB} MiB${bound} | all stored | all there | origin copies | processor | each round |`
  return [
    head,
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...faults.map((fault) => `\nA run went wrong: ${fault}`),
  ]
}

const note =
  'From the start of the first downloader until the last has every byte, verified and stored. Both check every hash and ' +
  'keep what they shipped with: WebTorrent its pieces in the private file system, Nearcast its chunks in IndexedDB. ' +
  'WebTorrent is given its torrent file before the clock starts, Nearcast fetches its manifest on the clock. Bare ' +
  'channels show what the machine can do: a pair of tabs for each downloader, connected before the clock starts, ' +
  'whose bytes are neither checked nor kept.'

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      alone: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  if (!values.alone) installWebTorrent()
  const products = values.alone ? [nearcast] : [nearcast, webTorrent]
  const all: Figures[] = []
  for (const task of comparisons.filter(({ name }) => name.includes(values.only))) {
    const figures = await compare(task, products, Number(values.rounds ?? task.rounds))
    all.push(figures)
    if (!values.json) console.log(table(figures).join('\n'))
  }
  if (values.json) console.log(JSON.stringify(all))
  if (values.write) {
    const verdicts: Verdicts = Object.assign({}, ...all.map(judge))
    const details = [note, ...all.flatMap((figures) => ['', ...table(figures)])]
    writeResult('rival', { verdicts, details, figures: all }, values.alone ? {} : webTorrentVersions())
  }
}
