import { afterEach, describe, expect, it } from 'vitest'
import { type PageOrigin, startPageOrigin } from '../../test/fakes/page-origin.ts'
import { type ClientOptions, type Download, type DownloadProgress, NearcastError } from '../api.ts'
import type { EngineClient } from '../client.ts'
import type { BegunRequest } from '../shell/begun-request.ts'
import type { Engine } from './engine-script.ts'
import { LaterClient } from './later-client.ts'
import { takeOverStart } from './start-takeover.ts'

const url = 'https://site.example/game.bin'

const nextTask = () => new Promise((resolve) => setTimeout(resolve))

/** A client that tells what was called. */
class TalkingClient {
  readonly calls: string[] = []
  readonly options: ClientOptions
  readonly listeners: ((progress: DownloadProgress) => void)[] = []
  finish!: () => void

  constructor(options: ClientOptions) {
    this.options = options
  }

  fetch = async (address: string, _options?: object, begun?: BegunRequest) => {
    this.calls.push(`fetch ${address}`)
    return (await begun?.response.catch(() => undefined)) ?? new Response('from the engine')
  }
  takeOver = async ({ url: address }: { url: string }) => {
    this.calls.push(`take over ${address}`)
    return { body: new Blob([Uint8Array.from({ length: 1000 }, (_, i) => i)]).stream(), root: 'a'.repeat(64) }
  }
  download = (address: string): Partial<Download> => {
    this.calls.push(`download ${address}`)
    return {
      url: address,
      done: new Promise((resolve) => {
        this.finish = resolve
      }),
      pause: () => this.calls.push('pause'),
      cancel: () => this.calls.push('cancel'),
      progress: () => ({ state: 'running', doneBytes: 5 }) as DownloadProgress,
      onProgress: (listener) => {
        this.listeners.push(listener)
        return () => this.calls.push('deaf')
      },
      blob: async () => new Blob(['from the engine']),
      stream: () => new Blob(['streamed by the engine']).stream(),
    }
  }
  consent = {
    grant: () => void this.calls.push('granted'),
    revoke: async () => void this.calls.push('revoked'),
  }
  setUploadLimits = (limits: object) => void this.calls.push(`limits ${JSON.stringify(limits)}`)
  close = async (options?: object) => void this.calls.push(`close ${JSON.stringify(options)}`)
}

/** An engine that comes when the test says so. */
function lateEngine() {
  let count = 0
  let settle!: { resolve: (engine: Engine) => void; reject: (error: Error) => void }
  let made: TalkingClient | undefined
  let tellAsked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    tellAsked = resolve
  })
  const load = () => {
    count++
    tellAsked()
    return new Promise<Engine>((resolve, reject) => {
      settle = { resolve, reject }
    })
  }
  const createClient = (options: ClientOptions) => {
    made = new TalkingClient(options)
    return made as object as EngineClient
  }
  return {
    load,
    /** Fulfilled when it is loaded for the first time. */
    isAsked,
    get loads() {
      return count
    },
    get client() {
      return made!
    },
    async come() {
      settle.resolve({ createClient, answerWorker: async () => {}, takeOverStart })
      await nextTask()
    },
    fail: () => settle.reject(new NearcastError('network', 'nearcast: engine.js could not be loaded')),
  }
}

let origin: PageOrigin | undefined
afterEach(() => origin?.close())

