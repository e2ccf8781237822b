/**
 * A client whose engine may not be loaded yet: the whole interface at once, and behind it the real client from the
 * moment that it is there. Wrong options are refused at once; a `fetch` that has waited too long is plain HTTP.
 */
import {
  type Client,
  type ClientOptions,
  type Consent,
  type Download,
  type FetchOptions,
  NearcastError,
  type Stats,
  type UploadLimits,
} from '../api.ts'
import { addressOf, checkLimits, checkOptions, isStrict } from '../shell/checked-options.ts'
import type { Engine } from './engine-script.ts'
import { LaterDownload } from './later-download.ts'

/** A fetch waits no longer than this for the engine: then it is plain HTTP this time. */
const enginePatienceMs = 1_000

/** Where nothing but signed files is taken, longer than any engine is on its way. */
const strictPatienceMs = 30_000

export class LaterClient implements Client {
  readonly #options: ClientOptions
  readonly #load: () => Promise<Engine>
  #consent: Consent
  #limits: Required<UploadLimits>
  #real: Client | undefined
  #loading: Promise<Client> | undefined
  #isClosed = false
  readonly #downloads = new Set<Download>()

  /** @throws NearcastError `usage` when an option is not what it must be */
  constructor(options: ClientOptions, load: () => Promise<Engine>) {
    this.#limits = checkOptions(options).limits
    this.#options = options
    this.#load = load
    this.#consent = options.consent ?? 'denied'
    // Who agreed is about to want something. Without consent the engine can wait until it is asked for.
    if (this.#consent === 'granted') this.#ready().catch(() => {})
  }

  get consent(): Consent {
    return this.#consent
  }

  /** The client itself. Rejects when the engine cannot be loaded. */
  #ready(): Promise<Client> {
    this.#loading ??= this.#load().then(
      ({ createClient }) => {
        if (this.#isClosed) throw closedError()
        this.#real = createClient({ ...this.#options, ...this.#limits, consent: this.#consent })
        return this.#real
      },
      (error: unknown) => {
        this.#loading = undefined
        throw error
      },
    )
    return this.#loading
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw closedError()
  }

  async fetch(url: string | URL, options: FetchOptions = {}): Promise<Response> {
    this.#refuseClosed()
    const address = addressOf(url)
    const { signal, headers } = options
    signal?.throwIfAborted()
    // What must be checked waits for what checks it.
    const patienceMs = isStrict(this.#options) ? strictPatienceMs : enginePatienceMs
    const client = this.#real ?? (await inTime(this.#ready(), patienceMs, signal))
    if (client) return client.fetch(address, options)
    this.#refuseClosed()
    if (isStrict(this.#options))
      throw new NearcastError('untrusted', `nearcast: ${address}: the engine that checks it is not here`)
    return fetch(address, { ...(signal && { signal }), ...(headers && { headers }) }).catch((error: unknown) => {
      throw signal?.aborted
        ? error
        : new NearcastError('network', `nearcast: ${address} could not be reached`, { cause: error })
    })
  }

  download(url: string | URL): Download {
    this.#refuseClosed()
    const address = addressOf(url)
    if (this.#real) return this.#real.download(address)
    const download = new LaterDownload(address, this.#ready())
    this.#downloads.add(download)
    const forget = () => this.#downloads.delete(download)
    download.done.then(forget, forget)
    return download
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

  setConsent(consent: Consent): void {
    this.#refuseClosed()
    this.#consent = consent
    this.#real?.setConsent(consent)
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
    for (const download of this.#downloads) download.cancel()
    await this.#real?.close(options)
  }
}

const closedError = () => new NearcastError('closed', 'nearcast: the client is closed: create another')

/** The client when it is there in time. Rejects when the signal says so first. */
function inTime(
  client: Promise<Client>,
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<Client | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason)
    const end = (found?: Client) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(found)
    }
    const timer = setTimeout(end, patienceMs)
    signal?.addEventListener('abort', abort)
    client.then(end, () => end())
  })
}
