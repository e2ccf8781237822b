/**
 * A URL written to a stream, in order, as it comes: nothing is on disk, and only what was just read is in memory. A
 * reader that goes away ends it.
 */
import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import { type Client, NearcastError } from '../api.ts'
import { bodyParts } from './body-parts.ts'
import type { Saved, SaveOptions, SaveProgress } from './saved-url.ts'

export interface StreamOptions extends Pick<SaveOptions, 'url' | 'signal' | 'onProgress'> {
  /** Taken to the end, and left open there. */
  sink: Writable
}

/** @throws NearcastError why it cannot be had, or that nobody reads any more */
export async function streamUrl(options: StreamOptions, makeClient: () => Client): Promise<Saved> {
  const { url, sink, signal, onProgress = () => {} } = options
  const startedAt = performance.now()
  const client = makeClient()
  const gone = new AbortController()
  const lose = (error: Error) =>
    gone.abort(new NearcastError('storage', 'nobody reads the output any more', { cause: error }))
  sink.on('error', lose)
  try {
    const both = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
    // A compressed answer could not be checked.
    const response = await client.fetch(url, { signal: both, headers: { 'accept-encoding': 'identity' } })
    if (!response.ok) throw new NearcastError('http-status', `${url}: the server answered ${response.status}`)
    const length = response.headers.get('content-length')
    const totalBytes = length === null ? undefined : Number(length)
    const hash = createHash('sha256')
    let doneBytes = 0
    for await (const bytes of bodyParts(response.body, both)) {
      hash.update(bytes)
      doneBytes += bytes.length
      if (!sink.write(bytes)) await drained(sink, both)
      onProgress(progressOf(client, doneBytes, totalBytes))
    }
    both.throwIfAborted()
    const { bytes: from, uploadedBytes: uploaded } = progressOf(client, doneBytes, totalBytes)
    return { bytes: doneBytes, sha256: hash.digest('hex'), from, uploaded, ms: performance.now() - startedAt }
  } finally {
    sink.off('error', lose)
    await client.close()
  }
}

function drained(sink: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => () => {
      sink.off('drain', pass)
      signal.removeEventListener('abort', fail)
      settle()
    }
    const pass = end(resolve)
    const fail = end(() => reject(signal.reason))
    sink.once('drain', pass)
    signal.addEventListener('abort', fail, { once: true })
  })
}

function progressOf(client: Client, doneBytes: number, totalBytes: number | undefined): SaveProgress {
  const { bytes, files, peers } = client.stats()
  const isPlain = files.length === 0
  const { peers: fromPeers, origin, store, uploaded } = bytes
  return {
    state: 'running',
    totalBytes,
    doneBytes,
    bytes: isPlain ? { peers: 0, origin: doneBytes, store: 0 } : { peers: fromPeers, origin, store },
    uploadedBytes: uploaded,
    peers: peers.filter(({ state }) => state === 'open').length,
    ...(isPlain && { plainReason: 'it has no manifest' }),
  }
}
