/** The demo page as it is built, with a client that moves no bytes: for looking at it in every state. */
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { build } from 'vite'
import type { Catalogue } from '../../demo/catalogue.ts'
import type { Scenario } from '../fakes/demo-scenarios.ts'
import { bundleForPage } from './page-bundle.ts'
import { listen, type PageServer } from './page-server.ts'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** As strict as a page of this kind needs: nothing inline, nothing from elsewhere. */
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"

export const software = {
  path: '/node-v20.20.2-linux-x64',
  name: 'node-v20.20.2-linux-x64',
  size: 99_346_920,
  type: 'application/octet-stream',
}

export const catalogue: Catalogue = {
  files: [software, { path: '/films/tide.mp4', name: 'tide.mp4', size: 52_428_800, type: 'video/mp4' }],
  egressBytesPerSecondMax: 4 * 1024 * 1024,
  version: '0.1.0',
}

export interface DemoServer extends PageServer {
  /** What `/.nearcast/demo.json` answers; undefined for an error. */
  catalogue: Catalogue | undefined
  /** Whether the script of the SDK is there. */
  hasSdk: boolean
}

/** @param folder where the page is built to */
export async function serveDemoPage(folder: string): Promise<DemoServer> {
  await build({ configFile: 'vite.config.ts', logLevel: 'error', build: { outDir: folder, emptyOutDir: true } })
  const sdk = await bundleForPage('test/fakes/demo-sdk.ts', 'Nearcast')
  const server = await listen(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    response.setHeader('content-security-policy', contentPolicy)
    if (path === '/.nearcast/demo.json' && demo.catalogue) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(demo.catalogue))
    } else if (path === '/.nearcast/nearcast.js' && demo.hasSdk) {
      response.setHeader('content-type', types['.js']!)
      response.end(sdk)
    } else {
      const name = path === '/' ? 'index.html' : path.replace('/.nearcast/demo/', '')
      const bytes = await readFile(join(folder, name)).catch(() => undefined)
      if (bytes) response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream')
      response.writeHead(bytes ? 200 : 503).end(bytes)
    }
  })
  const demo: DemoServer = { ...server, catalogue, hasSdk: true }
  return demo
}

export interface Visit {
  page: Page
  /** What the browser complained of. */
  complaints: string[]
  close(): Promise<void>
}

/** Opens the page with a clock that stands still until `page.clock.runFor`. */
export async function visitDemo(
  browser: Browser,
  url: string,
  scenario: Scenario,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.clock.install()
  await page.addInitScript((wanted) => Object.assign(window, { demoScenario: wanted }), scenario)
  await page.goto(url)
  await page.waitForFunction(() => document.body.dataset.state !== 'loading')
  return { page, complaints, close: () => context.close() }
}
