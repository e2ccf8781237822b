/**
 * The limit as a contender: a pair of tabs with one bare data channel for each downloader, all at once. What comes is
 * neither checked nor kept, nobody looks for anybody, and the clock leaves out the connecting.
 */
import type { Browser } from 'playwright-core'
import { openBarePair } from './bare-pair.ts'
import { type Contender, type Outcome, readCounters, readCountersSince, type Task } from './contender.ts'
import type { Stage } from './stage.ts'

async function run(browser: Browser, task: Task, stage: Stage): Promise<Outcome> {
  const pairs = await Promise.all(Array.from({ length: task.downloaderCount }, () => openBarePair(browser)))
  try {
    const before = await readCounters(stage)
    const eachMs = await Promise.all(pairs.map((pair) => pair.run(task.fileBytes)))
    const counted = await readCountersSince(stage, before)
    return { ms: Math.max(...eachMs), eachMs: eachMs.sort((a, b) => a - b), ...counted }
  } finally {
    await Promise.all(pairs.map((pair) => pair.close()))
  }
}

export const bare: Contender = { name: 'bare channels', run }
