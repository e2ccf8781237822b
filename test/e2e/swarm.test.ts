import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Geometry } from '../../shared/geometry.ts'
import { KiB, MiB } from '../../shared/limits.ts'
import { createManifest, printManifest } from '../../shared/manifest.ts'
import { launchChromium } from '../browser/chromium.ts'
import { buildTree, sha256 } from '../fakes/sample-file.ts'
import { createTempFolder, type GeneratedFile, type RunningServer, startServer, type TempFolder } from './harness.ts'
import { sitePage, Visitor } from './visitor.ts'

const fileBytes = 16 * MiB

let browser: Browser
let folder: TempFolder
let file: GeneratedFile
let servers: RunningServer[] = []
let visitors: Visitor[] = []

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

beforeEach(() => {
  folder = createTempFolder()
  folder.write('index.html', sitePage)
  file = folder.generate('game.bin', fileBytes)
})

afterEach(async () => {
  await Promise.all(visitors.map((visitor) => visitor.leave()))
  await Promise.all(servers.map((server) => server.kill()))
  folder.remove()
  visitors = []
  servers = []
})

async function serve(...args: string[]): Promise<RunningServer> {
  const server = await startServer([folder.path, ...args])
  servers.push(server)
  return server
}

async function arrive(server: RunningServer, prepare?: () => void): Promise<Visitor> {
  const visitor = await Visitor.arrive(browser, `${server.url}/`, prepare)
  visitors.push(visitor)
  return visitor
}

const trackerOf = (server: RunningServer) => `ws://localhost:${server.port}/.nearcast/tracker`

