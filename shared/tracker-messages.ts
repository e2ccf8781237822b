/**
 * What clients and trackers say to each other: JSON texts over a WebSocket with subprotocol `nearcast.1`.
 * Unknown types are ignored; known ones of a wrong shape are violations. docs/PROTOCOL.md has an example of each.
 */
import { isPeerId, isSwarmId } from './ids.ts'
import {
  aheadCountMax,
  awayMsMax,
  candidateLengthMax,
  descriptionLengthMax,
  relayedMessageBytesMax,
  reportedLinksMax,
  resumeLengthMax,
  roundTripMsMax,
  signalCandidatesMax,
  ticketLengthMax,
  tokenLengthMax,
  trackerMessageBytesMax,
  wantPeersMax,
} from './limits.ts'
import { ok, type Result, violation } from './result.ts'
import {
  flag,
  fraction,
  guard,
  type Infer,
  integer,
  list,
  literal,
  type ObjectSchema,
  object,
  optional,
  type Schema,
  text,
} from './schema.ts'
import { serverFields } from './servers.ts'

/** The WebSocket subprotocol: the tracker protocol's version. */
export const trackerSubprotocol = 'nearcast.1'

/** Before the resume token, which a client that comes back offers as a second subprotocol: nothing of it is in a URL. */
const resumePrefix = 'nearcast.resume.'

/** What a client offers when it connects. @param resume the token of its last welcome, if it was connected before */
export const subprotocolsOf = (resume: string | undefined): string[] =>
  resume === undefined ? [trackerSubprotocol] : [trackerSubprotocol, `${resumePrefix}${resume}`]

/** The resume token among the subprotocols that a client offers. */
export function resumeIn(subprotocols: readonly string[]): string | undefined {
  const offered = subprotocols.find((name) => name.startsWith(resumePrefix))?.slice(resumePrefix.length)
  return offered !== undefined && offered.length <= resumeLengthMax ? offered : undefined
}

/** How near two peers are, nearest first. */
export const tiers = ['address', 'network', 'isp', 'region', 'anywhere'] as const
export type Tier = (typeof tiers)[number]

export const tier = literal(...tiers)
const resumePattern = new RegExp(`^[\\w.-]{1,${resumeLengthMax}}$`)
export const peerId = guard(isPeerId)
export const swarmId = guard(isSwarmId)

export const description = object({ type: literal('offer', 'answer'), sdp: text(descriptionLengthMax, 1) })
export const candidate = object({
  candidate: text(candidateLengthMax),
  sdpMid: optional(text(16)),
  sdpMLineIndex: optional(integer(0, 7)),
})

/**
 * One step of a WebRTC negotiation. `session` names the attempt, so that what belongs to an earlier one is dropped;
 * `busy` answers an offer that is not taken.
 */
export const signal = object({
  session: text(16, 1),
  description: optional(description),
  candidates: optional(list(candidate, signalCandidatesMax)),
  busy: optional(literal(true)),
})
export type Signal = Infer<typeof signal>

/** Why the tracker refused a message or closes a connection. */
export const refusalCodes = [
  'malformed', // not JSON, too long, or a field is missing or wrong
  'not-introduced', // a signal to a peer that the tracker did not introduce, or no longer knows
  'unknown-swarm', // the swarm is not one that this tracker serves, or not one that this peer joined
  'too-many-swarms',
  'too-fast', // over the rate limit: wait before the next message
  'too-many-connections',
  'bad-ticket', // a complaint without a ticket of these two peers that still holds
  'unauthorized', // a token is needed, or the one that was shown is not for this swarm
  'bad-token', // the token is no good, and will not be
  'token-expired', // it has run out: show another
  'wrong-origin', // the page is of a site that this tracker, or the token, is not for
  'unverified', // tokens cannot be verified at the moment: come back later
  'banned', // kept out for a while, after complaints or for what it sent: come back later, or go without peers
  'draining', // the tracker is going down: come back later
] as const
export type RefusalCode = (typeof refusalCodes)[number]

/** Proof of an introduction: see docs/PROTOCOL.md. */
export const ticket = text(ticketLengthMax, 1)

/** Proof of who a client was: see docs/PROTOCOL.md. It goes into a header, so it is of few characters. */
const resume = guard((value: unknown): value is string => typeof value === 'string' && resumePattern.test(value))

/** What a peer can be accused of: bytes that are not the file's, or bytes that were never asked for at that place. */
export const complaintReasons = ['wrong-bytes', 'out-of-place'] as const
export type ComplaintReason = (typeof complaintReasons)[number]

/** What came of an introduction, or of the link that it led to: all of it is hearsay. */
const linkReport = object({
  peer: peerId,
  result: literal('connected', 'failed'),
  roundTripMs: optional(integer(0, roundTripMsMax)),
  bytesPerSecond: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  bytes: optional(integer(0, Number.MAX_SAFE_INTEGER)),
})

