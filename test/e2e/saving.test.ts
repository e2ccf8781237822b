/** Large files on their way to the visitor's disk: written as they come, over a reload too, byte for byte. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
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
import { arriveAt, pageOf, tag } from './worker-page.ts'

/** Just too large for a Blob. */
const fileBytes = 129 * MiB

let browser: Browser
let folder: TempFolder
let file: GeneratedFile
let server: RunningServer
let contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  const link = '<a href="/files/game.iso" data-nearcast download>Download</a>'
  folder.write('index.html', pageOf(`${tag('data-consent="granted" data-match="/files/**"')}${link}`))
  file = folder.generate('files/game.iso', fileBytes)
  server = await startServer([folder.path])
  while ((await ask(server, '/files/game.iso.nearcast.json')).status !== 200);
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

/** Where a visitor's choice goes in a browser that nobody sees: a file of the same kind, in the page's own folder. */
function chooseOwnFolder(): void {
  Object.assign(window, {
    showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => {
      const own = await navigator.storage.getDirectory()
      return own.getFileHandle(suggestedName, { create: true })
    },
  })
}

async function visit(prepare: () => void): Promise<Page> {
  const context = await browser.newContext({ acceptDownloads: true })
  contexts.push(context)
  await context.addInitScript(prepare)
  return arriveAt(server, context)
}

const sha256Of = async (path: string) => {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes)
  return hash.digest('hex')
}

/** Of what was written where the visitor chose. */
const chosenDigest = (page: Page) =>
  page.evaluate(async () => {
    const own = await navigator.storage.getDirectory()
    const chosen = await (await own.getFileHandle('game.iso')).getFile()
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await chosen.arrayBuffer()))
    return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  })

/** Clicks the link, and waits until so much is on the disk, or all. @returns what it was told at the end */
const clickUntil = (page: Page, savedBytes: number) =>
  page.evaluate(async (savedBytes) => {
    const link = document.querySelector('a')!
    link.click()
    return new Promise((resolve) => {
      link.addEventListener('nearcast-progress', (event) => {
        const { detail } = event as CustomEvent
        if ((detail.savedBytes ?? 0) >= savedBytes) resolve(detail)
      })
      link.addEventListener('nearcast-done', (event) => resolve((event as CustomEvent).detail))
      link.addEventListener('nearcast-error', (event) => {
        event.preventDefault()
        resolve({ code: (event as CustomEvent).detail.code })
      })
    })
  }, savedBytes)

const fileOf = async (page: Page) =>
  (await page.evaluate(() => window.Nearcast.tagClient().stats())).files.find(({ name }) => name === 'game.iso')!

describe('a large file', () => {
  it('[B75] is written where the visitor chose, as it comes, and goes on after a reload with what was here', async () => {
    const page = await visit(chooseOwnFolder)
    await clickUntil(page, fileBytes / 2)
    await page.reload()
    expect(await clickUntil(page, Number.POSITIVE_INFINITY)).toMatchObject({
      state: 'done',
      verified: true,
      savedBytes: fileBytes,
    })
    expect(await chosenDigest(page)).toBe(file.sha256)
    const { bytes } = await fileOf(page)
    expect(bytes.store).toBeGreaterThan(fileBytes / 4)
    expect(bytes.store + bytes.origin).toBe(fileBytes)
  })

  it('[B75] is paused and gone on with, and written once', async () => {
    const page = await visit(chooseOwnFolder)
    const progress = await page.evaluate(async () => {
      const download = window.Nearcast.createClient({ consent: 'denied', store: 'memory' }).download('/files/game.iso')
      const saved = download.save()
      const saw = (bytes: number) =>
        new Promise<void>((resolve) => {
          const stop = download.onProgress(({ savedBytes = 0 }) => {
            if (savedBytes < bytes) return
            stop()
            resolve()
          })
        })
      await saw(10_000_000)
      download.pause()
      const paused = download.progress().state
      download.resume()
      await saved
      return { ...download.progress(), paused }
    })
    expect(progress).toMatchObject({ paused: 'paused', state: 'done', savedBytes: fileBytes })
    expect(await chosenDigest(page)).toBe(file.sha256)
  })

  it('[B75] that gets no place is given up, and its link is not followed', async () => {
    const page = await visit(() => {
      Object.assign(window, { showSaveFilePicker: () => Promise.reject(new DOMException('no', 'AbortError')) })
    })
    expect(await clickUntil(page, Number.POSITIVE_INFINITY)).toEqual({ code: 'cancelled' })
    expect(page.url()).toBe(`${server.url}/`)
  })

  it('[B76] is a download of the browser’s own where it has no such choice, through the worker', async () => {
    const page = await visit(() => Object.assign(window, { showSaveFilePicker: undefined }))
    const saving = page.waitForEvent('download')
    const told = clickUntil(page, Number.POSITIVE_INFINITY)
    const saved = await saving
    expect([saved.suggestedFilename(), new URL(saved.url()).pathname]).toEqual([
      'game.iso',
      expect.stringMatching(/^\/\.nearcast\/save\//),
    ])
    expect(await sha256Of(await saved.path())).toBe(file.sha256)
    expect(await told).toMatchObject({ state: 'done', verified: true, savedBytes: fileBytes })
  })

  it('[B76] that the visitor ends in the browser is given up', async () => {
    const page = await visit(() => Object.assign(window, { showSaveFilePicker: undefined }))
    const saving = page.waitForEvent('download')
    const told = clickUntil(page, Number.POSITIVE_INFINITY)
    await (await saving).cancel()
    expect(await told).toMatchObject({ code: expect.stringMatching(/storage|cancelled/) })
  })
})
