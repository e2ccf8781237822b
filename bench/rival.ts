/**
 * Nearcast and WebTorrent on the same tasks in the same Chromium, taking turns: one seeder and one downloader, one
 * seeder and three, and a flash crowd of eight tabs before a capped origin. Run by bench/rival.mjs after
 * `npm run build`. `--only text` runs the tasks with that in their name, `--rounds n` changes how often (medians are
 * printed), `--alone` leaves the rival out; `--json` prints the figures as JSON.
 */
import { parseArgs } from 'node:util'
import { KiB, MiB } from '../shared/limits.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import type { Contender, Outcome, Task } from './contender.ts'
import { median } from './median.ts'
import { nearcast } from './nearcast-swarm.ts'
import { openStage, type Stage, thinBytesPerSecond } from './stage.ts'
import { installWebTorrent, webTorrent, webTorrentFiles } from './webtorrent-swarm.ts'

interface Comparison extends Task {
  rounds: number
  /** How much faster than the rival. */
  reachTimes: number
}

const fromPeers = { isSeeded: true, isOriginUsed: false, originBytesPerSecondMax: thinBytesPerSecond }

const comparisons: Comparison[] = [
  { name: '1 seeder, 1 downloader', fileBytes: 64 * MiB, downloaderCount: 1, ...fromPeers, rounds: 5, reachTimes: 2 },
  {
    name: '1 seeder, 3 downloaders',
    fileBytes: 32 * MiB,
    downloaderCount: 3,
    ...fromPeers,
    rounds: 3,
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
    reachTimes: 3.5,
  },
]

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

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      alone: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (!values.alone) installWebTorrent()
  const contenders = values.alone ? [nearcast] : [nearcast, webTorrent]
  for (const task of comparisons.filter(({ name }) => name.includes(values.only))) {
    const extraFiles = values.alone ? {} : webTorrentFiles()
    const stage = await openStage({ ...task, extraFiles })
    const outcomes: Record<string, Outcome[]> = {}
    try {
      for (let round = 0; round < Number(values.rounds ?? task.rounds); round++) {
        for (const contender of contenders) {
          outcomes[contender.name] ??= []
          const outcome = await runOnce(contender, task, stage)
          outcomes[contender.name]!.push(outcome)
          console.error(task.name, contender.name, JSON.stringify(outcome))
        }
      }
    } finally {
      await stage.close()
    }
    for (const [name, each] of Object.entries(outcomes)) console.log(task.name, name, median(each.map(({ ms }) => ms)))
    console.log(boundMs(task))
  }
}
