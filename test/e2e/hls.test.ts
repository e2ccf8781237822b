/** Films by the real hls.js with Nearcast's loader: on demand and live, sought in, switched, lied about, stored and shared. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { filmPieces, fragmentCount, playlist, writeFilm } from '../fakes/film.ts'
import { repository } from '../house/modules.ts'
import { errorsOf, loadedOf, type PlayerWindow, seekTo, untilOver, watch, writeFilmPage } from './film-page.ts'
import {
  ask,
  createTempFolder,
  openTab,
  type RunningServer,
  sha256Hex,
  startServer,
  type Tab,
  type TempFolder,
} from './harness.ts'

const sizes = { low: 200 * KiB, high: 600 * KiB }

let browser: Browser
let folder: TempFolder
let server: RunningServer
let tabs: Tab[] = []

beforeAll(async () => {
  browser = await launchChromium(['--autoplay-policy=no-user-gesture-required'])
})
afterAll(() => browser?.close())

beforeEach(async () => {
  folder = createTempFolder()
  writeFilmPage(folder)
  writeFilm((name, content) => folder.write(join('film', name), content), sizes)
  await start()
})
afterEach(async () => {
  for (const tab of tabs) await tab.close()
  tabs = []
  await server.kill()
  folder.remove()
})

async function start(...args: string[]): Promise<void> {
  server = await startServer([folder.path, ...args])
  // What is played was published before.
  for (const quality of ['low', 'high']) {
    for (let i = 0; i < fragmentCount; i++) await ask(server, `/film/${quality}/${i}.m4s.nearcast.json`)
  }
}

async function visit(): Promise<Page> {
  const tab = await openTab(browser, `${server.url}/watch.html`)
  tabs.push(tab)
  return tab.page
}

/** Whether what hls.js was given is, byte for byte, what lies on the server. */
async function expectTrue(page: Page): Promise<void> {
  const loaded = await loadedOf(page)
  expect(loaded.length).toBeGreaterThan(0)
  for (const { path, sha256 } of loaded)
    expect([path, sha256]).toEqual([path, sha256Hex(readFileSync(join(folder.path, path)))])
}

const statsOf = (page: Page) => page.evaluate(() => window.Nearcast.tagClient().stats())

