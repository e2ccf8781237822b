/** The WebSocket subprotocols that a client offers (RFC 6455 §11.3.4). Knows no socket. */
import type { IncomingMessage } from 'node:http'
import { trackerSubprotocol } from '../../shared/tracker-messages.ts'

/** Whether the client names the protocol of our own clients. */
export const offersOwnProtocol = (request: IncomingMessage): boolean =>
  offeredProtocols(request).includes(trackerSubprotocol)

export function offeredProtocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
}
