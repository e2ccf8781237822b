/**
 * Files kept available: each is brought to its place, or found there, and served; its server is asked now and then for
 * a newer version, which takes the older one's place once it is here. Owns when, and says what happens to a log.
 */
import type { Root } from '../../shared/ids.ts'
import type { Log } from '../../shared/log.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { type LastingClient, NearcastError } from '../api.ts'
import { type ManifestDesk, pause } from './manifest-desk.ts'

/** A server that hashes a large file, or is down, is asked again after so long, then after twice as long. */
const retryMsMin = 2_000

/** A manifest that is being made is waited for so long at the first look. */
const manifestPatienceMs = 10_000

/** Where the bytes of served files are. */
export interface SeedPlace {
  /** Makes sure that this version can be there. @throws NearcastError why it cannot */
  take(url: string, manifest: Manifest): Promise<void>
  /** Whether what was taken for a URL has changed since. */
  isChanged?(url: string): Promise<boolean>
  /** A version is served no more. */
  drop(root: Root): void
}

export interface SeederParts {
  client: LastingClient
  manifests: ManifestDesk
  place: SeedPlace
  recheckMs: number
  /** Ends all of it. */
  signal: AbortSignal
  log: Log
}

/** What is served of one URL. */
export interface Seeded {
  url: string
  name: string
  root: Root
  bytes: number
}

export class Seeder {
  readonly #parts: SeederParts
  readonly #files: SeededUrl[]

  constructor(urls: readonly string[], parts: SeederParts) {
    this.#parts = parts
    this.#files = urls.map((url) => new SeededUrl(url, parts, (root) => this.#retire(root)))
  }

  /** What is served whole by now. */
  get seeded(): Seeded[] {
    return this.#files.flatMap(({ current }) => (current ? [current] : []))
  }

  /** Asks for every manifest once. @returns for each URL the manifest, or why there is none */
  look(): Promise<(Manifest | string)[]> {
    return Promise.all(this.#files.map((file) => file.look()))
  }

  /** Serves until the signal comes. */
  async run(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.run()))
  }

  /** Two URLs can lead to the same bytes: these are served while one of them does. */
  #retire(root: Root): void {
    if (this.#files.some(({ current }) => current?.root === root)) return
    this.#parts.client.leave(root)
    this.#parts.place.drop(root)
  }
}

class SeededUrl {
  readonly #url: string
  readonly #parts: SeederParts
  readonly #retire: (root: Root) => void
  #saidReason = ''
  #servedBefore = false
  current: Seeded | undefined

  constructor(url: string, parts: SeederParts, retire: (root: Root) => void) {
    this.#url = url
    this.#parts = parts
    this.#retire = retire
  }

  async look(): Promise<Manifest | string> {
    const { manifests, signal } = this.#parts
    const answer = await manifests.ask(this.#url, signal, manifestPatienceMs)
    return answer.kind === 'manifest' ? answer.manifest : answer.reason
  }

  async run(): Promise<void> {
    const { signal, recheckMs } = this.#parts
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#update()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        this.#complain(error instanceof Error ? error.message : String(error))
        failures++
      }
      const pauseMs = failures === 0 ? recheckMs : Math.min(recheckMs, retryMsMin * 2 ** (failures - 1))
      await pause(pauseMs, signal).catch(() => {})
    }
  }

  /** Said once: a server that is down all night is one line in the log. */
  #complain(reason: string): void {
    if (reason === this.#saidReason) return
    this.#saidReason = reason
    this.#parts.log.warn({ url: this.#url, reason }, this.current ? 'not up to date' : 'not served')
  }

  async #update(): Promise<void> {
    const { place } = this.#parts
    const manifest = await this.look()
    // What is here is served on, also when its server is gone.
    if (typeof manifest === 'string') throw new Error(manifest)
    const isSame = manifest.root === this.current?.root
    if (isSame && !(await place.isChanged?.(this.#url))) return
    await this.#take(manifest)
    await this.#bring()
    const before = this.current
    const { root, name, geometry } = manifest
    this.current = { url: this.#url, name, root, bytes: geometry.fileBytes }
    this.#saidReason = ''
    this.#parts.log.info({ ...this.current }, this.#servedBefore ? 'serving a new version' : 'serving')
    this.#servedBefore = true
    if (before && before.root !== root) this.#retire(before.root)
  }

  /** Where there is not room for both versions, the older one goes first: nobody asks for it for long. */
  async #take(manifest: Manifest): Promise<void> {
    const { place } = this.#parts
    try {
      await place.take(this.#url, manifest)
    } catch (error) {
      const before = this.current
      if (!before || !(error instanceof NearcastError)) throw error
      this.current = undefined
      this.#retire(before.root)
      await place.take(this.#url, manifest)
    }
  }

  async #bring(): Promise<void> {
    const { client, signal } = this.#parts
    signal.throwIfAborted()
    const download = client.download(this.#url)
    const cancel = () => download.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    await download.done.finally(() => signal.removeEventListener('abort', cancel))
  }
}
