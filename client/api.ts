/** The shapes of the public API. */
import type { Root } from '../shared/ids.ts'
import type { Tier } from '../shared/tracker-messages.ts'
import type { Metered, Resting } from './core/manners.ts'
import type { Mode } from './core/mode.ts'

export type { Metered, Resting } from './core/manners.ts'
export { type Mode, modes } from './core/mode.ts'

export type Consent = 'granted' | 'denied'

export interface ClientOptions {
  /** The tracker's WebSocket URL; `'auto'` is `/.nearcast/tracker` on the page's own host. Without one: HTTP only. */
  tracker?: string
  /**
   * What the tracker wants to see before it takes a visitor, where it does: a token of the site's backend, or a function
   * that gets one, which is called at every connection and before a token runs out.
   */
  token?: string | (() => Promise<string>)
  /** Whether the visitor agreed to connections with other visitors. `'denied'` (the default) means HTTP only. */
  consent?: Consent
  mode?: Mode
  /**
   * The public key of who signs the site's manifests, as `nearcast keygen` prints it, or several with spaces between. Then
   * only files whose manifest it signed come from peers and go to peers.
   */
  key?: string
  /**
   * Other hosts that have the page's own files at the same paths, as the beginnings of their addresses: asked where the
   * own one does not answer, beside what a file's manifest names.
   */
  mirrors?: readonly string[]
  /** What becomes of a file without a valid signature, where there is a key: plain HTTP (the default), or an error. */
  unsigned?: 'plain' | 'error'
  /**
   * STUN and TURN servers for connections beyond the local network, in place of those that the tracker names; an empty
   * list for none at all. Those of the tracker by default.
   */
  iceServers?: RTCIceServer[]
  /** `'relay'`: connections by TURN servers alone, so that peers see no address of the visitor. `'all'` by default. */
  iceTransportPolicy?: RTCIceTransportPolicy
  /**
   * The most that all uploads together may use, in bytes per second; 0 turns them off. 2 MiB/s by default, and in any
   * case no more than what the visitor's own traffic leaves of a thin line.
   */
  uploadBytesPerSecondMax?: number
  /** The most that one peer is sent, in bytes per second. Unlimited by default. */
  uploadPeerBytesPerSecondMax?: number
  /** The most that is uploaded in all, in bytes for each verified byte that came; 0 for nothing. 1 by default. */
  uploadRatioMax?: number
  /**
   * On a cellular connection, and where the visitor asked to save data: no connections to peers (`off`, the default),
   * no uploads (`download`), or the same as elsewhere (`on`).
   */
  metered?: Metered
  /** With less battery than this, in percent, and not charging, nothing is uploaded. 20 by default. */
  batteryPercentMin?: number
  /** After a page was hidden for this long, in seconds, it uploads nothing until it is seen again. 600 by default. */
  hiddenSecondsMax?: number
  /** Where verified chunks are kept: on the visitor's device (the default), or in memory until the page closes. */
  store?: 'device' | 'memory'
  /**
   * The most that the visitor's device keeps of files that are not open any more, in bytes; beyond it the least recently
   * used are deleted. A tenth of what the browser has for the site by default, and at most 4 GiB.
   */
  storeBytesMax?: number
  /** The most that the chunk store may hold in memory where there is no IndexedDB, in bytes. 256 MiB by default. */
  memoryBytesMax?: number
}

/** What may be changed of the caps on uploads; what is left out stays as it is. Infinity takes a cap away. */
export type UploadLimits = Pick<
  ClientOptions,
  'uploadBytesPerSecondMax' | 'uploadPeerBytesPerSecondMax' | 'uploadRatioMax'
>

export interface FetchOptions {
  signal?: AbortSignal
  /** Sent with the request; a single `Range: bytes=a-b` is honoured. */
  headers?: HeadersInit
}

/** Verified bytes, by where they came from. */
export interface BytesBySource {
  peers: number
  origin: number
  store: number
}

export type DownloadState = 'starting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled'

export interface DownloadProgress {
  state: DownloadState
  /** The file's name and media type, as far as known. */
  name: string
  type: string
  /** Undefined until known; a plain HTTP answer may never say. */
  totalBytes: number | undefined
  /** Bytes here, all verified unless `verified` is false. */
  doneBytes: number
  bytes: BytesBySource
  /** Bytes that are on the visitor's disk, where `save` writes the file as it comes. */
  savedBytes?: number
  /** False when the file has no manifest and comes by plain HTTP, unverified and without peers. */
  verified: boolean
  /** Why the file comes by plain HTTP, when it does. */
  plainReason?: string
  /** Bytes per second over about the last two seconds. */
  bytesPerSecond: number
  root: Root | undefined
  chunkBytes: number | undefined
}

/** What the chunk map shows: `chunks[i]` is an index into `sources`, and the first three are always these. */
export interface ChunkMap {
  sources: readonly ['missing', 'origin', 'store', ...string[]]
  /** One entry a chunk. */
  chunks: Uint8Array
  /** Chunks that are on their way. */
  inFlight: number[]
}

