/**
 * How fast a page is fed over a long way: a bare RTCDataChannel, Nearcast from one seeder, and from six, taking turns,
 * with a round trip that Chromium emulates on every tab. Run by bench/delay.mjs after `npm run build`. `--round-trip ms`
 * (50 and 23 in turn, if none is given), `--rounds n` and `--mib n` change what is measured; `--only text` runs the
 * contenders with that in their name; `--json` prints the figures as JSON, `--write` leaves them in bench/results.
 */
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { MiB } from '../shared/limits.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import type { Verdicts } from './aims.ts'
import { openBarePair } from './bare-pair.ts'
import { median } from './median.ts'
import { openNearcastPair } from './nearcast-pair.ts'
import { writeResult } from './result.ts'

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
    const channel = await openBarePair(browser, (page) => delay(page, roundTripMs))
    closing.push(channel.close)
    const roundTrip = () => channel.run(1, { frameBytes: 1 })
    const measuredRoundTripMs = median([await roundTrip(), await roundTrip(), await roundTrip()])
    const contenders: [name: string, bytesPerSecond: () => Promise<number>][] = []
    for (const [name, channelCount] of bareContenders) {
      if (channelCount > 1 && !name.includes(only)) continue
      contenders.push([name, async () => (fileBytes * 1000) / (await channel.run(fileBytes, { channelCount }))])
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
