import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bytes, Sha256 } from '../shared/bytes.ts'
import { firstLeafField, printFirstLeaf } from '../shared/first-leaf.ts'
import { leafBytes } from '../shared/limits.ts'
import { leafHashes } from '../shared/merkle.ts'
import { type PageOrigin, startPageOrigin } from '../test/fakes/page-origin.ts'
import { sampleBytes, sampleManifest, sha256 } from '../test/fakes/sample-file.ts'
import type { Client, ClientOptions } from './api.ts'
import { assembleClient, type EngineClient } from './client.ts'
import { calmSurroundings, type Surroundings } from './core/manners.ts'
import type { ChunkStore, Hasher, TrackerDialer } from './ports.ts'
import { BegunRequest } from './shell/begun-request.ts'
import { createHttpSource } from './shell/http-source.ts'
import { MemoryStore } from './shell/memory-store.ts'
import type { SurroundingsWatch } from './shell/permission.ts'
import { createResumeHints } from './shell/resume-hints.ts'
import { createWebClock } from './shell/web-clock.ts'

const hasher: Hasher = {
  leafHashes: async (bytes) => leafHashes(bytes, sha256 as Sha256) as Bytes,
  sha256,
}

const clients: Client[] = []
let origin: PageOrigin

function newClient(
  options: ClientOptions = {},
  store: ChunkStore = new MemoryStore(64 * 1024 * 1024),
  trackerDialer?: TrackerDialer,
  surroundings?: SurroundingsWatch,
): EngineClient {
  const nobody = () => {
    throw new Error('no peers here')
  }
  const items = new Map<string, string>()
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
  const client = assembleClient(options, {
    store,
    hasher,
    http: createHttpSource(),
    dialer: { dial: nobody },
    trackerDialer: trackerDialer ?? { connect: nobody },
    clock: createWebClock(),
    hints: createResumeHints(storage),
    ...(surroundings && { surroundings }),
  })
  clients.push(client)
  return client
}

/** Sends the first `count` bytes of a file, and then nothing. */
const stallAfter = (bytes: Bytes, count: number) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, count))
}

const file = sampleBytes(600_000)

beforeEach(async () => {
  origin = await startPageOrigin()
  origin.publish('/file.bin', file)
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await origin.close()
})

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

