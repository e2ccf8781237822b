/** Edges with the real program and a real browser: what one server no longer brings comes from another. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { createTempFolder, type RunningServer, startServer, type TempFolder } from './harness.ts'
import { sitePage, Visitor } from './visitor.ts'

let browser: Browser
let folder: TempFolder
let edgeFolder: TempFolder
let servers: RunningServer[] = []
let visitor: Visitor | undefined

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

beforeEach(() => {
  folder = createTempFolder()
  folder.write('index.html', sitePage)
  edgeFolder = createTempFolder()
})
afterEach(async () => {
  await visitor?.leave()
  visitor = undefined
  await Promise.all(servers.map((server) => server.kill()))
  servers = []
  folder.remove()
  edgeFolder.remove()
})

async function serve(path: string, ...args: string[]): Promise<RunningServer> {
  const server = await startServer([path, ...args])
  servers.push(server)
  return server
}

describe('a download from a site with an edge', () => {
  it.each([
    ['the same file', 1],
    ['another file of that name first, which nobody gets to see', 2],
  ])('[T233] [T234] goes on there when the server of the page dies: with %s', async (_, seed) => {
    const file = folder.generate('game.bin', 8 * MiB)
    edgeFolder.generate('game.bin', file.size, seed)
    const wrong = await serve(edgeFolder.path)
    const right = await serve(folder.path)
    const edges = [wrong, right].map(({ port }) => `http://localhost:${port}/`).join(';')
    const site = await serve(folder.path, '--egress-rate', '1MiB/s', '--edges', edges)
    visitor = await Visitor.arrive(browser, `${site.url}/`)
    await visitor.createClient()
    await visitor.start('/game.bin')
    await visitor.waitForBytes(512 * KiB)
    await visitor.page.waitForFunction(() => window.client.stats().tracker === 'open')
    await site.kill()
    const { sha256, progress } = await visitor.finish()
    expect(sha256).toBe(file.sha256)
    expect(progress).toMatchObject({ state: 'done', bytes: { origin: file.size, peers: 0 } })
  })
})
