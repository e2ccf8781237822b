import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { catalogue, type DemoServer, serveDemoPage, type Visit, visitDemo } from '../browser/demo-page.ts'
import type { Scenario } from '../fakes/demo-scenarios.ts'

/** Where to leave a picture of each state, for looking at; none are taken without it. */
const picturesFolder = process.env.DEMO_PICTURES

let browser: Browser
let server: DemoServer
let folder: string
let visits: Visit[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearcast-demo-page-'))
  server = await serveDemoPage(folder)
  browser = await launchChromium()
  if (picturesFolder) await mkdir(picturesFolder, { recursive: true })
})

afterAll(async () => {
  await browser?.close()
  await server?.close()
  if (folder) await rm(folder, { recursive: true })
})

beforeEach(() => {
  visits = []
  server.catalogue = catalogue
  server.hasSdk = true
})

afterEach(async () => {
  await Promise.all(visits.map((visit) => visit.close()))
})

const open = async (scenario: Scenario, query = '', options = {}): Promise<Visit> => {
  const visit = await visitDemo(browser, `${server.origin}/${query}`, scenario, options)
  visits.push(visit)
  return visit
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const text = (page: Page, id: string) => page.locator(`#${id}`).textContent()

describe('the demo page', () => {
  test('[D11] nothing but the page itself is asked for before Download is pressed', async () => {
    const { page } = await open('swarm')
    await page.clock.runFor(5000)
    expect(await text(page, 'name')).toBe('node-v20.20.2-linux-x64')
    expect(await text(page, 'meta')).toContain('94.7')
    expect(await text(page, 'sharing-state')).toBe('Nothing connects before you press Download.')
    expect(await page.locator('#live').isVisible()).toBe(false)
    expect(await text(page, 'cap')).toContain('4')
    expect(await page.getByText('faster than the server can send').isVisible()).toBe(true)
  })

  test('downloads, pauses, resumes and offers to save', async () => {
    const { page } = await open('swarm')
    await press(page, 'Download')
    await page.clock.runFor(9000)
    expect(await text(page, 'sentence')).toBe('Downloading from 3 visitors and the server.')
    expect(await page.locator('.peers tbody tr').count()).toBe(3)
    await press(page, 'Pause')
    await press(page, 'Resume')
    await page.clock.runFor(12_000)
    expect(await text(page, 'percent')).toBe('100%')
    expect(await text(page, 'proof-note')).toBe('1,516 of 1,516 chunks verified with SHA-256')
    expect(await text(page, 'sentence')).toContain('This tab keeps serving it while it stays open.')
    await press(page, 'Save to disk')
    await page.getByRole('button', { name: 'Save again' }).waitFor()
  })

  test('[D14] works by keyboard alone', async () => {
    const { page } = await open('swarm')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#primary').focus()
    await page.keyboard.press('Enter')
    await page.clock.runFor(5000)
    expect(await page.locator('#primary').textContent()).toBe('Pause')
    await page.locator('#sharing').focus()
    await page.keyboard.press('Space')
    expect(await page.locator('#sharing').getAttribute('aria-checked')).toBe('false')
    expect(await text(page, 'sharing-state')).toBe('No connection to anybody but the server.')
  })

  test('[D11] the switch closes every connection at once and stays off at the next visit', async () => {
    const { page } = await open('swarm')
    await press(page, 'Download')
    await page.clock.runFor(6000)
    await page.getByRole('switch').click()
    expect(await page.locator('.peers tbody tr').count()).toBe(0)
    expect(await text(page, 'sentence')).toBe('Downloading from the server. Sharing is off.')
    await page.reload()
    await page.locator('#hero').waitFor()
    expect(await page.locator('#sharing').getAttribute('aria-checked')).toBe('false')
  })

  test('the address chooses the file and starts it', async () => {
    const { page } = await open('swarm', '?file=/films/tide.mp4&auto')
    expect(await text(page, 'name')).toBe('tide.mp4')
    expect(await page.locator('#primary').textContent()).toBe('Pause')
  })

  test('[D12] a second tab of the same browser plays a new visitor, opened by hand or by the link', async () => {
    const { page } = await open('swarm')
    expect(await page.locator('#new-visitor').isVisible()).toBe(false)
    const href = await page.getByRole('link', { name: 'Open a second tab' }).getAttribute('href')
    for (const address of ['/', `/${href}`]) {
      const second = await page.context().newPage()
      await second.goto(`${server.origin}${address}`)
      await second.locator('#new-visitor').waitFor()
      expect(await text(second, 'new-visitor')).toContain('keeps nothing on this device')
      if (picturesFolder) await second.screenshot({ path: join(picturesFolder, 'new-visitor.png') })
      await second.close()
    }
  })

  test('[D14] a screen reader hears the state and then progress in steps', async () => {
    const { page } = await open('alone')
    await press(page, 'Download')
    await page.clock.runFor(1000)
    expect(await page.getByRole('status').textContent()).toContain('Downloading from the server.')
    await page.clock.runFor(8000)
    expect(await page.getByRole('status').textContent()).toMatch(/^[1-9]\d?% /)
    expect(await page.getByRole('progressbar').getAttribute('aria-valuetext')).toContain('of 94.7')
  })

  test('[D13] says when the tracker cannot be reached, and downloads all the same', async () => {
    const { page } = await open('no-tracker')
    await press(page, 'Download')
    await page.clock.runFor(3000)
    expect(await text(page, 'sentence')).toContain('The tracker cannot be reached just now')
    await page.clock.runFor(24_000)
    expect(await text(page, 'percent')).toBe('100%')
  })

  test('[D13] a file without a manifest is shown as plain HTTP, without a map', async () => {
    const { page } = await open('plain')
    await press(page, 'Download')
    await page.clock.runFor(3000)
    expect(await text(page, 'sentence-more')).toContain('the server answered 404 for the manifest')
    expect(await page.locator('#map-card').isVisible()).toBe(false)
  })

  test('[D13] a failure is told in words with its code, and can be tried again', async () => {
    const { page } = await open('broken')
    await press(page, 'Download')
    await page.clock.runFor(30_000)
    expect(await page.getByRole('alert').textContent()).toContain('The server sent bytes that do not match the file.')
    expect(await text(page, 'notice-code')).toBe('Code: corrupt-origin')
    await press(page, 'Try again')
    expect(await page.getByRole('alert').isVisible()).toBe(false)
  })

  test('[D13] without the SDK the plain link is still there', async () => {
    server.hasSdk = false
    const { page } = await open('alone')
    await press(page, 'Download')
    expect(await page.getByRole('alert').textContent()).toContain('did not load')
    expect(await page.getByRole('link', { name: 'Plain link to the file' }).getAttribute('href')).toBe(
      '/node-v20.20.2-linux-x64',
    )
  })

  test('an unreachable list of files is told, and can be loaded again', async () => {
    server.catalogue = undefined
    const { page } = await open('alone')
    expect(await page.getByRole('alert').textContent()).toContain('The server answered 503.')
    server.catalogue = catalogue
    await press(page, 'Load again')
    await page.locator('#hero').waitFor()
  })
})

test('a server without a cap is not said to be slow', async () => {
  server.catalogue = { ...catalogue, egressBytesPerSecondMax: null }
  const { page } = await open('alone')
  expect(await page.getByText('Open a second tab').first().isVisible()).toBe(true)
  expect(await page.getByText('faster than the server can send').isVisible()).toBe(false)
  expect(await text(page, 'cap')).toBe('')
})

test('a server without files says how to give it some', async () => {
  server.catalogue = { ...catalogue, files: [] }
  const { page } = await open('alone')
  expect(await page.getByRole('alert').textContent()).toContain('npm start -- ./my-folder')
  if (picturesFolder) await page.screenshot({ path: join(picturesFolder, 'empty.png') })
})

interface Look {
  scenario: Scenario
  state: string
  seconds: number
}

const looks: Look[] = [
  { scenario: 'swarm', state: 'idle', seconds: 0 },
  { scenario: 'swarm', state: 'midway', seconds: 11 },
  { scenario: 'swarm', state: 'finished', seconds: 28 },
  { scenario: 'alone', state: 'alone', seconds: 12 },
  { scenario: 'resume', state: 'resumed', seconds: 3 },
  { scenario: 'crowd', state: 'crowd', seconds: 12 },
  { scenario: 'plain', state: 'plain', seconds: 8 },
  { scenario: 'broken', state: 'failed', seconds: 30 },
]

/** The layout is the same in light and dark, so both are only looked at. */
const screens = [
  { width: 360, colorScheme: 'light' },
  { width: 1280, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'dark' },
].slice(0, picturesFolder ? 4 : 1)

describe.each(looks)('$state', ({ scenario, state, seconds }) => {
  test.each(screens)(
    '[D14] fits $width pixels in $colorScheme, and the browser has nothing to complain of',
    async ({ width, colorScheme }) => {
      const { page, complaints } = await open(scenario, '', { viewport: { width, height: 800 }, colorScheme })
      if (seconds > 0) {
        await press(page, 'Download')
        await page.clock.runFor(seconds * 1000)
      }
      const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overhang).toBeLessThanOrEqual(0)
      expect(complaints).toEqual([])
      if (picturesFolder) {
        await page.screenshot({ path: join(picturesFolder, `${state}-${width}-${colorScheme}.png`), fullPage: true })
      }
    },
  )
})
