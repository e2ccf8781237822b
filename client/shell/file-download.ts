/** One download as a page holds it: state, progress, pause and resume, and the finished file. */
import { type ChunkMap, type Download, type DownloadProgress, type DownloadState, NearcastError } from '../api.ts'
import { RateMeter } from '../core/rate.ts'
import { blobOf } from './blob-stream.ts'
import { laterStream } from './later-stream.ts'
import { openError, statusError } from './open-error.ts'
import type { OpenFile } from './open-file.ts'
import { type Opened, type Opener, open } from './opening.ts'
import { PlainBody } from './plain-body.ts'
import { Pouring } from './pouring.ts'
import { ProgressNews } from './progress-news.ts'
import { openReader, takeWant } from './reader.ts'
import { blobBytesMax, openSink, saveBlob } from './saving.ts'
import { nameIn } from './url-name.ts'

/** A download can wait for its manifest: its first bytes are on their way meanwhile. */
const patienceMs = 3_000

/** The speed shown is that of about this much time. */
const speedWindowMs = 2_000

export class FileDownload implements Download {
  readonly url: string
  readonly done: Promise<void>
  readonly #opener: Opener
  readonly #aborter = new AbortController()
  readonly #want = takeWant()
  readonly #speed = new RateMeter(speedWindowMs)
  #measuredBytes = 0
  #state: DownloadState = 'starting'
  #file: OpenFile | undefined
  #plain: { body: PlainBody; reason: string; type: string } | undefined
  #stopListening = () => {}
  readonly #news: ProgressNews
  #settle!: { resolve: () => void; reject: (error: unknown) => void }