const fromClient = {
  /**
   * Enters a swarm, or tells more of it: how much of the file the peer has, how many more peers it wants, and whether
   * it gives any of it, which it does if it does not say.
   */
  join: object({
    type: literal('join'),
    swarm: swarmId,
    have: fraction,
    want: integer(0, wantPeersMax),
    gives: optional(flag),
  }),
  /** Shows a token, before a join or in the place of one that runs out. */
  authorize: object({ type: literal('authorize'), token: text(tokenLengthMax, 1) }),
  leave: object({ type: literal('leave'), swarm: swarmId }),
  signal: object({ type: literal('signal'), to: peerId, signal }),
  /**
   * What came of introductions: each peer once when it is linked or could not be, and of a link now and then and at its end
   * the verified bytes that came over it since the last time.
   */
  report: object({ type: literal('report'), links: list(linkReport, reportedLinksMax) }),
  /** A peer that was cut off for a fault that is proven here. */
  complain: object({
    type: literal('complain'),
    about: peerId,
    reason: literal(...complaintReasons),
    ticket,
  }),
}

/** What the tracker sees of a client that connected with `?doctor`, for an operator who looks for what is wrong. */
const sighting = object({
  /** What its address is for; `never` is none that a client can have. */
  address: literal('public', 'private', 'link-local', 'loopback', 'never'),
  /** Whether X-Forwarded-For came with it, and whether the other end of the socket is a proxy that is believed. */
  forwarded: flag,
  trusted: flag,
  /** Between two pings. */
  heartbeatMs: integer(1, Number.MAX_SAFE_INTEGER),
})
export type Sighting = Infer<typeof sighting>

const fromTracker = {
  /**
   * First on every connection: who this peer is, with what it can be the same one on its next connection, and what
   * servers there are.
   */
  welcome: object({
    type: literal('welcome'),
    id: peerId,
    resume: optional(resume),
    ...serverFields,
    seen: optional(sighting),
  }),
  /** The token is good, for so long. */
  authorized: object({ type: literal('authorized'), forMs: integer(0, Number.MAX_SAFE_INTEGER) }),
  /** What changed of the servers since. */
  servers: object({ type: literal('servers'), ...serverFields }),
  /**
   * Answers every `join`: whom to call, how many peers the swarm has in all, and how many of those that download and give
   * came before this one (`aheadCountMax` of them or more). A tracker that has much to do asks not to be asked again
   * before `intervalMs` have passed.
   */
  peers: object({
    type: literal('peers'),
    swarm: swarmId,
    peers: list(object({ id: peerId, tier, ticket: optional(ticket) }), wantPeersMax),
    size: integer(0, Number.MAX_SAFE_INTEGER),
    ahead: integer(0, aheadCountMax),
    intervalMs: optional(integer(0, awayMsMax)),
  }),
  /** With an offer comes the ticket, for the side that is called. */
  signal: object({ type: literal('signal'), from: peerId, tier, signal, ticket: optional(ticket) }),
  /** The tracker is about to end: come back at this moment, which is nobody else's. All goes on until then. */
  drain: object({ type: literal('drain'), afterMs: integer(0, awayMsMax) }),
  /** Not now: come back after this time. The connection is closed. */
  busy: object({ type: literal('busy'), retryMs: integer(0, awayMsMax) }),
  refused: object({
    type: literal('refused'),
    code: literal(...refusalCodes),
    message: text(500),
    to: optional(peerId),
    swarm: optional(swarmId),
  }),
}

type Union<T extends Record<string, Schema<unknown>>> = { [K in keyof T]: Infer<T[K]> }[keyof T]
export type ClientMessage = Union<typeof fromClient>
export type TrackerMessage = Union<typeof fromTracker>

/** @returns the message, `undefined` for a type of a newer version, or what is wrong with it */
function parse<T>(json: string, lengthMax: number, schemas: Record<string, ObjectSchema<T>>): Result<T | undefined> {
  if (json.length > lengthMax) return violation(`message of ${json.length} characters`)
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return violation('not JSON')
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    return violation('no type')
  }
  if (!Object.hasOwn(schemas, value.type)) return ok(undefined)
  const schema = schemas[value.type]!
  const message = schema(value)
  return message === undefined ? violation(`malformed ${value.type}: ${schema.wrongField(value)}`) : ok(message)
}

export const parseClientMessage = (json: string): Result<ClientMessage | undefined> =>
  parse<ClientMessage>(json, trackerMessageBytesMax, fromClient)

export const parseTrackerMessage = (json: string): Result<TrackerMessage | undefined> =>
  parse<TrackerMessage>(json, relayedMessageBytesMax, fromTracker)