describe('fetch', () => {
  it('[B39] takes over a request that is under way, and ends it when its signal says so', async () => {
    const url = `${origin.url}/file.bin`
    const client: EngineClient = newClient()
    const response = await client.fetch(url, {}, new BegunRequest(url, undefined))
    expect((await bytesOf(response)).equals(file)).toBe(true)
    expect(client.stats().bytes.origin).toBe(file.length)
    expect(origin.asked.filter((line) => !line.includes('json'))).toEqual(['/file.bin'])
    const abort = new AbortController()
    const stalled = new BegunRequest(url, undefined)
    const other: EngineClient = newClient()
    const answer = other.fetch(url, { signal: abort.signal }, stalled)
    abort.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    await expect(stalled.response.then((one) => one.arrayBuffer())).rejects.toThrow()
  })

  it('[C11] gives the file byte for byte, with the head that the server sent', async () => {
    const response = await newClient().fetch(`${origin.url}/file.bin`)
    expect([response.status, response.headers.get('content-length'), response.url]).toEqual([
      200,
      '600000',
      `${origin.url}/file.bin`,
    ])
    expect((await bytesOf(response)).equals(file)).toBe(true)
    expect(origin.asked.filter((line) => line.startsWith('/file.bin') && !line.includes('json'))).toEqual(['/file.bin'])
  })

  it('[B74] leaves the files that were opened first, when nobody reads them and there are very many', async () => {
    const client = newClient()
    const fetched = async (i: number) => bytesOf(await client.fetch(`${origin.url}/fragment-${i}.bin`))
    for (let i = 0; i < 60; i++) origin.publish(`/fragment-${i}.bin`, sampleBytes(70_000 + i))
    const held = await client.fetch(`${origin.url}/file.bin`)
    const kept = client.download(`${origin.url}/fragment-0.bin`)
    await kept.done
    for (let i = 1; i < 60; i++) expect((await fetched(i)).length).toBe(70_000 + i)
    const names = client.stats().files.map(({ url }) => url.slice(origin.url.length + 1))
    const newest = Array.from({ length: 46 }, (_, i) => `fragment-${14 + i}.bin`)
    expect(names).toEqual(['file.bin', 'fragment-0.bin', ...newest])
    expect(client.stats().bytes.origin).toBeGreaterThan(58 * 70_000)
    expect((await bytesOf(held)).equals(file)).toBe(true)
    expect((await kept.blob()).size).toBe(70_000)
    expect((await fetched(5)).equals(sampleBytes(70_005))).toBe(true)
  })

  it('[C11] gives a range, verified', async () => {
    const response = await newClient().fetch(`${origin.url}/file.bin`, { headers: { range: 'bytes=100000-299999' } })
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 100000-299999/600000'])
    expect((await bytesOf(response)).equals(file.subarray(100_000, 300_000))).toBe(true)
  })

  it.each([
    ['is not there', (_: unknown, response: ServerResponse) => void response.writeHead(404).end()],
    ['is no manifest', (_: unknown, response: ServerResponse) => void response.end('{"nearcast":1}')],
    ['breaks off', (_: unknown, response: ServerResponse) => void response.destroy()],
    [
      'never ends',
      (_: unknown, response: ServerResponse) => {
        const more = () => {
          while (!response.destroyed && response.write(new Uint8Array(65_536).fill(32)));
          if (!response.destroyed) response.once('drain', more)
        }
        more()
      },
    ],
  ])('[C11] a file whose manifest %s is plain HTTP, untouched', async (_, answer) => {
    origin.answers.set('/file.bin.nearcast.json', answer)
    const client = newClient()
    const response = await client.fetch(`${origin.url}/file.bin`)
    expect((await bytesOf(response)).equals(file)).toBe(true)
    expect(client.stats().files).toEqual([])
  })

  it('[C11] a manifest that never comes holds nobody up', async () => {
    origin.answers.set('/file.bin.nearcast.json', () => {})
    const response = await newClient().fetch(`${origin.url}/file.bin`)
    expect((await bytesOf(response)).equals(file)).toBe(true)
  })

  it('[C2] wrong bytes from the server are fetched again and never delivered', async () => {
    const wrong = file.slice()
    wrong[400_000]! ^= 1
    origin.answers.set('/file.bin', (request, response) => {
      if (request.headers.range) origin.answers.delete('/file.bin')
      const [, first = '0', last = '599999'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
      const part = wrong.subarray(Number(first), Number(last) + 1)
      const head = { 'content-length': part.length, 'content-range': `bytes ${first}-${last}/600000` }
      response.writeHead(request.headers.range ? 206 : 200, request.headers.range ? head : {}).end(part)
    })
    const response = await newClient().fetch(`${origin.url}/file.bin`)
    expect((await bytesOf(response)).equals(file)).toBe(true)
  })

  it('[C2] bytes that stay wrong end in an error with the code corrupt-origin', async () => {
    const wrong = file.slice()
    wrong[400_000]! ^= 1
    origin.answers.set('/file.bin', (request, response) => {
      const [, first = '0', last = '599999'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
      const part = wrong.subarray(Number(first), Number(last) + 1)
      const head = { 'content-length': part.length, 'content-range': `bytes ${first}-${last}/600000` }
      response.writeHead(request.headers.range ? 206 : 200, request.headers.range ? head : {}).end(part)
    })
    const response = await newClient().fetch(`${origin.url}/file.bin`)
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'corrupt-origin' })
  })

  it('[C11] an abort ends the body with its reason, and the request with it', async () => {
    const ended = new Promise((resolve) => {
      origin.answers.set('/file.bin', (request, response) => {
        request.socket.once('close', resolve)
        stallAfter(file, 100_000)(request, response)
      })
    })
    const aborter = new AbortController()
    const response = await newClient().fetch(`${origin.url}/file.bin`, { signal: aborter.signal })
    const reading = bytesOf(response)
    aborter.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    await ended
  })

  it('[C11] one that was aborted before it began asks for nothing', async () => {
    const signal = AbortSignal.abort(new Error('never mind'))
    await expect(newClient().fetch(`${origin.url}/file.bin`, { signal })).rejects.toThrow('never mind')
    expect(origin.asked).toEqual([])
  })

  it('[C11] a reader that ends leaves the others undisturbed, also when the answer under way was its own', async () => {
    const client = newClient()
    let isOver = false
    origin.answers.set('/file.bin', (request, response) => {
      request.socket.once('close', () => {
        isOver = true
      })
      stallAfter(file, 100_000)(request, response)
    })
    const aborter = new AbortController()
    const first = await client.fetch(`${origin.url}/file.bin`, { signal: aborter.signal })
    const firstBytes = bytesOf(first)
    const download = client.download(`${origin.url}/file.bin`)
    const file1 = new Promise<void>((resolve) => {
      const stop = download.onProgress(({ state }) => {
        if (state !== 'running') return
        stop()
        resolve()
      })
    })
    await file1
    aborter.abort(new Error('enough'))
    await expect(firstBytes).rejects.toThrow('enough')
    expect(isOver).toBe(false)
    expect(download.progress().state).toBe('running')
    download.cancel()
  })

  it('[C11] a client that is closed ends its readers with the code closed, and takes no more', async () => {
    origin.answers.set('/file.bin', stallAfter(file, 100_000))
    const client = newClient()
    const reading = bytesOf(await client.fetch(`${origin.url}/file.bin`))
    const outcome = expect(reading).rejects.toMatchObject({ code: 'closed' })
    await client.close()
    await outcome
    await expect(client.fetch(`${origin.url}/file.bin`)).rejects.toMatchObject({ code: 'closed' })
  })

  it('[C11] a client that is closed while a file is being opened says so', async () => {
    const client = newClient()
    let answer = () => {}
    const asked = new Promise<void>((resolve) => {
      origin.answers.set('/file.bin', (_, response) => {
        answer = () => void response.end(file)
        resolve()
      })
    })
    const opening = client.fetch(`${origin.url}/file.bin`)
    const outcome = expect(opening).rejects.toMatchObject({ code: 'closed' })
    await asked
    await client.close()
    answer()
    await outcome
  })

  it('[C4] what was fetched once is not fetched again', async () => {
    const client = newClient()
    await bytesOf(await client.fetch(`${origin.url}/file.bin`))
    origin.asked.length = 0
    const again = await client.fetch(`${origin.url}/file.bin`)
    expect((await bytesOf(again)).equals(file)).toBe(true)
    expect(origin.asked).toEqual(['/file.bin.nearcast.json'])
    expect(client.stats().bytes).toMatchObject({ origin: 600_000, store: 0 })
  })
})

