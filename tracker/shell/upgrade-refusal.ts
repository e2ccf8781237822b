/** The answer to an upgrade that is not taken: plain HTTP on the raw socket, which no response object stands for. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

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
