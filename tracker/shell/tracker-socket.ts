/** One client's WebSocket, and what is known of it beside. Knows no message. */
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { PeerId } from '../../shared/ids.ts'
import type { SocketServer } from './socket-server.ts'

/** Handlers live on the prototype and not in closures, which would cost a kilobyte a socket. */
export class TrackerSocket extends WebSocket {
  slot = 0
  unanswered = 0
  isGone = false
  corkedLength = 0
  /** The code that it was told when it was sent away and its answer no longer read. */
  expelledWith: number | undefined
  server: SocketServer | undefined
  /** The stream below, on which whole frames can be written. */
  stream: Duplex | undefined
  /** Who the owner takes the client for. */
  id: PeerId | undefined
  address: Uint8Array | undefined
  /** Of which site the page is, as its browser says, where that matters. */
  webOrigin: string | undefined
  /** What ws holds of a message in pieces whose last one has not come. It tells of it nowhere else. */
  declare readonly _receiver: { readonly _fragments: readonly unknown[] } | null
  /** For so many beats one has not ended. */
  unfinishedBeats = 0

  beat(): void {
    this.unfinishedBeats = (this._receiver?._fragments.length ?? 0) > 0 ? this.unfinishedBeats + 1 : 0
  }
}