describe('download', () => {
  it('[C11] ends with every byte, by source, and the file as a Blob', async () => {
    const download = newClient().download(`${origin.url}/file.bin`)
    await download.done
    const { state, doneBytes, bytes, verified } = download.progress()
    expect({ state, doneBytes, bytes, verified }).toEqual({
      state: 'done',
      doneBytes: 600_000,
      bytes: { peers: 0, origin: 600_000, store: 0 },
      verified: true,
    })
    expect(Buffer.from(await (await download.blob()).arrayBuffer()).equals(file)).toBe(true)
  })

  it('[C11] an address that is no valid text in its last part is downloaded all the same', async () => {
    origin.publish('/%zz', file)
    const download = newClient().download(`${origin.url}/%zz`)
    expect(download.progress().name).toBe('%zz')
    await download.done
    expect(download.progress().doneBytes).toBe(600_000)
  })

  it('[C11] paused before it began, it fetches nothing more until it is resumed', async () => {
    const closed = new Promise((resolve) => {
      origin.answers.set('/file.bin', (request, response) => {
        request.socket.once('close', resolve)
        stallAfter(file, 100_000)(request, response)
      })
    })
    const download = newClient().download(`${origin.url}/file.bin`)
    download.pause()
    await closed
    expect(download.progress().state).toBe('paused')
    origin.answers.clear()
    download.resume()
    await download.done
    expect(download.progress().doneBytes).toBe(600_000)
  })

  it('[C6] a store that loses chunks on the way does not keep a download from its end', async () => {
    const store = new MemoryStore(64 * 1024 * 1024)
    const client = newClient({}, store)
    const download = client.download(`${origin.url}/file.bin`)
    await download.done
    const root = download.progress().root!
    await store.remove(root, [0, 3])
    const blob = await download.blob()
    expect(Buffer.from(await blob.arrayBuffer()).equals(file)).toBe(true)
  })

  it('[C11] options that are wrong are refused by name', () => {
    const wrong = (options: object) => () => newClient(options as ClientOptions)
    expect(wrong({ consent: 'yes' })).toThrow(/consent is yes/)
    expect(wrong({ mode: 'quick' })).toThrow(/mode is quick: it must be balanced, fastest, frugal/)
    expect(wrong({ uploadBytesPerSecondMax: -1 })).toThrow(/uploadBytesPerSecondMax is -1/)
    expect(wrong({ uploadPeerBytesPerSecondMax: 'x' })).toThrow(
      /uploadPeerBytesPerSecondMax is x: it must be 0 or more/,
    )
    expect(wrong({ uploadRatioMax: '1' })).toThrow(/uploadRatioMax is 1: it must be 0 or more/)
    expect(wrong({ batteryPercentMin: null })).toThrow(/batteryPercentMin is null/)
    expect(wrong({ hiddenSecondsMax: Number.NaN })).toThrow(/hiddenSecondsMax is NaN/)
    expect(wrong({ metered: 'yes' })).toThrow(/metered is yes: it must be off, download, on/)
    expect(wrong({ tracker: 'ftp://x' })).toThrow(/tracker is ftp/)
  })

  it('[P10] revoked, what is stored is deleted at once, and the file can be had again', async () => {
    const store = new MemoryStore(64 * 1024 * 1024)
    const client = newClient({ consent: 'granted' }, store)
    const download = client.download(`${origin.url}/file.bin`)
    await download.blob()
    expect(client.stats().consent).toBe('granted')
    await client.consent.revoke()
    expect(await store.held(download.progress().root!)).toEqual([])
    expect(client.stats()).toMatchObject({ consent: 'denied', files: [], bytes: { origin: file.length } })
    expect(download.progress()).toMatchObject({ state: 'done', doneBytes: file.length })
    await expect(download.blob()).rejects.toMatchObject({ code: 'storage' })
    const again = await client.fetch(`${origin.url}/file.bin`)
    expect((await bytesOf(again)).equals(file)).toBe(true)
  })

  it('[P10] revoked, a download that is under way, paused or not saved yet loses nothing', async () => {
    const store = new MemoryStore(64 * 1024 * 1024)
    const client = newClient({ consent: 'granted' }, store)
    origin.publish('/other.bin', sampleBytes(300_000))
    const done = client.download(`${origin.url}/file.bin`)
    await done.done
    let more = () => {}
    origin.answers.set('/other.bin', (request, response) => {
      stallAfter(sampleBytes(300_000), 200_000)(request, response)
      more = () => void response.end(sampleBytes(300_000).subarray(200_000))
    })
    const running = client.download(`${origin.url}/other.bin`)
    await new Promise<void>((resolve) => {
      running.onProgress(({ doneBytes }) => doneBytes > 0 && resolve())
    })
    await client.consent.revoke()
    expect((await store.held(done.progress().root!)).length).toBeGreaterThan(0)
    more()
    await running.done
    expect(Buffer.from(await (await done.blob()).arrayBuffer()).equals(file)).toBe(true)
    const asked = origin.asked.filter((line) => !line.includes('json'))
    expect(asked).toEqual(['/file.bin', '/other.bin'])
    await client.consent.revoke()
    expect(await store.held(done.progress().root!)).toEqual([])
  })

  it('[P11] tells its statistics to who listens, and nothing once it is closed', async () => {
    const client = newClient()
    const told = await new Promise((resolve) => {
      client.on('stats', resolve)
    })
    expect(told).toEqual(client.stats())
    expect(() => client.on('bytes' as 'stats', () => {})).toThrow('event is bytes: it must be consent or stats')
    await client.close()
    expect(() => client.on('stats', () => {})).toThrow('closed')
    await expect(client.consent.revoke()).rejects.toMatchObject({ code: 'closed' })
  })

  it('[P3] caps on uploads can be changed at any time, and wrong ones are refused and change nothing', () => {
    const client = newClient({ uploadBytesPerSecondMax: 1_000 })
    client.setUploadLimits({ uploadPeerBytesPerSecondMax: 500 })
    client.setUploadLimits({ uploadBytesPerSecondMax: Number.POSITIVE_INFINITY })
    expect(() => client.setUploadLimits({ uploadBytesPerSecondMax: Number.NaN })).toThrow(
      /uploadBytesPerSecondMax is NaN/,
    )
    expect(client.uploadLimits).toEqual({
      uploadBytesPerSecondMax: Number.POSITIVE_INFINITY,
      uploadPeerBytesPerSecondMax: 500,
      uploadRatioMax: 1,
    })
  })

  it('[P12] without a word of the page at most 2 MiB/s go up, and no more than came', () => {
    expect(newClient().uploadLimits).toEqual({
      uploadBytesPerSecondMax: 2 * 1024 * 1024,
      uploadPeerBytesPerSecondMax: Number.POSITIVE_INFINITY,
      uploadRatioMax: 1,
    })
  })

  it('[P15] [P16] goes by its surroundings: no tracker where data is to be saved, no uploads with little battery', async () => {
    let connections = 0
    let isOpen = false
    const dialer: TrackerDialer = {
      connect() {
        connections++
        isOpen = true
        const close = () => {
          isOpen = false
        }
        return { send() {}, close }
      },
    }
    let move!: (facts: Partial<Surroundings>) => void
    let isWatched = true
    const client = newClient({ tracker: 'ws://t.example', consent: 'granted' }, undefined, dialer, (changed) => {
      move = (facts) => changed({ ...calmSurroundings, ...facts })
      move({ savesData: true })
      return () => {
        isWatched = false
      }
    })
    await (await client.fetch(`${origin.url}/file.bin`)).arrayBuffer()
    expect([connections, client.stats().resting, client.consent.state]).toEqual([0, 'data-saver', 'granted'])
    move({})
    await expect.poll(() => connections).toBe(1)
    expect(client.stats().resting).toBeUndefined()
    move({ batteryPercent: 5, isCharging: false })
    expect([isOpen, client.stats().resting]).toEqual([true, 'battery'])
    move({ isCellular: true })
    expect([isOpen, client.stats().resting]).toEqual([false, 'cellular'])
    await client.consent.revoke()
    expect(client.stats().resting).toBeUndefined()
    await client.close()
    expect(isWatched).toBe(false)
  })
})

