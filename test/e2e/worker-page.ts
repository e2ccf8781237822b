/** Pages whose requests go through the service worker, and what they see of its answers. Knows nothing of what is tested. */
import type { BrowserContext, Page } from 'playwright-core'

export const tag = (attributes: string) =>
  `<script src="/.nearcast/nearcast.js" data-tracker="auto" ${attributes} defer></script>`
export const pageOf = (body: string) => `<!doctype html><title>A site</title><link rel="icon" href="data:,">${body}`
export const matching = tag('data-consent="granted" data-match="/files/**, *.wav"')

/** As at a visitor's second page, for the first one, which must be at `/`, brings the worker. */
export async function arriveAt(server: { url: string }, context: BrowserContext, path = '/'): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${server.url}/`)
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await page.goto(`${server.url}${path}`)
  return page
}

/** Fetches as the page would, until the worker gives what the page's engine brings. */
export async function untilAccelerated(page: Page, path: string): Promise<void> {
  await page.evaluate(async (path) => {
    const isHeld = () =>
      window.Nearcast.tagClient()
        .stats()
        .files.some(({ url, heldBytes }) => url.endsWith(path) && heldBytes > 0)
    while (!isHeld()) {
      const response = await fetch(path, { headers: { range: 'bytes=0-1048575' } })
      await response.arrayBuffer()
    }
  }, path)
}

export interface Digest {
  status: number
  headers: Record<string, string>
  bytes: number
  sha256: string
}

export interface Asking {
  path: string
  init?: RequestInit
}

/** What the page gets for each of these, one after another. */
export const digests = (page: Page, askings: readonly Asking[]): Promise<Digest[]> =>
  page.evaluate(async (askings) => {
    const found: Digest[] = []
    for (const { path, init } of askings) {
      const response = await fetch(path, init)
      const bytes = await response.arrayBuffer()
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      found.push({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        bytes: bytes.byteLength,
        sha256: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      })
    }
    return found
  }, askings)

export async function digest(page: Page, path: string, init: RequestInit = {}): Promise<Digest> {
  const [found] = await digests(page, [{ path, init }])
  return found!
}

/** Without the time, and without what is between one hop and the next (RFC 9110 §7.6.1). */
export function endToEnd<Answer extends { headers: Record<string, string> }>(answer: Answer) {
  const { date, connection, 'keep-alive': keepAlive, ...headers } = answer.headers
  return { ...answer, headers }
}
