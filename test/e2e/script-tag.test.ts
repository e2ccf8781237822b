import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { repository } from '../house/modules.ts'
import { createTempFolder, openTab, type RunningServer, startServer, type TempFolder } from './harness.ts'

const link = (attributes: string) => `<a ${attributes} data-nearcast download>Download</a>`
const guide = readFileSync(join(repository, 'docs/guides/script-tag.md'), 'utf8')
const blocksOf = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!)

const pageOf = (body: string, head = '') =>
  `<!doctype html><title>A site</title><link rel="icon" href="data:,">${head}${body}`
const pageWith = (body: string, attributes = 'data-tracker="auto" data-consent="granted"', head = '') =>
  pageOf(`<script src="/.nearcast/nearcast.js" ${attributes} defer></script>${body}`, head)

const strictPolicy =
  "default-src 'none'; script-src 'self'; connect-src 'self' ws:; img-src data:; require-trusted-types-for 'script'; trusted-types nearcast"
const noncePolicy =
  "default-src 'none'; script-src 'nonce-Zm9v' 'strict-dynamic'; connect-src 'self' ws:; img-src data:"
const policy = (text: string) => `<meta http-equiv="Content-Security-Policy" content="${text}">`

let browser: Browser
let folder: TempFolder
let server: RunningServer
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  folder.generate('game.bin', 4 * 1024 * 1024)
  folder.write('index.html', pageWith(link('id="whole" href="/game.bin"') + link('id="absent" href="/absent.bin"')))
  const whole = link('id="whole" href="/game.bin"')
  folder.generate('game-2.1.zip', 300_000)
  const [plain, asking] = blocksOf('html')
  const [header] = blocksOf('http')
  folder.write(
    'guide.html',
    pageOf(
      plain!,
      policy(
        header!
          .split(': ')[1]!
          .replace(/wss:\S+/, 'ws:')
          .trim(),
      ),
    ),
  )
  folder.write('asking.html', pageOf(asking!))
  folder.write(
    'wrong.html',
    pageWith(whole, 'data-tracker="auto" data-consent="granted" data-mode="turbo" data-trak="1"'),
  )
  folder.write('strict.html', pageWith(whole, 'data-tracker="auto" data-consent="granted"', policy(strictPolicy)))
  const withNonce = 'data-tracker="auto" data-consent="granted" nonce="Zm9v"'
  folder.write('nonce.html', pageWith(whole, withNonce, policy(noncePolicy)))
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

async function arrive(path = '/') {
  const { page, close } = await openTab(browser, 'about:blank')
  closers.push(close)
  const said: string[] = []
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(`${server.url}${path}`)
  return Object.assign(page, { said, asked })
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

describe('the script', () => {
  const engine = '/.nearcast/engine.js'

  it('[B50] gives what is fetched before its engine is here at once, and all the rest verified', async () => {
    const page = await arrive('/asking.html')
    const { isLoadedAtFirst, bytes, files } = await page.evaluate(async () => {
      const client = window.Nearcast.createClient({ tracker: 'auto', consent: 'granted' })
      const answer = await client.fetch('/game.bin')
      const reader = answer.body!.getReader()
      let { value } = await reader.read()
      const isLoadedAtFirst = client.stats().files.length > 0
      let bytes = 0
      for (; value; { value } = await reader.read()) bytes += value.length
      return { isLoadedAtFirst, bytes, files: client.stats().files }
    })
    expect(isLoadedAtFirst).toBe(false)
    expect(bytes).toBe(4 * 1024 * 1024)
    expect(files).toMatchObject([{ heldBytes: 4 * 1024 * 1024 }])
    expect(page.asked.filter((path) => path === '/game.bin')).toHaveLength(1)
  })

  it('[B5] [B7] loads no engine and connects to nobody before the visitor agreed, and the link is a plain one', async () => {
    const page = await arrive('/asking.html')
    await page.getByRole('dialog').waitFor()
    expect(page.said).toEqual([])
    const plain = page.waitForEvent('download')
    await page.click('[data-nearcast]')
    await (await plain).cancel()
    expect(page.asked).not.toContain(engine)
    const connected = page.waitForEvent('websocket')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    const saved = page.waitForEvent('download')
    await page.click('[data-nearcast]')
    await connected
    expect((await saved).suggestedFilename()).toBe('game-2.1.zip')
    expect(page.asked).toContain(engine)
  })

  it('[B4] [B7] with a wrong attribute says so, and leaves the page as it is', async () => {
    const page = await arrive('/wrong.html')
    expect(page.said).toEqual([
      expect.stringMatching(/^error: nearcast: there is no data-trak/),
      expect.stringMatching(/^error: nearcast: data-mode is "turbo": it must be balanced, fastest, frugal/),
    ])
    const plain = page.waitForEvent('download')
    await page.click('#whole')
    await (await plain).cancel()
    expect(page.asked).not.toContain(engine)
  })

  it.each(['/strict.html', '/nonce.html', '/guide.html'])('[B9] works under the policy of %s', async (path) => {
    const page = await arrive(path)
    const saved = page.waitForEvent('download')
    await page.click('[data-nearcast]')
    await saved
    expect(page.asked).toContain(engine)
    expect(page.said.filter((text) => text.startsWith('error'))).toEqual([])
  })

  it('[B8] whose engine is another one than it names goes on by plain HTTP', async () => {
    const page = await arrive('/asking.html')
    await page.route(`**${engine}*`, (route) => route.fulfill({ body: 'document.title = "stranger"' }))
    const text = await page.evaluate(async () => {
      const client = window.Nearcast.createClient({ tracker: 'auto', consent: 'granted' })
      return (await (await client.fetch('/index.html')).text()).slice(0, 15)
    })
    expect(text).toBe('<!doctype html>')
    expect(await page.title()).toBe('A site')
  })

  it('[B52] whose engine cannot be loaded saves the file by plain HTTP', async () => {
    const page = await arrive()
    await page.route(`**${engine}*`, (route) => route.abort())
    const saved = page.waitForEvent('download')
    const progress = page.evaluate(
      () =>
        new Promise((resolve) =>
          document.addEventListener('nearcast-done', (event) => resolve((event as CustomEvent).detail), { once: true }),
        ),
    )
    await page.click('#whole')
    expect(await progress).toMatchObject({
      state: 'done',
      doneBytes: 4 * 1024 * 1024,
      verified: false,
      plainReason: expect.stringContaining('engine.js'),
    })
    expect((await saved).suggestedFilename()).toBe('game.bin')
    const { size } = statSync(await (await saved).path())
    expect(size).toBe(4 * 1024 * 1024)
  })
})