/** What the server knows of the file, for answers that lie. */
const { root } = sampleManifest(600_000)
const field = printFirstLeaf(sampleManifest(600_000), sha256)!

/** Reads to the end. @returns all that came, after `before` */
async function restOf(reader: ReadableStreamDefaultReader<Uint8Array>, before: Uint8Array): Promise<Buffer> {
  const parts = [before]
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(parts)
    parts.push(value)
  }
}

async function begin(client: Client, signal?: AbortSignal) {
  const response = await client.fetch(`${origin.url}/file.bin`, signal ? { signal } : {})
  const reader = response.body!.getReader()
  return { response, reader, first: (await reader.read()).value! }
}

/** Keeps the manifest back until `give` is called. */
function holdManifest(answer: (response: ServerResponse) => void) {
  let give = () => {}
  const held = new Promise<void>((resolve) => {
    give = resolve
  })
  origin.answers.set('/file.bin.nearcast.json', (_: IncomingMessage, response: ServerResponse) => {
    void held.then(() => answer(response))
  })
  return () => give()
}

const send = (bytes: Uint8Array, headers: Record<string, string>) => (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(200, { 'content-length': bytes.length, ...headers }).end(bytes)

describe('an answer that proves its first leaf', () => {
  let client: EngineClient
  beforeEach(() => {
    origin.publish('/file.bin', file, { firstLeaf: true })
    client = newClient()
  })

  it('[C13] begins before its manifest is here, with the head that the server sent', async () => {
    const manifest = await (await fetch(`${origin.url}/file.bin.nearcast.json`)).text()
    const give = holdManifest((response) => void response.end(manifest))
    const { response, reader, first } = await begin(client)
    expect([response.status, response.headers.get('content-length'), response.url]).toEqual([
      200,
      '600000',
      `${origin.url}/file.bin`,
    ])
    expect(first.length).toBe(leafBytes)
    give()
    expect((await restOf(reader, first)).equals(file)).toBe(true)
  })

  it('[B53] begins so too for a service worker, whose page is asked to take it over', async () => {
    const manifest = await (await fetch(`${origin.url}/file.bin.nearcast.json`)).text()
    const give = holdManifest((response) => void response.end(manifest))
    const url = `${origin.url}/file.bin`
    const begun = new BegunRequest(url, undefined)
    const request = { url, headers: new Headers(), begun, signal: undefined, patienceMs: 100 }
    const taken = await client.takeOver(request)
    expect(taken?.root).toBe((await begun.response).headers.get('etag')?.slice(1, -1))
    const reader = taken!.body.getReader()
    const { value: first } = await reader.read()
    expect(first?.length).toBe(leafBytes)
    give()
    expect((await restOf(reader, first!)).equals(file)).toBe(true)
    expect(origin.asked.filter((asked) => asked === '/file.bin')).toHaveLength(1)
  })

  it('[C13] is plain HTTP from there on, byte for byte, where the manifest does not come', async () => {
    const give = holdManifest((response) => void response.writeHead(404).end())
    const { reader, first } = await begin(client)
    give()
    expect((await restOf(reader, first)).equals(file)).toBe(true)
    expect(client.stats().files).toEqual([])
  })

  it('[C13] is plain HTTP too where the manifest is of another version', async () => {
    origin.publish('/other.bin', sampleBytes(600_001))
    const other = await (await fetch(`${origin.url}/other.bin.nearcast.json`)).text()
    origin.answers.set('/file.bin.nearcast.json', (_, response) => void response.end(other))
    const { reader, first } = await begin(client)
    expect((await restOf(reader, first)).equals(file)).toBe(true)
  })

  it('[C1] [C13] never gives a first leaf that is wrong: it is fetched again', async () => {
    const wrong = file.slice()
    wrong[5_000]! ^= 1
    const head = { etag: `"${root}"`, [firstLeafField]: field }
    origin.answers.set('/file.bin', (request, response) => {
      origin.answers.delete('/file.bin')
      send(wrong, head)(request, response)
    })
    const { reader, first } = await begin(client)
    expect((await restOf(reader, first)).equals(file)).toBe(true)
    expect(client.stats().wastedBytes).toBeGreaterThan(0)
  })

  it.each([
    ['of another file', printFirstLeaf(sampleManifest(600_001), sha256)!],
    ['that is changed', field.replace(/^:(.)/, (_, letter) => `:${letter === 'A' ? 'B' : 'A'}`)],
    ['that is nonsense', 'nonsense'],
  ])('[C1] [C13] a field %s proves nothing: the manifest decides', async (_, wrongField) => {
    origin.publish('/file.bin', file, { firstLeaf: wrongField })
    const { reader, first } = await begin(client)
    expect((await restOf(reader, first)).equals(file)).toBe(true)
    expect(client.stats().bytes.origin).toBe(600_000)
  })

  it('[C13] of a file shorter than a leaf gives it whole, and of an empty one nothing', async () => {
    for (const size of [0, 1, leafBytes]) {
      origin.publish(`/${size}.bin`, file.slice(0, size), { firstLeaf: size > 0 ? true : '::' })
      const response = await client.fetch(`${origin.url}/${size}.bin`)
      expect(Buffer.from(await response.arrayBuffer()).equals(file.subarray(0, size))).toBe(true)
    }
  })

  it('[C13] from then on, the manifests of that host are asked for after the first leaf', async () => {
    await restOf((await begin(client)).reader, new Uint8Array(0))
    origin.publish('/second.bin', sampleBytes(600_002), { firstLeaf: true })
    let send = () => {}
    const asked = new Promise<void>((resolve) => {
      origin.answers.set('/second.bin', (request, response) => {
        send = () => {
          origin.answers.delete('/second.bin')
          origin.again(request, response)
        }
        resolve()
      })
    })
    origin.asked.length = 0
    const answering = client.fetch(`${origin.url}/second.bin`)
    await asked
    expect(origin.asked).toEqual(['/second.bin'])
    send()
    const bytes = Buffer.from(await (await answering).arrayBuffer())
    expect(bytes.equals(sampleBytes(600_002))).toBe(true)
    expect(origin.asked).toEqual(['/second.bin', '/second.bin.nearcast.json'])
  })

  it('[C11] an abort between its first leaf and its manifest ends the body with the reason', async () => {
    holdManifest(() => {})
    const aborter = new AbortController()
    const { reader } = await begin(client, aborter.signal)
    const reading = reader.read()
    aborter.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  it('[C11] a client that is closed between the two ends the reader with the code closed', async () => {
    const give = holdManifest((response) => void response.end('{}'))
    const { reader } = await begin(client)
    const outcome = expect(reader.read()).rejects.toMatchObject({ code: 'closed' })
    await client.close()
    give()
    await outcome
  })

  it('[C11] a page that stops reading between the two ends the answer', async () => {
    const closed = new Promise((resolve) => {
      origin.answers.set('/file.bin', (request, response) => {
        request.socket.once('close', resolve)
        const head = { 'content-length': file.length, etag: `"${root}"`, [firstLeafField]: field }
        response.writeHead(200, head).write(file.subarray(0, 100_000))
      })
    })
    const { reader } = await begin(client)
    await reader.cancel()
    await closed
  })

  it('[C11] a body that stops before its first leaf is whole fails nobody: the rest is fetched again', async () => {
    origin.answers.set('/file.bin', (_, response) => {
      origin.answers.delete('/file.bin')
      const head = { 'content-length': file.length, etag: `"${root}"`, [firstLeafField]: field }
      response.writeHead(200, head)
      response.write(file.subarray(0, 5_000), () => response.destroy())
    })
    const { reader, first } = await begin(client)
    expect((await restOf(reader, first)).equals(file)).toBe(true)
  })
})

describe('a site whose own server goes down while the page is open', () => {
  let edge: PageOrigin
  const second = sampleBytes(300_000)
  beforeEach(async () => {
    edge = await startPageOrigin()
  })
  afterEach(() => edge.close())

  /** A client that has a file, and was told of the edge by a tracker at this address. */
  async function settled(tracker: string): Promise<Client> {
    const welcome = JSON.stringify({ type: 'welcome', id: 'm'.repeat(22), edges: [`${edge.url}/`] })
    const client = newClient({ tracker, consent: 'granted' }, undefined, {
      connect(_, events) {
        setTimeout(() => {
          events.open()
          events.message(welcome)
        })
        return { send() {}, close() {} }
      },
    })
    await bytesOf(await client.fetch(`${origin.url}/file.bin`))
    await expect.poll(() => client.stats().tracker).toBe('open')
    return client
  }

  const ownTracker = () => `${origin.url.replace('http', 'ws')}/.nearcast/tracker`

  it.each<[string, () => void]>([
    ['gone', () => void origin.answers.set('/second.bin', (_, response) => void response.destroy())],
    [
      'behind a proxy that says 502',
      () => void origin.answers.set('/second.bin', (_, response) => void response.writeHead(502).end()),
    ],
  ])('[T258] is stood in for by an edge, for a file asked for first now: %s', async (_, fail) => {
    edge.publish('/second.bin', second)
    fail()
    const client = await settled(ownTracker())
    const response = await client.fetch(`${origin.url}/second.bin`)
    expect([response.status, response.url]).toEqual([200, `${origin.url}/second.bin`])
    expect((await bytesOf(response)).equals(second)).toBe(true)
    expect(client.stats().files).toHaveLength(2)
    expect(edge.asked).toContain('/second.bin.nearcast.json')
  })

  it('[T258] is not by edges that somebody else names, nor for requests that say who the visitor is', async () => {
    edge.publish('/second.bin', second)
    origin.answers.set('/second.bin', (_, response) => void response.writeHead(503).end())
    const foreign = await settled('ws://tracker.example.org/')
    expect((await foreign.fetch(`${origin.url}/second.bin`)).status).toBe(503)
    const own = await settled(ownTracker())
    const headers = { authorization: 'Bearer visitor' }
    expect((await own.fetch(`${origin.url}/second.bin`, { headers })).status).toBe(503)
    expect(edge.asked).toEqual([])
  })

  it('[T258] is not when it answers that there is no such file', async () => {
    edge.publish('/second.bin', second)
    const client = await settled(ownTracker())
    expect((await client.fetch(`${origin.url}/second.bin`)).status).toBe(404)
    expect(edge.asked).toEqual([])
  })
})
