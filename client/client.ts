/** The client, put together: the engine, its runtime and the shells of the browser. */

import { toHex } from '../shared/bytes.ts'
import type { Root } from '../shared/ids.ts'
import type { Log } from '../shared/log.ts'
import { silentLog } from '../shared/log.ts'
import { createRng } from '../shared/rng.ts'
import {
  type BytesBySource,
  type ClientEvents,
  type ClientOptions,
  type Consent,
  type Download,
  type ErrorCode,
  type FetchOptions,
  type LastingClient,
  NearcastError,
  type Stats,
  type UploadLimits,
} from './api.ts'
import { Engine } from './core/engine.ts'
import type { ChunkStore, Clock, Dialer, Hasher, HttpSource, TrackerDialer } from './ports.ts'
import { headOf } from './shell/answer-head.ts'
import { answerLike } from './shell/answer-like.ts'
import { BegunRequest } from './shell/begun-request.ts'
import { addressOf, checkOptions, isStrict } from './shell/checked-options.ts'
import { createConsentSwitch } from './shell/consent-switch.ts'
import { linkCountFor } from './shell/device.ts'
import { addressesAt, isOfPage, isOfSite, isOfTracker, mirrorsOf } from './shell/edge-address.ts'
import { FileDownload } from './shell/file-download.ts'
import { Listeners } from './shell/listeners.ts'
import type { ManifestJudge } from './shell/manifest-judge.ts'
import { createManifestSource, type ManifestSource } from './shell/manifest-source.ts'
import { openError } from './shell/open-error.ts'
import type { OpenFile } from './shell/open-file.ts'
import { type Opener, type OpenRequest, openEarly } from './shell/opening.ts'
import { Permission, type SurroundingsWatch } from './shell/permission.ts'
import { openBody } from './shell/reader.ts'
import { Rehearsal, rehearse } from './shell/rehearsal.ts'
import type { ResumeHints } from './shell/resume-hints.ts'
import { Runtime } from './shell/runtime.ts'
import { readStats } from './shell/stats.ts'
import { createTokenSource } from './shell/token-source.ts'
import { filesToLeave, unneededFiles } from './shell/unneeded-files.ts'
import { Vault } from './shell/vault.ts'

/** A fetch waits no longer than this for its manifest once the answer's head is here: the page must not wait. */
const fetchPatienceMs = 100

export interface ClientParts {
  store: ChunkStore
  hasher: Hasher
  http: HttpSource
  dialer: Dialer
  trackerDialer: TrackerDialer
  clock: Clock
  hints: ResumeHints
  /** Verified chunks kept in memory, at most. */
  hotBytesMax?: number | undefined
  /** Without it nothing of the surroundings keeps a client from taking part. */
  surroundings?: SurroundingsWatch
  /** Links at once, at most, where the owner knows better than a browser tells. */
  linkCountMax?: number
  /** Where manifests come from, when not from beside the files at each opening. */
  manifests?: ManifestSource
  /** Whether a manifest is one to be trusted; all are by default. */
  judge?: ManifestJudge
  /** Forgets what is remembered of the sites' keys. */
  forgetKeys?: (() => Promise<void>) | undefined
  /** Is told once when the tracker does not take this client, and why. */
  notice?: (text: string) => void
  log?: Log
}

/** A client that a service worker can ask as well. */
export interface EngineClient extends LastingClient {
  /** @param given the plain request for it, where it is under way: it is taken over */
  fetch(url: string | URL, options?: FetchOptions, given?: BegunRequest): Promise<Response>
  /**
   * The bytes of a `begun` answer that somebody else asked for, as `fetch` gives them; undefined where it is seen at once
   * that it is plain, and then untouched.
   */
  takeOver(request: OpenRequest): Promise<{ body: ReadableStream<Uint8Array>; root: Root } | undefined>
}