describe('one visitor alone', () => {
  it('gets the whole file, verified, from the origin', async () => {
    const visitor = await arrive(await serve())
    const { sha256, progress, stats } = await visitor.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(progress).toMatchObject({ state: 'done', verified: true, name: 'game.bin', doneBytes: fileBytes })
    expect(progress.bytes).toEqual({ peers: 0, origin: fileBytes, store: 0 })
    expect(stats.offload).toBe(0)
    expect(visitor.errors).toEqual([])
  })

  it('fetches like the page itself: status, headers and a streaming body', async () => {
    const visitor = await arrive(await serve())
    await visitor.createClient()
    const answer = await visitor.page.evaluate(async () => {
      const response = await window.client.fetch('/game.bin')
      const bytes = await response.arrayBuffer()
      const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
      const sha256 = hash.map((byte) => byte.toString(16).padStart(2, '0')).join('')
      return { status: response.status, url: response.url, headers: [...response.headers], sha256 }
    })
    expect(answer.status).toBe(200)
    expect(new URL(answer.url).pathname).toBe('/game.bin')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-length': String(fileBytes),
      'accept-ranges': 'bytes',
    })
    expect(answer.sha256).toBe(file.sha256)
  })

  it('gets a range as 206 with exactly its bytes', async () => {
    const visitor = await arrive(await serve())
    await visitor.createClient()
    const ranges = ['bytes=0-0', 'bytes=100000-3000000', 'bytes=16777200-', 'bytes=-5']
    const answers = await visitor.page.evaluate(async (given) => {
      const whole = new Uint8Array(await (await fetch('/game.bin')).arrayBuffer())
      return Promise.all(
        given.map(async (range) => {
          const response = await window.client.fetch('/game.bin', { headers: { range } })
          const bytes = new Uint8Array(await response.arrayBuffer())
          const contentRange = response.headers.get('content-range') ?? ''
          const first = Number(/bytes (\d+)-/.exec(contentRange)?.[1])
          const isEqual = bytes.every((byte, i) => byte === whole[first + i])
          return { status: response.status, contentRange, length: bytes.length, isEqual }
        }),
      )
    }, ranges)
    expect(answers).toEqual([
      { status: 206, contentRange: 'bytes 0-0/16777216', length: 1, isEqual: true },
      { status: 206, contentRange: 'bytes 100000-3000000/16777216', length: 2_900_001, isEqual: true },
      { status: 206, contentRange: 'bytes 16777200-16777215/16777216', length: 16, isEqual: true },
      { status: 206, contentRange: 'bytes 16777211-16777215/16777216', length: 5, isEqual: true },
    ])
  })

  it('makes no connection to anyone without consent', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    const { sha256, stats } = await visitor.download('/game.bin', { consent: 'denied' })
    expect(sha256).toBe(file.sha256)
    expect(stats.tracker).toBe('off')
    expect(await visitor.connectionCount()).toBe(0)
  })

  it('gets a file without a manifest as plain HTTP, and is told so', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    await visitor.page.route('**/*.nearcast.json', (route) => route.fulfill({ status: 404 }))
    const { sha256, progress } = await visitor.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(progress.verified).toBe(false)
    expect(progress.plainReason).toContain('404')
  })

  it('gets a file of so many chunks that their hashes come in pages, from a manifest that lies beside it', async () => {
    const geometry = new Geometry(fileBytes * 3, 16 * KiB)
    const many = folder.generate('many.bin', geometry.fileBytes)
    const bytes = readFileSync(many.path)
    const { chunks, head, root } = buildTree(bytes, geometry)
    const manifest = createManifest({ name: 'many.bin', type: 'video/mp4', geometry, chunks, head, root }, sha256)
    folder.write('many.bin.nearcast.json', printManifest(manifest))
    folder.write('many.bin.nearcast.pages', chunks)
    const server = await serve('--egress-rate', '12MiB/s')
    const first = await (await arrive(server)).download('/many.bin')
    const second = await (await arrive(server)).download('/many.bin')
    expect(geometry.chunkCount).toBeGreaterThan(2048)
    expect([first.sha256, second.sha256]).toEqual([many.sha256, many.sha256])
    expect(first.progress.verified).toBe(true)
    expect(second.progress.bytes.peers).toBeGreaterThan(0)
  })

  it('gets an empty file, and a file of one byte', async () => {
    const files = [folder.generate('empty.bin', 0), folder.generate('one.bin', 1)]
    const server = await serve()
    const visitor = await arrive(server)
    const empty = await visitor.download('/empty.bin')
    await visitor.start('/one.bin')
    const one = await visitor.finish()
    expect([empty.sha256, one.sha256]).toEqual(files.map((each) => each.sha256))
    expect(one.progress.verified).toBe(true)
  })

  it('where nothing may be stored, gets the file in memory, and serves it from there', async () => {
    const server = await serve('--egress-rate', '4MiB/s')
    const forget = () => Object.defineProperty(window, 'indexedDB', { value: undefined })
    const first = await (await arrive(server, forget)).download('/game.bin')
    const second = await (await arrive(server, forget)).download('/game.bin')
    expect([first.sha256, second.sha256]).toEqual([file.sha256, file.sha256])
    expect(second.progress.bytes.peers).toBeGreaterThan(0)
  })

  it('reads a stream as slowly as it likes, and can stop', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    await visitor.createClient()
    const read = await visitor.page.evaluate(async () => {
      const aborter = new AbortController()
      const response = await window.client.fetch('/game.bin', { signal: aborter.signal })
      const reader = response.body!.getReader()
      const { value } = await reader.read()
      const whole = new Uint8Array(await (await fetch('/game.bin')).arrayBuffer())
      const isRight = value!.every((byte, i) => byte === whole[i])
      aborter.abort()
      const error = await reader.read().catch((reason) => reason.name)
      return { isRight, error }
    })
    expect(read).toEqual({ isRight: true, error: 'AbortError' })
  })

  it('pauses, stays paused, and goes on', async () => {
    const server = await serve('--egress-rate', '4MiB/s')
    const visitor = await arrive(server)
    await visitor.createClient()
    await visitor.start('/game.bin')
    await visitor.waitForBytes(1 * MiB)
    const states = await visitor.page.evaluate(async () => {
      window.current.pause()
      const paused = window.current.progress()
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const later = window.current.progress()
      window.current.resume()
      return [paused.state, later.state, later.doneBytes < later.totalBytes! / 2]
    })
    expect(states).toEqual(['paused', 'paused', true])
    expect((await visitor.finish()).sha256).toBe(file.sha256)
  })

  it('is refused a file whose bytes are not those of its manifest', async () => {
    const server = await serve()
    const other = createTempFolder()
    other.generate('game.bin', fileBytes, 2)
    const otherServer = await startServer([other.path])
    servers.push(otherServer)
    const visitor = await arrive(server)
    const manifest = await (await fetch(`${otherServer.url}/game.bin.nearcast.json`)).text()
    await visitor.page.route('**/*.nearcast.json', (route) => route.fulfill({ body: manifest }))
    // The origin names no version, so nothing but the bytes themselves can tell.
    await visitor.page.route('**/game.bin', async (route) => {
      const response = await route.fetch()
      const headers = { ...response.headers() }
      delete headers.etag
      await route.fulfill({ response, headers })
    })
    await visitor.createClient()
    await visitor.start('/game.bin')
    const code = await visitor.page.evaluate(() => window.current.done.catch((error) => error.code))
    expect(code).toBe('corrupt-origin')
    expect((await visitor.stats()).bytes.origin).toBe(0)
    other.remove()
  })
})

