/**
 * How fast a page is fed over a long way: a bare RTCDataChannel, Nearcast from one seeder, and from six, taking turns,
 * with a round trip that Chromium emulates on every tab. Run by bench/delay.mjs after `npm run build`. `--round-trip ms`
 * (50 and 23 in turn, if none is given), `--rounds n` and `--mib n` change what is measured; `--only text` runs the
 * contenders with that in their name; `--json` prints the figures as JSON, `--write` leaves them in bench/results.
 */
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { KiB, MiB } from '../shared/limits.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import { bundleForPage } from '../test/browser/page-bundle.ts'
import { servePage } from '../test/browser/page-server.ts'
import type { Verdicts } from './aims.ts'
import type * as LinkPage from './link-page.ts'
import { median } from './median.ts'
import { openNearcastPair } from './nearcast-pair.ts'
import { writeResult } from './result.ts'

declare const Bench: typeof LinkPage

/** The emulated latency is added to what a tab sends and to what it gets, so a round trip has it four times. */
const latenciesPerRoundTrip = 4

async function delay(page: Page, roundTripMs: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const latency = roundTripMs / latenciesPerRoundTrip
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency,
    downloadThroughput: -1,
    uploadThroughput: -1,
  })
}

interface Figures {
  roundTripMs: number
  /** As a bare channel's messages have it. */
  measuredRoundTripMs: number
  /** MiB per second, round by round. */
  rates: Record<string, number[]>
}

interface Channel {
  /** One run on a new connection. @returns milliseconds from asking to the last byte */
  run(totalBytes: number, frameBytes: number, channelCount?: number): Promise<number>
  close(): Promise<void>
}

async function openChannel(browser: Browser, roundTripMs: number): Promise<Channel> {
  const server = await servePage(await bundleForPage(new URL('link-page.ts', import.meta.url).pathname, 'Bench'))
  const pages: Page[] = []
  for (const other of [1, 0]) {
    const page = await (await browser.newContext()).newPage()
    await page.exposeFunction('relaySignal', (text: string) =>
      pages[other]!.evaluate((given) => Bench.takeSignal(given), text),
    )
    await page.goto(server.origin)
    await delay(page, roundTripMs)
    pages.push(page)
  }
  const [sender, receiver] = pages as [Page, Page]
  return {
    async run(totalBytes, frameBytes, channelCount = 1) {
      const marks = { highBytes: 256 * KiB, lowBytes: 64 * KiB }
      const plan = { contender: 'bare' as const, totalBytes, frameBytes, channelCount, ...marks }
      await Promise.all(pages.map((page) => page.evaluate(() => Bench.reset())))
      const served = sender.evaluate((given) => Bench.serve(given), plan)
      const ms = await receiver.evaluate((given) => Bench.receive(given), plan)
      await served
      return ms
    },
    close: () => server.close(),
  }
}

/** What several connections give that do nothing else: no client can be faster than its own number of them. */
const bareContenders = [
  ['bare', 1],
  ['four bare', 4],
  ['six bare', 6],
] as const

interface Wanted {
  rounds: number
  fileBytes: number
  only: string
}

async function measure(roundTripMs: number, { rounds, fileBytes, only }: Wanted): Promise<Figures> {
  const browser = await launchChromium()
  const closing: (() => Promise<void>)[] = []
  try {
    const channel = await openChannel(browser, roundTripMs)
    closing.push(channel.close)
    const measuredRoundTripMs = median([await channel.run(1, 1), await channel.run(1, 1), await channel.run(1, 1)])
    const contenders: [name: string, bytesPerSecond: () => Promise<number>][] = []
    for (const [name, channelCount] of bareContenders) {
      if (channelCount > 1 && !name.includes(only)) continue
      contenders.push([name, async () => (fileBytes * 1000) / (await channel.run(fileBytes, 64 * KiB, channelCount))])
    }
    for (const [name, seederCount] of [
      ['one seeder', 1],
      ['six seeders', 6],
    ] as const) {
      if (!name.includes(only)) continue
      const prepare = (page: Page) => delay(page, roundTripMs)
      const pair = await openNearcastPair(browser, fileBytes, { seederCount, prepare })
      closing.push(pair.close)
      contenders.push([name, async () => (await pair.run()).bytesPerSecond])
    }
    const rates: Record<string, number[]> = {}
    for (let round = 0; round < rounds; round++) {
      for (const [name, bytesPerSecond] of contenders) {
        rates[name] ??= []
        rates[name].push((await bytesPerSecond()) / MiB)
      }
    }
    return { roundTripMs, measuredRoundTripMs, rates }
  } finally {
    for (const close of closing) await close()
    await browser.close()
  }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      'round-trip': { type: 'string', multiple: true, default: ['50', '23'] },
      rounds: { type: 'string', default: '3' },
      mib: { type: 'string', default: '16' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  const wanted = { rounds: Number(values.rounds), fileBytes: Number(values.mib) * MiB, only: values.only }
  const all: Figures[] = []
  for (const roundTrip of values['round-trip']) {
    const figures = await measure(Number(roundTrip), wanted)
    all.push(figures)
    if (!values.json) console.log(table(figures).join('\n'))
  }
  if (values.json) console.log(JSON.stringify({ unit: 'MiB/s', roundTrips: all }))
  if (values.write) {
    const details = all.flatMap((figures) => ['', ...table(figures)]).slice(1)
    writeResult('delay', { verdicts: judge(all), details, figures: { unit: 'MiB/s', roundTrips: all } })
  }
}

function table({ roundTripMs, measuredRoundTripMs, rates }: Figures): string[] {
  const bare = median(rates.bare!)
  const rows = Object.entries(rates).map(([name, each]) => {
    const rate = median(each)
    const rounds = each.map((one) => one.toFixed(2)).join(' ')
    return `| ${name} | ${rate.toFixed(2)} | ${(rate / bare).toFixed(2)} | ${rounds} |`
  })
  const head = `| ${roundTripMs} ms (measured: ${measuredRoundTripMs.toFixed(1)} ms) | MiB/s | × bare | each round |`
  return [head, '| --- | --- | --- | --- |', ...rows]
}

/** The round trip of the aims, and how many times a bare channel is to be reached over it. */
const aimRoundTripMs = 50
const aimTimes = { one: 2, six: 5 }

function judge(all: readonly Figures[]): Verdicts {
  const rates = all.find(({ roundTripMs }) => roundTripMs === aimRoundTripMs)?.rates
  const verdict = (each: number[] | undefined, times: number) => {
    if (!rates?.bare || !each) return undefined
    const ratio = median(each) / median(rates.bare)
    const measured = `${ratio.toFixed(2)} × (${median(each).toFixed(1)} against ${median(rates.bare).toFixed(1)} MiB/s)`
    return { measured, isReached: ratio >= times }
  }
  const one = verdict(rates?.['one seeder'], aimTimes.one)
  const six = verdict(rates?.['six seeders'], aimTimes.six)
  return { ...(one && { 'delay-one': one }), ...(six && { 'delay-six': six }) }
}
