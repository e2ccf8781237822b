/** The question whether a page may connect to others, as its visitor meets it: real Chromium, real server. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { createTempFolder, type RunningServer, startServer, type TempFolder } from './harness.ts'

const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self' ws:; img-src data:; require-trusted-types-for 'script'; trusted-types nearcast"
const pageOf = (attributes: string, { lang = 'en', head = '' } = {}) =>
  `<!doctype html><html lang="${lang}"><title>A site</title><link rel="icon" href="data:,">${head}` +
  `<script src="/.nearcast/nearcast.js" data-tracker="auto" ${attributes} defer></script>` +
  '<button id="first">A button of the page</button><button data-nearcast-consent>Sharing</button>'

let browser: Browser
let folder: TempFolder
let server: RunningServer
const contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  const strict = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  folder.write('index.html', pageOf('data-consent="ask"', { head: strict }))
  folder.write('german.html', pageOf('data-consent="ask" data-upload-ratio="2" data-metered="on"', { lang: 'de-AT' }))
  folder.write(
    'own.html',
    pageOf(
      'data-consent="ask" data-consent-title="Share?" data-consent-text="As we say it." data-consent-yes="OK" data-consent-no="No" data-consent-link="/privacy"',
    ),
  )
  folder.write('granted.html', pageOf('data-consent="granted"'))
  folder.generate('game.bin', 300_000)
  server = await startServer([folder.path])
})

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
  await browser.close()
  await server.stop()
  folder.remove()
})

interface Seen {
  page: Page
  said: string[]
  asked: string[]
}

async function newVisitor(): Promise<BrowserContext> {
  const context = await browser.newContext()
  contexts.push(context)
  await context.addInitScript(() => {
    Object.assign(window, { connectionCount: 0 })
    const connection = Object.assign(new EventTarget(), { type: 'wifi' })
    Object.defineProperty(navigator, 'connection', { value: connection })
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct(target, args) {
        window.connectionCount++
        return Reflect.construct(target, args)
      },
    })
  })
  return context
}

async function arrive(context: BrowserContext, path = '/'): Promise<Seen> {
  const page = await context.newPage()
  const said: string[] = []
  const asked: string[] = []
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()))
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  page.on('websocket', (socket) => asked.push(new URL(socket.url()).pathname))
  await page.goto(`${server.url}${path}`)
  return { page, said, asked }
}

const dialogOf = (page: Page) => page.getByRole('dialog')
const stateOf = (page: Page) => page.evaluate(() => window.Nearcast.tagClient().consent.state)

describe('the question', () => {
  it('[P20] says what sharing means, and until it is answered nobody is connected to and no engine is loaded', async () => {
    const { page, said, asked } = await arrive(await newVisitor())
    const dialog = dialogOf(page)
    await dialog.waitFor()
    const text = await dialog.innerText()
    expect(text).toContain('Other visitors can see your IP address.')
    expect(text).toContain('At most as much as you load yourself.')
    expect(text).toContain('Never faster than 2.1 MB/s.')
    expect(text).toContain('Never over mobile data.')
    expect(text).toContain('You can switch it off at any time.')
    expect(await dialog.getAttribute('aria-modal')).toBe('false')
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true)
    await page.evaluate(async () => (await window.Nearcast.tagClient().fetch('/game.bin')).arrayBuffer())
    expect(asked).not.toContain('/.nearcast/tracker')
    expect(await page.evaluate(() => window.connectionCount)).toBe(0)
    expect(await dialog.isVisible()).toBe(true)
    expect(said).toEqual([])
  })

  it('[P20] loads no engine by itself, whatever the answer is but yes', async () => {
    const { page, asked } = await arrive(await newVisitor())
    await dialogOf(page).getByRole('button', { name: 'Don’t allow' }).click()
    await dialogOf(page).waitFor({ state: 'detached' })
    expect(asked).not.toContain('/.nearcast/engine.js')
  })

  it('[P21] is answered by keyboard alone, before anything else on the page', async () => {
    const { page } = await arrive(await newVisitor())
    await dialogOf(page).waitFor()
    const focused = () =>
      page.evaluate(() => (document.activeElement?.shadowRoot?.activeElement ?? document.activeElement)?.textContent)
    const order: (string | null | undefined)[] = []
    for (let press = 0; press < 3; press++) {
      await page.keyboard.press('Tab')
      order.push(await focused())
    }
    expect(order).toEqual(['Don’t allow', 'Allow', 'A button of the page'])
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await dialogOf(page).waitFor({ state: 'detached' })
    expect(await stateOf(page)).toBe('granted')
  })

  it('[P21] is closed by Escape for now: no answer, and not asked again at once', async () => {
    const context = await newVisitor()
    const { page } = await arrive(context)
    await dialogOf(page).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    await dialogOf(page).waitFor({ state: 'detached' })
    expect(await stateOf(page)).toBe('denied')
    const next = await arrive(context)
    await next.page.waitForLoadState('networkidle')
    expect(next.asked).not.toContain('/.nearcast/consent.js')
  })

  it('[P22] is in the page’s language, says what the site has set, or what the site says itself', async () => {
    const german = await arrive(await newVisitor(), '/german.html')
    await dialogOf(german.page).waitFor()
    const text = await dialogOf(german.page).innerText()
    expect(text).toContain('Andere Besucher können Ihre IP-Adresse sehen.')
    expect(text).toContain('2,1 MB/s')
    expect(text).not.toContain('Höchstens so viel')
    expect(text).not.toContain('mobile Daten')
    const own = await arrive(await newVisitor(), '/own.html')
    await dialogOf(own.page).waitFor()
    expect((await dialogOf(own.page).innerText()).split(/\s*\n\s*/)).toEqual([
      'Share?',
      'As we say it.',
      'More about this',
      'No',
      'OK',
    ])
    expect(await own.page.getByRole('link').getAttribute('href')).toBe('/privacy')
  })
})