describe('several visitors', () => {
  it('the second takes at least nine tenths from the first, and is sooner done', async () => {
    // So slow that it brings little until peers have met, also on a busy machine.
    const server = await serve('--egress-rate', '1MiB/s')
    const first = await (await arrive(server)).download('/game.bin')
    const visitor = await arrive(server)
    const second = await visitor.download('/game.bin')
    expect(second.sha256).toBe(file.sha256)
    expect(second.progress.bytes.peers / fileBytes).toBeGreaterThanOrEqual(0.9)
    expect(second.ms).toBeLessThan(first.ms)
    expect(second.stats.peers.map((peer) => peer.tier)).toEqual(['address'])
    const uploaded = await visitors[0]!.stats()
    expect(uploaded.bytes.uploaded).toBeGreaterThanOrEqual(second.progress.bytes.peers)
  })

  it('four that start together take little more than one copy from the origin', async () => {
    const server = await serve('--egress-rate', '2MiB/s')
    const together = await Promise.all([1, 2, 3, 4].map(() => arrive(server)))
    const finished = await Promise.all(together.map((visitor) => visitor.download('/game.bin')))
    expect(finished.map(({ sha256 }) => sha256)).toEqual(Array(4).fill(file.sha256))
    const fromOrigin = finished.reduce((sum, { progress }) => sum + progress.bytes.origin, 0)
    expect(fromOrigin / fileBytes).toBeLessThan(2)
  })

  it('one that loses its peer midway goes on', async () => {
    const server = await serve('--egress-rate', '4MiB/s')
    const first = await arrive(server)
    await first.download('/game.bin')
    const second = await arrive(server)
    await second.createClient()
    await second.start('/game.bin')
    await second.waitForPeerBytes(1 * MiB)
    await first.leave()
    const { sha256 } = await second.finish()
    expect(sha256).toBe(file.sha256)
  })

  it('[S60] [S61] over a long way a lone peer serves by several connections, and all of it arrives', async () => {
    const server = await serve('--egress-rate', '64KiB/s')
    const wide = await serve()
    const options = { tracker: trackerOf(server), mode: 'frugal' as const }
    const first = await arrive(wide)
    await first.download('/game.bin', { ...options, consent: 'denied' })
    const second = await arrive(server)
    for (const { page } of [first, second]) {
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Network.enable')
      const noCap = { offline: false, downloadThroughput: -1, uploadThroughput: -1 }
      await devtools.send('Network.emulateNetworkConditions', { ...noCap, latency: 12 })
    }
    await first.page.evaluate(() => window.client.consent.grant())
    await first.page.waitForFunction(() => window.client.stats().tracker === 'open')
    const { sha256, progress } = await second.download('/game.bin', options)
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes.peers / fileBytes).toBeGreaterThan(0.9)
    expect(await second.connectionCount()).toBe(4)
    expect(await first.connectionCount()).toBe(4)
  })

  it('withdrawn consent closes every connection at once, and the download goes on by HTTP', async () => {
    const server = await serve('--egress-rate', '4MiB/s')
    await (await arrive(server)).download('/game.bin')
    const second = await arrive(server)
    await second.createClient()
    await second.start('/game.bin')
    await second.waitForPeerBytes(1 * MiB)
    const stats = await second.page.evaluate(() => {
      void window.client.consent.revoke()
      return window.client.stats()
    })
    expect(stats).toMatchObject({ consent: 'denied', tracker: 'off', peers: [] })
    expect((await second.finish()).sha256).toBe(file.sha256)
  })
})

