/**
 * Every number that both ends of a wire must agree on, with its unit in the name and its reason beside it.
 * Limits of one room alone live in that room.
 */

export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

/** The Merkle tree's leaf: BEP 52's block. Changing it would change every root. */
export const leafBytes = 16 * KiB

/** The smallest chunk: four leaves fit one data-channel message of today's browsers, and make a short tail. */
export const chunkBytesMin = 64 * KiB

/** The largest chunk: what a peer may have to throw away when one turns out wrong. */
export const chunkBytesMax = 4 * MiB

/** Chunks grow with the file so that a bitfield and a chunk layer stay about this long. */
export const chunkCountAim = 2048

/** Above this many chunks the manifest carries hashes of pages in place of hashes of chunks. */
export const manifestChunksMax = 2048

/** Chunk hashes in one hash page: 16 KiB of hashes, a leaf's worth. */
export const pageChunks = 512

/** The most chunks of one file: their bitfield is 64 KiB, so that it fits one frame with room to spare. */
export const chunkCountMax = 512 * KiB

/** The largest file: `chunkCountMax` of the largest chunks. */
export const fileBytesMax = chunkCountMax * chunkBytesMax

/** The longest manifest read: 2,048 chunk hashes, 256 leaf hashes and names need about 100 KiB. */
export const manifestTextMax = 256 * KiB

/** The longest file name in a manifest: what common file systems hold. */
export const nameLengthMax = 255

/** The longest message on a data channel: `sctp.maxMessageSize` of Chrome; other ends may announce less. */
export const frameBytesMax = 256 * KiB

/** What every WebRTC stack takes (RFC 8831 §6.6 asks for 64 KiB); used until the other end has said more. */
export const frameBytesSafe = 16 * KiB

/** Indexes in one HAVE or LOST: more are split, so that one message never costs much to handle. */
export const haveIndexesMax = 1024

/** Parts that one request can ask for: a window of 4 MiB in chunks of 64 KiB. */
export const requestPartsMax = 64

/** Connections between two peers beside the first: three more carry four times what one does over a long way. */
export const laneCountMax = 3

/** Each that a peer takes it has served this much for: nobody is made to open any for nothing. */
export const laneEarnedBytes = 128 * KiB

/** Swarms that one link can carry. */
export const slotCountMax = 64

/** The longest text from a client to a tracker: an SDP and its candidates are 2 to 4 KiB. */
export const trackerMessageBytesMax = 16 * KiB

/** The longest proof of an introduction: an instant and 22 digits of base64url. */
export const ticketLengthMax = 40

/** The longest proof of who a client was: its id, an instant and 22 digits of base64url. */
export const resumeLengthMax = 64

/** The longest time for which a tracker can ask a client to stay away, or not to ask again: more would be a lockout. */
export const awayMsMax = 600_000

/** The longest token: a signature by RSA and a page's swarms by name are 4 KiB. */
export const tokenLengthMax = 6 * KiB

/** The longest text from a tracker: a relayed signal says who sent it and how near, in place of whom it was for. */
export const relayedMessageBytesMax = trackerMessageBytesMax + 64 + ticketLengthMax + 24

/** Links in one report: as many as a client opens with two swarms' worth of peers, within some 2 KiB. */
export const reportedLinksMax = 16

/** A round trip longer than a minute is none. */
export const roundTripMsMax = 60_000

/** The longest SDP relayed: a data-channel-only description is below 1 KiB. */
export const descriptionLengthMax = 8 * KiB

/** ICE candidates in one signal, and the longest candidate line. A host has few; more is a port scan (RFC 8445 §19.5). */
export const signalCandidatesMax = 16
export const candidateLengthMax = 512

/** The most peers that one `join` can ask for. */
export const wantPeersMax = 20

/**
 * Of the peers that download and give, so many fetch from the origin what nobody holds: enough to fill its line, few
 * enough that each chunk comes soon and can be passed on, where a thousand answers at once would all crawl.
 */
export const aheadCountMax = 16