describe('a film with hls.js', () => {
  it('[B72] plays to its end, and what hls.js gets is what lies on the server, verified', async () => {
    const page = await visit()
    await watch(page, '/film/high/film.m3u8')
    await untilOver(page)
    const loaded = await loadedOf(page)
    expect(loaded.filter(({ path }) => path.endsWith('.m4s')).map(({ bytes }) => bytes)).toEqual(
      Array.from({ length: fragmentCount }, () => sizes.high),
    )
    await expectTrue(page)
    const { files } = await statsOf(page)
    const fragments = files.filter(({ name }) => name.endsWith('.m4s'))
    expect(fragments.map(({ heldBytes, bytes }) => [heldBytes, bytes.origin])).toEqual(
      Array.from({ length: fragmentCount }, () => [sizes.high, sizes.high]),
    )
    expect(await errorsOf(page)).toEqual([])
  })

  it('[B72] comes from another visitor, who watches it too', async () => {
    await server.kill()
    await start('--egress-rate', '2MiB/s')
    const first = await visit()
    await watch(first, '/film/high/film.m3u8')
    await untilOver(first)
    const second = await visit()
    await watch(second, '/film/high/film.m3u8')
    await untilOver(second)
    await expectTrue(second)
    const { bytes, peers } = await statsOf(second)
    expect(peers).toHaveLength(1)
    expect(bytes.peers).toBeGreaterThan(sizes.high)
    expect(await errorsOf(second)).toEqual([])
  })

  it('[B72] is sought in, and changes its quality', async () => {
    const page = await visit()
    await watch(page, '/film/film.m3u8', { startLevel: 0, maxBufferLength: 2, maxMaxBufferLength: 2 })
    await page.evaluate(() => {
      const { hls } = window as unknown as PlayerWindow
      hls.currentLevel = 0
    })
    await seekTo(page, 7)
    await page.evaluate(() => {
      const { hls } = window as unknown as PlayerWindow
      hls.currentLevel = 1
    })
    await seekTo(page, 1)
    await page.evaluate(() => {
      const { hls } = window as unknown as PlayerWindow
      hls.currentLevel = -1
    })
    await untilOver(page)
    await expectTrue(page)
    expect(new Set((await loadedOf(page)).map(({ level }) => level))).toEqual(new Set([0, 1]))
    expect((await errorsOf(page)).filter(({ fatal }) => fatal)).toEqual([])
  })

  it('[B72] of parts of one file is played as one file is fetched', async () => {
    const { init, fragments } = filmPieces('high', sizes.high)
    const all = Buffer.concat([init, ...fragments])
    folder.write('film/one.mp4', all)
    let offset = init.length
    const listed = fragments.map(({ length }) => {
      offset += length
      return { uri: 'one.mp4', byteRange: `${length}@${offset - length}` }
    })
    folder.write('film/one.m3u8', playlist(listed, { init: 'one.mp4', initRange: `${init.length}@0` }))
    await ask(server, '/film/one.mp4.nearcast.json')
    const page = await visit()
    await watch(page, '/film/one.m3u8')
    await untilOver(page)
    const digests = (await loadedOf(page)).map(({ sha256 }) => sha256)
    expect(digests).toEqual(expect.arrayContaining(fragments.map(sha256Hex)))
    expect((await statsOf(page)).files).toMatchObject([{ name: 'one.mp4', heldBytes: all.length }])
    expect(await errorsOf(page)).toEqual([])
  })

  it('[B72] that is live plays at its edge, while fragments come and go, and to its end', async () => {
    const fragments = Array.from({ length: fragmentCount }, (_, i) => ({ uri: `${i}.m4s` }))
    const show = (first: number, end: number) =>
      folder.write(
        'film/high/live.m3u8',
        playlist(fragments.slice(first, end), { first, isOver: end === fragmentCount }),
      )
    show(0, 3)
    const page = await visit()
    await watch(page, '/film/high/live.m3u8', { liveSyncDurationCount: 1, liveMaxLatencyDurationCount: 30 })
    for (let end = 4; end <= fragmentCount; end++) {
      await page.waitForFunction(
        (path) => (window as unknown as PlayerWindow).loaded.some((fragment) => fragment.path.endsWith(path)),
        `/${end - 2}.m4s`,
      )
      show(end - 3, end)
    }
    await untilOver(page)
    await expectTrue(page)
    expect((await errorsOf(page)).filter(({ fatal }) => fatal)).toEqual([])
  })

  it('[B72] whose server sends a fragment wrong plays on once it comes right, and nothing wrong is given to hls.js', async () => {
    const page = await visit()
    let wrongCount = 0
    await page.route('**/film/high/3.m4s', async (route) => {
      if (wrongCount++ > 0) return route.continue()
      const response = await route.fetch()
      const body = await response.body()
      body[body.length >> 1]! ^= 1
      await route.fulfill({ response, body })
    })
    await watch(page, '/film/high/film.m3u8')
    await untilOver(page)
    await expectTrue(page)
    expect(wrongCount).toBeGreaterThan(1)
  })

  it('[B72] that is not there is an error with its status, and one that is given up leaves nothing under way', async () => {
    await server.kill()
    await start('--egress-rate', '200KiB/s')
    folder.write('film/high/gap.m3u8', playlist([{ uri: '0.m4s' }, { uri: 'absent.m4s' }]))
    const page = await visit()
    await watch(page, '/film/high/gap.m3u8')
    await page.waitForFunction(() => (window as unknown as PlayerWindow).errors.length > 0)
    expect(await errorsOf(page)).toMatchObject([{ details: 'fragLoadError', code: 404 }])
    await page.evaluate(() => {
      const { hls } = window as unknown as PlayerWindow
      hls.destroy()
    })
    await page.evaluate((url) => {
      const film = window as unknown as PlayerWindow
      film.hls = new film.Hls(film.NearcastHls.nearcastHls(film.Nearcast.tagClient()))
      film.hls.loadSource(url)
      film.hls.attachMedia(document.querySelector('video')!)
      return new Promise<void>((resolve) => {
        film.hls.on(film.Hls.Events.FRAG_LOADING, (_, { frag }) => {
          if (frag.sn === 1) setTimeout(() => resolve(film.hls.destroy()), 200)
        })
      })
    }, '/film/high/film.m3u8')
    const held = async () => (await statsOf(page)).files.map(({ heldBytes }) => heldBytes)
    const before = await held()
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 700)))
    expect(await held()).toEqual(before)
  })

  it('[B73] that was stored is not taken for a fast network', async () => {
    const page = await visit()
    await watch(page, '/film/high/film.m3u8')
    await untilOver(page)
    await page.goto(`${server.url}/watch.html`)
    await watch(page, '/film/high/film.m3u8')
    await untilOver(page)
    await expectTrue(page)
    const stored = (await statsOf(page)).files.filter(({ bytes }) => bytes.store === sizes.high).map(({ url }) => url)
    expect(stored.length).toBeGreaterThan(0)
    const first = (await loadedOf(page)).find(({ path }) => path.endsWith('.m4s'))!
    expect(stored).toContain(`${server.url}${first.path}`)
    // Half of what it plays for, while nothing is known of the server: as if it came at twice its own bitrate.
    expect(first.loadingMs).toBeGreaterThanOrEqual(1_000)
  })
})

it('[B72] the guide’s page plays', async () => {
  const guide = readFileSync(join(repository, 'docs/guides/video.md'), 'utf8')
  const html = /```html hls\n([\s\S]*?)```/.exec(guide)![1]!
  folder.write('guide.html', html.replace('https://cdn.jsdelivr.net/npm/hls.js@1', '/lib/hls.js'))
  folder.write('watch.js', /```js watch\.js\n([\s\S]*?)```/.exec(guide)![1]!)
  const tab = await openTab(browser, `${server.url}/guide.html`)
  tabs.push(tab)
  await tab.page.waitForFunction(() => document.querySelector('video')!.readyState >= 3)
  await tab.page.waitForFunction(() =>
    window.Nearcast.tagClient()
      .stats()
      .files.some(({ name }) => name.endsWith('.m4s')),
  )
  expect(tab.errors).toEqual([])
})
