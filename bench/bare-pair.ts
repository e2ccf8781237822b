/** Two tabs with bare data channels between them: what no client can be faster than. Knows no rounds and no file. */
import type { Browser, Page } from 'playwright-core'
import { KiB } from '../shared/limits.ts'
import { bundleForPage } from '../test/browser/page-bundle.ts'
import { servePage } from '../test/browser/page-server.ts'
import type * as LinkPage from './link-page.ts'

declare const Bench: typeof LinkPage

export interface BarePair {
  /** One run on new connections. @returns milliseconds from asking to the last byte */
  run(totalBytes: number, options?: { frameBytes?: number; channelCount?: number }): Promise<number>
  close(): Promise<void>
}

/** @param prepare is given each tab before it does anything */
export async function openBarePair(
  browser: Browser,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<BarePair> {
  const server = await servePage(await bundleForPage(new URL('link-page.ts', import.meta.url).pathname, 'Bench'))
  const pages: Page[] = []
  for (const other of [1, 0]) {
    const page = await (await browser.newContext()).newPage()
    await page.exposeFunction('relaySignal', (text: string) =>
      pages[other]!.evaluate((given) => Bench.takeSignal(given), text),
    )
    await page.goto(server.origin)
    await prepare(page)
    pages.push(page)
  }
  const [sender, receiver] = pages as [Page, Page]
  return {
    async run(totalBytes, { frameBytes = 64 * KiB, channelCount = 1 } = {}) {
      const marks = { highBytes: 256 * KiB, lowBytes: 64 * KiB }
      const plan = { contender: 'bare' as const, totalBytes, frameBytes, channelCount, ...marks }
      await Promise.all(pages.map((page) => page.evaluate(() => Bench.reset())))
      const served = sender.evaluate((given) => Bench.serve(given), plan)
      const ms = await receiver.evaluate((given) => Bench.receive(given), plan)
      await served
      return ms
    },
    async close() {
      await Promise.all(pages.map((page) => page.context().close()))
      await server.close()
    },
  }
}
