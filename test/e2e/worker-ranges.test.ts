/** Ranges and odd headers through the service worker: what a page gets is what the server itself would have given it. */
import { once } from 'node:events'
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { createRng } from '../../shared/rng.ts'
import { launchChromium } from '../browser/chromium.ts'
import { ask, createTempFolder, type RunningServer, startServer, type TempFolder } from './harness.ts'
import { type Asking, arriveAt, digests, endToEnd, matching, pageOf, untilAccelerated } from './worker-page.ts'

const game = '/files/game.bin'
const gameBytes = 12 * MiB
/** From one byte to some that no answer is taken over for, and some that just are. */
const small = { 'empty.bin': 0, 'byte.bin': 1, 'leaf.bin': 16 * KiB, 'short.bin': 64 * KiB - 1, 'edge.bin': 64 * KiB }

let browser: Browser
let folder: TempFolder
let server: RunningServer
const contexts: BrowserContext[] = []
/** One whose requests go through the worker, and one without any. */
let page: Page
let bare: Page
let etag: string
let changed: Date

beforeAll(async () => {
  browser = await launchChromium()
  folder = createTempFolder()
  folder.write('index.html', pageOf(matching))
  folder.write('bare.html', pageOf('no script here'))
  const { path } = folder.generate('files/game.bin', gameBytes)
  // A date is a validator once its second is over.
  utimesSync(path, new Date(), new Date(Date.now() - 10_000))
  changed = statSync(path).mtime
  const names = Object.entries(small).map(([name, size]) => {
    folder.generate(join('files', name), size)
    return name
  })
  server = await startServer([folder.path])
  for (const name of ['game.bin', ...names]) await ask(server, `/files/${name}.nearcast.json`)
  etag = String((await ask(server, game)).headers.etag)
  const visit = async () => {
    const context = await browser.newContext()
    contexts.push(context)
    return context
  }
  page = await arriveAt(server, await visit())
  await untilAccelerated(page, game)
  bare = await (await visit()).newPage()
  await bare.goto(`${server.url}/bare.html`)
})
afterAll(async () => {
  await browser?.close()
  await server?.kill()
  folder?.remove()
})

async function expectTheSame(askings: readonly Asking[], at = { page, bare }): Promise<void> {
  const [own, got] = [await digests(at.bare, askings), await digests(at.page, askings)]
  for (const [i, asking] of askings.entries()) {
    expect([asking, endToEnd(got[i]!)]).toEqual([asking, endToEnd(own[i]!)])
  }
}

const ranged = (range: string, path = game): Asking => ({ path, init: { headers: { range } } })
const headed = (headers: Record<string, string>, path = game): Asking => ({ path, init: { headers } })

const takenBytes = () =>
  page.evaluate(() => {
    const { bytes } = window.Nearcast.tagClient().stats()
    return bytes.origin + bytes.peers + bytes.store
  })

describe('through the service worker', () => {
  it('[B12] [B15] 500 ranges of any place and length are the server’s own', { timeout: 240_000 }, async () => {
    const rng = createRng([1, 2, 3, 4])
    const below = (count: number) => rng.uint32() % count
    const askings = Array.from({ length: 500 }, () => {
      // As many short ones as long ones: from a byte to 4 MiB.
      const length = Math.floor(2 ** (below(22_000) / 1_000)) + below(100)
      const from = below(gameBytes)
      switch (below(8)) {
        case 0:
          return ranged(`bytes=-${length}`)
        case 1:
          return ranged(`bytes=${gameBytes - length}-`)
        case 2: // Whole chunks, where nothing is cut off.
          return ranged(`bytes=${from - (from % (64 * KiB))}-${from - (from % (64 * KiB)) + 128 * KiB - 1}`)
        default: // Some of them reach beyond the end.
          return ranged(`bytes=${from}-${from + length}`)
      }
    })
    await expectTheSame(askings)
    expect(await takenBytes()).toBe(gameBytes)
  })

  it('[B11] [B12] [B15] so are ranges that are none, and conditions of all kinds', { timeout: 120_000 }, async () => {
    const ranges = [
      ...[
        '0-',
        '0-0',
        '0-1',
        '-1',
        '-300000',
        '-99999999',
        '5-2',
        '-0',
        '-',
        '',
        '00-000001',
        '0-99999999999999999999',
      ],
      ...[`${gameBytes - 1}-`, `${gameBytes}-`, `${gameBytes}-${gameBytes}`, `${gameBytes - 1}-${gameBytes}`],
      ...['0-9,20-29', '0-300000, 400000-500000', '0-300000,200000-500000', '-5,0-', ',0-99999', '0-99999,', '0-,'],
      ...['+0-99999', '0x0-0xffff', '0 - 99999', '0-99999;x', '0-99999.5', '--5', '1e3-2e5'],
    ].map((text) => ranged(`bytes=${text}`))
    const whole = '0-999999'
    const date = changed.toUTCString()
    const later = new Date(Date.now() + 1e7).toUTCString()
    const conditions: Record<string, string>[] = [
      { range: 'lines=0-1' },
      { range: 'bytes 0-99999' },
      { range: 'BYTES=0-999999' },
      { range: 'bytes=0-999999 ' },
      { 'if-none-match': etag },
      { 'if-none-match': `W/${etag}` },
      { 'if-none-match': '*' },
      { 'if-none-match': `"other", ${etag}` },
      { 'if-none-match': '"other"' },
      { 'if-none-match': 'junk' },
      { 'if-match': etag },
      { 'if-match': '*' },
      { 'if-match': '"other"' },
      { 'if-match': `W/${etag}` },
      { 'if-modified-since': date },
      { 'if-modified-since': later },
      { 'if-modified-since': new Date(0).toUTCString() },
      { 'if-modified-since': 'yesterday' },
      { 'if-unmodified-since': date },
      { 'if-unmodified-since': new Date(0).toUTCString() },
      ...[etag, `W/${etag}`, '"other"', date, later, new Date(0).toUTCString(), 'junk'].flatMap((value) => [
        { range: `bytes=${whole}`, 'if-range': value },
        { range: `bytes=${gameBytes}-`, 'if-range': value },
      ]),
      { 'if-range': etag },
      { range: `bytes=${whole}`, 'if-none-match': etag },
      { range: `bytes=${whole}`, 'if-match': etag },
      { range: `bytes=${whole}`, 'if-modified-since': date },
      { range: `bytes=${whole}`, authorization: 'Bearer x' },
      { range: `bytes=${whole}`, accept: 'text/html' },
      { range: `bytes=${whole}`, pragma: 'no-cache', 'cache-control': 'no-cache' },
    ]
    await expectTheSame([...ranges, ...conditions.map((headers) => headed(headers))])
  })

  it('[B11] [B12] [B15] so are small files, other methods, queries, and what is not there', async () => {
    const names = Object.keys(small)
    const asked = ['', 'bytes=0-', 'bytes=0-0', 'bytes=0-1', 'bytes=-1', 'bytes=1-', 'bytes=65535-', 'bytes=0-65535']
    const files = names.flatMap((name) => asked.map((range) => headed(range === '' ? {} : { range }, `/files/${name}`)))
    const others: Asking[] = [
      ...['HEAD', 'OPTIONS', 'POST', 'DELETE'].map((method) => ({ path: game, init: { method } })),
      { path: game, init: { method: 'HEAD', headers: { range: 'bytes=0-99999' } } },
      { path: `${game}?version=2`, init: { headers: { range: 'bytes=100000-300000' } } },
      { path: '/files/absent.bin', init: { headers: { range: 'bytes=0-' } } },
      { path: `${game}.nearcast.json` },
      ...(['reload', 'no-store', 'no-cache', 'force-cache'] as const).map((cache) => ({
        path: game,
        init: { cache, headers: { range: 'bytes=0-199999' } },
      })),
    ]
    await expectTheSame([...files, ...others])
  })
})

