/**
 * What surrounds a download that HTTP has to carry alone: trackers that are of no use, peers that never send, peers
 * that send a drop at a time. Each file has its own swarm, so that nobody meets the peers of another row.
 */

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import type { ClientOptions } from '../client/api.ts'
import { listen, type PageServer } from '../test/browser/page-server.ts'
import { Visitor } from '../test/e2e/visitor.ts'

/** Where nothing listens: a connection is refused at once. */
export const closedTracker = 'ws://127.0.0.1:9/.nearcast/tracker'

/** A host that knows nothing of Nearcast: the folder's files, manifests among them, and no field that proves a leaf. */
export async function openStaticHost(folder: string): Promise<PageServer> {
  return listen(async (request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html'
    const path = join(folder, name)
    const bytes = (await stat(path).catch(() => undefined))?.size
    if (bytes === undefined) return response.writeHead(404).end()
    const type = name.endsWith('.html') ? 'text/html' : name.endsWith('.js') ? 'text/javascript' : 'text/plain'
    response.writeHead(200, { 'content-type': type, 'content-length': bytes })
    createReadStream(path).pipe(response)
  })
}

export interface SilentTracker {
  url: string
  close(): void
}

/** Takes every connection and never says a word. */
export async function openSilentTracker(): Promise<SilentTracker> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/.nearcast/tracker`,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Visitors who have the file and stay. */
export async function seed(
  browser: Browser,
  url: string,
  path: string,
  peers: { count: number; options?: ClientOptions; prepare?: () => void },
): Promise<Visitor[]> {
  const visitors: Visitor[] = []
  for (let i = 0; i < peers.count; i++) {
    const visitor = await Visitor.arrive(browser, `${url}/`, peers.prepare)
    await visitor.download(path, peers.options)
    visitors.push(visitor)
  }
  return visitors
}

/** Runs in a page before all else: it offers what it has, takes requests, and never sends a byte of a file. */
export function stall(): void {
  const send = RTCDataChannel.prototype.send as (data: unknown) => void
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    // 0x10 is a data frame (docs/PROTOCOL.md).
    if (data instanceof Uint8Array && data[0] === 0x10) return undefined
    return send.call(this, data)
  }
}
