/** What is compared: a way to bring one file to several tabs. Knows neither rounds nor medians. */
import type { Browser } from 'playwright-core'
import type { Stage } from './stage.ts'

export interface Task {
  name: string
  fileBytes: number
  /** Whether a tab has the whole file before the clock starts. */
  isSeeded: boolean
  downloaderCount: number
  /** Whether the origin may be asked for the file, beside peers. */
  isOriginUsed: boolean
  originBytesPerSecondMax: number
  uplinkBytesPerSecondMax?: number
}

export interface Outcome {
  /** From the first start of a downloader until the last one has every byte, verified and stored. */
  ms: number
  /** When each downloader had every byte, the first to end first. */
  eachMs: number[]
  /** Bytes of the file that the origin sent while the clock ran. */
  originBytes: number
  /** Processor time of the whole browser while the clock ran: what a busy machine changes least. */
  cpuSeconds: number
}

/** When a tab began and ended, on the one clock of all tabs. */
export interface Span {
  startedMs: number
  endedMs: number
}

export interface Contender {
  name: string
  /** Opens the tabs, brings the file to all, checks what came, and leaves nothing open in the browser. */
  run(browser: Browser, task: Task, stage: Stage): Promise<Outcome>
}

/** What is counted while the clock runs, beside the clock itself. */
export interface Counters {
  originBytes: number
  cpuSeconds: number
}

/** The counters' values so far; the browser must end none of its processes between two readings. */
export async function readCounters(browser: Browser, stage: Stage): Promise<Counters> {
  const devtools = await browser.newBrowserCDPSession()
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
  await devtools.detach()
  const cpuSeconds = processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
  return { originBytes: await stage.originBytes(), cpuSeconds }
}

/** @param storedMs when the last of it was stored, on the clock of the spans */
export function outcomeOf(spans: readonly Span[], storedMs: number, before: Counters, after: Counters): Outcome {
  const startMs = Math.min(...spans.map((span) => span.startedMs))
  const eachMs = spans.map((span) => span.endedMs - startMs).sort((a, b) => a - b)
  return {
    ms: Math.max(storedMs - startMs, ...eachMs),
    eachMs,
    originBytes: after.originBytes - before.originBytes,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  }
}

/** @throws Error when a tab ended with other bytes than the file's */
export function refuseWrongBytes(name: string, found: string, sha256: string): void {
  if (found !== sha256) throw new Error(`${name} ended with wrong bytes: their SHA-256 is ${found}, not ${sha256}`)
}
