import type { FragmentLoaderContext, HlsConfig, LoaderCallbacks, LoaderConfiguration } from 'hls.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BytesBySource, FetchOptions } from '../api.ts'
import { nearcastHls } from './hls.ts'

const url = 'https://site.example/film/7.m4s'
const fragment = new Uint8Array(100_000).map((_, i) => i)

/** What hls.js heard, in order. */
type Heard = ['success' | 'error' | 'timeout' | 'abort' | 'progress', ...unknown[]]

let heard: Heard[]
let asked: { url: string; options: FetchOptions }[]
let brought: BytesBySource | undefined

beforeEach(() => {
  vi.useFakeTimers()
  vi.advanceTimersByTime(100) // a page is never at its zero
  heard = []
  asked = []
  brought = undefined
})
afterEach(() => {
  vi.useRealTimers()
})

const callbacks: LoaderCallbacks<FragmentLoaderContext> = {
  onSuccess: ({ data, code }) => void heard.push(['success', code, new Uint8Array(data as ArrayBuffer)]),
  onError: ({ code, text }) => void heard.push(['error', code, text]),
  onTimeout: () => void heard.push(['timeout']),
  onAbort: () => void heard.push(['abort']),
  onProgress: (_, __, data) => void heard.push(['progress', (data as ArrayBuffer).byteLength]),
}

/** A loader as hls.js makes one, whose client answers like this; and begins to load. */
function load(
  answer: (signal: AbortSignal) => Promise<Response>,
  context: Partial<FragmentLoaderContext> = {},
  policy: Partial<LoaderConfiguration['loadPolicy']> = {},
) {
  const { fLoader } = nearcastHls({
    fetch(url, options = {}) {
      asked.push({ url: String(url), options })
      return answer(options.signal!)
    },
    stats: () => ({ files: brought ? [{ url, bytes: brought }] : [] }) as never,
  })
  const loader = new fLoader({} as HlsConfig)
  const loadPolicy = {
    maxTimeToFirstByteMs: 1_000,
    maxLoadTimeMs: 5_000,
    timeoutRetry: null,
    errorRetry: null,
    ...policy,
  }
  const config = { loadPolicy, timeout: 0, maxRetry: 0, retryDelay: 0, maxRetryDelay: 0 }
  loader.load({ url, frag: { duration: 4 }, ...context } as FragmentLoaderContext, config, callbacks)
  return loader
}

/** Never, or when it is ended. */
const silence = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

const turns = () => vi.advanceTimersByTimeAsync(1)

describe('a fragment for hls.js', () => {
  it('[B72] comes whole, and its statistics are those of what came', async () => {
    const { stats } = load(async () => new Response(fragment, { headers: { 'content-length': '100000' } }))
    await turns()
    expect(heard).toEqual([
      ['progress', 100_000],
      ['success', 200, fragment],
    ])
    expect(stats).toMatchObject({ loaded: 100_000, total: 100_000, aborted: false })
    const { start, first, end } = stats.loading
    expect(start <= first && first <= end && end > 0).toBe(true)
  })

  it('[B72] is one range where the playlist says so, also from a server without ranges', async () => {
    const range = { rangeStart: 1_000, rangeEnd: 3_000, headers: { 'x-film': '1' } }
    load(async () => new Response(fragment.slice(1_000, 3_000), { status: 206 }), range)
    load(async () => new Response(fragment), range)
    await turns()
    const [first] = asked
    expect([...new Headers(first!.options.headers)]).toEqual([
      ['range', 'bytes=1000-2999'],
      ['x-film', '1'],
    ])
    expect(heard.filter(([what]) => what === 'success')).toEqual([
      ['success', 206, fragment.slice(1_000, 3_000)],
      ['success', 200, fragment.slice(1_000, 3_000)],
    ])
  })

  it('[B72] that fails is told with the status, or with none', async () => {
    load(async () => new Response('gone', { status: 404, statusText: 'Not Found' }))
    load(async () => Promise.reject(new Error('nearcast: it could not be reached')))
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('the chunk is wrong')) })
    load(async () => new Response(broken))
    await turns()
    expect(heard).toEqual([
      ['error', 404, 'Not Found'],
      ['error', 0, 'nearcast: it could not be reached'],
      ['error', 0, 'the chunk is wrong'],
    ])
  })

  it('[B72] that is given up is told once, and fetched no further', async () => {
    const loader = load(silence)
    loader.abort()
    loader.destroy()
    load(silence).destroy()
    await turns()
    expect(heard).toEqual([['abort']])
    expect(asked.map(({ options }) => options.signal!.aborted)).toEqual([true, true])
    expect(loader.stats.aborted).toBe(true)
  })

  it('[B72] whose first byte, or whose last, is late times out and is fetched no further', async () => {
    load(silence)
    const slow = new ReadableStream({ start: (controller) => controller.enqueue(fragment) })
    load(async () => new Response(slow))
    await vi.advanceTimersByTimeAsync(1_001)
    expect(heard).toEqual([['timeout']])
    await vi.advanceTimersByTimeAsync(4_000)
    expect(heard).toEqual([['timeout'], ['timeout']])
    expect(asked.map(({ options }) => options.signal!.aborted)).toEqual([true, true])
  })

  it('[B73] that was stored does not count as brought in no time', async () => {
    brought = { peers: 0, origin: 0, store: 100_000 }
    const { stats } = load(async () => new Response(fragment))
    await turns()
    const { start, first, end } = stats.loading
    expect(end - start).toBeGreaterThanOrEqual(2_000)
    expect(first - start).toBeLessThan(100)
    expect(stats.bwEstimate).toBeLessThan(500_000)
  })
})