describe('the answer', () => {
  it('[P23] is remembered, yes or no, and counts at once in every tab', async () => {
    const context = await newVisitor()
    const tabs = [await arrive(context), await arrive(context)] as const
    for (const { page } of tabs) await dialogOf(page).waitFor()
    await dialogOf(tabs[0].page).getByRole('button', { name: 'Allow', exact: true }).click()
    for (const { page } of tabs) {
      await dialogOf(page).waitFor({ state: 'detached' })
      await expect.poll(() => stateOf(page)).toBe('granted')
    }
    const later = await arrive(context)
    expect(await stateOf(later.page)).toBe('granted')
    await tabs[1].page.evaluate(() => window.Nearcast.tagClient().consent.revoke())
    for (const { page } of [...tabs, later]) await expect.poll(() => stateOf(page)).toBe('denied')
    const last = await arrive(context)
    expect(await stateOf(last.page)).toBe('denied')
    expect(last.asked).not.toContain('/.nearcast/consent.js')
  })

  it('[P23] that the page itself gives in one tab changes nothing in another but by a no', async () => {
    folder.write('off.html', pageOf('data-consent="off"'))
    const context = await newVisitor()
    const pages = [(await arrive(context, '/off.html')).page, (await arrive(context, '/off.html')).page] as const
    for (const page of pages) await page.evaluate(() => window.Nearcast.tagClient().consent.grant())
    const heard = pages[0].evaluate(
      () => new Promise<void>((resolve) => addEventListener('storage', () => setTimeout(resolve), { once: true })),
    )
    await pages[1].evaluate(() => {
      localStorage.setItem('nearcast-consent', `later ${Date.now() + 1_000}`)
    })
    await heard
    for (const page of pages) expect(await stateOf(page)).toBe('granted')
    await pages[1].evaluate(() => window.Nearcast.tagClient().consent.revoke())
    await expect.poll(() => stateOf(pages[0])).toBe('denied')
  })

  it('[P23] that was no holds also on a page whose site says yes, and can be changed', async () => {
    const context = await newVisitor()
    const { page } = await arrive(context)
    await dialogOf(page).getByRole('button', { name: 'Don’t allow' }).click()
    const granted = await arrive(context, '/granted.html')
    expect(await stateOf(granted.page)).toBe('denied')
    await granted.page.click('[data-nearcast-consent]')
    await dialogOf(granted.page).waitFor()
    await granted.page.keyboard.press('Tab')
    await granted.page.keyboard.press('Tab')
    await granted.page.keyboard.press('Enter')
    await expect.poll(() => stateOf(granted.page)).toBe('granted')
    expect(await granted.page.evaluate(() => document.activeElement?.textContent)).toBe('Sharing')
  })
})
