/** Serves one script in an empty page, on loopback: a secure context with storage of its own. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PageServer {
  /** `http://127.0.0.1:port`, without a slash. */
  readonly origin: string
  close(): Promise<void>
}

/** @param other answers every path but `/` and `/page.js` */
export async function servePage(script: string, other?: RequestListener): Promise<PageServer> {
  return listen((request, response) => {
    if (request.url === '/') {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><meta charset="utf-8"><title>page</title><script src="/page.js"></script>')
    } else if (request.url === '/page.js') {
      response.setHeader('content-type', 'text/javascript')
      response.end(script)
    } else if (other !== undefined) {
      other(request, response)
    } else {
      response.writeHead(404).end()
    }
  })
}

/** Any handler on a free port of loopback; `close` also ends connections that are in use. */
export async function listen(handler: RequestListener): Promise<PageServer> {
  const server: Server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
