/**
 * The admin port: what an operator sees and does, for those who have the token. Health and readiness are for anyone who
 * reaches it. Knows nothing of what is behind each address.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type Operations, refuseStranger, sendHealth, sendMetrics, sendReadiness } from './operations.ts'
import { createHttpServer, pathOf, sendText } from './site.ts'

/** An operator, a dashboard, a few monitors; each holds one or two. */
const connectionsMax = 64

export interface AdminRoute {
  method: 'GET' | 'POST' | 'DELETE'
  /** The whole path, or with a `/` at its end what every path below it begins with. */
  path: string
  /** @param rest what comes after the path @returns what is answered as JSON */
  run(rest: string, query: URLSearchParams): unknown
}

/** An answer other than 200. */
export class AdminFailure extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What an operator asks for. */
export interface AdminRequest {
  method: string
  /** With a query behind it, if there is one. */
  path: string
}

export interface AdminAnswer {
  status: number
  /** As JSON. */
  value: unknown
}

function sendJson(response: ServerResponse, { status, value }: AdminAnswer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(`${JSON.stringify(value, undefined, 2)}\n`)
}

async function runRoute(route: AdminRoute, asked: string): Promise<AdminAnswer> {
  const [path, query] = asked.split('?', 2)
  try {
    const rest = decodeURIComponent(path!.slice(route.path.length))
    return { status: 200, value: await route.run(rest, new URLSearchParams(query)) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // A path that is no text is nobody's fault but the asker's.
    if (error instanceof URIError) return { status: 400, value: { error: message } }
    return { status: error instanceof AdminFailure ? error.status : 500, value: { error: message } }
  }
}

/** What another process asks for, which has let the operator in and knows what there is. */
export function runRequest(routes: readonly AdminRoute[], { method, path }: AdminRequest): Promise<AdminAnswer> {
  const route = routes.find((one) => one.method === method && matches(one, path.split('?', 1)[0]!))
  if (route === undefined) return Promise.resolve({ status: 404, value: { error: `no ${method} ${path}` } })
  return runRoute(route, path)
}

const matches = ({ path }: AdminRoute, asked: string): boolean =>
  path.endsWith('/') ? asked.startsWith(path) && asked.length > path.length : asked === path

function answerWith(routes: readonly AdminRoute[], operations: Operations) {
  const all: readonly AdminRoute[] = [
    { method: 'GET', path: '/', run: () => ['GET /metrics', ...routes.map(({ method, path }) => `${method} ${path}`)] },
    ...routes,
  ]
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request)
    if (path === '/health') return sendHealth(request, response)
    if (path === '/ready') return sendReadiness(operations)(request, response)
    if (!operations.token.isIn(request)) return refuseStranger(response)
    if (path === '/metrics' && request.method === 'GET') return void sendMetrics(operations, response)
    const here = path === '/' ? all.slice(0, 1) : all.slice(1).filter((route) => matches(route, path))
    const route = here.find(({ method }) => method === request.method)
    if (route !== undefined) {
      return void runRoute(route, request.url!).then((answer) => sendJson(response, answer))
    }
    if (here.length === 0) return sendText(response, 404, 'there is nothing at this address\n')
    response.setHeader('Allow', here.map(({ method }) => method).join(', '))
    sendText(response, 405, 'not by this method\n')
  }
}

/** Not listening yet. */
export function createAdminServer(routes: readonly AdminRoute[], operations: Operations): Server {
  const server = createHttpServer(connectionsMax)
  server.on('request', answerWith(routes, operations))
  return server
}
