/** Upgrades that are not taken, and the answer to one: plain HTTP on the raw socket, which no response object stands for. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { offeredProtocols } from './subprotocols.ts'

export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = `${message}\n`
  const destroy = (): void => {
    socket.destroy()
  }
  socket.on('error', destroy)
  socket.once('finish', destroy)
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
}

/** What is wrong with an upgrade, but for its handshake, and what would be right. */
export function upgradeFault(
  request: IncomingMessage,
  paths: readonly string[],
  subprotocol: string | undefined,
): { status: number; message: string } | undefined {
  const path = request.url?.split('?', 1)[0]
  if (path === undefined || !paths.includes(path)) {
    return { status: 404, message: `no WebSocket here; the tracker is at ${paths.join(' and ')}` }
  }
  if (subprotocol === undefined || offeredProtocols(request).includes(subprotocol)) return undefined
  return { status: 400, message: `the tracker speaks the WebSocket subprotocol ${subprotocol} alone` }
}
