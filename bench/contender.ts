/** What is compared: a way to bring one file to several tabs. Knows neither rounds nor medians. */
import type { Browser } from 'playwright-core'
import { cpuSecondsByProcess, cpuSecondsSince } from './cpu-time.ts'
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
  /** Processor time of browser and servers while the clock ran: what a busy machine changes least. */
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
  cpuSecondsByProcess: Map<number, number>
}

export const readCounters = async (stage: Stage): Promise<Counters> => ({
  originBytes: await stage.originBytes(),
  cpuSecondsByProcess: cpuSecondsByProcess(),
})

/** What was counted since `before`, to be read when the clock stops. */
export const readCountersSince = async (stage: Stage, before: Counters) => ({
  cpuSeconds: cpuSecondsSince(before.cpuSecondsByProcess),
  originBytes: (await stage.originBytes()) - before.originBytes,
})

/** @param storedMs when the last of it was stored, on the clock of the spans */
export function outcomeOf(
  spans: readonly Span[],
  storedMs: number,
  counted: Pick<Outcome, 'originBytes' | 'cpuSeconds'>,
): Outcome {
  const startMs = Math.min(...spans.map((span) => span.startedMs))
  const eachMs = spans.map((span) => span.endedMs - startMs).sort((a, b) => a - b)
  return { ms: Math.max(storedMs - startMs, ...eachMs), eachMs, ...counted }
}

/** @throws Error when a tab ended with other bytes than the file's */
export function refuseWrongBytes(name: string, found: string, sha256: string): void {
  if (found !== sha256) throw new Error(`${name} ended with wrong bytes: their SHA-256 is ${found}, not ${sha256}`)
}
