/** What a page leaves alone by itself: real Chromium, whose surroundings the test plays. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { createTempFolder, type GeneratedFile, type RunningServer, startServer, type TempFolder } from './harness.ts'
import { sitePage, Visitor } from './visitor.ts'

const KiB = 1024

let browser: Browser
let folder: TempFolder
let file: GeneratedFile
let server: RunningServer
const visitors: Visitor[] = []

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  folder.write('index.html', sitePage)
  file = folder.generate('game.bin', 2048 * KiB)
  server = await startServer([folder.path, '--egress-rate', '512KiB/s'])
})

afterEach(async () => {
  for (const visitor of visitors.splice(0)) await visitor.leave()
})

afterAll(async () => {
  await browser.close()
  await server.stop()
  folder.remove()
})

async function arrive(prepare?: () => void): Promise<Visitor> {
  const visitor = await Visitor.arrive(browser, `${server.url}/`, prepare)
  visitors.push(visitor)
  return visitor
}

const saveData = () => {
  const connection = Object.assign(new EventTarget(), { saveData: true })
  Object.defineProperty(navigator, 'connection', { value: connection })
}

const runLow = () => {
  const battery = Object.assign(new EventTarget(), { level: 0.1, charging: false })
  Object.defineProperty(navigator, 'getBattery', { value: async () => battery })
}

describe('a page', () => {
  it('[P15] whose visitor saves data makes no connection, and takes part once that is over', async () => {
    const visitor = await arrive(saveData)
    const { sha256, stats } = await visitor.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(stats).toMatchObject({ consent: 'granted', resting: 'data-saver', tracker: 'off', peers: [] })
    expect(await visitor.connectionCount()).toBe(0)
    await visitor.page.evaluate(() => {
      const { connection } = navigator as Navigator & { connection: EventTarget }
      connection.dispatchEvent(Object.assign(new Event('change'), Object.assign(connection, { saveData: false })))
    })
    await visitor.page.waitForFunction(() => window.client.stats().tracker === 'open', null, { polling: 20 })
  })

  it('[P16] on an emptying battery takes from others, and gives nothing until it charges', async () => {
    const giver = await arrive()
    await giver.download('/game.bin')
    const low = await arrive(runLow)
    const { progress, stats } = await low.download('/game.bin')
    expect(progress.bytes.peers).toBeGreaterThan(256 * KiB)
    expect(stats.resting).toBe('battery')
    await giver.leave()
    const next = await arrive()
    await next.createClient()
    await next.start('/game.bin')
    await next.waitForBytes(512 * KiB)
    expect((await low.stats()).bytes.uploaded).toBe(0)
    await low.page.evaluate(async () => {
      const battery = await (navigator as Navigator & { getBattery(): Promise<EventTarget> }).getBattery()
      Object.assign(battery, { charging: true }).dispatchEvent(new Event('chargingchange'))
    })
    await next.leave()
    const last = await arrive()
    await last.createClient()
    await last.start('/game.bin')
    await last.waitForPeerBytes(64 * KiB)
  })

  it('[P12] gives no more than it got, however many ask', async () => {
    const limits = { uploadRatioMax: 1 }
    const first = await arrive()
    await first.download('/game.bin', limits)
    const others = [await arrive(), await arrive(), await arrive()]
    const finished = await Promise.all(others.map((other) => other.download('/game.bin', limits)))
    for (const { sha256 } of finished) expect(sha256).toBe(file.sha256)
    for (const visitor of [first, ...others]) {
      expect((await visitor.stats()).bytes.uploaded).toBeLessThanOrEqual(file.size)
    }
  })
})
