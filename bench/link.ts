/**
 * How fast one page feeds another: a bare RTCDataChannel, our link, and the whole of Nearcast (hashing and storing
 * included, the built program), in the same browser, taking turns. Run by bench/link.mjs after `npm run build`.
 * `--sweep` tries frame sizes and marks in their place; `--only text` runs the contenders with that in their name;
 * `--rounds n` and `--mib n` change how much; `--json` prints the figures as JSON.
 */
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { KiB, MiB } from '../shared/limits.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import { bundleForPage } from '../test/browser/page-bundle.ts'
import { servePage } from '../test/browser/page-server.ts'
import { cpuSecondsByProcess, cpuSecondsSince } from './cpu-time.ts'
import type * as LinkPage from './link-page.ts'
import { median } from './median.ts'
import { type NearcastPair, openNearcastPair } from './nearcast-pair.ts'

const GiB = 1024 * MiB

/** The bare channel's best marks, found by `--sweep`; the link has the same. */
const bareMarks = { highBytes: 256 * KiB, lowBytes: 64 * KiB }

const plan = (over: Partial<LinkPage.Plan>): LinkPage.Plan => ({
  contender: 'bare',
  totalBytes: 64 * MiB,
  frameBytes: 64 * KiB,
  ...bareMarks,
  ...over,
})

const contenders: Record<string, LinkPage.Plan> = { bare: plan({}), link: plan({ contender: 'link' }) }

const sweep: Record<string, LinkPage.Plan> = {}
for (const frameKiB of [16, 64, 128, 256]) {
  for (const contender of ['bare', 'link'] as const) {
    sweep[`${contender}, frames of ${frameKiB} KiB`] = plan({ contender, frameBytes: frameKiB * KiB })
  }
}
for (const [highKiB, lowKiB] of [
  [64, 32],
  [128, 32],
  [192, 64],
  [256, 64],
  [256, 128],
  [1024, 256],
] as const) {
  sweep[`bare, marks ${highKiB}/${lowKiB} KiB`] = plan({ highBytes: highKiB * KiB, lowBytes: lowKiB * KiB })
}

declare const Bench: typeof LinkPage

async function openPage(browser: Browser, url: string, relay: (text: string) => Promise<void>): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.on('pageerror', (error) => console.error('page:', error.message))
  await page.exposeFunction('relaySignal', relay)
  await page.goto(url)
  return page
}

interface Figure {
  mibPerSecond: number
  cpuSecondsPerGiB: number
}

const figure = (bytes: number, ms: number, cpuSeconds: number): Figure => ({
  mibPerSecond: bytes / MiB / (ms / 1000),
  cpuSecondsPerGiB: cpuSeconds / (bytes / GiB),
})

async function runOnce([server, receiver]: [Page, Page], run: LinkPage.Plan): Promise<Figure> {
  await Promise.all([server, receiver].map((page) => page.evaluate(() => Bench.reset())))
  const before = cpuSecondsByProcess()
  const served = server.evaluate((run) => Bench.serve(run), run)
  const ms = await receiver.evaluate((run) => Bench.receive(run), run)
  await served
  return figure(run.totalBytes, ms, cpuSecondsSince(before))
}

/** The whole of Nearcast: what the others lack is the name by which it is told apart. */
const whole = 'nearcast'

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sweep: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      mib: { type: 'string', default: '64' },
    },
  })
  const all = values.sweep ? sweep : contenders
  const plans = Object.fromEntries(Object.entries(all).filter(([name]) => name.includes(values.only)))
  const totalBytes = Number(values.mib) * MiB
  for (const run of Object.values(plans)) run.totalBytes = totalBytes
  const script = await bundleForPage(new URL('link-page.ts', import.meta.url).pathname, 'Bench')
  const server = await servePage(script)
  const browser = await launchChromium()
  let pair: NearcastPair | undefined
  try {
    const pages: Page[] = []
    const give = (to: number) => (text: string) => pages[to]!.evaluate((text) => Bench.takeSignal(text), text)
    pages.push(await openPage(browser, server.origin, give(1)))
    pages.push(await openPage(browser, server.origin, give(0)))
    if (!values.sweep && whole.includes(values.only)) pair = await openNearcastPair(browser, totalBytes)
    const figures: Record<string, Figure[]> = {}
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, run] of Object.entries(plans)) {
        figures[name] ??= []
        figures[name].push(await runOnce([pages[0]!, pages[1]!], run))
      }
      if (pair) {
        figures[whole] ??= []
        const { bytesPerSecond, cpuSeconds } = await pair.run()
        figures[whole].push(figure(totalBytes, (totalBytes * 1000) / bytesPerSecond, cpuSeconds))
      }
    }
    print(figures, values.json)
  } finally {
    await pair?.close()
    await browser.close()
    await server.close()
  }
}

function print(figures: Record<string, Figure[]>, asJson: boolean): void {
  const medians = Object.fromEntries(
    Object.entries(figures).map(([name, all]) => [
      name,
      {
        mibPerSecond: median(all.map((one) => one.mibPerSecond)),
        cpuSecondsPerGiB: median(all.map((one) => one.cpuSecondsPerGiB)),
      },
    ]),
  )
  if (asJson) return console.log(JSON.stringify({ medians, figures }))
  for (const [name, all] of Object.entries(figures)) {
    const { mibPerSecond, cpuSecondsPerGiB } = medians[name]!
    const rates = all.map((one) => one.mibPerSecond.toFixed(1)).join(' ')
    const cpu = `${cpuSecondsPerGiB.toFixed(0).padStart(4)} CPU s/GiB`
    console.log(`${name.padEnd(28)} ${mibPerSecond.toFixed(1).padStart(6)} MiB/s ${cpu}   (${rates})`)
  }
  for (const name of ['link', whole]) {
    if (!medians.bare || !medians[name]) continue
    const ofRate = medians[name].mibPerSecond / medians.bare.mibPerSecond
    const ofCpu = medians.bare.cpuSecondsPerGiB / medians[name].cpuSecondsPerGiB
    console.log(`${name} ÷ bare: ${ofRate.toFixed(3)} by the clock, ${ofCpu.toFixed(3)} by processor time`)
  }
}
