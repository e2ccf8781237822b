/**
 * A client that moves no bytes: it plays a download on a clock that its caller advances, so that the demo page can be
 * looked at in every state. The same scenario gives the same run.
 */
import {
  type Client,
  type ClientOptions,
  type Consent,
  type ErrorCode,
  NearcastError,
  type PeerStats,
  type Stats,
} from '../../client/api.ts'
import { createConsentSwitch } from '../../client/shell/consent-switch.ts'
import { createRng, type Rng } from '../../shared/rng.ts'
import { FakeDownload } from './demo-download.ts'
import { type FakePeer, type Plan, plans, type Scenario } from './demo-scenarios.ts'

const stepMs = 50

export class FakeClient implements Client {
  readonly #plan: Plan
  readonly #fileBytes: number
  readonly #downloads = new Map<string, FakeDownload>()
  readonly #rng: Rng
  readonly ready = Promise.resolve()
  #consent: Consent
  #nowMs = 0

  constructor(options: ClientOptions, scenario: Scenario, fileBytes = 1_000_000) {
    this.#plan = plans[scenario]
    this.#fileBytes = fileBytes
    this.#consent = options.consent ?? 'denied'
    this.#rng = createRng([1, 2, 3, scenario.length])
  }

  async fetch(): Promise<Response> {
    return new Response('')
  }

  download(url: string | URL): FakeDownload {
    const download = new FakeDownload(String(url), this.#plan, this.#fileBytes, this.#rng)
    this.#downloads.set(String(url), download)
    return download
  }

  advance(ms: number): void {
    for (let at = 0; at < ms; at += stepMs) {
      this.#nowMs += stepMs
      for (const download of this.#downloads.values()) download.step(stepMs, this.#here())
    }
  }

  fail(url: string, code: ErrorCode, message: string): void {
    this.#downloads.get(url)?.fail(new NearcastError(code, message))
  }

  /** Fulfilled when every callback that is due has run. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }

  #here(): FakePeer[] {
    if (this.#consent === 'denied') return []
    return this.#plan.peers.filter((each) => each.joinsAtMs <= this.#nowMs)
  }

  stats(): Stats {
    const bytes = { peers: 0, origin: 0, store: 0, uploaded: 0 }
    let isRunning = false
    const downloadedBy = new Map<string, number>()
    for (const download of this.#downloads.values()) {
      const progress = download.progress()
      bytes.peers += progress.bytes.peers
      bytes.origin += progress.bytes.origin
      bytes.store += progress.bytes.store
      isRunning ||= progress.state === 'running'
      for (const [id, count] of download.downloadedBy) downloadedBy.set(id, (downloadedBy.get(id) ?? 0) + count)
    }
    const peers = this.#here().map((each): PeerStats => {
      const openMs = Math.max(0, this.#nowMs - each.joinsAtMs - 500)
      const uploaded = (each.upRate * openMs) / 1000
      bytes.uploaded += uploaded
      return {
        id: each.id,
        tier: each.tier,
        state: openMs > 0 ? 'open' : 'connecting',
        downloaded: downloadedBy.get(each.id) ?? 0,
        uploaded,
        refused: 0,
        downBytesPerSecond: openMs > 0 && isRunning ? each.rate : 0,
        upBytesPerSecond: openMs > 0 ? each.upRate : 0,
        roundTripMs: openMs > 0 ? each.roundTripMs : undefined,
      }
    })
    const delivered = bytes.peers + bytes.origin
    return {
      bytes,
      wastedBytes: 0,
      offload: delivered === 0 ? 0 : bytes.peers / delivered,
      consent: this.#consent,
      tracker: this.#consent === 'denied' ? 'off' : this.#plan.tracker,
      peers,
      files: [],
    }
  }

  readonly consent = createConsentSwitch({
    state: () => this.#consent,
    turn: (state) => {
      this.#consent = state
    },
    clear: async () => {},
  })

  on(): () => void {
    return () => {}
  }

  readonly uploadLimits = {
    uploadBytesPerSecondMax: Number.POSITIVE_INFINITY,
    uploadPeerBytesPerSecondMax: Number.POSITIVE_INFINITY,
    uploadRatioMax: Number.POSITIVE_INFINITY,
  }

  setUploadLimits(): void {}

  async close(): Promise<void> {}
}
