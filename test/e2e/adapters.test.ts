/** The contracts on the adapters that need a browser, in Chromium. */
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import * as contractPage from '../browser/contract-page.ts'
import { bundleForPage } from '../browser/page-bundle.ts'
import { listen, type PageServer, servePage } from '../browser/page-server.ts'
import { lyingOrigin } from '../fakes/lying-origin.ts'

declare const ContractPage: typeof contractPage

let server: PageServer
let otherServer: PageServer
let browser: Browser
let page: Page

beforeAll(async () => {
  const entry = fileURLToPath(new URL('../browser/contract-page.ts', import.meta.url))
  server = await servePage(await bundleForPage(entry, 'ContractPage'), lyingOrigin)
  otherServer = await listen(lyingOrigin)
  browser = await launchChromium()
  page = await browser.newPage()
  await page.goto(server.origin)
})

afterAll(async () => {
  await browser?.close()
  await Promise.all([server?.close(), otherServer?.close()])
})

// Here the cases only lend their names; they run in the page.
for (const [contract, cases] of Object.entries(contractPage.contracts('', ''))) {
  describe(`${contract}, in Chromium`, () => {
    for (const [index, { name }] of cases.entries()) {
      it(name, async () => {
        const ask = { contract, index, otherOrigin: otherServer.origin }
        const failure = await page.evaluate((ask) => ContractPage.run(ask.contract, ask.index, ask.otherOrigin), ask)
        expect(failure).toBeUndefined()
      })
    }
  })
}

describe('the client’s chunk store, in Chromium', () => {
  it('holds after a reload what was written before it', async () => {
    await page.evaluate(() => ContractPage.keepChunk())
    await page.reload()
    expect(await page.evaluate(() => ContractPage.keptChunks())).toEqual([3])
  })

  it('goes on in memory when the disk’s share is used up', async () => {
    // A visitor of its own: Chromium remembers for a while how much room one had.
    const context = await browser.newContext()
    const visitor = await context.newPage()
    await visitor.goto(server.origin)
    const session = await context.newCDPSession(visitor)
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 3 * 1024 * 1024 })
    const disk = await visitor.evaluate(() => ContractPage.fill('disk'))
    const client = await visitor.evaluate(() => ContractPage.fill('client'))
    await context.close()
    expect(disk.kept).toBeLessThan(128)
    expect(disk.readable).toBe(disk.kept)
    expect(client).toEqual({ kept: 128, readable: 128 })
  })

  it('[C20] keeps so much of what is not open, and deletes what was used longest ago', async () => {
    expect(await page.evaluate(() => ContractPage.outgrow())).toEqual([
      [16, 0, 16],
      [16, 0, 0, 16],
    ])
    expect(await page.evaluate(() => ContractPage.clearAndOutgrow())).toEqual([0, 16, 0, 16, 0, 0, 0, 0, 1])
  })

  it('[C20] deletes nothing that is open here, or was used in another tab lately', async () => {
    expect(await page.evaluate(() => ContractPage.outgrowOpen())).toEqual([16, 16])
  })

  it('[C20] makes room on a full device for what is fetched now', async () => {
    const context = await browser.newContext()
    const visitor = await context.newPage()
    await visitor.goto(server.origin)
    const session = await context.newCDPSession(visitor)
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 3 * 1024 * 1024 })
    const { before, kept, left } = await visitor.evaluate(() => ContractPage.fillAfterwards())
    await context.close()
    expect(before).toBeLessThan(64)
    expect({ kept, left }).toEqual({ kept: 16, left: 0 })
  })

  it('works from memory in a page that may not use IndexedDB', async () => {
    const failures = await page.evaluate(async () => {
      // A frame without an origin: its `indexedDB.open` throws.
      const frame = document.createElement('iframe')
      frame.sandbox.add('allow-scripts')
      const report = new Promise<unknown>((resolve) => {
        addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data), { once: true })
      })
      const contract = 'ChunkStore as the client opens it'
      const count = ContractPage.contracts('', '')[contract]!.length
      frame.srcdoc = `<script src="${location.origin}/page.js"></script><script>(async () => {
        const failures = []
        for (let i = 0; i < ${count}; i++) failures.push(await ContractPage.run('${contract}', i, ''))
        parent.postMessage(failures.filter((failure) => failure !== undefined), '*')
      })()</script>`
      document.body.append(frame)
      return report
    })
    expect(failures).toEqual([])
  })
})
