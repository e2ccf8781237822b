/** A visitor of a test site in a tab of an own: starts downloads through the real SDK and tells what came of them. */
import type { Browser, Page } from 'playwright-core'
import type { ClientOptions, DownloadProgress, Stats } from '../../client/api.ts'
import type * as Nearcast from '../../client/index.ts'
import type * as Script from '../../client/page/script.ts'
import { openTab } from './harness.ts'

declare global {
  interface Window {
    Nearcast: typeof Script
    client: Nearcast.Client
    current: Nearcast.Download
    /** RTCPeerConnections that the page made. */
    connectionCount: number
  }
}

/** What a finished download was. */
export interface Finished {
  sha256: string
  ms: number
  progress: DownloadProgress
  stats: Stats
}

/** A page of a site that uses the script tag. */
export const sitePage =
  '<!doctype html><title>A site</title><link rel="icon" href="data:,"><script src="/.nearcast/nearcast.js"></script>'

export class Visitor {
  readonly page: Page
  readonly errors: string[]
  readonly #close: () => Promise<void>

  private constructor(page: Page, errors: string[], close: () => Promise<void>) {
    this.page = page
    this.errors = errors
    this.#close = close
  }

  /** @param prepare runs in the page before anything else, to make it a liar or a slow one */
  static async arrive(browser: Browser, url: string, prepare?: () => void): Promise<Visitor> {
    const { page, errors, close } = await openTab(browser, 'about:blank')
    await page.addInitScript(countConnections)
    if (prepare) await page.addInitScript(prepare)
    await page.goto(url)
    return new Visitor(page, errors, close)
  }

  async createClient(options: ClientOptions = {}): Promise<void> {
    await this.page.evaluate(async (given) => {
      // They give all that they are asked for.
      const limits = { uploadBytesPerSecondMax: Number.POSITIVE_INFINITY, uploadRatioMax: Number.POSITIVE_INFINITY }
      window.client = window.Nearcast.createClient({ tracker: 'auto', consent: 'granted', ...limits, ...given })
      await window.client.ready
    }, options)
  }

  /** Starts a download and gives it back when the page has it under way. */
  async start(path: string): Promise<void> {
    await this.page.evaluate((given) => {
      window.current = window.client.download(given)
    }, path)
  }

  /** The download that was started, when it has ended and its bytes were read back. */
  finish(): Promise<Finished> {
    return this.page.evaluate(async () => {
      const startedAt = performance.now()
      await window.current.done
      const ms = performance.now() - startedAt
      const bytes = await (await window.current.blob()).arrayBuffer()
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      return { sha256, ms, progress: window.current.progress(), stats: window.client.stats() }
    })
  }

  async download(path: string, options?: ClientOptions): Promise<Finished> {
    await this.createClient(options)
    await this.start(path)
    return this.finish()
  }

  /** Waits until the download under way has this many bytes. */
  async waitForBytes(bytes: number): Promise<void> {
    await this.page.waitForFunction((wanted) => window.current.progress().doneBytes >= wanted, bytes, { polling: 20 })
  }

  /** Waits until the download under way has this many bytes from other visitors. */
  async waitForPeerBytes(bytes: number): Promise<void> {
    await this.page.waitForFunction((wanted) => window.current.progress().bytes.peers >= wanted, bytes, { polling: 20 })
  }

  stats(): Promise<Stats> {
    return this.page.evaluate(() => window.client.stats())
  }

  connectionCount(): Promise<number> {
    return this.page.evaluate(() => window.connectionCount)
  }

  async leave(): Promise<void> {
    // A request that a test still holds back must not outlive its page.
    if (!this.page.isClosed()) await this.page.unrouteAll({ behavior: 'ignoreErrors' })
    await this.#close()
  }
}

function countConnections(): void {
  window.connectionCount = 0
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args) {
      window.connectionCount++
      return Reflect.construct(target, args)
    },
  })
}
