/**
 * The all-in-one server: one HTTP server with the origin's files at their own paths and everything of ours below
 * `/.nearcast/`. Owns which address goes where. Knows neither settings nor how files or peers are looked after.
 */
import type { Origin } from '../origin/main.ts'
import type { Tracker } from '../tracker/main.ts'
import { type BuiltFile, sendBuiltFile } from './built-files.ts'
import type { ConnectionLimits } from './connection-guard.ts'
import { type Operations, operationsAnswers } from './operations.ts'
import { type Answer, createSite, type Site, sendText } from './site.ts'

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
  operations: Operations
  connections: ConnectionLimits
}

/** Half of what a process may usually open (Debian's hard limit is 1,048,576, soft 1,024 raised by Node), each with a file. */
const connectionsMax = 16_384

/** The demo page lists files to choose from, and people do not choose from more. */
const demoFilesMax = 200

/** A folder is walked at most this often, however many ask. */
const demoListMs = 2_000

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
function ownAnswers({ origin, sdk, demo }: AllInOneOptions): Map<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const [name, file] of sdk) {
    answers.set(`/.nearcast/${name}`, (request, response) => {
      // The worker is for the whole site, which it may only be where its server says so.
      if (name === 'sw.js') response.setHeader('Service-Worker-Allowed', '/')
      return sendBuiltFile(file, request, response)
    })
  }
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

export function createAllInOne(options: AllInOneOptions): Site {
  const { origin, tracker, operations } = options
  return createSite({
    tracker,
    answers: new Map([...operationsAnswers(operations), ...ownAnswers(options)]),
    others: (request, response) => origin.handler(request, response),
    connectionsMax,
    connections: options.connections,
    ended: () => origin.close(),
  })
}
