/** Everything that the engine hears and everything that it asks for. One interpreter runs the effects. */
import type { Bytes } from '../../shared/bytes.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { ChunkHashes, Manifest } from '../../shared/manifest.ts'
import type { IceServer } from '../../shared/servers.ts'
import type { ClientMessage, Signal, TrackerMessage } from '../../shared/tracker-messages.ts'
import type { WireMessage } from '../../shared/wire.ts'

/** How a want is served: `stream` in order from its position on, `bulk` in whatever order is best. */
export type Order = 'stream' | 'bulk'

export type Description = NonNullable<Signal['description']>
export type Candidate = NonNullable<Signal['candidates']>[number]

/** Where verified bytes came from. */
export type Source = 'origin' | PeerId

export type Input =
  | { type: 'consent'; granted: boolean }
  /**
   * Takes part in a file's swarm. `run`: the HTTP answer that is under way, from byte 0 on. `hasEdges`: the edges that
   * the tracker names have it too. `mirrors`: names of other hosts that do.
   */
  | {
      type: 'open'
      swarm: SwarmId
      manifest: Manifest
      hashes: ChunkHashes
      run?: { id: number; to: number }
      hasEdges?: boolean
      mirrors?: readonly string[]
    }
  /** The store turns out to have these chunks. */
  | { type: 'held'; swarm: SwarmId; indexes: readonly number[] }
  /** Leaves the swarm and forgets the file. */
  | { type: 'shut'; swarm: SwarmId }
  /** Asks for bytes [from, to). */
  | { type: 'want'; swarm: SwarmId; want: number; from: number; to: number; order: Order }
  /** The reader of a stream has taken all bytes before `position` and waits for the next. */
  | { type: 'reading'; swarm: SwarmId; want: number; position: number }
  | { type: 'unwant'; swarm: SwarmId; want: number }
  /** `bytes` are those of the effect, the same object: a hash is taken for nothing else. */
  | { type: 'digested'; swarm: SwarmId; index: number; bytes: Bytes; hash: Uint8Array }
  | { type: 'leafDigested'; swarm: SwarmId; leaf: number; bytes: Bytes; hash: Uint8Array }
  /** The answer to `read`; undefined when the chunk is not there or did not verify. */
  | { type: 'chunkRead'; swarm: SwarmId; index: number; bytes: Bytes | undefined }
  /** The store gave up a chunk, or it did not verify when it was read. `isFull`: because it has no room for more. */
  | { type: 'lost'; swarm: SwarmId; index: number; isFull?: boolean }
  /** The answer to `fetchPage`: the page is known now, or could not be had. */
  | { type: 'page'; swarm: SwarmId; page: number; known: boolean }
  /** Verified bytes wait to be stored: ask for no more until it is over. */
  | { type: 'pressure'; on: boolean }
  | { type: 'runBytes'; run: number; bytes: Uint8Array }
  | { type: 'runEnded'; run: number }
  | { type: 'runFailed'; run: number; reason: string; retry: boolean; changed: boolean; retryAfterMs: number }
  | { type: 'trackerMessage'; message: TrackerMessage }
  | { type: 'trackerClosed' }
  /** The answer to `fetchToken`; undefined when there is none to be had. */
  | { type: 'token'; token: string | undefined }
  | { type: 'linkSignal'; peer: PeerId; description?: Description; candidate?: Candidate }
  | { type: 'linkOpen'; peer: PeerId; frameBytesMax: number; roomBytes: number }
  | { type: 'frame'; peer: PeerId; frame: Uint8Array }
  | { type: 'drained'; peer: PeerId; roomBytes: number }
  | { type: 'linkClosed'; peer: PeerId }
  /**
   * In bytes per second, for all uploads together and for each peer, and in bytes for each that came. 0 turns uploads
   * off, what is left out is no limit.
   */
  | { type: 'uploadRate'; bytesPerSecondMax: number; peerBytesPerSecondMax?: number; ratioMax?: number }
  /** The page goes away, perhaps to come back: peers need not wait to find out. */
  | { type: 'leaving' }
  | { type: 'wake' }

/** Why wants can never be served. */
export type FailureCode = 'network' | 'http-status' | 'corrupt-origin' | 'file-changed' | 'storage'

export type Effect =
  /** Check one chunk: the hash comes back as `digested`. */
  | { type: 'digest'; swarm: SwarmId; index: number; bytes: Bytes }
  | { type: 'digestLeaf'; swarm: SwarmId; leaf: number; bytes: Bytes }
  /** A chunk is verified: keep it and let its readers have it. */
  | { type: 'keep'; swarm: SwarmId; index: number; bytes: Bytes; source: Source }
  /** Verified leaves of the first chunk, ahead of the whole chunk. */
  | { type: 'release'; swarm: SwarmId; from: number; bytes: Bytes }
  /** Bring a chunk from the store, verified again: it comes back as `chunkRead`. */
  | { type: 'read'; swarm: SwarmId; index: number }
  | { type: 'fetchPage'; swarm: SwarmId; page: number }
  /** `edge`: to be asked there, an edge or a mirror, and not at the file's own address. */
  | { type: 'openRun'; swarm: SwarmId; run: number; from: number; to: number; edge?: string }
  | { type: 'closeRun'; run: number }
  /** No source can serve what is wanted. */
  | { type: 'failed'; swarm: SwarmId; code: FailureCode; reason: string }
  /** `resume`: shows the tracker who this client was on its last connection. */
  | { type: 'connectTracker'; resume?: string }
  | { type: 'closeTracker' }
  /** The owner's token for the tracker is needed: it comes back as `token`. */
  | { type: 'fetchToken' }
  /** The tracker does not take this client, which goes on without peers: its owner may want to know. */
  | { type: 'shutOut'; why: string }
  | { type: 'tell'; message: ClientMessage }
  /** What the tracker names now, all of it: for connections made from now on. */
  | { type: 'iceServers'; stunPort: number | undefined; iceServers: readonly IceServer[] }
  | { type: 'dial'; peer: PeerId; initiator: boolean }
  | { type: 'linkSignal'; peer: PeerId; description?: Description; candidate?: Candidate }
  | { type: 'hangUp'; peer: PeerId }
  /** The link is to have so many connections, the first included. */
  | { type: 'widen'; peer: PeerId; connectionCount: number }
  | { type: 'send'; peer: PeerId; message: WireMessage }
  /** The send queue seems full: say `drained` now if it is not, otherwise when it is low again. */
  | { type: 'askRoom'; peer: PeerId }
