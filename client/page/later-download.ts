/**
 * A download whose engine may not be loaded yet: what is called meanwhile holds once it is. Where the engine cannot be
 * loaded the file comes by plain HTTP.
 */
import {
  type ChunkMap,
  type Client,
  type Download,
  type DownloadProgress,
  type DownloadState,
  NearcastError,
} from '../api.ts'
import { laterStream } from '../shell/later-stream.ts'
import { openError, statusError } from '../shell/open-error.ts'
import { saveBlob } from '../shell/saving.ts'
import { nameIn } from '../shell/url-name.ts'

type Listener = (progress: DownloadProgress) => void

/** Progress is told at most this often. */
const tellEveryMs = 200

export class LaterDownload implements Download {
  readonly url: string
  readonly done: Promise<void>
  readonly #over = new AbortController()
  #real: Download | undefined
  /** What comes by plain HTTP. */
  #plain: Partial<DownloadProgress> | undefined
  #blob: Blob | undefined
  #resumed: Promise<void> | undefined
  #resume = () => {}
  #state: DownloadState = 'starting'
  #beganAt = 0
  #toldAt = 0
  /** What takes each listener off the real download, once there is one. */
  readonly #listeners = new Map<Listener, (() => void) | undefined>()
  /** Fulfilled once there is a real one, if ever. */
  readonly #begun: Promise<void>
  #begin!: () => void
  #reject!: (error: unknown) => void

  /**
   * @param url whole
   * @param refused why it must not come by plain HTTP, if it must not
   */
  constructor(url: string, client: Promise<Client>, refused?: NearcastError) {
    this.url = url
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.done = new Promise((resolve, reject) => {
      this.#reject = reject
      client
        .then(
          (real) => this.#go(real),
          (error) => this.#goPlain(refused ?? error),
        )
        .then(resolve, (error: unknown) => this.#end('failed', openError(url, error)))
    })
    this.done.catch(() => {}) // who looks at progress alone need not handle it
  }

  #go(client: Client): Promise<void> | undefined {
    if (this.#state === 'cancelled') return undefined
    const real = client.download(this.url)
    if (this.#state === 'paused') real.pause()
    this.#real = real
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, real.onProgress(listener))
    this.#begin()
    this.#tell()
    return real.done
  }

  /** @param reason why there is no engine */
  async #goPlain(reason: NearcastError): Promise<void> {
    // The client was closed meanwhile, or the file is not to come unchecked.
    if (reason.code !== 'network') throw reason
    const response = await fetch(this.url, { signal: this.#over.signal })
    if (!response.ok) throw statusError(this.url, response)
    const { headers } = response
    const plain = {
      type: headers.get('content-type') ?? '',
      totalBytes: headers.has('content-encoding') ? undefined : Number(headers.get('content-length')) || undefined,
      doneBytes: 0,
      bytes: { peers: 0, origin: 0, store: 0 },
      verified: false,
      plainReason: reason.message,
    }
    this.#plain = plain
    this.#beganAt = performance.now()
    if (this.#state === 'starting') this.#state = 'running'
    this.#tell()
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: async (bytes, controller) => {
        plain.doneBytes = plain.bytes.origin += bytes.length
        if (performance.now() > this.#toldAt + tellEveryMs) this.#tell()
        // Unread, the rest stops flowing once the browser's buffers are full.
        while (this.#state === 'paused') await this.#resumed
        controller.enqueue(bytes)
      },
    })
    const body = response.body?.pipeThrough(counted) ?? null
    this.#blob = await new Response(body, { headers }).blob()
    this.#state = 'done'
    this.#tell()
  }

  #end(state: 'cancelled' | 'failed', error: unknown): void {
    if (!this.#real && this.#state !== 'cancelled') {
      this.#state = state
      this.#over.abort()
      this.#tell()
    }
    this.#reject(error)
  }

  #tell(): void {
    this.#toldAt = performance.now()
    const progress = this.progress()
    for (const listener of [...this.#listeners.keys()]) {
      // What a page's callback throws is the page's to hear of.
      queueMicrotask(() => listener(progress))
    }
  }

  progress(): DownloadProgress {
    const plain = this.#plain
    const seconds = (performance.now() - this.#beganAt) / 1000
    return (
      this.#real?.progress() ?? {
        state: this.#state,
        name: nameIn(this.url),
        type: '',
        totalBytes: undefined,
        doneBytes: 0,
        bytes: { peers: 0, origin: 0, store: 0 },
        verified: true,
        bytesPerSecond: this.#state === 'running' ? (plain?.doneBytes ?? 0) / seconds : 0,
        root: undefined,
        chunkBytes: undefined,
        ...plain,
      }
    )
  }

  chunkMap(): ChunkMap {
    return (
      this.#real?.chunkMap() ?? { sources: ['missing', 'origin', 'store'], chunks: new Uint8Array(0), inFlight: [] }
    )
  }

  pause(): void {
    if (this.#real) return this.#real.pause()
    if (this.#state !== 'starting' && this.#state !== 'running') return
    this.#state = 'paused'
    this.#resumed = new Promise((resolve) => {
      this.#resume = resolve
    })
    this.#tell()
  }

  resume(): void {
    if (this.#real) return this.#real.resume()
    if (this.#state !== 'paused') return
    this.#state = this.#plain ? 'running' : 'starting'
    this.#resume()
    this.#tell()
  }

  cancel(): void {
    if (this.#real) return this.#real.cancel()
    if (this.#state === 'failed' || this.#state === 'done') return
    this.#end('cancelled', new NearcastError('cancelled', `nearcast: the download of ${this.url} was cancelled`))
  }

  onProgress(callback: Listener): () => void {
    this.#listeners.set(callback, this.#real?.onProgress(callback))
    return () => {
      this.#listeners.get(callback)?.()
      this.#listeners.delete(callback)
    }
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#real) return this.#real.stream()
    if (this.#blob) return this.#blob.stream()
    return laterStream(Promise.race([this.#begun, this.done]).then(() => this.stream()))
  }

  async blob(): Promise<Blob> {
    await this.done
    return this.#blob ?? this.#real!.blob() // done by one of them
  }

  async save(name?: string): Promise<void> {
    await Promise.race([this.#begun, this.done])
    if (this.#real) await this.#real.save(name)
    else if (this.#blob) saveBlob(name ?? nameIn(this.url), this.#blob)
  }
}
