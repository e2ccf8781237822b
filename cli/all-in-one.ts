/**
 * The all-in-one server: one HTTP server with the origin's files at their own paths and everything of ours below
 * `/.nearcast/`. Owns which address goes where, and a clean end. Knows neither settings nor how files or peers are
 * looked after.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Origin } from '../origin/main.ts'
import { type Tracker, trackerPath } from '../tracker/main.ts'
import { type BuiltFile, sendBuiltFile } from './built-files.ts'

export interface Demo {
  page: ReadonlyMap<string, BuiltFile>
  /** The download that the page shows first, as a URL path. */
  softwarePath: string
  egressBytesPerSecondMax: number | undefined
  version: string
}

export interface AllInOneOptions {
  origin: Origin
  tracker: Tracker
  /** The SDK by file name. */
  sdk: ReadonlyMap<string, BuiltFile>
  demo: Demo | undefined
}

export interface AllInOne {
  server: Server
  /** Takes no more requests, lets those at work finish, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** A request's head comes in one or two packets; who needs longer holds a socket for nothing (slowloris). */
const headersTimeoutMs = 10_000

/** Requests to this server have no bodies worth waiting for. */
const requestTimeoutMs = 30_000

/** Above the 60 s for which common load balancers keep a connection, so that they close first and never meet a closed one. */
const keepAliveTimeoutMs = 75_000

/** A reader that took nothing for so long has gone, or comes back with a Range request. */
const idleSocketMs = 120_000

/** How often the two request timeouts are looked at; Node's own 30 s would let a slow head live four times as long. */
const connectionsCheckMs = 2_000

/** Node's default, said here: cookies of a shared domain need some KiB, nothing needs more. */
const headerBytesMax = 16 * 1024

/** Half of what a process may usually open (Debian's hard limit is 1,048,576, soft 1,024 raised by Node), each with a file. */
const connectionsMax = 16_384

/** The demo page lists files to choose from, and people do not choose from more. */
const demoFilesMax = 200

/** A folder is walked at most this often, however many ask. */
const demoListMs = 2_000

/** How often a closing server looks for connections that have become idle. */
const drainCheckMs = 50

/** The page runs our own script and style; workers and saved files may be blobs, the tracker is a WebSocket. */
const demoPolicy = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "connect-src 'self' ws: wss: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

type Answer = (request: IncomingMessage, response: ServerResponse) => void

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(text)
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split(/[?#]/, 1)[0]!

/** Only reading is answered here; what changes things is not for an address that anyone may call. */
function reading(answer: Answer): Answer {
  return (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') return answer(request, response)
    response.setHeader('Allow', 'GET, HEAD')
    sendText(response, 405, 'only GET and HEAD are answered here\n')
  }
}

/** The list of files for the demo page, made anew when it is older than `demoListMs`, once for all who ask meanwhile. */
function demoListing(origin: Origin, demo: Demo): Answer {
  let made: { json: Promise<string>; atMs: number } | undefined
  const make = async () => {
    const listed = await origin.list(demoFilesMax)
    const files = listed.map((file) => (file.path === demo.softwarePath ? { ...file, featured: true } : file))
    const cap = demo.egressBytesPerSecondMax ?? null
    return JSON.stringify({ files, egressBytesPerSecondMax: cap, version: demo.version })
  }
  return async (request, response) => {
    const atMs = Date.now()
    if (made === undefined || atMs - made.atMs > demoListMs) made = { json: make(), atMs }
    try {
      const bytes = Buffer.from(await made.json)
      response.setHeader('Cache-Control', 'no-store')
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length })
      response.end(request.method === 'HEAD' ? undefined : bytes)
    } catch {
      made = undefined
      sendText(response, 500, 'the folder cannot be listed\n')
    }
  }
}

/** Every address of our own, by its exact path. */
function ownAnswers({ origin, sdk, demo }: AllInOneOptions, isReady: () => boolean): Map<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const [name, file] of sdk) {
    answers.set(`/.nearcast/${name}`, (request, response) => sendBuiltFile(file, request, response))
  }
  answers.set('/.nearcast/health', (_, response) => sendText(response, 200, 'ok\n'))
  answers.set('/.nearcast/ready', (_, response) =>
    isReady() ? sendText(response, 200, 'ready\n') : sendText(response, 503, 'closing\n'),
  )
  answers.set(trackerPath, (_, response) => {
    response.setHeader('Upgrade', 'websocket')
    sendText(response, 426, 'the tracker speaks WebSocket\n')
  })
  if (demo !== undefined) {
    answers.set('/.nearcast/demo.json', demoListing(origin, demo))
    // The page itself knows no path before its script runs, and some visitors run none.
    answers.set('/.nearcast/demo/download', (_, response) => {
      response.setHeader('Location', demo.softwarePath)
      sendText(response, 302, `see ${demo.softwarePath}\n`)
    })
    for (const [name, file] of demo.page) {
      const isPage = name === 'index.html'
      answers.set(isPage ? '/' : `/.nearcast/demo/${name}`, (request, response) => {
        if (isPage) response.setHeader('Content-Security-Policy', demoPolicy)
        sendBuiltFile(file, request, response)
      })
    }
  }
  return answers
}

function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => {})
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

export function createAllInOne(options: AllInOneOptions): AllInOne {
  const { origin, tracker } = options
  let isClosing = false
  const answers = ownAnswers(options, () => !isClosing)
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
    maxHeaderSize: headerBytesMax,
  })
  server.timeout = idleSocketMs
  server.maxConnections = connectionsMax
  server.on('request', (request, response) => {
    const path = pathOf(request)
    const answer = answers.get(path)
    if (answer !== undefined) reading(answer)(request, response)
    else if (path.startsWith('/.nearcast/')) sendText(response, 404, 'there is nothing at this address\n')
    else origin.handler(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    if (pathOf(request) === trackerPath && !isClosing) tracker.handleUpgrade(request, socket, head)
    else refuseUpgrade(socket)
  })
  return {
    server,
    async close(graceMs) {
      isClosing = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const drain = setInterval(() => server.closeIdleConnections(), drainCheckMs)
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await tracker.close()
      await closed
      clearInterval(drain)
      clearTimeout(cut)
      await origin.close()
    },
  }
}
