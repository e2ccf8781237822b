/** A download that moves no bytes: chunks appear as fast as its plan says, whenever it is told that time passed. */
import type { ChunkMap, Download, DownloadProgress } from '../../client/api.ts'
import { NearcastError } from '../../client/api.ts'
import { chunkBytesFor } from '../../shared/geometry.ts'
import type { Root } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { FakePeer, Plan } from './demo-scenarios.ts'

const startingMs = 200
const flightsPerSource = 4
const root = '9f2c5be1d07a4c83b6e015f7a2d94c38e60b71fd5a8c2e94d3f0761ba58ce247' as Root

export class FakeDownload implements Download {
  readonly url: string
  readonly done: Promise<void>
  readonly downloadedBy = new Map<string, number>()
  readonly #plan: Plan
  readonly #fileBytes: number
  readonly #chunkBytes: number
  readonly #chunks: Uint8Array
  readonly #sources: [...ChunkMap['sources']] = ['missing', 'origin', 'store']
  readonly #budgets = new Map<string, number>()
  readonly #callbacks = new Set<(progress: DownloadProgress) => void>()
  readonly #rng: Rng
  readonly #settle: { resolve: () => void; reject: (error: Error) => void }
  readonly #bytes = { peers: 0, origin: 0, store: 0 }
  #state: DownloadProgress['state'] = 'starting'
  #ageMs = 0
  #rate = 0
  #flying: number[] = []

  constructor(url: string, plan: Plan, fileBytes: number, rng: Rng) {
    this.url = url
    this.#plan = plan
    this.#fileBytes = fileBytes
    this.#chunkBytes = chunkBytesFor(fileBytes)
    this.#chunks = new Uint8Array(Math.ceil(fileBytes / this.#chunkBytes))
    this.#rng = rng
    let settle: { resolve: () => void; reject: (error: Error) => void } | undefined
    this.done = new Promise((resolve, reject) => {
      settle = { resolve, reject }
    })
    this.#settle = settle!
  }

  progress(): DownloadProgress {
    const { hasManifest } = this.#plan
    const isKnown = this.#state !== 'starting'
    return {
      state: this.#state,
      name: this.url.slice(1),
      type: 'application/octet-stream',
      totalBytes: isKnown ? this.#fileBytes : undefined,
      doneBytes: this.#bytes.peers + this.#bytes.origin + this.#bytes.store,
      bytes: { ...this.#bytes },
      verified: hasManifest && isKnown,
      ...(hasManifest || !isKnown ? {} : { plainReason: 'the server answered 404 for the manifest' }),
      bytesPerSecond: this.#state === 'running' ? this.#rate : 0,
      root: hasManifest && isKnown ? root : undefined,
      chunkBytes: hasManifest && isKnown ? this.#chunkBytes : undefined,
    }
  }

  chunkMap(): ChunkMap {
    const isKnown = this.#plan.hasManifest && this.#state !== 'starting'
    return {
      sources: this.#sources,
      chunks: isKnown ? this.#chunks.slice() : new Uint8Array(),
      inFlight: this.#state === 'running' && isKnown ? [...this.#flying] : [],
    }
  }

  step(ms: number, peers: readonly FakePeer[]): void {
    this.#ageMs += ms
    if (this.#state === 'starting' && this.#ageMs >= startingMs) {
      this.#restore()
      this.#become('running')
    }
    if (this.#state !== 'running') return
    const senders = [{ id: 'origin', rate: this.#plan.originRate }, ...peers]
    this.#rate = 0
    for (const { id, rate } of senders) {
      this.#rate += rate
      this.#budgets.set(id, (this.#budgets.get(id) ?? 0) + (rate * ms) / 1000)
      while (this.#budgets.get(id)! >= this.#chunkBytes && this.#takeChunk(id)) {
        this.#budgets.set(id, this.#budgets.get(id)! - this.#chunkBytes)
      }
    }
    this.#fly(senders.length)
    const { doneBytes } = this.progress()
    const { failsAt } = this.#plan
    if (failsAt !== undefined && doneBytes >= failsAt * this.#fileBytes) {
      this.fail(new NearcastError('corrupt-origin', 'Chunk 622 came three times from the server with a wrong hash.'))
    } else if (doneBytes >= this.#fileBytes) {
      this.#become('done')
      this.#settle.resolve()
    }
  }

  #restore(): void {
    const count = Math.floor(this.#chunks.length * this.#plan.storeFraction)
    for (let index = 0; index < count; index++) {
      this.#chunks[index] = 2
      this.#bytes.store += this.#lengthOf(index)
    }
  }

  #takeChunk(id: string): boolean {
    // The origin goes in order; peers send what is rare, which looks like chance, within a window ahead.
    const first = this.#chunks.indexOf(0)
    if (first < 0) return false
    let index = first
    if (id !== 'origin') {
      for (let attempt = 0; attempt < 8; attempt++) {
        const tried = Math.min(this.#chunks.length - 1, first + this.#rng.below(240))
        if (this.#chunks[tried] === 0) {
          index = tried
          break
        }
      }
    }
    this.#chunks[index] = this.#sourceOf(id)
    const bytes = this.#lengthOf(index)
    if (id === 'origin') this.#bytes.origin += bytes
    else {
      this.#bytes.peers += bytes
      this.downloadedBy.set(id, (this.downloadedBy.get(id) ?? 0) + bytes)
    }
    return true
  }

  #sourceOf(id: string): number {
    const known = this.#sources.indexOf(id)
    return known >= 0 ? known : this.#sources.push(id) - 1
  }

  #fly(senderCount: number): void {
    const wanted = senderCount * flightsPerSource
    this.#flying = this.#flying.filter((index) => this.#chunks[index] === 0)
    const first = this.#chunks.indexOf(0)
    for (let attempt = 0; first >= 0 && this.#flying.length < wanted && attempt < wanted * 4; attempt++) {
      const index = Math.min(this.#chunks.length - 1, first + this.#rng.below(260))
      if (this.#chunks[index] === 0 && !this.#flying.includes(index)) this.#flying.push(index)
    }
  }

  #lengthOf(index: number): number {
    return Math.min(this.#chunkBytes, this.#fileBytes - index * this.#chunkBytes)
  }

  #become(state: DownloadProgress['state']): void {
    this.#state = state
    const progress = this.progress()
    for (const callback of this.#callbacks) callback(progress)
  }

  fail(error: NearcastError): void {
    this.#become('failed')
    this.#settle.reject(error)
  }

  pause(): void {
    if (this.#state === 'running') this.#become('paused')
  }

  resume(): void {
    if (this.#state === 'paused') this.#become('running')
  }

  cancel(): void {
    this.#become('cancelled')
    this.#settle.reject(new NearcastError('cancelled', 'cancelled'))
  }

  onProgress(callback: (progress: DownloadProgress) => void): () => void {
    this.#callbacks.add(callback)
    return () => this.#callbacks.delete(callback)
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream()
  }

  async blob(): Promise<Blob> {
    return new Blob()
  }

  async save(): Promise<void> {}
}
