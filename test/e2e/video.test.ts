/** Films that are one file, through the service worker: they play and are sought in, by the page's engine and from peers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { filmFolder, filmPieces } from '../fakes/film.ts'
import { ask, createTempFolder, type RunningServer, seededBytes, startServer, type TempFolder } from './harness.ts'
import { arriveAt, pageOf, tag } from './worker-page.ts'

/** An element that players skip, at the end of a WebM (RFC 8794, `Void`): as long as a film of life. */
function voidElement(bytes: number): Buffer {
  const head = Buffer.alloc(9)
  head[0] = 0xec
  head.writeBigUInt64BE(BigInt(bytes - 9) | (1n << 56n), 1)
  return Buffer.concat([head, seededBytes(bytes - 9, 5)])
}

const { init, fragments } = filmPieces('high', 600 * KiB)
const films = {
  'film.mp4': Buffer.concat([init, ...fragments]),
  'film.webm': Buffer.concat([readFileSync(join(filmFolder, 'film.webm')), voidElement(3 * MiB)]),
}

let browser: Browser
let folder: TempFolder
let server: RunningServer
let contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await launchChromium(['--autoplay-policy=no-user-gesture-required'])
  folder = createTempFolder()
  const matching = tag('data-consent="granted" data-match="*.mp4, *.webm"')
  folder.write('index.html', pageOf(matching))
  server = await startServer([folder.path, '--egress-rate', '4MiB/s'])
  for (const [name, bytes] of Object.entries(films)) {
    folder.write(name, bytes)
    const video = `<video src="/${name}" muted preload="none"></video>`
    folder.write(`${name}.html`, pageOf(`${matching}${video}`))
    await ask(server, `/${name}.nearcast.json`)
  }
})
afterEach(async () => {
  for (const context of contexts) await context.close()
  contexts = []
})
afterAll(async () => {
  await browser?.close()
  await server?.kill()
  folder?.remove()
})

/** Plays from the beginning, then from each of these times, and says what the element thinks of it. */
async function watch(name: string, times: readonly number[]): Promise<Page> {
  const context = await browser.newContext()
  contexts.push(context)
  const page = await arriveAt(server, context, `/${name}.html`)
  const reached = await page.evaluate(async (times) => {
    await window.Nearcast.tagClient().ready
    const video = document.querySelector('video')!
    const passes = async (seconds: number) => {
      while (video.currentTime < seconds && !video.error && !video.ended) await new Promise((go) => setTimeout(go, 20))
    }
    await video.play()
    await passes(0.3)
    for (const to of times) {
      const seeked = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
      video.currentTime = to
      await seeked
      await passes(to + 0.3)
    }
    return { error: video.error?.message, at: video.currentTime, width: video.videoWidth, seconds: video.duration }
  }, times)
  expect(reached).toMatchObject({ width: 320, seconds: expect.closeTo(12, 0) })
  expect(reached.error).toBeUndefined()
  expect(reached.at).toBeGreaterThanOrEqual(times.at(-1)!)
  return page
}

const fileOf = async (page: Page) => (await page.evaluate(() => window.Nearcast.tagClient().stats())).files[0]

it.each(Object.keys(films))('[B13] %s plays and is sought in, there and back, through the worker', async (name) => {
  const page = await watch(name, [9, 2, 6])
  const file = await fileOf(page)
  expect(file).toMatchObject({ name })
  expect(file!.bytes.origin).toBeGreaterThan(0)
})

it('[B13] a film comes from a visitor who watches it too', async () => {
  const name = 'film.mp4'
  const first = await watch(name, [1])
  await first.evaluate((name) => window.Nearcast.tagClient().download(name).done, name)
  const second = await watch(name, [9])
  await second.waitForFunction(() =>
    window.Nearcast.tagClient()
      .stats()
      .files.some(({ bytes }) => bytes.peers > 0),
  )
})
