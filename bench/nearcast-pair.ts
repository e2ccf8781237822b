/**
 * Two visitors of the built program: one has the file, the other takes it, with hashing and storing, from nobody else:
 * the second's own origin has a thin line, and only what the peer brought is counted.
 */
import type { Browser } from 'playwright-core'
import { createTempFolder, startServer } from '../test/e2e/harness.ts'
import { sitePage, Visitor } from '../test/e2e/visitor.ts'
import { cpuSecondsByProcess, cpuSecondsSince } from './cpu-time.ts'

const path = '/file.bin'

/** Enough for the manifest, too little to matter. */
const thinLine = '256KiB/s'

export interface NearcastPair {
  /** One download by a new visitor, from the first byte of the peer until all is verified and stored. */
  run(): Promise<{ bytesPerSecond: number; cpuSeconds: number }>
  close(): Promise<void>
}

export async function openNearcastPair(browser: Browser, fileBytes: number): Promise<NearcastPair> {
  const folder = createTempFolder()
  folder.write('index.html', sitePage)
  folder.generate('file.bin', fileBytes)
  const wide = await startServer([folder.path])
  const thin = await startServer([folder.path, '--egress-rate', thinLine])
  const tracker = `ws://localhost:${wide.port}/.nearcast/tracker`
  const seeder = await Visitor.arrive(browser, `${wide.url}/`)
  await seeder.download(path, { tracker })
  // Its manifest is ready before the clock runs.
  await (await fetch(`${thin.url}${path}.nearcast.json`)).text()
  return {
    async run() {
      const visitor = await Visitor.arrive(browser, `${thin.url}/`)
      await visitor.createClient({ tracker, mode: 'frugal' })
      await visitor.start(path)
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
      await seeder.leave()
      await Promise.all([wide.stop(), thin.stop()])
      folder.remove()
    },
  }
}
