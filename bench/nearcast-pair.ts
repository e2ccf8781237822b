/**
 * Visitors of the built program: some have the file, another takes it, with hashing and storing, from nobody else: its
 * own origin has a thin line, and only what peers brought is counted.
 */
import type { Browser, Page } from 'playwright-core'
import { Visitor } from '../test/e2e/visitor.ts'
import { cpuSecondsByProcess, cpuSecondsSince } from './cpu-time.ts'
import { filePath, openStage, thinBytesPerSecond } from './stage.ts'

export interface NearcastPair {
  /** One download by a new visitor, from the first byte of a peer until all is verified and stored. */
  run(): Promise<{ bytesPerSecond: number; cpuSeconds: number }>
  close(): Promise<void>
}

export interface PairOptions {
  /** How many have the file. */
  seederCount?: number
  /** Done to every tab before it meets another. */
  prepare?(page: Page): Promise<void>
}

export async function openNearcastPair(
  browser: Browser,
  fileBytes: number,
  { seederCount = 1, prepare }: PairOptions = {},
): Promise<NearcastPair> {
  const stage = await openStage({ fileBytes, originBytesPerSecondMax: thinBytesPerSecond })
  const tracker = stage.trackerUrl
  const seeders: Visitor[] = []
  while (seeders.length < seederCount) {
    const seeder = await Visitor.arrive(browser, `${stage.wideUrl}/`)
    seeders.push(seeder)
    // From the server alone: what seeders would take of one another is not measured.
    await seeder.download(filePath, { tracker, consent: 'denied' })
    await prepare?.(seeder.page)
    await seeder.page.evaluate(() => window.client.consent.grant())
    await seeder.page.waitForFunction(() => window.client.stats().tracker === 'open', null, { polling: 20 })
  }
  return {
    async run() {
      const visitor = await Visitor.arrive(browser, `${stage.originUrl}/`)
      await prepare?.(visitor.page)
      await visitor.createClient({ tracker, mode: 'frugal' })
      await visitor.start(filePath)
      await visitor.waitForPeerBytes(1)
      const before = cpuSecondsByProcess()
      const bytesPerSecond = await visitor.page.evaluate(async () => {
        const startedAt = performance.now()
        const before = window.client.stats().bytes.peers
        await window.current.done
        const bytes = window.client.stats().bytes.peers - before
        // Closing waits for what is still to be written.
        await window.client.close()
        return (bytes * 1000) / (performance.now() - startedAt)
      })
      const cpuSeconds = cpuSecondsSince(before)
      await visitor.leave()
      return { bytesPerSecond, cpuSeconds }
    },
    async close() {
      await Promise.all(seeders.map((seeder) => seeder.leave()))
      await stage.close()
    },
  }
}