/** A site whose scripts and manifests are those of the server, and whose files are answered in a way of its own. */
async function startSite(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const site = createServer((incoming, outgoing) => {
    const { url = '/', method, headers } = incoming
    if (url === game) return answer(incoming, outgoing)
    const passing = request({ host: 'localhost', port: server.port, path: url, method, headers }, (found) => {
      outgoing.writeHead(found.statusCode!, found.headers)
      found.pipe(outgoing)
    })
    passing.end()
  })
  site.listen(0, 'localhost')
  await once(site, 'listening')
  return site
}

describe('through the service worker, of servers with ways of their own', () => {
  const bytes = () => readFileSync(join(folder.path, game))
  const type = { 'content-type': 'application/octet-stream' }
  const part = (from: number, to: number) => ({
    ...type,
    'content-range': `bytes ${from}-${to - 1}/${gameBytes}`,
    'content-length': to - from,
  })
  const servers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    'that knows no ranges': (_, response) =>
      void response.writeHead(200, { ...type, 'content-length': gameBytes }).end(bytes()),
    'that gives less than was asked for': (_, response) =>
      void response.writeHead(206, part(MiB, 2 * MiB)).end(bytes().subarray(MiB, 2 * MiB)),
    'whose ETag is weak and none of ours': ({ headers }, response) => {
      const [, from = 0, to = gameBytes - 1] = /^bytes=(\d+)-(\d+)?$/.exec(headers.range ?? '')?.map(Number) ?? []
      const head = headers.range ? part(from, (to || gameBytes - 1) + 1) : { ...type, 'content-length': gameBytes }
      response.writeHead(headers.range ? 206 : 200, { ...head, etag: 'W/"1-2"' })
      response.end(bytes().subarray(from, (to || gameBytes - 1) + 1))
    },
    'that says no length': (_, response) => void response.writeHead(200, type).end(bytes()),
    'that has another file in its place': (_, response) =>
      void response.writeHead(200, { ...type, 'content-length': 9 }).end('not found'),
    'that answers with an error': (_, response) => void response.writeHead(503, { 'retry-after': '7' }).end('later'),
    'that redirects': (_, response) => void response.writeHead(302, { location: '/files/leaf.bin' }).end(),
  }

  it.each(Object.entries(servers))('[B12] [B15] one %s', async (_, answer) => {
    const site = await startSite(answer)
    const at = { url: `http://localhost:${(site.address() as AddressInfo).port}` }
    const [own, other] = [await browser.newContext(), await browser.newContext()]
    try {
      const accelerated = await arriveAt(at, own)
      await untilAccelerated(accelerated, '/files/edge.bin')
      const plain = await other.newPage()
      await plain.goto(`${at.url}/bare.html`)
      const askings = [{ path: game }, ranged(`bytes=${MiB}-${3 * MiB - 1}`), ranged('bytes=0-'), { path: game }]
      await expectTheSame(askings, { page: accelerated, bare: plain })
    } finally {
      await Promise.all([own.close(), other.close()])
      site.closeAllConnections()
      site.close()
    }
  })
})
