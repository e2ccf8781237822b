/**
 * One fragment of a film as hls.js asks for it: fetched by the client, told to hls.js as its own loaders tell it. What is
 * retried, and when, is hls.js's to say; it asks with a new loader each time.
 */
import type {
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderStats,
} from 'hls.js'
import type { BytesBySource, Client } from '../api.ts'
import type { FragmentTiming } from '../core/fragment-timing.ts'

export type FilmClient = Pick<Client, 'fetch' | 'stats'>

type Callbacks = LoaderCallbacks<FragmentLoaderContext>

const freshStats = (): LoaderStats => ({
  aborted: false,
  loaded: 0,
  retry: 0,
  total: 0,
  chunkCount: 0,
  bwEstimate: 0,
  loading: { start: 0, first: 0, end: 0 },
  parsing: { start: 0, end: 0 },
  buffering: { start: 0, first: 0, end: 0 },
})

export class FragmentLoader implements Loader<FragmentLoaderContext> {
  context: FragmentLoaderContext | null = null
  stats = freshStats()
  readonly #client: FilmClient
  readonly #timing: FragmentTiming
  readonly #over = new AbortController()
  #callbacks: Callbacks | undefined
  #response: Response | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(_: HlsConfig, client: FilmClient, timing: FragmentTiming) {
    this.#client = client
    this.#timing = timing
  }

  load(context: FragmentLoaderContext, { loadPolicy }: LoaderConfiguration, callbacks: Callbacks): void {
    if (this.context) throw new Error('a loader is for one fragment')
    this.context = context
    this.#callbacks = callbacks
    this.stats.loading.start = performance.now()
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = loadPolicy
    this.#endAfter(
      Number.isFinite(maxTimeToFirstByteMs) && maxTimeToFirstByteMs > 0 ? maxTimeToFirstByteMs : maxLoadTimeMs,
    )
    this.#run(context, maxLoadTimeMs).catch((error: unknown) => {
      this.#fail(0, error instanceof Error ? error.message : String(error))
    })
  }

  /** From the start of the request on. */
  #endAfter(ms: number): void {
    clearTimeout(this.#timer)
    const passedMs = performance.now() - this.stats.loading.start
    if (Number.isFinite(ms)) this.#timer = setTimeout(() => this.#timeOut(), ms - passedMs)
  }

  async #run(context: FragmentLoaderContext, maxLoadTimeMs: number): Promise<void> {
    const { stats } = this
    const { url, headers, rangeStart = 0, rangeEnd = 0 } = context
    const asked = new Headers(headers)
    if (rangeEnd > 0) asked.set('range', `bytes=${rangeStart}-${rangeEnd - 1}`)
    const before = this.#bytesOf(url)
    const response = await this.#client.fetch(url, { headers: asked, signal: this.#over.signal })
    this.#response = response
    if (!response.ok) {
      void response.body?.cancel()
      return this.#fail(response.status, response.statusText)
    }
    stats.loading.first = performance.now()
    this.#endAfter(maxLoadTimeMs)
    stats.total = Number(response.headers.get('content-length') ?? 0)
    const whole = await this.#read(response)
    // A server without ranges sends all of it.
    const data = rangeEnd > 0 && response.status === 200 ? whole.slice(rangeStart, rangeEnd) : whole
    if (this.#over.signal.aborted) return
    this.#settle(context, data.byteLength, before)
    const callbacks = this.#end()
    callbacks?.onProgress?.(stats, context, data, response)
    callbacks?.onSuccess({ url: response.url || url, data, code: response.status }, stats, context, response)
  }

  async #read({ body }: Response): Promise<ArrayBuffer> {
    const { stats } = this
    const parts: Uint8Array<ArrayBuffer>[] = []
    const reader = body?.getReader()
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      parts.push(read.value)
      stats.loaded += read.value.length
    }
    return new Blob(parts).arrayBuffer()
  }

  /** What is told of the time is what a player can count on: see fragment-timing.ts. */
  #settle({ url, frag, part }: FragmentLoaderContext, bytes: number, before: BytesBySource | undefined): void {
    const { stats } = this
    const { loading } = stats
    stats.loaded = stats.total = bytes
    loading.end = performance.now()
    const ms = loading.end - loading.start
    const now = this.#bytesOf(url)
    // A file that Nearcast does not know came by plain HTTP, all of it now.
    const peerBytes = now ? now.peers - (before?.peers ?? 0) : 0
    const originBytes = now ? now.origin - (before?.origin ?? 0) : bytes
    const plays = (part ?? frag)?.duration
    const playsMs = plays === undefined ? undefined : plays * 1000
    const extraMs = this.#timing.countedMs({ bytes, peerBytes, originBytes, ms, playsMs }) - ms
    // Not the end: hls.js goes on from there by its own clock.
    loading.start -= extraMs
    loading.first -= extraMs
    stats.bwEstimate = (bytes * 8_000) / Math.max(1, loading.end - loading.first)
  }

  #bytesOf(url: string): BytesBySource | undefined {
    return this.#client.stats().files.find((file) => file.url === url)?.bytes
  }

  /** @returns whom to tell, once */
  #end(): Callbacks | undefined {
    const callbacks = this.#callbacks
    this.#callbacks = undefined
    clearTimeout(this.#timer)
    return callbacks
  }

  #stop(): void {
    if (this.stats.loading.end > 0 || this.#over.signal.aborted) return
    this.stats.aborted = true
    this.#over.abort()
  }

  #fail(code: number, text: string): void {
    if (this.#over.signal.aborted || !this.context) return
    this.#end()?.onError({ code, text }, this.context, this.#details, this.stats)
  }

  #timeOut(): void {
    const callbacks = this.#end()
    this.#stop()
    if (this.context) callbacks?.onTimeout(this.stats, this.context, this.#details)
  }

  get #details(): Response | null {
    return this.#response ?? null
  }

  abort(): void {
    const callbacks = this.#end()
    this.#stop()
    if (this.context) callbacks?.onAbort?.(this.stats, this.context, this.#details)
  }

  destroy(): void {
    this.#end()
    this.#stop()
  }

  getCacheAge(): number | null {
    const age = this.getResponseHeader('age')
    return age === null ? null : Number(age)
  }

  getResponseHeader(name: string): string | null {
    return this.#response?.headers.get(name) ?? null
  }
}
