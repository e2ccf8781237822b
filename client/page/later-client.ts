/**
 * A client whose engine may not be loaded yet: the whole interface at once, and behind it the real client from the
 * moment that it is there. Wrong options are refused at once, and a `fetch` begins by plain HTTP.
 */
import {
  type Client,
  type ClientEvents,
  type ClientOptions,
  type Consent,
  type Download,
  type FetchOptions,
  NearcastError,
  type Stats,
  type UploadLimits,
} from '../api.ts'
import type { EngineClient } from '../client.ts'
import { BegunRequest } from '../shell/begun-request.ts'
import { addressOf, checkLimits, checkOptions, isStrict } from '../shell/checked-options.ts'
import { createConsentSwitch } from '../shell/consent-switch.ts'
import { Listeners } from '../shell/listeners.ts'
import { openError } from '../shell/open-error.ts'
import type { WorkerAsk } from '../worker/worker-messages.ts'
import type { Engine } from './engine-script.ts'
import { LaterDownload } from './later-download.ts'
import { plainStart } from './plain-start.ts'

/** A fetch whose server does not answer has time for the engine, which may know another. */
const failedPatienceMs = 1_000

/** Where nothing but signed files is taken, longer than any engine is on its way. */
const strictPatienceMs = 30_000

/** The first bytes follow their head at once: the engine, whose loading slows all down, comes after them. */
const firstBytesMs = 30

/** A server that is slower than this must not keep the engine back. */
const headPatienceMs = 200

export class LaterClient implements Client {
  readonly #options: ClientOptions
  readonly #load: () => Promise<Engine>
  #consent: Consent
  #limits: Required<UploadLimits>
  #engine: Engine | undefined
  #real: EngineClient | undefined
  #loading: Promise<EngineClient> | undefined
  /** Is here when the first bytes of what was fetched first are. */
  #first: Promise<unknown> | undefined
  #isClosed = false
  readonly #downloads = new Set<Download>()
  readonly #listeners = new Listeners(() => this.stats())
  readonly consent = createConsentSwitch({
    state: () => this.#consent,
    turn: (state) => this.#turn(state),
    // What earlier visits stored is the engine's to find.
    clear: async () => (this.#real ?? (await this.#ready())).consent.revoke(),
  })

  /** @throws NearcastError `usage` when an option is not what it must be */
  constructor(options: ClientOptions, load: () => Promise<Engine>) {
    this.#limits = checkLimits(checkOptions(options).numbers)
    this.#options = options
    this.#load = load
    this.#consent = options.consent ?? 'denied'
    // Who agreed is about to want something: what is asked for in the same breath goes first. Without consent the engine
    // can wait until it is asked for.
    if (this.#consent === 'granted') setTimeout(() => this.#afterFirst().catch(() => {}))
  }

  on<Event extends keyof ClientEvents>(event: Event, callback: (value: ClientEvents[Event]) => void): () => void {
    this.#refuseClosed()
    return this.#listeners.on(event, callback)
  }

  /** The client itself, after what goes first. */
  #afterFirst(): Promise<EngineClient> {
    return Promise.resolve(this.#first).then(() => this.#ready())
  }

  /** The client itself. Rejects when the engine cannot be loaded. */
  #ready(): Promise<EngineClient> {
    this.#loading ??= this.#load().then(
      (engine) => {
        if (this.#isClosed) throw closedError()
        this.#engine = engine
        this.#real = engine.createClient({ ...this.#options, ...this.#limits, consent: this.#consent })
        return this.#real
      },
      (error: unknown) => {
        this.#loading = undefined
        throw error
      },
    )
    return this.#loading
  }

  get ready(): Promise<void> {
    return this.#ready().then(() => {})
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw closedError()
  }

  async fetch(url: string | URL, options: FetchOptions = {}): Promise<Response> {
    this.#refuseClosed()
    const address = addressOf(url)
    const { signal, headers } = options
    signal?.throwIfAborted()
    if (this.#real) return this.#real.fetch(address, options)
    // What must be checked waits for what checks it. Nothing else does.
    const begun = isStrict(this.#options) ? undefined : new BegunRequest(address, headers)
    this.#first ??= begun && firstBytes(begun)
    const ready = this.#loading ?? (begun ? this.#afterFirst() : this.#ready())
    const waited = begun ? begun.response.then(none, () => late(failedPatienceMs)) : late(strictPatienceMs)
    const client = await until(signal, Promise.race([ready.catch(none), waited])).catch((reason) => {
      begun?.cancel(reason)
      throw reason
    })
    if (client) return client.fetch(address, options, begun)
    if (this.#isClosed) begun?.cancel()
    this.#refuseClosed()
    if (!begun) throw uncheckedError(address)
    const response = await begun.response.catch((error: unknown) => {
      throw signal?.aborted ? error : openError(address, error)
    })
    if (response.status !== 200 || !response.body) {
      begun.endBy(signal)
      return response
    }
    return plainStart(response, {
      signal,
      cancel: (reason) => begun.cancel(reason),
      takeOver: async (start) => {
        const client = await ready
        await this.#engine?.takeOverStart(client, start, address, headers)
      },
    })
  }

  download(url: string | URL): Download {
    this.#refuseClosed()
    const address = addressOf(url)
    if (this.#real) return this.#real.download(address)
    const refused = isStrict(this.#options) ? uncheckedError(address) : undefined
    const download = new LaterDownload(address, this.#ready(), refused)
    this.#downloads.add(download)
    const forget = () => this.#downloads.delete(download)
    download.done.then(forget, forget)
    return download
  }

  /** Brings what the service worker asks for. Rejects when the engine cannot be loaded. */
  async answerWorker(ask: WorkerAsk, port: MessagePort): Promise<void> {
    const client = await this.#ready()
    await this.#engine?.answerWorker(client, ask, port)
  }

  stats(): Stats {
    return (
      this.#real?.stats() ?? {
        bytes: { peers: 0, origin: 0, store: 0, uploaded: 0 },
        wastedBytes: 0,
        offload: 0,
        consent: this.#consent,
        tracker: 'off',
        peers: [],
        files: [],
      }
    )
  }

  #turn(consent: Consent): void {
    this.#refuseClosed()
    if (consent === this.#consent) return
    this.#consent = consent
    // Taken back, it is with the store (`clear`).
    if (consent === 'granted') this.#real?.consent.grant()
    this.#listeners.tellConsent(consent)
  }

  get uploadLimits(): Required<UploadLimits> {
    return { ...this.#limits }
  }

  setUploadLimits(limits: UploadLimits): void {
    this.#refuseClosed()
    this.#limits = checkLimits({ ...this.#limits, ...limits })
    this.#real?.setUploadLimits(this.#limits)
  }

  async close(options?: { clear?: boolean }): Promise<void> {
    if (this.#isClosed) return
    // What earlier visits stored is the engine's to find.
    if (options?.clear) await this.#ready()
    this.#isClosed = true
    this.#listeners.end()
    for (const download of this.#downloads) download.cancel()
    await this.#real?.close(options)
  }
}

const closedError = () => new NearcastError('closed', 'nearcast: the client is closed: create another')

const uncheckedError = (url: string) =>
  new NearcastError('untrusted', `nearcast: ${url}: the engine that checks it is not here`)

const none = () => undefined

const late = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms))

/** Once the first bytes of what is fetched are here, or are long in coming. */
const firstBytes = ({ response }: BegunRequest) =>
  Promise.race([response.then(() => late(firstBytesMs), none), late(headPatienceMs)])

/** What a promise brings, unless the signal says so first. */
const until = <T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', abort))
  })
