/** What an operator can say of the tracker's WebSockets, and what holds where nothing is said. Knows no socket. */
import { KiB, MiB } from '../../shared/limits.ts'
import { checkSetting, checkWhole } from '../core/limits.ts'

export interface SocketServerOptions {
  /** The paths of the WebSocket. */
  paths?: readonly string[]
  /** Between two pings of one connection. One that leaves two unanswered is dead. */
  heartbeatMs?: number
  /** Bytes that may wait for a client that reads slowly; one that needs more is dropped. */
  sendQueueBytesMax?: number
  /** Bytes that may wait for all of them together; beyond, the one for whom most waits is dropped. */
  allSendQueuesBytesMax?: number
}

/** Where clients look for the tracker on a page's own host. */
export const trackerPath = '/.nearcast/tracker'

/** Below a minute, where common proxies end quiet connections. */
export const heartbeatMsDefault = 30_000

/** A full burst of large signals (60 × 4 KiB). Messages have at least some 50 bytes, so this bounds their number too. */
const sendQueueBytesDefault = 256 * KiB

/** A tenth of what the sockets of a full tracker take, and enough for 256 that read nothing at all. */
const allSendQueuesBytesDefault = 64 * MiB

/** @throws Error that names a wrong setting, its value and what would be right */
export function socketOptionsWith(options: SocketServerOptions): Required<SocketServerOptions> {
  const {
    paths = [trackerPath],
    heartbeatMs = heartbeatMsDefault,
    sendQueueBytesMax = sendQueueBytesDefault,
    allSendQueuesBytesMax = allSendQueuesBytesDefault,
  } = options
  for (const path of paths) checkSetting('paths', path, path.startsWith('/'), 'a path that begins with /')
  checkWhole('heartbeatMs', heartbeatMs)
  checkWhole('sendQueueBytesMax', sendQueueBytesMax)
  checkWhole('allSendQueuesBytesMax', allSendQueuesBytesMax)
  return { paths, heartbeatMs, sendQueueBytesMax, allSendQueuesBytesMax }
}