export interface Download {
  readonly url: string
  progress(): DownloadProgress
  chunkMap(): ChunkMap
  /** Stops asking for more; what is here stays, also over a reload. */
  pause(): void
  resume(): void
  /** Ends the download; what is here stays in the store. */
  cancel(): void
  /** Called at every change of state, and a few times a second while bytes come. @returns a function that stops it */
  onProgress(callback: (progress: DownloadProgress) => void): () => void
  /** Fulfilled when every byte is here; rejected with a NearcastError when it fails or is cancelled. */
  readonly done: Promise<void>
  /** The file's bytes in order, verified again as they are read, as they come. */
  stream(): ReadableStream<Uint8Array>
  /** The whole file, once done. */
  blob(): Promise<Blob>
  /**
   * Saves to disk. A file of more than 128 MiB is written as it comes, each piece once it is verified: to a place that the
   * visitor is asked for where the browser can, which is best called for a click; else as a download of the browser's own,
   * where the service worker is. All others are saved once done. Rejects with `cancelled` when no place is chosen.
   */
  save(name?: string): Promise<void>
}

export type TrackerState = 'off' | 'connecting' | 'open' | 'waiting'

export interface PeerStats {
  id: string
  tier: Tier
  state: 'connecting' | 'open'
  /** Verified bytes from this peer, bytes sent to it, and how much of what it sent was wrong or unasked. */
  downloaded: number
  uploaded: number
  refused: number
  downBytesPerSecond: number
  upBytesPerSecond: number
  roundTripMs: number | undefined
}

export interface FileStats {
  url: string
  root: Root
  name: string
  fileBytes: number
  heldBytes: number
  /** What came of it since it was opened, by source. */
  bytes: BytesBySource
  swarmSize: number
}

export interface Stats {
  /** Verified bytes by source, and bytes sent to peers, since the client was created. */
  bytes: BytesBySource & { uploaded: number }
  /** What uploads are held to now to leave the visitor's own traffic its room, in bytes per second; absent mostly. */
  yieldingBytesPerSecond?: number
  /** Bytes that came and were of no use: wrong, late, or a second copy. */
  wastedBytes: number
  /** Verified bytes from peers ÷ all verified bytes delivered (the store's are not delivered again). 0 when none. */
  offload: number
  consent: Consent
  /** Why nothing is uploaded now though consent was granted; absent mostly. */
  resting?: Resting
  tracker: TrackerState
  peers: PeerStats[]
  files: FileStats[]
}

/** The visitor's permission for connections with other visitors: taken back as easily as given. */
export interface ConsentSwitch {
  readonly state: Consent
  /** From now on there can be peers. */
  grant(): void
  /**
   * Closes every connection to a peer and to the tracker at once, and deletes what is stored but for downloads that are
   * under way or not saved yet; HTTP goes on alone. Fulfilled once it is deleted, rejected with `network` where the engine
   * that deletes cannot be loaded.
   */
  revoke(): Promise<void>
}

/** What a client tells, by the event's name. */
export interface ClientEvents {
  /** The visitor's permission changed. */
  consent: Consent
  /** What `stats()` gives, once a second. */
  stats: Stats
}

export interface Client {
  /** Like the page's own fetch for a GET; the body's bytes are verified wherever the file has a manifest. */
  fetch(url: string | URL, options?: FetchOptions): Promise<Response>
  download(url: string | URL): Download
  stats(): Stats
  /**
   * Fulfilled once all of the client is here: what is fetched sooner begins by plain HTTP, as no page waits for it.
   * Rejects with `network` when its engine cannot be loaded.
   */
  readonly ready: Promise<void>
  readonly consent: ConsentSwitch
  /** Calls back at every such event. @returns a function that stops it */
  on<Event extends keyof ClientEvents>(event: Event, callback: (value: ClientEvents[Event]) => void): () => void
  /** Holds from now on. @throws NearcastError `usage` for what is no number of bytes per second */
  setUploadLimits(limits: UploadLimits): void
  /** The caps as they are now. */
  readonly uploadLimits: Required<UploadLimits>
  /** Stops everything; with `clear`, also deletes every stored chunk. */
  close(options?: { clear?: boolean }): Promise<void>
}

/** A client that lives longer than a page does: files come and go. */
export interface LastingClient extends Client {
  /** Takes no part in a file any more: nobody is served it, nothing of it is fetched. What is stored stays. */
  leave(root: Root): void
}

export const errorCodes = [
  'network',
  'http-status',
  'corrupt-origin',
  'untrusted',
  'file-changed',
  'cancelled',
  'closed',
  'storage',
  'usage',
] as const
export type ErrorCode = (typeof errorCodes)[number]

/** The one error class of the public API. */
export class NearcastError extends Error {
  readonly code: ErrorCode

  /** The engine's script has a class of its own: an error of one is an error of the other. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'NearcastError'
  }

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NearcastError'
    this.code = code
  }
}
