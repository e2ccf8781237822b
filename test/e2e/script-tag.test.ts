import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { createTempFolder, openTab, type RunningServer, startServer, type TempFolder } from './harness.ts'

const link = (attributes: string) => `<a ${attributes} data-nearcast download>Download</a>`
const pageWith = (body: string) =>
  `<!doctype html><title>A site</title><link rel="icon" href="data:,">
   <script src="/.nearcast/nearcast.js" data-tracker="auto" data-consent="granted" defer></script>${body}`

let browser: Browser
let folder: TempFolder
let server: RunningServer
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  folder.generate('game.bin', 4 * 1024 * 1024)
  folder.write('index.html', pageWith(link('id="whole" href="/game.bin"') + link('id="absent" href="/absent.bin"')))
  server = await startServer([folder.path, '--egress-rate', '2MiB/s'])
})

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

afterAll(async () => {
  await browser.close()
  await server.stop()
  folder.remove()
})

async function arrive() {
  const { page, close } = await openTab(browser, `${server.url}/`)
  closers.push(close)
  return page
}

describe('a link with data-nearcast', () => {
  it('saves the file once, however often it is clicked, and shows that it is at work', async () => {
    const page = await arrive()
    let count = 0
    page.on('download', () => count++)
    const saved = page.waitForEvent('download')
    await page.click('#whole')
    await page.click('#whole')
    expect(await page.getAttribute('#whole', 'aria-busy')).toBe('true')
    const done = page.evaluate(
      () =>
        new Promise((resolve) =>
          document.addEventListener('nearcast-done', (event) => resolve((event as CustomEvent).detail.doneBytes), {
            once: true,
          }),
        ),
    )
    expect((await saved).suggestedFilename()).toBe('game.bin')
    expect(await done).toBe(4 * 1024 * 1024)
    expect(await page.getAttribute('#whole', 'aria-busy')).toBeNull()
    expect(count).toBe(1)
  })

  it('that leads nowhere is followed as the plain link that it is', async () => {
    const page = await arrive()
    const followed = page.waitForNavigation({ url: '**/absent.bin' })
    await page.click('#absent')
    expect((await followed)?.status()).toBe(404)
  })

  it('leaves a failure to the page that wants to tell it itself', async () => {
    const page = await arrive()
    const message = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('nearcast-error', (event) => {
            event.preventDefault()
            resolve((event as CustomEvent).detail.message)
          })
          document.querySelector<HTMLElement>('#absent')!.click()
        }),
    )
    expect(message).toContain('404')
    expect(page.url()).toBe(`${server.url}/`)
  })
})
