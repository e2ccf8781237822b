/**
 * An HTTP server of ours: its limits, the addresses below `/.nearcast/`, the tracker's upgrades, and a clean end. Knows
 * neither settings nor what stands at any address.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Tracker } from '../tracker/main.ts'
import { type ConnectionLimits, guardConnections } from './connection-guard.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface SiteOptions {
  tracker: Tracker
  /** Every address of our own, by its exact path. Only GET and HEAD come there. */
  answers: ReadonlyMap<string, Answer>
  /** Everything that is not below `/.nearcast/`. */
  others: Answer
  connectionsMax: number
  /** What one address may have of them; all by default. */
  connections?: ConnectionLimits
  /** Frees what answered, when nobody is answered any more. */
  ended(): Promise<void>
}

export interface Site {
  readonly server: Server
  /** False as soon as it is to end. */
  readonly isOpen: boolean
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

/** How often a closing server looks for connections that have become idle. */
const drainCheckMs = 50

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(text)
}

export const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split(/[?#]/, 1)[0]!

/** Only reading is answered here; what changes things is not for an address that anyone may call. */
function reading(answer: Answer): Answer {
  return (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') return answer(request, response)
    response.setHeader('Allow', 'GET, HEAD')
    sendText(response, 405, 'only GET and HEAD are answered here\n')
  }
}

function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => {})
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

/** What a browser or a person finds who opens the tracker's address as a page. */
export const sendTrackerHint: Answer = (_, response) => {
  response.setHeader('Upgrade', 'websocket')
  sendText(response, 426, 'the tracker speaks WebSocket\n')
}

/** An HTTP server with our limits, which nothing is attached to yet. */
export function createHttpServer(connectionsMax: number): Server {
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
    maxHeaderSize: headerBytesMax,
  })
  server.timeout = idleSocketMs
  server.maxConnections = connectionsMax
  return server
}

/** Takes no more connections, and cuts what is left after `graceMs`. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const drain = setInterval(() => server.closeIdleConnections(), drainCheckMs)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(drain)
  clearTimeout(cut)
}

export function createSite(options: SiteOptions): Site {
  const { tracker, answers, others, connectionsMax, connections, ended } = options
  let isOpen = true
  const server = createHttpServer(connectionsMax)
  const isRefused = connections ? guardConnections(server, connections) : () => false
  server.on('request', (request, response) => {
    if (isRefused(request.socket)) return
    const path = pathOf(request)
    const answer = answers.get(path)
    if (answer !== undefined) reading(answer)(request, response)
    else if (!path.startsWith('/.nearcast/')) others(request, response)
    else if (tracker.paths.includes(path)) reading(sendTrackerHint)(request, response)
    else sendText(response, 404, 'there is nothing at this address\n')
  })
  server.on('upgrade', (request, socket, head) => {
    if (isRefused(request.socket)) return
    if (tracker.paths.includes(pathOf(request)) && isOpen) tracker.handleUpgrade(request, socket, head)
    else refuseUpgrade(socket)
  })
  return {
    server,
    get isOpen() {
      return isOpen
    },
    async close(graceMs) {
      isOpen = false
      const closed = closeServer(server, graceMs)
      await tracker.close()
      await closed
      await ended()
    },
  }
}
