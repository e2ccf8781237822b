/** What an engine is told at its creation, and the engine's own limits with their reasons. */
import { KiB, MiB } from '../../shared/limits.ts'
import type { Mode } from './mode.ts'

export interface EngineSettings {
  mode: Mode
  /** False: no tracker, so no peers. */
  tracker: boolean
  /** Whether the owner has a token for the tracker. */
  hasToken?: boolean
  uploadBytesPerSecondMax: number
  /** The same for each peer; none by default. */
  uploadPeerBytesPerSecondMax?: number
  /** Bytes uploaded for each verified byte that came; no limit by default. */
  uploadRatioMax?: number
  linkCountMax: number
  /** Random per client, 16 hex digits: what this client calls itself in its hello. */
  instance: string
}

/** Links that a downloader tries to have in each swarm: enough to stripe over, few enough to keep warm. */
export const linkTargetCount = 8

/** Connections being opened at once: each costs the browser an ICE agent and the visitor's NAT several bindings. */
export const dialingCountMax = 4

/** The same for calls from others, who choose their time themselves: a page that opens at once for many is busy. */
export const answeringCountMax = 8

/** Callers can have this much of the links of a client that wants something; the rest is for those that it calls. */
export const incomingShareMax = 3 / 4

/** Whom to call later, when dialing slots are free; older introductions have expired at the tracker anyway. */
export const candidateCountMax = 16

/** How long a link may take from the first call to its hello: ICE over slow networks needs seconds, not tens. */
export const dialTimeoutMs = 10_000

/** A first call has less: most links are there within two seconds, and what went wrong by chance goes right anew. */
export const firstDialTimeoutMs = 5_000

/** And is made again this soon. */
export const recallAfterMs = 1_000

/** A peer that could not be reached twice, or was refused, is not called again for this long. */
export const redialAfterMs = 30_000

/** Candidates found within this time travel in one signal with the description before them. */
export const signalHoldMs = 25

/** The request window opens here, so that the first round trips are not spent on single chunks. */
export const windowBytesMin = 256 * KiB

/** And here with a peer that downloads itself. */
export const windowBytesCrowded = 64 * KiB

/** And ends here: more would only queue at the uploader. */
export const windowBytesMax = 4 * MiB

/** A request asks for at most this much of a chunk, so that windows smaller than a large chunk can hold. */
export const sliceBytesMax = 256 * KiB

/** Without a byte from a peer for this long its requests are taken back and asked elsewhere. */
export const stallTimeoutMs = 3_000

/** A peer that stalled is asked again only after this long; each time twice as long. */
export const stallPenaltyMs = 10_000

/** Protocol violations before a link is closed for good: one may be a bug or a race, three are a habit. */
export const strikesMax = 3

/**
 * What one peer may ask this client to handle beside the bytes that it was asked for, in messages, by conversation.ts's
 * prices: five times what a peer says that serves 100 MB/s in chunks of 64 KiB, and a tenth of a core at most.
 */
export const saidPerSecondMax = 500
export const saidBurstMax = 2_000

/** A link that is of no use this long is closed: each costs both ends, and others may want its place. */
export const idleAfterMs = 30_000

/** How often HAVEs are sent: together they cost a frame, alone each one would. */
export const haveHoldMs = 40

/** Silence after which a peer is pinged, and after which it is given up. */
export const pingAfterMs = 4_000
export const deadAfterMs = 15_000

/** Requests that one peer may have waiting here, by count and by bytes: its window at most, doubled. */
export const uploadQueueCountMax = 512
export const uploadQueueBytesMax = 2 * windowBytesMax

/** Chunks read ahead of the send queue for one peer, in bytes: hides the store's latency. */
export const readAheadBytes = 1 * MiB

/** Payload of one data frame: large frames cost least per byte, and one chunk of 64 KiB is one frame. */
export const payloadBytesAim = 64 * KiB

/** And at slow rates: shorter frames are counted against a peer's patience. */
export const payloadBytesLeast = 4 * KiB

/** The floor that `balanced` holds: this share of the HTTP rate seen, at most 100 Mbit/s. */
export const floorShare = 0.8
export const floorBytesPerSecondMax = 12_500_000

/** While peers carry a part, the origin is asked for about this much time's worth of bytes at once. */
export const runMs = 500

/** What the origin delivers within this time is left to it. */
export const originSoonMs = 1_000

/**
 * A next run is opened when those under way bring no more than this many round trips' worth, so that its own is not
 * idle time, and never earlier than this: two answers at once bring each chunk later.
 */
export const runLeadTrips = 2
export const runLeadMs = 200

/** Answers of the origin under way at once, those that hurry included. */
export const runCountMax = 3

/** HTTP failures in a row, with nothing from any source between them, after which a download fails. */
export const runFailuresMax = 8
export const runBackoffMinMs = 500
export const runBackoffMaxMs = 15_000

/** An answer without a byte for this long has died quietly: browsers wait for minutes. */
export const runStallMs = 15_000

/** An origin that asks for a longer wait than this, with no peer to go on with, has said no. */
export const retryAfterMsMax = 120_000

/** Once the origin is gone for good, peers are looked for this long after the last chunk before a download fails. */
export const peerPatienceMs = 20_000

/** Whole chunks that may wait for their hashes: eight of the largest. */
export const hashingBytesMax = 32 * MiB

/** A page of hashes is asked for this many times, with the backoff of runs. */
export const pageFailuresMax = 5

/** Wrong bytes from the origin for one chunk: a second and a third try, past caches, then an error. */
export const corruptOriginMax = 3

/** How far ahead of its reader a stream is fetched: bounds memory and waste when the reader stops. */
export const streamAheadBytes = 32 * MiB

/** A tracker that has not said welcome by then is as good as down. */
export const welcomeTimeoutMs = 15_000

/** A tracker that refused this client is asked again only after this long: its owner may have a better token by then. */
export const refusedRetryMs = 300_000

/** A token that could not be had, or not be verified, while the one before is still good. */
export const tokenRetryMs = 10_000

/** A swarm is not joined twice within this time, however many readers begin: a tracker refuses floods. */
export const joinGapMs = 1_000

/**
 * A first retry within 1 to 7 s after the tracker is lost: soon, but what ran again needs a moment, and of a crowd that
 * lost it at once not more come in a second than one tracker takes (bench/tracker-restart.ts). Nothing but new
 * introductions waits for it.
 */
export const reconnectMinMs = 1_000
export const reconnectSpreadMs = 6_000
export const reconnectMaxMs = 30_000

/** Who is told by the tracker to wait waits this part of the time longer at most, as chance has it. */
export const toldSpread = 0.25

/** Joins at once, and a second, of files that are only served: a tracker lets 20 and 2 through, and refuses the rest. */
export const servingJoinsBurst = 16
export const servingJoinsPerSecond = 1.8

/** A swarm is joined again this soon when it wants more peers, then half as often each time, and at least this often. */
export const rejoinMinMs = 4_000
export const rejoinMaxMs = 60_000

/** What came of introductions is told together: the calls of one answer have ended by then, or are made again. */
export const reportHoldMs = 5_000

/** How often the bytes of links that last are told: often enough for a curve, and a message in three minutes is nothing. */
export const reportPeriodMs = 180_000

/** Peers that were banned or unreachable, remembered. */
export const shunnedCountMax = 1_000