describe('what breaks', () => {
  it('the tracker, killed midway: the peers that are linked go on', async () => {
    const tracker = await serve()
    const server = await serve('--egress-rate', '1MiB/s')
    const options = { tracker: trackerOf(tracker) }
    await (await arrive(tracker)).download('/game.bin', options)
    const second = await arrive(server)
    await second.createClient(options)
    await second.start('/game.bin')
    await second.waitForPeerBytes(256 * 1024)
    await tracker.kill()
    const { sha256, progress } = await second.finish()
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes.peers).toBeGreaterThan(fileBytes / 2)
  })

  it('the tracker, dead from the start: the origin alone', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    const { sha256, stats } = await visitor.download('/game.bin', { tracker: 'ws://localhost:9/.nearcast/tracker' })
    expect(sha256).toBe(file.sha256)
    expect(stats.tracker).not.toBe('open')
  })

  it('the origin, stopped after one full copy exists: the peers alone', async () => {
    const tracker = await serve()
    const server = await serve('--egress-rate', '256KiB/s')
    const options = { tracker: trackerOf(tracker) }
    await (await arrive(tracker)).download('/game.bin', options)
    const second = await arrive(server)
    await second.createClient(options)
    await second.start('/game.bin')
    await second.waitForPeerBytes(1)
    await server.kill()
    const { sha256, progress } = await second.finish()
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes.peers).toBeGreaterThan(fileBytes * 0.9)
  })

  it('a peer that sends wrong bytes: refused, closed, and the chunks fetched elsewhere', async () => {
    const server = await serve('--egress-rate', '4MiB/s')
    const liar = await arrive(server, () => {
      const send = RTCDataChannel.prototype.send as (data: unknown) => void
      RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
        const bytes = data instanceof Uint8Array ? data.slice() : undefined
        // 0x10 is a data frame: one bit of its payload is turned.
        if (bytes?.[0] === 0x10) bytes[bytes.length - 1]! ^= 1
        return send.call(this, bytes ?? data)
      }
    })
    await liar.download('/game.bin')
    const second = await arrive(server)
    const { sha256, progress, stats } = await second.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes).toEqual({ peers: 0, origin: fileBytes, store: 0 })
    expect(stats.wastedBytes).toBeGreaterThan(0)
    expect(stats.peers).toEqual([])
  })

  it('a peer that takes requests and never sends: replaced by the origin', async () => {
    const server = await serve('--egress-rate', '8MiB/s')
    const silent = await arrive(server, () => {
      const send = RTCDataChannel.prototype.send as (data: unknown) => void
      RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
        if (data instanceof Uint8Array && data[0] === 0x10) return undefined
        return send.call(this, data)
      }
    })
    await silent.download('/game.bin')
    const second = await arrive(server)
    const { sha256, progress } = await second.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes.peers).toBe(0)
  })
})

describe('coming back', () => {
  it('after a reload nothing that was verified is fetched again', async () => {
    const server = await serve('--egress-rate', '4MiB/s')
    const visitor = await arrive(server)
    await visitor.createClient()
    await visitor.start('/game.bin')
    await visitor.waitForBytes(4 * MiB)
    await visitor.page.evaluate(() => window.client.close())
    const before = await visitor.page.evaluate(() => window.current.progress().doneBytes)
    await visitor.page.reload()
    const { sha256, progress } = await visitor.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes.store).toBe(before)
    expect(progress.bytes.origin).toBe(fileBytes - before)
  })

  it('to a whole file, it is there without a byte from the network', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    await visitor.download('/game.bin')
    await visitor.page.evaluate(() => window.client.close())
    await visitor.page.reload()
    const { sha256, progress } = await visitor.download('/game.bin')
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes).toEqual({ peers: 0, origin: 0, store: fileBytes })
  })

  it('to a file that has changed, the new one is fetched, and only the new one', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    await visitor.download('/game.bin')
    await visitor.page.evaluate(() => window.client.close())
    const changed = folder.generate('game.bin', fileBytes, 2)
    await visitor.page.reload()
    const { sha256, progress } = await visitor.download('/game.bin')
    expect(sha256).toBe(changed.sha256)
    expect(progress.bytes).toEqual({ peers: 0, origin: fileBytes, store: 0 })
  })

  it('with spoiled chunks in the store, they are found and fetched again', async () => {
    const server = await serve()
    const visitor = await arrive(server)
    await visitor.download('/game.bin')
    await visitor.page.evaluate(() => window.client.close())
    await visitor.page.reload()
    await visitor.page.evaluate(spoilStore)
    const { sha256 } = await visitor.download('/game.bin')
    expect(sha256).toBe(file.sha256)
  })
})

/** Turns a bit in every tenth value of every store of every database of this origin. */
async function spoilStore(): Promise<void> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  for (const { name } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(name!))
    for (const storeName of database.objectStoreNames) {
      const store = database.transaction(storeName, 'readwrite').objectStore(storeName)
      const keys = await settled(store.getAllKeys())
      for (const [i, key] of keys.entries()) {
        if (i % 10 !== 0) continue
        const value = await settled(store.get(key))
        const bytes = value instanceof Uint8Array ? value : new Uint8Array(value)
        bytes[0]! ^= 1
        store.put(value, key)
      }
    }
    database.close()
  }
}
