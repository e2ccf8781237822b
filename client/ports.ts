/** What the client needs of its surroundings. Shells implement these; tests and the simulator have their own. */
import type { Bytes } from '../shared/bytes.ts'
import type { Geometry } from '../shared/geometry.ts'
import type { Root } from '../shared/ids.ts'
import type { KeyId } from '../shared/public-key.ts'
import type { IceServer } from '../shared/servers.ts'
import type { Signal } from '../shared/tracker-messages.ts'
import type { KeyRecord } from './core/site-trust.ts'

/** Whether this key of Ed25519 signed this message. Rejects where the platform cannot tell. */
export type SignatureCheck = (key: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>

/** What outlives the page of the sites' signatures. Never rejects: what fails remembers nothing. */
export interface TrustMemory {
  read(keyId: KeyId): Promise<KeyRecord | undefined>
  /** Changes what is remembered of a key, in one step. */
  update(keyId: KeyId, change: (record: KeyRecord | undefined) => KeyRecord): Promise<void>
  clear(): Promise<void>
}

export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Calls back once at or after `atMs` of `now()`. Gives a function that takes the call back. */
  at(atMs: number, callback: () => void): () => void
}

/** A step of a negotiation as one side's WebRTC stack made it. */
export type LinkSignal =
  | { description: NonNullable<Signal['description']> }
  | { candidate: NonNullable<Signal['candidates']>[number] }

/** What a link tells its owner. `closed` comes once, also after `close()`, never inside a call; nothing comes after it. */
export interface LinkEvents {
  signal(signal: LinkSignal): void
  /** The channel is open; `frameBytesMax` is what the other end's stack takes in one message. */
  open(frameBytesMax: number): void
  frame(frame: Uint8Array): void
  /** The send queue went below its low mark: `roomBytes` more can be sent. */
  drained(roomBytes: number): void
  closed(reason: string): void
}

/** A way to one peer that loses nothing: a WebRTC connection with a reliable, ordered data channel, or several. */
export interface Link {
  /**
   * Takes a step that the other side made. Never throws: a wrong description closes the link, a candidate that is of
   * no use here is dropped.
   */
  signal(signal: LinkSignal): void
  /** Bytes that the send queue still takes before its high mark; 0 until open. Above 0, a frame of any size may be sent. */
  readonly roomBytes: number
  /** Queues a frame, whatever the room. On a closed link it does nothing. */
  send(frame: Uint8Array): void
  /**
   * Wants so many connections to the peer, the first included, over which frames are spread; what the other side does
   * not take is not opened. Without it there is one.
   */
  widen?(connectionCount: number): void
  /** Frames that were just queued still go out if they are few bytes, such as a farewell; a long queue is dropped. */
  close(): void
}

export interface Dialer {
  /** Starts a link: the initiator makes the offer, the other side waits for one. */
  dial(initiator: boolean, events: LinkEvents): Link
  /** STUN and TURN servers that the tracker names, for links dialed from now on. The owner's own go before them. */
  useIceServers?(servers: readonly IceServer[]): void
}

/** The WebSocket to the tracker, once: it does not reconnect by itself. After `closed` nothing more comes. */
export interface TrackerEvents {
  open(): void
  message(text: string): void
  closed(): void
}

export interface TrackerSocket {
  send(text: string): void
  close(): void
}

export interface TrackerDialer {
  /** @param resume shows who this client was on its last connection; it goes into a header, never into the URL */
  connect(url: string, events: TrackerEvents, resume?: string): TrackerSocket
}

/**
 * Verified chunks, kept between visits. What comes out is checked again by the caller. No method ever rejects: a
 * store that fails is a store that holds nothing.
 */
export interface ChunkStore {
  /** Says how a file divides, before anything else is asked of it: for stores that keep chunks in their places. */
  opened?(root: Root, geometry: Geometry): void
  /** The indexes held of one file. */
  held(root: Root): Promise<number[]>
  read(root: Root, index: number): Promise<Bytes | undefined>
  /** The bytes stay as they are until this is over. @returns the indexes that are now held; the others did not fit */
  write(root: Root, chunks: readonly { index: number; bytes: Bytes }[]): Promise<number[]>
  remove(root: Root, indexes: readonly number[]): Promise<void>
  /** Deletes every chunk of every file but these. */
  clear(kept?: ReadonlySet<Root>): Promise<void>
  /** Ends it; where that takes time, fulfilled when another store may have what this one had. */
  close(): void | Promise<void>
}

/** The two halves of a chunk's check: leaves in bulk off the main thread where the platform can, nodes at once. */
export interface Hasher {
  /** The leaf hashes of these bytes, end to end (shared/merkle.ts). */
  leafHashes(bytes: Bytes): Promise<Bytes>
  sha256(bytes: Uint8Array): Uint8Array
}

/** Why an HTTP answer is of no use; `retry` when trying again later may help. */
export interface HttpFailure {
  retry: boolean
  /** What the server asked for in Retry-After, if it did. */
  retryAfterMs?: number
  reason: string
  /** The file is no longer the one that was asked for: another validator, or a range it does not have. */
  changed?: boolean
}

export interface HttpRequest {
  url: string
  /** Bytes [from, to) of the file. */
  from: number
  to: number
  /** The size that the file must have. */
  fileBytes: number
  /** The ETag that the file must still have, where one is known. */
  etag: string | undefined
}

export interface HttpEvents {
  /** Bytes in order, from `from` on. The next ones come after the promise is fulfilled. */
  bytes(bytes: Uint8Array): Promise<void> | undefined
  /** All bytes of [from, to) came. */
  ended(): void
  failed(failure: HttpFailure): void
}

export interface HttpSource {
  /**
   * Asks for a range with `Range: bytes=from-(to-1)`. Takes only what answers exactly that: 206 with this range, this
   * size and this ETag, or 200 of this size (then the bytes before `from` are skipped). @returns a function that
   * cancels; nothing comes after it
   */
  open(request: HttpRequest, events: HttpEvents): () => void
}
