/**
 * An origin on node:http that lies in one way a path: `/lies/<way>` answers a Range request for the same file each
 * time. Refuses what a page should never send it.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { lyingFile, lyingFileEtag } from './lying-file.ts'

interface Ask {
  response: ServerResponse
  /** Bytes [from, to), as asked for. */
  from: number
  to: number
}

const size = lyingFile.length

const rangeOf = (from: number, to: number, ofBytes: number | '*' = size) => `bytes ${from}-${to - 1}/${ofBytes}`

function head({ response, from, to }: Ask, over: Record<string, string | number | undefined> = {}): ServerResponse {
  const headers: Record<string, string | number | undefined> = {
    'content-type': 'application/octet-stream',
    'content-range': rangeOf(from, to),
    'content-length': to - from,
    etag: lyingFileEtag,
    ...over,
  }
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value)
  response.statusCode = 206
  return response
}

const whole = (ask: Ask, over: Record<string, string | number | undefined> = {}) => {
  const response = head(ask, { 'content-range': undefined, 'content-length': size, ...over })
  response.statusCode = 200
  return response
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  ({ response }: Ask) => {
    response.writeHead(code, headers).end('no')
  }

const ways: Record<string, (ask: Ask) => void> = {
  honest: (ask) => head(ask).end(lyingFile.subarray(ask.from, ask.to)),
  'unknown-size': (ask) =>
    head(ask, { 'content-range': rangeOf(ask.from, ask.to, '*') }).end(lyingFile.subarray(ask.from, ask.to)),
  'no-length': (ask) => {
    const response = head(ask, { 'content-length': undefined })
    const middle = Math.floor((ask.from + ask.to) / 2)
    response.write(lyingFile.subarray(ask.from, middle))
    response.end(lyingFile.subarray(middle, ask.to))
  },
  'no-etag': (ask) => head(ask, { etag: undefined }).end(lyingFile.subarray(ask.from, ask.to)),
  'weak-etag': (ask) => head(ask, { etag: `W/${lyingFileEtag}` }).end(lyingFile.subarray(ask.from, ask.to)),
  whole: (ask) => whole(ask).end(lyingFile),
  'whole-no-length': (ask) => {
    const response = whole(ask, { 'content-length': undefined })
    response.write(lyingFile.subarray(0, 1000))
    response.end(lyingFile.subarray(1000))
  },
  /** Sends the whole file's bytes up to the range's end, and then nothing more: only who stops there gets an end. */
  'whole-then-silence': (ask) => void whole(ask).write(lyingFile.subarray(0, ask.to)),
  'whole-other-length': (ask) => whole(ask, { 'content-length': 4 }).end('else'),
  'whole-other-etag': (ask) => whole(ask, { etag: '"another"' }).end(lyingFile),

  'other-etag': (ask) => head(ask, { etag: '"another"' }).end(lyingFile.subarray(ask.from, ask.to)),
  'other-size': (ask) =>
    head(ask, { 'content-range': rangeOf(ask.from, ask.to, size + 1) }).end(lyingFile.subarray(ask.from, ask.to)),
  'wrong-offset': (ask) =>
    head(ask, { 'content-range': rangeOf(ask.from + 1, ask.to + 1) }).end(lyingFile.subarray(ask.from + 1, ask.to + 1)),
  'shorter-range': (ask) =>
    head(ask, { 'content-range': rangeOf(ask.from, ask.to - 1), 'content-length': ask.to - 1 - ask.from }).end(
      lyingFile.subarray(ask.from, ask.to - 1),
    ),
  'no-content-range': (ask) => head(ask, { 'content-range': undefined }).end(lyingFile.subarray(ask.from, ask.to)),
  'odd-content-range': (ask) => head(ask, { 'content-range': 'bytes all' }).end(lyingFile.subarray(ask.from, ask.to)),
  'lying-length': (ask) =>
    head(ask, { 'content-length': ask.to - ask.from - 5 }).end(lyingFile.subarray(ask.from, ask.to - 5)),
  'ends-early': (ask) => {
    const response = head(ask, { 'content-length': undefined })
    response.end(lyingFile.subarray(ask.from, ask.to - 1))
  },
  'goes-on': (ask) => head(ask, { 'content-length': undefined }).end(lyingFile.subarray(ask.from, ask.to + 10)),
  'dies-midway': (ask) => {
    head(ask).write(lyingFile.subarray(ask.from, ask.from + 1000), () => ask.response.destroy())
  },
  'dies-at-once': (ask) => ask.response.destroy(),
  encoded: (ask) => {
    const body = gzipSync(lyingFile.subarray(ask.from, ask.to))
    head(ask, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
  },
  silence: (ask) => void head(ask).flushHeaders(),
  'first-bytes-then-silence': (ask) => void head(ask).write(lyingFile.subarray(ask.from, ask.from + 1000)),
  redirect: ({ response }) => response.writeHead(302, { location: '/lies/honest' }).end(),

  'status-204': ({ response }) => response.writeHead(204).end(),
  'status-403': status(403),
  'status-404': status(404),
  'status-410': status(410),
  'status-416': status(416, { 'content-range': `bytes */${size - 1}` }),
  'status-429': status(429, { 'retry-after': '7' }),
  'status-500': status(500),
  'status-503-forever': status(503, { 'retry-after': '99999999999999999999' }),
  'status-503-nonsense': status(503, { 'retry-after': 'soon' }),
  'status-503-past': status(503, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }),
}

/** Every answer may be read from any page, but its headers only from pages of this host. */
export const lyingOrigin: RequestListener = (request, response) => {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  const way = ways[(request.url ?? '').replace('/lies/', '')]
  if (way === undefined || range === null || !isPlain(request)) {
    response.writeHead(400).end()
    return
  }
  response.setHeader('access-control-allow-origin', '*')
  way({ response, from: Number(range[1]), to: Number(range[2]) + 1 })
}

/** No preflight, and no If-Range, which would cost one. */
const isPlain = (request: IncomingMessage) => request.method === 'GET' && request.headers['if-range'] === undefined