/** @throws NearcastError `usage` when an option is not what it must be */
export function assembleClient(options: ClientOptions, parts: ClientParts): EngineClient {
  const { numbers, trackerUrl: address, mirrors } = checkOptions(options)
  const { tracker, token, mode = 'balanced' } = options
  const log = parts.log ?? silentLog
  const instance = randomHex(8)
  const seed = [...crypto.getRandomValues(new Uint32Array(4))] as [number, number, number, number]
  const engine = new Engine(
    {
      mode,
      tracker: tracker !== undefined,
      hasToken: token !== undefined,
      // Until the client says how many.
      uploadBytesPerSecondMax: 0,
      linkCountMax: parts.linkCountMax ?? linkCountFor(globalThis.navigator ?? {}),
      instance,
    },
    createRng(seed),
  )
  const vault = new Vault(parts, {
    lost(root, index, isFull) {
      for (const file of runtime.files) {
        if (file.manifest.root !== root) continue
        file.lost(index)
        runtime.input({ type: 'lost', swarm: file.id, index, isFull })
      }
    },
    pressure: (on) => runtime.input({ type: 'pressure', on }),
  })
  const tokens = createTokenSource({ token, notice: parts.notice ?? (() => {}), log })
  const runtime: Runtime = new Runtime({ ...parts, engine, vault, trackerUrl: address, tokens, log })
  const { hasher, hints, clock, judge, manifests = createManifestSource(hasher, judge) } = parts
  // Where a tracker of Nearcast is, files mostly come from an origin of Nearcast.
  const leafHosts = new Set(address === undefined ? [] : [new URL(address).host])
  const rehearsal: Rehearsal = new Rehearsal(() => rehearse(opener))
  const hasEdges = (url: string) => isOfSite(url, address)
  const awakeEdges = () => engine.core.edges.awake(clock.now())
  const edgesOf = (url: string) => (hasEdges(url) ? awakeEdges() : [])
  // A program names them for whatever it asks for.
  const pageMirrors = (url: string) => addressesAt(url, isOfPage(url) || !globalThis.location ? mirrors : [])
  const standIns = (url: string) => [
    ...addressesAt(url, isOfTracker(url, address) ? awakeEdges() : []),
    ...pageMirrors(url),
  ]
  const mirrorsFor = (url: string, named: readonly string[] = []) => mirrorsOf(url, [...named, ...pageMirrors(url)])
  const sources = { hints, manifests, isStrict: isStrict(options), leafHosts, hasEdges, edgesOf, standIns, mirrorsFor }
  const opener: Opener = { runtime, vault, hasher, clock, rehearsal, ...sources }
  soon(() => rehearsal.idle())
  if (typeof addEventListener === 'function') {
    addEventListener('pagehide', () => {
      runtime.input({ type: 'leaving' })
      void vault.flushed()
    })
  }
  const permission = new Permission(runtime, options, { numbers, watch: parts.surroundings })
  return new AssembledClient(opener, permission, parts.forgetKeys)
}

class AssembledClient implements EngineClient {
  readonly #opener: Opener
  readonly #permission: Permission
  readonly #forgetKeys: ClientParts['forgetKeys']
  /** What came of files that were left since. */
  readonly #leftBytes: BytesBySource = { peers: 0, origin: 0, store: 0 }
  #isClosed = false
  /** Those that still need what is stored of them. */
  readonly #downloads = new Set<FileDownload>()
  readonly ready = Promise.resolve()
  readonly #listeners = new Listeners(() => this.stats())
  readonly consent = createConsentSwitch({
    state: () => this.#permission.consent,
    turn: (state) => this.#turn(state),
    clear: () => this.#clear(),
  })

  constructor(opener: Opener, permission: Permission, forgetKeys: ClientParts['forgetKeys']) {
    this.#opener = opener
    this.#permission = permission
    this.#forgetKeys = forgetKeys
  }

  on<Event extends keyof ClientEvents>(event: Event, callback: (value: ClientEvents[Event]) => void): () => void {
    this.#refuseClosed()
    return this.#listeners.on(event, callback)
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new NearcastError('closed', 'nearcast: the client is closed: create another')
  }

