/** Pages with markup alone, whose requests the service worker takes: every answer is what the server itself would give. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { repository } from '../house/modules.ts'
import {
  ask,
  createTempFolder,
  type GeneratedFile,
  type RunningServer,
  seededBytes,
  sha256Hex,
  startServer,
  type TempFolder,
} from './harness.ts'
import { arriveAt, digest, matching, pageOf, tag, untilAccelerated } from './worker-page.ts'

const fileBytes = 12 * MiB
/** Sound that can be seeked in: 16 bits, two channels. */
function wave(bytes: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + bytes, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(2, 22)
  head.writeUInt32LE(44_100, 24)
  head.writeUInt32LE(176_400, 28)
  head.writeUInt16LE(4, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(bytes, 40)
  return Buffer.concat([head, seededBytes(bytes, 3)])
}

/** A picture of noise. */
function bitmap(width: number, height: number): Buffer {
  const head = Buffer.alloc(54)
  const bytes = width * height * 4
  head.write('BM', 0)
  head.writeUInt32LE(54 + bytes, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(32, 28)
  return Buffer.concat([head, seededBytes(bytes, width)])
}

let browser: Browser
let folder: TempFolder
let file: GeneratedFile
let server: RunningServer
let contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await launchChromium(['--autoplay-policy=no-user-gesture-required'])
})
afterAll(() => browser?.close())

beforeEach(async () => {
  folder = createTempFolder()
  folder.write('index.html', pageOf(matching))
  folder.write('bare.html', pageOf('no script here'))
  file = folder.generate('files/game.bin', fileBytes)
  server = await startServer([folder.path])
  // Its manifest is there before anybody asks.
  await ask(server, '/files/game.bin.nearcast.json')
})
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  contexts = []
  await server.kill()
  folder.remove()
})

async function restart(...args: string[]): Promise<void> {
  await server.kill()
  server = await startServer([folder.path, ...args])
  await ask(server, '/files/game.bin.nearcast.json')
}

async function newVisitor(): Promise<BrowserContext> {
  const context = await browser.newContext({ acceptDownloads: true })
  contexts.push(context)
  return context
}

/** A page whose requests go through the worker. */
const arrive = (context: BrowserContext, path = '/') => arriveAt(server, context, path)

/** A page that brings another one's file, over a third of it. */
async function midway() {
  await restart('--egress-rate', '6MiB/s')
  const context = await newVisitor()
  const host = await arrive(context)
  await untilAccelerated(host, '/files/game.bin')
  const other = await arrive(context, '/bare.html')
  const whole = digest(other, '/files/game.bin')
  await host.waitForFunction(() => window.Nearcast.tagClient().stats().files[0]!.heldBytes > 4 * 1024 * 1024)
  return { host, whole }
}

/** As the browser does with workers that have nothing to do. */
async function stopWorkers(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page)
  await session.send('ServiceWorker.enable')
  await session.send('ServiceWorker.stopAllWorkers')
}

/** Chunks in the visitor's own store. */
const storedChunks = (page: Page) =>
  page.evaluate(async () => {
    const { databases } = indexedDB
    const names = (await databases.call(indexedDB)).map(({ name }) => name!)
    let count = 0
    for (const name of names) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error)
      })
      for (const store of database.objectStoreNames) {
        count += await new Promise<number>((resolve) => {
          const counting = database.transaction(store).objectStore(store).count()
          counting.onsuccess = () => resolve(counting.result)
        })
      }
      database.close()
    }
    return count
  })

async function untilStored(page: Page): Promise<void> {
  await digest(page, '/files/game.bin')
  while ((await storedChunks(page)) === 0) await page.waitForTimeout(20)
}

const statsOf = (page: Page) => page.evaluate(() => window.Nearcast.tagClient().stats())

