/**
 * Ranges of a file over the platform's fetch. Passes on only bodies whose status and headers promise exactly the
 * bytes that were asked for, and reports what each other answer means. Knows no chunk and no hash, and never tries
 * again by itself.
 *
 * Answers by RFC 9110 §14 (ranges), §8.8.3 (ETag), §10.2.3 (Retry-After). `If-Range` is not sent: it is no
 * CORS-safelisted header, so each request to another host would cost a preflight. ETags are compared here instead.
 */
import { assert } from '../../shared/assert.ts'
import type { HttpEvents, HttpFailure, HttpRequest, HttpSource } from '../ports.ts'

/** A server that asks to wait longer than a day means never. */
const retryAfterMsMax = 24 * 60 * 60 * 1000

/** Below 500, the answers that say "not now"; every other one below 500 says "not so". */
const retriedStatuses = [408, 425, 429]

export function createHttpSource(): HttpSource {
  return { open }
}

function open(request: HttpRequest, events: HttpEvents): () => void {
  const { from, to, fileBytes } = request
  assert(0 <= from && from < to && to <= fileBytes, `range [${from}, ${to}) of a file of ${fileBytes} bytes`)
  const abort = new AbortController()
  void pass(request, events, abort.signal).then((failure) => {
    if (abort.signal.aborted) return
    // Ends the transfer too: after a failure, and when a whole file was sent for a part of it.
    abort.abort()
    if (failure === undefined) events.ended()
    else events.failed(failure)
  })
  return () => abort.abort()
}

/** @returns why the answer is of no use, or undefined when every byte was passed on */
async function pass(request: HttpRequest, events: HttpEvents, signal: AbortSignal): Promise<HttpFailure | undefined> {
  let response: Response
  try {
    response = await fetch(request.url, {
      headers: { Range: `bytes=${request.from}-${request.to - 1}` },
      // The chunk store keeps the bytes; a second copy in the browser's cache would push other sites' files out, and
      // Chromium's cache lets only one request at a time write one URL, so that parallel ranges would wait in a row.
      cache: 'no-store',
      signal,
    })
  } catch (error) {
    return { retry: true, reason: `no answer: ${textOf(error)}` }
  }
  const failure = refuse(request, response)
  if (failure !== undefined) return failure
  const { from, to, fileBytes } = request
  const range =
    response.status === 200
      ? { bodyBytes: fileBytes, wantedFrom: from, wantedTo: to }
      : { bodyBytes: to - from, wantedFrom: 0, wantedTo: to - from }
  return passBody({ events, signal, reader: response.body?.getReader(), ...range })
}

/** Judges status and headers. Headers that another host's CORS settings hide are not held against it. */
function refuse(request: HttpRequest, response: Response): HttpFailure | undefined {
  const { status, headers } = response
  if (status !== 200 && status !== 206) return refuseStatus(status, headers)
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') return { retry: false, reason: `encoded as ${encoding}` }
  const etag = headers.get('etag')
  if (request.etag !== undefined && etag !== null && opaque(etag) !== opaque(request.etag)) {
    return { retry: false, changed: true, reason: `ETag ${etag} in place of ${request.etag}` }
  }
  return status === 206 ? refuseRange(request, response) : refuseWhole(request, headers)
}

function refuseStatus(status: number, headers: Headers): HttpFailure {
  const reason = `status ${status}`
  if (status === 416) return { retry: false, changed: true, reason }
  const retry = status >= 500 || retriedStatuses.includes(status)
  const retryAfterMs = retry ? parseRetryAfter(headers.get('retry-after')) : undefined
  return { retry, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

function refuseRange({ from, to, fileBytes }: HttpRequest, { headers, type }: Response): HttpFailure | undefined {
  const text = headers.get('content-range')
  if (text === null && type === 'cors') return refuseLength(headers, to - from)
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(text ?? '')
  if (match === null) return { retry: false, reason: `Content-Range ${text ?? 'is missing'}` }
  const [first, last] = [Number(match[1]), Number(match[2])]
  if (match[3] !== '*' && Number(match[3]) !== fileBytes) {
    return { retry: false, changed: true, reason: `a file of ${match[3]} bytes in place of ${fileBytes}` }
  }
  if (first !== from || last !== to - 1) {
    return { retry: true, reason: `bytes ${first}-${last} in place of ${from}-${to - 1}` }
  }
  return refuseLength(headers, to - from)
}

function refuseWhole({ fileBytes }: HttpRequest, headers: Headers): HttpFailure | undefined {
  const failure = refuseLength(headers, fileBytes)
  return failure && { retry: false, changed: true, reason: failure.reason }
}

/** An answer may leave its length out; then the body is counted. */
function refuseLength(headers: Headers, expectedBytes: number): HttpFailure | undefined {
  const length = headers.get('content-length')
  if (length === null || Number(length) === expectedBytes) return undefined
  return { retry: true, reason: `Content-Length ${length} in place of ${expectedBytes}` }
}

interface Transfer {
  events: HttpEvents
  signal: AbortSignal
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  /** The body's promised length, and where in it the range lies: at its start, or somewhere in a whole file. */
  bodyBytes: number
  wantedFrom: number
  wantedTo: number
}

async function passBody(transfer: Transfer): Promise<HttpFailure | undefined> {
  const { events, signal, reader, bodyBytes, wantedFrom, wantedTo } = transfer
  let bodyAt = 0
  // Past the range, the rest of a whole file is not waited for; a body that should end here is, to see it end.
  while (bodyAt < wantedTo || wantedTo === bodyBytes) {
    let value: Uint8Array | undefined
    try {
      value = (await reader?.read())?.value
    } catch (error) {
      return { retry: true, reason: `${textOf(error)} after ${bodyAt} of ${bodyBytes} bytes` }
    }
    if (signal.aborted || value === undefined) break
    const nextAt = bodyAt + value.length
    if (nextAt > bodyBytes) return { retry: true, reason: `a body of more than ${bodyBytes} bytes` }
    const wanted = value.subarray(Math.max(0, wantedFrom - bodyAt), Math.max(0, wantedTo - bodyAt))
    bodyAt = nextAt
    if (wanted.length > 0) await events.bytes(wanted)
    if (signal.aborted) break
  }
  return bodyAt < wantedTo ? { retry: true, reason: `a body of ${bodyAt} in place of ${bodyBytes} bytes` } : undefined
}

/** A weak mark is no difference here: what the bytes are is proven by their hashes. */
const opaque = (etag: string) => etag.replace(/^W\//, '')

/** Seconds, or a date (RFC 9110 §10.2.3); undefined for anything else. */
function parseRetryAfter(text: string | null): number | undefined {
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), retryAfterMsMax)
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