  async fetch(url: string | URL, options: FetchOptions = {}, given?: BegunRequest): Promise<Response> {
    this.#refuseClosed()
    const { signal, headers } = options
    const address = addressOf(url)
    signal?.throwIfAborted()
    // Before all else, unless the store may have it.
    const begun = given ?? (this.#opener.hints.has(address) ? undefined : new BegunRequest(address, headers))
    this.#makeRoom()
    const request = { url: address, headers: new Headers(headers), signal, patienceMs: fetchPatienceMs, begun }
    const opened = await openEarly(this.#opener, request).catch((error) => {
      throw signal?.aborted ? signal.reason : openError(address, error)
    })
    const { runtime } = this.#opener
    if (opened.kind === 'plain') return opened.response
    const body = openBody(runtime, opened, signal)
    if (opened.kind === 'begun') return answerLike(opened.response, body)
    const { file, response, range } = opened
    return answerLike(response ?? { ...headOf(file.manifest, range), url: file.url }, body)
  }

  async takeOver(request: OpenRequest): Promise<{ body: ReadableStream<Uint8Array>; root: Root } | undefined> {
    this.#refuseClosed()
    this.#makeRoom()
    const opened = await openEarly(this.#opener, request)
    if (opened.kind === 'plain') return undefined
    const { root } = opened.kind === 'begun' ? opened : opened.file.manifest
    return { body: openBody(this.#opener.runtime, opened, request.signal), root }
  }

  download(url: string | URL): Download {
    this.#refuseClosed()
    this.#makeRoom()
    const download: FileDownload = new FileDownload(this.#opener, addressOf(url), () =>
      this.#downloads.delete(download),
    )
    this.#downloads.add(download)
    return download
  }

  stats(): Stats {
    return readStats(this.#opener.runtime, this.#leftBytes, this.#permission)
  }

  leave(root: Root): void {
    const file = [...this.#opener.runtime.files].find(({ manifest }) => manifest.root === root)
    if (file) this.#leave(file, 'closed', 'the file was left')
  }

  #leave(file: OpenFile, code: ErrorCode, reason: string): void {
    const { runtime, vault } = this.#opener
    runtime.removeFile(file)
    vault.leave(file.manifest.root)
    for (const source of ['peers', 'origin', 'store'] as const) this.#leftBytes[source] += file.bytes[source]
    file.fail(code, reason)
  }

  /** One more file is about to be opened. */
  #makeRoom(): void {
    const openCount = [...this.#opener.runtime.files].length
    for (const file of filesToLeave(this.#unneeded(), openCount)) {
      this.#leave(file, 'closed', 'many others were opened since')
    }
  }

  readonly #unneeded = () => unneededFiles(this.#opener.runtime, this.#downloads)

  #turn(consent: Consent): void {
    this.#refuseClosed()
    if (this.#permission.turn(consent)) this.#listeners.tellConsent(consent)
  }

  /** Lets go of every file that nothing on the page needs any more, and deletes all that is stored of others. */
  async #clear(): Promise<void> {
    const { runtime, vault, hints } = this.#opener
    for (const file of this.#unneeded()) this.#leave(file, 'storage', 'what was stored of it was deleted')
    hints.clear()
    for (const { url } of runtime.files) hints.add(url)
    await vault.clear(new Set([...runtime.files].map(({ manifest }) => manifest.root)))
  }

  get uploadLimits(): Required<UploadLimits> {
    return { ...this.#permission.limits }
  }

  setUploadLimits(limits: UploadLimits): void {
    this.#refuseClosed()
    this.#permission.limit(limits)
  }

  async close({ clear = false }: { clear?: boolean } = {}): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#listeners.end()
    this.#permission.end()
    for (const download of this.#downloads) download.cancel()
    this.#opener.runtime.close()
    if (clear) this.#opener.hints.clear()
    await Promise.all([this.#opener.vault.close(clear), clear && this.#forgetKeys?.()])
  }
}

/** Once the page has nothing else to do. Some browsers lack `requestIdleCallback`. */
function soon(callback: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(callback)
  else setTimeout(callback)
}

/** Random bytes as the engine's seeds and names want them. */
const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)))