describe('a page with the tag and data-match', () => {
  it('[B13] [B14] has its requests brought by its engine, with the bytes and headers of the server', async () => {
    const page = await arrive(await newVisitor())
    await untilAccelerated(page, '/files/game.bin')
    const whole = await digest(page, '/files/game.bin')
    expect(whole).toMatchObject({ status: 200, bytes: fileBytes, sha256: file.sha256 })
    const own = await ask(server, '/files/game.bin')
    for (const name of ['content-type', 'content-length', 'etag', 'accept-ranges', 'last-modified']) {
      expect(whole.headers[name]).toBe(own.headers[name])
    }
    const { files, bytes } = await statsOf(page)
    expect(files).toMatchObject([{ name: 'game.bin', heldBytes: fileBytes }])
    expect(bytes.origin + bytes.store).toBeGreaterThanOrEqual(fileBytes)
  })

  it('[B13] gets a file from another visitor, who only looked at a page too', async () => {
    // Behind a thin line, so that the file is still under way when the first bytes of the other visitor come.
    await restart('--egress-rate', '4MiB/s')
    const seeder = await arrive(await newVisitor())
    await untilAccelerated(seeder, '/files/game.bin')
    await digest(seeder, '/files/game.bin')
    const page = await arrive(await newVisitor())
    await untilAccelerated(page, '/files/game.bin')
    await page.waitForFunction(() =>
      window.Nearcast.tagClient()
        .stats()
        .peers.some(({ state }) => state === 'open'),
    )
    expect(await digest(page, '/files/game.bin')).toMatchObject({ status: 200, sha256: file.sha256 })
    expect((await statsOf(page)).bytes.peers).toBeGreaterThan(0)
  })

  it('[B13] has images, backgrounds and sound in its markup brought, and seeks in them', async () => {
    folder.write('files/tone.wav', wave(8 * MiB))
    folder.write('files/picture.bmp', bitmap(300, 200))
    folder.write('files/ground.bmp', bitmap(250, 200))
    folder.write('style.css', 'body { background-image: url(/files/ground.bmp) }')
    for (const name of ['tone.wav', 'picture.bmp', 'ground.bmp']) await ask(server, `/files/${name}.nearcast.json`)
    const media = '<audio src="/files/tone.wav" preload="auto"></audio><img src="/files/picture.bmp">'
    folder.write('media.html', pageOf(`<link rel="stylesheet" href="/style.css">${matching}${media}`))
    const context = await newVisitor()
    await untilAccelerated(await arrive(context), '/files/game.bin')
    const page = await arrive(context, '/media.html')
    await page.waitForLoadState('load')
    await untilAccelerated(page, '/files/tone.wav')
    expect(await page.evaluate(() => document.querySelector('img')!.naturalWidth)).toBe(300)
    const reached = await page.evaluate(async () => {
      const audio = document.querySelector('audio')!
      const times: number[] = []
      for (const to of [40, 3, 25, 0.5, 46]) {
        audio.currentTime = to
        await new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }))
        times.push(audio.currentTime)
      }
      return { times, error: audio.error?.message, duration: audio.duration }
    })
    expect(reached).toMatchObject({ times: [40, 3, 25, 0.5, 46], duration: expect.closeTo((8 * MiB) / 176_400, 1) })
    expect(reached.error).toBeUndefined()
    const sound = (await statsOf(page)).files.find(({ name }) => name === 'tone.wav')
    expect(sound!.heldBytes).toBeGreaterThan(1.25 * MiB) // of which a script fetched one
    // What markup asks for before the page's script runs is the server's; later, and by a script, it is the engine's.
    await page.evaluate(async () => {
      const image = new Image()
      image.src = '/files/picture.bmp?again'
      await image.decode()
      document.body.style.backgroundImage = 'url(/files/ground.bmp?again)'
    })
    await page.waitForFunction(() => {
      const names = window.Nearcast.tagClient()
        .stats()
        .files.map(({ name }) => name)
      return ['picture.bmp', 'ground.bmp'].every((name) => names.includes(name))
    })
  })

  it('[B13] brings what is marked and on no list, and nothing else', async () => {
    folder.write('tone.wav', wave(4 * MiB))
    await ask(server, '/tone.wav.nearcast.json')
    const media = '<audio data-nearcast src="/tone.wav" preload="none"></audio>'
    folder.write('marked.html', pageOf(`${tag('data-consent="granted"')}${media}`))
    const context = await newVisitor()
    const first = await context.newPage()
    await first.goto(`${server.url}/marked.html`)
    await first.evaluate(async () => void (await navigator.serviceWorker.ready))
    const page = await context.newPage()
    await page.goto(`${server.url}/marked.html`)
    await page.evaluate(async () => {
      const audio = document.querySelector('audio')!
      const isHeld = () =>
        window.Nearcast.tagClient()
          .stats()
          .files.some(({ url, heldBytes }) => url.endsWith('/tone.wav') && heldBytes > 0)
      while (!isHeld()) {
        audio.load()
        audio.currentTime = 10
        await new Promise((resolve) => audio.addEventListener('canplay', resolve, { once: true }))
      }
    })
    await digest(page, '/files/game.bin')
    expect((await statsOf(page)).files).toMatchObject([{ name: 'tone.wav' }])
  })

  it('[B11] leaves a plain link with download to the browser, which asks no worker', async () => {
    folder.write('link.html', pageOf(`${matching}<a href="/files/game.bin" download>Download</a>`))
    const page = await arrive(await newVisitor(), '/link.html')
    await untilAccelerated(page, '/files/game.bin')
    const saving = page.waitForEvent('download')
    await page.click('a')
    const saved = await saving
    expect(saved.suggestedFilename()).toBe('game.bin')
    expect(sha256Hex(readFileSync(await saved.path()))).toBe(file.sha256)
  })

  it('[B13] [B18] works with a worker file of the site’s own, as in the guide', async () => {
    const guide = readFileSync(join(repository, 'docs/guides/service-worker.md'), 'utf8')
    const block = (name: string) => new RegExp(`\`\`\`${name}\\n([\\s\\S]*?)\`\`\``).exec(guide)![1]!
    folder.write('sw.js', block('js sw.js').replace('/downloads/**', '/files/**'))
    folder.write('own.html', pageOf(block('html own')))
    const page = await (await newVisitor()).newPage()
    await page.goto(`${server.url}/own.html`)
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await page.reload()
    await untilAccelerated(page, '/files/game.bin')
    expect(await digest(page, '/files/game.bin')).toMatchObject({ status: 200, sha256: file.sha256 })
    await page.evaluate(() => window.Nearcast.unregister())
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0)
  })

  it('[B13] is what the guide shows', async () => {
    const guide = readFileSync(join(repository, 'docs/guides/service-worker.md'), 'utf8')
    const html = /```html\n([\s\S]*?)```/.exec(guide)![1]!
    folder.write('downloads/tide.wav', wave(4 * MiB))
    folder.write('guide.html', pageOf(html.replaceAll('.mp4', '.wav')))
    const context = await newVisitor()
    const first = await context.newPage()
    await first.goto(`${server.url}/guide.html`)
    await first.evaluate(async () => void (await navigator.serviceWorker.ready))
    const page = await context.newPage()
    await page.goto(`${server.url}/guide.html`)
    await untilAccelerated(page, '/downloads/tide.wav')
    await page.waitForFunction(() => document.querySelector('video')!.readyState >= 1)
  })

  it('[B16] that closes in the middle of an answer hands it over to the server, at the byte where it stopped', async () => {
    const { host, whole } = await midway()
    await host.close()
    expect(await whole).toMatchObject({ status: 200, sha256: file.sha256 })
  })

  it('[B71] that closes while it brings another page’s sound leaves that playing, and seeking', async () => {
    folder.write('files/tone.wav', wave(8 * MiB))
    const sound = '<audio src="/files/tone.wav" preload="none" muted></audio>'
    folder.write('listener.html', pageOf(`${tag('data-consent="ask" data-match="/files/**"')}${sound}`))
    await restart('--egress-rate', '2MiB/s')
    await ask(server, '/files/tone.wav.nearcast.json')
    const context = await newVisitor()
    const host = await arrive(context)
    await untilAccelerated(host, '/files/game.bin')
    const page = await arrive(context, '/listener.html')
    await page.evaluate(() => {
      const audio = document.querySelector('audio')!
      audio.preload = 'auto'
      void audio.play()
    })
    await host.waitForFunction(() =>
      window.Nearcast.tagClient()
        .stats()
        .files.some(({ name, heldBytes }) => name === 'tone.wav' && heldBytes > 1024 * 1024),
    )
    await host.close()
    const times = await page.evaluate(async () => {
      const audio = document.querySelector('audio')!
      const times: number[] = []
      for (const to of [44, 2, 30]) {
        audio.currentTime = to
        await new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }))
        while (audio.currentTime < to + 0.3) await new Promise((resolve) => setTimeout(resolve, 20))
        times.push(Math.floor(audio.currentTime))
      }
      return audio.error?.message ?? times
    })
    expect(times).toEqual([44, 2, 30])
  })

  it('[B16] that hangs in the middle of an answer does so too', async () => {
    const { host, whole } = await midway()
    const hanging = host.evaluate(() => {
      const until = performance.now() + 12_000
      while (performance.now() < until);
      return performance.now()
    })
    const answer = await whole
    const isFirst = await Promise.race([hanging.then(() => false), Promise.resolve(true)])
    expect(answer).toMatchObject({ status: 200, sha256: file.sha256 })
    expect(isFirst).toBe(true)
    await hanging
  })

  it('[B14] is answered when its worker was stopped, and when two tabs ask at once', async () => {
    const context = await newVisitor()
    const pages = [await arrive(context), await arrive(context)]
    for (const page of pages) await untilAccelerated(page, '/files/game.bin')
    await stopWorkers(context, pages[0]!)
    for (const whole of await Promise.all(pages.map((page) => digest(page, '/files/game.bin')))) {
      expect(whole).toMatchObject({ status: 200, sha256: file.sha256 })
    }
  })

  it('[B5] [B17] has no worker before the visitor agreed, and takes it off again', async () => {
    folder.write('asking.html', pageOf(tag('data-consent="ask" data-match="/files/**"')))
    const page = await (await newVisitor()).newPage()
    await page.goto(`${server.url}/asking.html`)
    const count = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)
    expect(await count()).toBe(0)
    await page.evaluate(() => window.Nearcast.tagClient().consent.grant())
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await page.reload()
    await page.evaluate(() => window.Nearcast.tagClient().consent.grant())
    await untilAccelerated(page, '/files/game.bin')
    await untilStored(page)
    await page.evaluate(() => window.Nearcast.unregister())
    expect(await count()).toBe(0)
    expect(await storedChunks(page)).toBe(0)
    expect(await digest(page, '/files/game.bin')).toMatchObject({ status: 200, sha256: file.sha256 })
  })

  it.each([410, 404])('[B17] loses worker and store once the server answers %d for the worker', async (status) => {
    const context = await newVisitor()
    const page = await arrive(context)
    await untilAccelerated(page, '/files/game.bin')
    await untilStored(page)
    await stopWorkers(context, page)
    await server.kill()
    const end = createServer((request, response) => {
      const isPage = request.url === '/bare.html'
      response.writeHead(isPage ? 200 : status, { 'content-type': 'text/html' }).end('<!doctype html>')
    })
    await new Promise<void>((resolve) => end.listen(server.port, 'localhost', resolve))
    try {
      const later = await context.newPage()
      await later.goto(`${server.url}/bare.html`)
      await later.evaluate(async () => {
        while ((await navigator.serviceWorker.getRegistrations()).length > 0)
          await new Promise((r) => setTimeout(r, 20))
      })
      await page.close()
      await later.evaluate(async () => {
        while ((await indexedDB.databases()).length > 0) await new Promise((r) => setTimeout(r, 20))
      })
    } finally {
      end.closeAllConnections()
      end.close()
    }
  })
})

it('[B18] the worker is sent with the right to be for the whole site', async () => {
  const { status, headers } = await ask(server, '/.nearcast/sw.js')
  expect([status, headers['service-worker-allowed']]).toEqual([200, '/'])
  expect((await ask(server, '/.nearcast/engine.js')).headers['service-worker-allowed']).toBeUndefined()
})
