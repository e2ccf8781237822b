/**
 * What this tab does with the product: one client, made at the first press of Download, and a download for each file.
 * Passes presses on to the client; decides nothing about bytes.
 */
import type { Client, ClientOptions, Consent, Download, Stats } from '../client/api.ts'
import type { DemoFile } from './catalogue.ts'
import { SpeedSeries } from './speed-series.ts'
import type { ViewState } from './words.ts'

/** What the script tag leaves on `window`. */
export interface Sdk {
  createClient(options: ClientOptions): Client
}

export interface Failure {
  code: string
  message: string
}

export interface Entry {
  download: Download | undefined
  failure: Failure | undefined
  save: 'none' | 'saving' | 'saved'
}

export class Session {
  readonly series = new SpeedSeries()
  readonly keepsOnDevice: boolean
  #sdk: () => Sdk | undefined
  #client: Client | undefined
  #entries = new Map<string, Entry>()
  #sharing: boolean
  #onChange: () => void

  /**
   * @param sdk what the script tag left, once it has
   * @param onChange called when something changed that should be seen at once
   */
  constructor(
    sdk: () => Sdk | undefined,
    { sharing, keepsOnDevice }: { sharing: boolean; keepsOnDevice: boolean },
    onChange: () => void,
  ) {
    this.#sdk = sdk
    this.#sharing = sharing
    this.keepsOnDevice = keepsOnDevice
    this.#onChange = onChange
  }

  get sharing(): boolean {
    return this.#sharing
  }

  set sharing(on: boolean) {
    this.#sharing = on
    if (on) this.#client?.consent.grant()
    // What could not be deleted now is with the next time.
    else this.#client?.consent.revoke().catch(() => {})
    this.#onChange()
  }

  /** Whether anything was started in this tab. */
  get begun(): boolean {
    return this.#client !== undefined
  }

  stats(): Stats | undefined {
    return this.#client?.stats()
  }

  entry(file: DemoFile): Entry | undefined {
    return this.#entries.get(file.path)
  }

  stateOf(file: DemoFile): ViewState {
    const entry = this.#entries.get(file.path)
    if (!entry) return 'idle'
    return entry.download?.progress().state ?? 'failed'
  }

  /** The one large button: what it does follows from where the download is. */
  press(file: DemoFile): void {
    const state = this.stateOf(file)
    const entry = this.#entries.get(file.path)
    switch (state) {
      case 'idle':
      case 'failed':
      case 'cancelled':
        this.#start(file)
        break
      case 'starting':
      case 'running':
        entry?.download?.pause()
        break
      case 'paused':
        entry?.download?.resume()
        break
      case 'done':
        if (entry?.download && entry.save !== 'saving') void this.#save(file, entry, entry.download)
    }
    this.#onChange()
  }

  cancel(file: DemoFile): void {
    this.#entries.get(file.path)?.download?.cancel()
    this.#onChange()
  }

  /** Notes the totals for the speed chart. */
  sample(nowMs: number): void {
    const stats = this.stats()
    if (stats) this.series.add(nowMs, stats.bytes)
  }

  #start(file: DemoFile): void {
    const entry: Entry = { download: undefined, failure: undefined, save: 'none' }
    this.#entries.set(file.path, entry)
    try {
      this.#client ??= this.#createClient()
      const download = this.#client.download(file.path)
      entry.download = download
      let shownState = download.progress().state
      download.onProgress(({ state }) => {
        if (state === shownState) return
        shownState = state
        this.#onChange()
      })
      download.done.then(this.#onChange, (error: unknown) => {
        const failure = failureOf(error)
        if (failure.code !== 'cancelled') entry.failure = failure
        this.#onChange()
      })
    } catch (error) {
      entry.failure = failureOf(error)
    }
  }

  #createClient(): Client {
    const sdk = this.#sdk()
    if (!sdk) throw new Error('The script /.nearcast/nearcast.js did not load. The plain link to the file still works.')
    const store = this.keepsOnDevice ? 'device' : 'memory'
    // All visitors of a demonstration are mostly one machine's, and are to see how fast it goes.
    const limits = { uploadBytesPerSecondMax: Number.POSITIVE_INFINITY, uploadRatioMax: Number.POSITIVE_INFINITY }
    return sdk.createClient({ tracker: 'auto', consent: consentFor(this.#sharing), store, ...limits })
  }

  async #save(file: DemoFile, entry: Entry, download: Download): Promise<void> {
    entry.save = 'saving'
    entry.failure = undefined
    try {
      await download.save(file.name)
      entry.save = 'saved'
    } catch (error) {
      entry.save = 'none'
      const failure = failureOf(error)
      // Closing the browser's own dialogue is a decision, not a fault.
      if (failure.code !== 'cancelled') entry.failure = failure
    }
    this.#onChange()
  }
}

const consentFor = (sharing: boolean): Consent => (sharing ? 'granted' : 'denied')

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) }
  if (error.name === 'AbortError') return { code: 'cancelled', message: error.message }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
  return { code, message: error.message }
}
