/** A download whose engine may not be loaded yet: what is called meanwhile holds once it is. */
import { type ChunkMap, type Client, type Download, type DownloadProgress, NearcastError } from '../api.ts'
import { nameIn } from '../shell/url-name.ts'

type Listener = (progress: DownloadProgress) => void

export class LaterDownload implements Download {
  readonly url: string
  readonly done: Promise<void>
  #real: Download | undefined
  #state: 'starting' | 'paused' | 'cancelled' | 'failed' = 'starting'
  /** What takes each listener off the real download, once there is one. */
  readonly #listeners = new Map<Listener, (() => void) | undefined>()
  #reject!: (error: unknown) => void

  /** @param url whole */
  constructor(url: string, client: Promise<Client>) {
    this.url = url
    this.done = new Promise((resolve, reject) => {
      this.#reject = reject
      client
        .then((real) => (this.#state === 'cancelled' ? undefined : this.#begin(real.download(url)).done))
        .then(resolve, (error: unknown) => this.#end('failed', error))
    })
    this.done.catch(() => {}) // who looks at progress alone need not handle it
  }

  #begin(real: Download): Download {
    if (this.#state === 'paused') real.pause()
    this.#real = real
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, real.onProgress(listener))
    this.#tell()
    return real
  }

  #end(state: 'cancelled' | 'failed', error: unknown): void {
    if (!this.#real && this.#state !== 'cancelled') {
      this.#state = state
      this.#tell()
    }
    this.#reject(error)
  }

  #tell(): void {
    const progress = this.progress()
    for (const listener of [...this.#listeners.keys()]) {
      // What a page's callback throws is the page's to hear of.
      queueMicrotask(() => listener(progress))
    }
  }

  progress(): DownloadProgress {
    return (
      this.#real?.progress() ?? {
        state: this.#state,
        name: nameIn(this.url),
        type: '',
        totalBytes: undefined,
        doneBytes: 0,
        bytes: { peers: 0, origin: 0, store: 0 },
        verified: true,
        bytesPerSecond: 0,
        root: undefined,
        chunkBytes: undefined,
      }
    )
  }

  chunkMap(): ChunkMap {
    return (
      this.#real?.chunkMap() ?? { sources: ['missing', 'origin', 'store'], chunks: new Uint8Array(0), inFlight: [] }
    )
  }

  pause(): void {
    if (this.#real) this.#real.pause()
    else this.#turn('starting', 'paused')
  }

  resume(): void {
    if (this.#real) this.#real.resume()
    else this.#turn('paused', 'starting')
  }

  #turn(from: 'starting' | 'paused', to: 'starting' | 'paused'): void {
    if (this.#state !== from) return
    this.#state = to
    this.#tell()
  }

  cancel(): void {
    if (this.#real) return this.#real.cancel()
    if (this.#state === 'failed') return
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
    throw new NearcastError('usage', 'nearcast: stream() needs a download that has begun: wait for progress or done')
  }

  async blob(): Promise<Blob> {
    await this.done
    return this.#real!.blob() // done only by the real one
  }

  async save(name?: string): Promise<void> {
    await this.done
    await this.#real!.save(name)
  }
}
