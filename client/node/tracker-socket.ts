/** The tracker's WebSocket where the platform may have none: Node has one from version 22 on. */
import { WebSocket } from 'ws'
import { trackerMessageBytesMax } from '../../shared/limits.ts'
import type { TrackerDialer } from '../ports.ts'
import { createWebTrackerDialer } from '../shell/web-tracker-dialer.ts'

/** A tracker's messages are short; what is longer is not even taken in. */
const payloadBytesMax = 2 * trackerMessageBytesMax

/** Compression costs 300 KiB a socket, and a client that is told little has no use for it. */
class PlainWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false, maxPayload: payloadBytesMax })
  }
}

/** The browser's type has two dozen members, and the dialer uses what both kinds have. */
export const createNodeTrackerDialer = (): TrackerDialer =>
  createWebTrackerDialer(PlainWebSocket as unknown as typeof globalThis.WebSocket)