  readonly #taken: () => void
  #open!: () => void
  /** Fulfilled once there are verified bytes to stream, if ever. */
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve
  })
  /** Fulfilled once it is known what the file is, or that it is none. */
  readonly #known: Promise<void>
  /** Writes the file to disk as it comes. */
  #pouring: Pouring | undefined

  /** @param taken is called when nothing that is stored is needed any more: the file was taken, or will never be done */
  constructor(opener: Opener, url: string, taken: () => void) {
    this.#opener = opener
    this.url = url
    this.#taken = taken
    this.#news = new ProgressNews(opener.clock, () => this.progress())
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Who looks at progress alone need not handle it.
    this.done.catch(() => {})
    this.#known = this.#start()
  }

  async #start(): Promise<void> {
    const { url } = this
    try {
      const { signal } = this.#aborter
      const opened = await open(this.#opener, { url, headers: new Headers(), signal, patienceMs })
      if (this.#isOver) {
        // Cancelled in the last moment: the answer that was taken over ends, unless others read it.
        if (opened.kind === 'file') this.#file = opened.file
        return this.#unwant()
      }
      if (opened.kind === 'plain') this.#startPlain(opened)
      else this.#startFile(opened.file)
    } catch (error) {
      this.#fail(openError(url, error))
    }
  }

  /** Undefined before it is known, and for one that comes by plain HTTP. */
  get file(): OpenFile | undefined {
    return this.#file
  }

  get #isOver(): boolean {
    return this.#state === 'cancelled' || this.#state === 'failed' || this.#state === 'done'
  }

  #startFile(file: OpenFile): void {
    this.#file = file
    this.#open()
    file.retry()
    this.#stopListening = file.onChange(() => this.#fileChanged())
    this.#measuredBytes = this.#fetchedBytes
    // Paused before it began: the answer that is under way stops too, unless others read it.
    if (this.#state === 'paused') this.#unwant()
    else {
      this.#state = 'running'
      this.#wantAll()
    }
    this.#fileChanged()
    this.#news.tell(true)
  }

  #wantAll(): void {
    if (this.#pouring) return this.#pouring.resume()
    const file = this.#file!
    const to = file.manifest.geometry.fileBytes
    this.#opener.runtime.input({ type: 'want', swarm: file.id, want: this.#want, from: 0, to, order: 'bulk' })
  }

  #unwant(): void {
    if (this.#file) this.#opener.runtime.input({ type: 'unwant', swarm: this.#file.id, want: this.#want })
  }

  /** The end, whichever it is. */
  #end(state: 'done' | 'failed' | 'cancelled'): void {
    this.#unwant()
    this.#stopListening()
    this.#state = state
    if (state !== 'done') {
      this.#plain?.body.cancel()
      this.#pouring?.cancel(new Error(`the download ${state}`))
    }
    if (state !== 'done' || this.#plain) this.#taken()
    this.#news.tell(true)
  }

  #startPlain({ response, reason }: Extract<Opened, { kind: 'plain' }>): void {
    if (!response.ok) {
      void response.body?.cancel()
      return this.#fail(statusError(this.url, response))
    }
    const body = new PlainBody(response)
    this.#plain = { body, reason, type: response.headers.get('content-type') ?? 'application/octet-stream' }
    if (this.#state === 'paused') body.pause()
    else this.#state = 'running'
    this.#news.tell(true)
    body
      .run(() => this.#news.tell(false))
      .then(
        () => this.#finish(),
        (error) => this.#fail(openError(this.url, error)),
      )
  }

  get #fetchedBytes(): number {
    return this.#file ? this.#file.bytes.peers + this.#file.bytes.origin : (this.#plain?.body.doneBytes ?? 0)
  }

  get #doneBytes(): number {
    if (this.#file && this.#state === 'done') return this.#file.manifest.geometry.fileBytes
    const heldBytes = this.#file?.heldBytes ?? this.#plain?.body.doneBytes ?? 0
    return Math.max(heldBytes, this.#pouring?.doneBytes ?? 0)
  }

  #fileChanged(): void {
    const file = this.#file!
    if (this.#isOver) return
    if (file.failure) return this.#fail(file.failure)
    if (!this.#pouring && this.#doneBytes === file.manifest.geometry.fileBytes) this.#finish()
    else this.#news.tell(false)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#end('done')
    this.#settle.resolve()
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#end('failed')
    this.#settle.reject(error)
  }

  pause(): void {
    if (this.#state !== 'running' && this.#state !== 'starting') return
    this.#state = 'paused'
    this.#unwant()
    this.#pouring?.pause()
    this.#plain?.body.pause()
    this.#speed.reset()
    this.#news.tell(true)
  }

  resume(): void {
    if (this.#state !== 'paused') return
    const isOpen = this.#file !== undefined || this.#plain !== undefined
    this.#state = isOpen ? 'running' : 'starting'
    if (this.#file) this.#wantAll()
    this.#plain?.body.resume()
    this.#news.tell(true)
  }

  cancel(): void {
    if (this.#isOver) return
    this.#end('cancelled')
    if (!this.#file) this.#aborter.abort()
    this.#settle.reject(new NearcastError('cancelled', `nearcast: the download of ${this.url} was cancelled`))
  }

  progress(): DownloadProgress {
    const now = this.#opener.runtime.now
    const fetched = this.#fetchedBytes
    if (fetched > this.#measuredBytes) this.#speed.add(fetched - this.#measuredBytes, now)
    this.#measuredBytes = fetched
    const manifest = this.#file?.manifest
    return {
      state: this.#state,
      name: manifest?.name ?? nameIn(this.url),
      type: manifest?.type ?? this.#plain?.type ?? '',
      totalBytes: manifest?.geometry.fileBytes ?? this.#plain?.body.totalBytes,
      doneBytes: this.#doneBytes,
      bytes: this.#file ? { ...this.#file.bytes } : { peers: 0, origin: this.#doneBytes, store: 0 },
      verified: this.#plain === undefined,
      ...(this.#pouring && { savedBytes: this.#pouring.doneBytes }),
      ...(this.#plain && { plainReason: this.#plain.reason }),
      bytesPerSecond: this.#isOver ? 0 : this.#speed.perSecond(now),
      root: manifest?.root,
      chunkBytes: manifest?.geometry.chunkBytes,
    }
  }

  chunkMap(): ChunkMap {
    const file = this.#file
    if (!file) return { sources: ['missing', 'origin', 'store'], chunks: new Uint8Array(0), inFlight: [] }
    const flights = this.#opener.runtime.engine.core.swarms.get(file.id)?.flights.keys() ?? []
    return {
      sources: [...file.sources],
      chunks: file.sourceOf.slice(),
      inFlight: [...flights],
    }
  }

  onProgress(callback: (progress: DownloadProgress) => void): () => void {
    return this.#news.on(callback)
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#file) {
      // From here on the reader keeps what it needs.
      if (this.#state === 'done') this.#taken()
      const range = { from: 0, to: this.#file.manifest.geometry.fileBytes }
      return openReader(this.#opener.runtime, this.#file, range)
    }
    if (this.#plain && this.#state === 'done') return this.#plain.body.blob().stream()
    return laterStream(Promise.race([this.#opened, this.done]).then(() => this.stream()))
  }

  async blob(): Promise<Blob> {
    await this.done
    if (this.#plain) return new Blob([this.#plain.body.blob()], { type: this.#plain.type })
    return blobOf(this.stream(), this.#file!.manifest.type)
  }

  async save(name?: string): Promise<void> {
    await this.#known
    const file = this.#file
    const saveAs = name ?? this.progress().name
    const fileBytes = file?.manifest.geometry.fileBytes ?? 0
    const isUnderWay = !this.#isOver
    if (file && fileBytes > blobBytesMax && !this.#pouring && (isUnderWay || this.#state === 'done')) {
      const sink = await this.#sinkFor(saveAs, fileBytes)
      if (sink) return this.#pour(file, sink)
    }
    await this.done
    saveBlob(saveAs, await this.blob())
  }

  /** Who does not want the file after all ends its download. */
  async #sinkFor(name: string, fileBytes: number): Promise<WritableStream<Uint8Array> | undefined> {
    try {
      return await openSink(name, fileBytes)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  async #pour(file: OpenFile, sink: WritableStream<Uint8Array>): Promise<void> {
    const pouring = new Pouring(this.#opener.runtime, file, sink)
    this.#pouring = pouring
    if (this.#state === 'paused') pouring.pause()
    const poured = pouring.run(() => this.#news.tell(false))
    // From here on it is read in order, by whoever writes it.
    this.#unwant()
    if (this.#state === 'done') this.#taken()
    try {
      await poured
    } catch (cause) {
      const text = `nearcast: ${this.url}: it could not be written: ${cause}`
      const error = cause instanceof NearcastError ? cause : new NearcastError('storage', text, { cause })
      this.#fail(error)
      await this.done
      throw error
    }
    this.#finish()
  }
}
