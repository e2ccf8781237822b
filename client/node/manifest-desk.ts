/**
 * Manifests as a program without a page needs them: asked for when the program says so, kept, and asked for again by
 * their ETag. What is kept serves the client too, so that each is fetched once.
 */
import type { Manifest } from '../../shared/manifest.ts'
import type { Hasher } from '../ports.ts'
import { manifestAddress } from '../shell/beside-file.ts'
import { type ManifestJudge, trustAll } from '../shell/manifest-judge.ts'
import { type ManifestSource, manifestIn } from '../shell/manifest-source.ts'

/** The server says that the manifest will be there in a moment: so long is waited, in all and from one try to the next. */
const notReadyStatus = 503
const retryMsMin = 200
const retryMsMax = 2_000

export type ManifestAnswer =
  | { kind: 'manifest'; manifest: Manifest }
  /** `status` when the server answered; without one it could not be reached, or said nothing that can be read. */
  | { kind: 'none'; reason: string; status?: number; cause?: unknown }

export class ManifestDesk {
  readonly #hasher: Hasher
  readonly #judge: ManifestJudge
  readonly #kept = new Map<string, { manifest: Manifest; etag: string | null }>()

  constructor(hasher: Hasher, judge: ManifestJudge = trustAll) {
    this.#hasher = hasher
    this.#judge = judge
  }

  /** What is kept of a URL, or else what its server says now. */
  readonly source: ManifestSource = async (url, signal) => {
    const kept = this.#kept.get(url)
    if (kept) return kept.manifest
    const answer = await this.ask(url, signal)
    return answer.kind === 'manifest' ? answer.manifest : answer.reason
  }

  /** Asks the server. @param patienceMs how long one that is still hashing the file is asked again */
  async ask(url: string, signal: AbortSignal, patienceMs = 0): Promise<ManifestAnswer> {
    const endAt = performance.now() + patienceMs
    for (;;) {
      const answer = await this.#askOnce(url, signal)
      const leftMs = endAt - performance.now()
      if (answer.kind === 'manifest' || answer.status !== notReadyStatus || leftMs <= 0) return answer
      const askedMs = Math.min(retryMsMax, Math.max(retryMsMin, answer.retryAfterMs ?? 0))
      await pause(Math.min(leftMs, askedMs), signal)
    }
  }

  async #askOnce(url: string, signal: AbortSignal): Promise<ManifestAnswer & { retryAfterMs?: number }> {
    const kept = this.#kept.get(url)
    try {
      const headers = kept?.etag ? { 'if-none-match': kept.etag } : {}
      const response = await fetch(manifestAddress(url), { headers, signal })
      const { status } = response
      if (status === 304 && kept) return { kind: 'manifest', manifest: kept.manifest }
      if (!response.ok) {
        await response.body?.cancel()
        const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000
        return { kind: 'none', reason: `no manifest: the server answered ${status}`, status, retryAfterMs }
      }
      const manifest = await manifestIn(response, this.#hasher)
      if (typeof manifest === 'string') return { kind: 'none', reason: manifest, status }
      const refusal = await this.#judge(manifest, url)
      if (refusal !== undefined) return { kind: 'none', reason: refusal, status }
      this.#kept.set(url, { manifest, etag: response.headers.get('etag') })
      return { kind: 'manifest', manifest }
    } catch (cause) {
      signal.throwIfAborted()
      return { kind: 'none', reason: `no manifest: ${cause instanceof Error ? cause.message : cause}`, cause }
    }
  }
}

/** Waits; rejects with the signal's reason when it is aborted meanwhile. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