describe('a client whose engine is not loaded yet', () => {
  it('[B6] refuses wrong options at once', () => {
    const { load } = lateEngine()
    expect(() => new LaterClient({ mode: 'turbo' as 'fastest' }, load)).toThrow('mode is turbo')
    expect(() => new LaterClient({ tracker: 'ftp://x' }, load)).toThrow(NearcastError)
    expect(() => new LaterClient({}, load).download('mailto:x')).toThrow('not an http or https URL')
  })

  it('[B7] loads it for who agreed, and otherwise when it is first needed', async () => {
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    expect(client.stats()).toMatchObject({ consent: 'denied', tracker: 'off', peers: [], files: [] })
    expect(engine.loads).toBe(0)
    void client.download(url)
    void client.download(url)
    expect(engine.loads).toBe(1)
    const other = lateEngine()
    void new LaterClient({ consent: 'granted' }, other.load)
    await nextTask()
    expect(other.loads).toBe(1)
  })

  it('[B6] does what it was told meanwhile, once the engine is here', async () => {
    const engine = lateEngine()
    const client = new LaterClient({ consent: 'granted', mode: 'frugal' }, engine.load)
    const seen: string[] = []
    const download = client.download(url)
    const stop = download.onProgress(({ state }) => seen.push(state))
    expect(download.progress()).toMatchObject({ state: 'starting', name: 'game.bin', doneBytes: 0 })
    download.pause()
    void client.consent.revoke()
    client.setUploadLimits({ uploadBytesPerSecondMax: 7 })
    await engine.come()
    expect(engine.client.options).toMatchObject({ mode: 'frugal', consent: 'denied', uploadBytesPerSecondMax: 7 })
    expect(engine.client.calls).toEqual([`download ${url}`, 'pause', 'revoked'])
    expect(seen).toEqual(['paused', 'running'])
    engine.client.finish()
    await download.done
    expect(await (await download.blob()).text()).toBe('from the engine')
    stop()
    client.consent.grant()
    expect(engine.client.calls.slice(3)).toEqual(['deaf', 'granted'])
    expect(await (await client.fetch(url)).text()).toBe('from the engine')
  })

  it('[P10] revoked before its engine is here: what earlier visits stored is deleted all the same', async () => {
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const revoked = client.consent.revoke()
    expect(engine.loads).toBe(1)
    await engine.come()
    await revoked
    expect(engine.client.options.consent).toBe('denied')
    expect(engine.client.calls).toEqual(['revoked'])
  })

  it('[P11] tells at once who listens that consent changed, and once only', async () => {
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const heard: string[] = []
    const stop = client.on('consent', (state) => heard.push(state))
    client.consent.grant()
    client.consent.grant()
    client.consent.revoke().catch(() => {})
    await Promise.resolve()
    expect(heard).toEqual(['granted', 'denied'])
    expect(client.consent.state).toBe('denied')
    stop()
    client.consent.grant()
    await Promise.resolve()
    expect(heard).toHaveLength(2)
  })

  it('[B6] cancels a download that never began', async () => {
    const engine = lateEngine()
    const download = new LaterClient({}, engine.load).download(url)
    download.cancel()
    await expect(download.done).rejects.toMatchObject({ code: 'cancelled' })
    await engine.come()
    expect(download.progress().state).toBe('cancelled')
    expect(engine.client.calls).toEqual([])
  })

  it('[B8] fetches by plain HTTP when the engine cannot be loaded, and tries again the next time', async () => {
    origin = await startPageOrigin()
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
    origin.publish('/plain.bin', bytes)
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const answer = client.fetch(`${origin.url}/plain.bin`)
    await engine.isAsked
    engine.fail()
    expect(new Uint8Array(await (await answer).arrayBuffer())).toEqual(bytes)
    const again = client.fetch(`${origin.url}/plain.bin`)
    await nextTask()
    await (await again).arrayBuffer()
    expect(engine.loads).toBe(2)
  })

  it('[B52] downloads by plain HTTP when the engine cannot be loaded, and says so', async () => {
    origin = await startPageOrigin()
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
    origin.publish('/plain.bin', bytes)
    const engine = lateEngine()
    const download = new LaterClient({}, engine.load).download(`${origin.url}/plain.bin`)
    const states: string[] = []
    download.onProgress(({ state }) => states.push(state))
    const streamed = new Response(download.stream()).arrayBuffer()
    engine.fail()
    await download.done
    expect(download.progress()).toMatchObject({
      state: 'done',
      name: 'plain.bin',
      totalBytes: 1000,
      doneBytes: 1000,
      bytes: { peers: 0, origin: 1000, store: 0 },
      verified: false,
      plainReason: 'nearcast: engine.js could not be loaded',
      bytesPerSecond: 0,
    })
    const blob = await download.blob()
    expect(blob.type).toBe('application/octet-stream')
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes)
    expect(new Uint8Array(await streamed)).toEqual(bytes)
    expect(new Uint8Array(await new Response(download.stream()).arrayBuffer())).toEqual(bytes)
    expect(states[0]).toBe('running')
    expect(states.at(-1)).toBe('done')
    download.cancel()
    expect(download.progress().state).toBe('done')
  })

  it('[B52] downloads an empty file like any other, and fails where there is none, as by plain HTTP', async () => {
    origin = await startPageOrigin()
    origin.publish('/empty.bin', new Uint8Array(0))
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const [empty, absent] = [client.download(`${origin.url}/empty.bin`), client.download(`${origin.url}/absent.bin`)]
    const streamed = new Response(absent.stream()).arrayBuffer()
    engine.fail()
    await empty.done
    expect((await empty.blob()).size).toBe(0)
    await expect(absent.done).rejects.toMatchObject({ code: 'http-status' })
    await expect(streamed).rejects.toMatchObject({ code: 'http-status' })
    expect(absent.progress().state).toBe('failed')
  })

  it('[B52] pauses, goes on and cancels what comes without an engine', async () => {
    origin = await startPageOrigin()
    const parts: (() => void)[] = []
    origin.answers.set('/slow.bin', (_, response) => {
      response.writeHead(200, { 'content-length': 2000 })
      parts.push(() => response.write(new Uint8Array(1000)))
      response.write(new Uint8Array(0))
      response.flushHeaders()
    })
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const download = client.download(`${origin.url}/slow.bin`)
    download.pause()
    const reached = (state: string, bytes: number) =>
      new Promise<void>((resolve) => {
        const stop = download.onProgress((progress) => {
          if (progress.state !== state || progress.doneBytes < bytes) return
          stop()
          resolve()
        })
      })
    const begun = reached('paused', 0)
    engine.fail()
    await begun
    const running = reached('running', 0)
    download.resume()
    await running
    parts[0]!()
    download.cancel()
    await expect(download.done).rejects.toMatchObject({ code: 'cancelled' })
    expect(download.progress()).toMatchObject({ state: 'cancelled', totalBytes: 2000, verified: false })
  })

  it('[C61] downloads nothing that it cannot check where nothing but signed files is taken', async () => {
    origin = await startPageOrigin()
    origin.publish('/plain.bin', new Uint8Array(1000))
    const engine = lateEngine()
    const key = 'ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    const download = new LaterClient({ key, unsigned: 'error' }, engine.load).download(`${origin.url}/plain.bin`)
    engine.fail()
    await expect(download.done).rejects.toMatchObject({ code: 'untrusted' })
    expect(origin.asked).toEqual([])
  })

  it('[B6] streams a download before it has begun', async () => {
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const text = new Response(client.download(url).stream()).text()
    await engine.come()
    expect(await text).toBe('streamed by the engine')
  })

  it('[B39] asks for what is fetched at once, and lets the engine take the request over', async () => {
    origin = await startPageOrigin()
    origin.publish('/plain.bin', new Uint8Array(1000))
    let answer = () => {}
    const isAsked = new Promise<void>((resolve) => {
      origin!.answers.set('/plain.bin', (request, response) => {
        answer = () => origin!.again(request, response)
        resolve()
      })
    })
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const ready = client.ready
    const fetched = client.fetch(`${origin.url}/plain.bin`)
    await isAsked
    await engine.come()
    await ready
    answer()
    expect((await (await fetched).arrayBuffer()).byteLength).toBe(1000)
    expect(engine.client.calls).toEqual([`fetch ${origin.url}/plain.bin`])
    expect(origin.asked).toEqual(['/plain.bin'])
  })

  it('[B39] gives the page the plain answer when the engine does not come', async () => {
    origin = await startPageOrigin()
    origin.publish('/plain.bin', new Uint8Array(1000))
    const engine = lateEngine()
    const abort = new AbortController()
    const client = new LaterClient({}, engine.load)
    const answer = await client.fetch(`${origin.url}/plain.bin`, { signal: abort.signal })
    expect(answer.headers.get('content-length')).toBe('1000')
    abort.abort(new Error('enough'))
    await expect(answer.arrayBuffer()).rejects.toThrow()
    expect(origin.asked).toEqual(['/plain.bin'])
  })

  it('[B50] reads at once, loads the engine after the first bytes and goes on with what it brings', async () => {
    origin = await startPageOrigin()
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
    let more = () => {}
    origin.answers.set('/game.bin', (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100))
      more = () => response.end(bytes.subarray(100))
    })
    const engine = lateEngine()
    const client = new LaterClient({ consent: 'granted' }, engine.load)
    const answer = await client.fetch(`${origin.url}/game.bin`)
    expect(engine.loads).toBe(0)
    const reader = answer.body!.getReader()
    expect((await reader.read()).value).toEqual(bytes.subarray(0, 100))
    const rest = reader.read()
    await engine.isAsked
    await engine.come()
    // All of it is the engine's, while the server still has most of it.
    expect((await rest).value).toEqual(bytes.subarray(100))
    expect((await reader.read()).done).toBe(true)
    expect(answer.url).toBe(`${origin.url}/game.bin`)
    more()
  })

  it('[C61] fetches nothing that it cannot check where nothing but signed files is taken', async () => {
    origin = await startPageOrigin()
    origin.publish('/plain.bin', new Uint8Array(1000))
    const engine = lateEngine()
    const key = 'ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    const client = new LaterClient({ key, unsigned: 'error' }, engine.load)
    const answer = client.fetch(`${origin.url}/plain.bin`)
    engine.fail()
    await expect(answer).rejects.toMatchObject({ code: 'untrusted' })
    expect(origin.asked).toEqual([])
    const next = client.fetch(url)
    await engine.come()
    expect(await (await next).text()).toBe('from the engine')
  })

  it('[B8] ends a fetch whose signal says so while it waits', async () => {
    const engine = lateEngine()
    const abort = new AbortController()
    const answer = new LaterClient({}, engine.load).fetch(url, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
  })

  it('[B6] is over once it is closed', async () => {
    const engine = lateEngine()
    const client = new LaterClient({}, engine.load)
    const download = client.download(url)
    await client.close()
    await expect(download.done).rejects.toMatchObject({ code: 'cancelled' })
    expect(() => client.download(url)).toThrow('closed')
    await expect(client.fetch(url)).rejects.toMatchObject({ code: 'closed' })
  })

  it('[B6] loads the engine to clear what earlier visits stored', async () => {
    const engine = lateEngine()
    const closing = new LaterClient({}, engine.load).close({ clear: true })
    await engine.come()
    await closing
    expect(engine.client.calls).toEqual(['close {"clear":true}'])
  })

  it('[B6] has errors of one class with those of the engine', () => {
    const foreign = Object.assign(new Error('x'), { name: 'NearcastError', code: 'network' })
    expect(foreign).toBeInstanceOf(NearcastError)
    expect(new Error('x')).not.toBeInstanceOf(NearcastError)
  })
})
