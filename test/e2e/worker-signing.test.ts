/** Signed files through the service worker: what a pinned key did not sign is the server's alone, or nobody's. */
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import {
  ask,
  createTempFolder,
  type GeneratedFile,
  type RunningServer,
  startServer,
  type TempFolder,
} from './harness.ts'
import { startProgram } from './running-program.ts'
import { arriveAt, digest, pageOf, tag, untilAccelerated } from './worker-page.ts'

const path = '/files/game.bin'

let browser: Browser
let folder: TempFolder
let work: TempFolder
let server: RunningServer
let file: GeneratedFile
let contexts: BrowserContext[] = []

/** @returns the public key */
async function makeKey(name: string): Promise<string> {
  const run = startProgram(['keygen', name], { workFolder: work.path })
  expect(await run.ended).toBe(0)
  return String(run.lines[0]!.text)
}

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  work = createTempFolder()
  const [key, other] = [await makeKey('site.key'), await makeKey('other.key')]
  const pageWith = (key: string, unsigned: string) =>
    pageOf(tag(`data-consent="granted" data-match="/files/**" data-key="${key}" data-unsigned="${unsigned}"`))
  folder.write('index.html', pageWith(key, 'plain'))
  folder.write('strict.html', pageWith(key, 'error'))
  folder.write('foreign.html', pageWith(other, 'plain'))
  folder.write('foreign-strict.html', pageWith(other, 'error'))
  folder.write('bare.html', pageOf('no script here'))
  file = folder.generate('files/game.bin', 12 * MiB)
  folder.generate('files/small.bin', 100)
  server = await startServer([folder.path, '--key', join(work.path, 'site.key'), '--egress-rate', '20MiB/s'])
  await ask(server, `${path}.nearcast.json`)
})
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  contexts = []
})
afterAll(async () => {
  await browser?.close()
  await server?.kill()
  folder?.remove()
  work?.remove()
})

async function arrive(at: string): Promise<Page> {
  const context = await browser.newContext()
  contexts.push(context)
  return arriveAt(server, context, at)
}

const filesOf = (page: Page) => page.evaluate(() => window.Nearcast.tagClient().stats().files)

/** When the page's engine is here: the worker has somebody to ask. */
const whenReady = (page: Page) => page.evaluate(async () => await window.Nearcast.tagClient().ready)

/** What the page gets: a digest, or the name of the error. */
const outcome = (page: Page, at: string, init: RequestInit = {}) =>
  digest(page, at, init).catch((error: Error) => /TypeError|AbortError/.exec(error.message)?.[0] ?? error.message)

describe('a page with a pinned key', () => {
  it.each(['/', '/strict.html'])('[B70] at %s has what that key signed brought by its engine', async (at) => {
    const page = await arrive(at)
    await untilAccelerated(page, path)
    expect(await digest(page, path)).toMatchObject({ status: 200, sha256: file.sha256 })
    expect(await digest(page, path, { headers: { range: 'bytes=70000-9000000' } })).toMatchObject({ status: 206 })
    expect(await filesOf(page)).toMatchObject([{ name: 'game.bin', heldBytes: file.size }])
  })

  it('[B70] has what it did not sign from the server alone', async () => {
    const page = await arrive('/foreign.html')
    await whenReady(page)
    for (let i = 0; i < 3; i++) expect(await digest(page, path)).toMatchObject({ status: 200, sha256: file.sha256 })
    expect(await filesOf(page)).toEqual([])
  })

  it('[B70] that wants nothing unsigned gets an error in its place, and all that no worker takes', async () => {
    const page = await arrive('/foreign-strict.html')
    const warnings: string[] = []
    page.on('console', (message) => warnings.push(message.text()))
    await whenReady(page)
    expect(await outcome(page, path)).toBe('TypeError')
    expect(await outcome(page, path, { headers: { range: 'bytes=0-' } })).toBe('TypeError')
    expect(await outcome(page, '/files/small.bin')).toMatchObject({ status: 200, bytes: 100 })
    expect(await outcome(page, '/files/absent.bin')).toMatchObject({ status: 404 })
    expect(await filesOf(page)).toEqual([])
    expect(warnings.join('\n')).toMatch(/nearcast: http:.*\/files\/game\.bin: .*sign/)
  })

  it('[B70] that wants nothing unsigned gets an error where the browser cannot check signatures', async () => {
    const page = await arrive('/strict.html')
    await page.addInitScript(() => {
      SubtleCrypto.prototype.importKey = () =>
        Promise.reject(new DOMException('no such algorithm', 'NotSupportedError'))
    })
    await page.reload()
    await whenReady(page)
    expect(await outcome(page, path)).toBe('TypeError')
  })

  it('[B70] that wants nothing unsigned gets nothing unverified when the page that verifies closes midway', async () => {
    const host = await arrive('/strict.html')
    await untilAccelerated(host, path)
    const other = await host.context().newPage()
    await other.goto(`${server.url}/bare.html`)
    // Read no further than half of it, so that the other half is still to be brought.
    const bytes = await other.evaluate(async (path) => {
      const reader = (await fetch(path)).body!.getReader()
      let bytes = 0
      while (bytes < 1_000_000) bytes += (await reader.read()).value!.length
      Object.assign(window, {
        rest: async () => {
          for (let read = await reader.read(); read.value; read = await reader.read()) bytes += read.value.length
          return bytes
        },
      })
      return bytes
    }, path)
    expect(bytes).toBeLessThan(file.size)
    await host.close()
    const rest = other.evaluate(() => (window as unknown as { rest: () => Promise<number> }).rest())
    await expect(rest).rejects.toThrow('TypeError')
  })
})
