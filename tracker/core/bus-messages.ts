/**
 * What the trackers of one service say to each other, once the envelope is open: JSON, checked like what clients say.
 * Unknown types are ignored, so that trackers of two versions go together.
 */
import type { ObjectSchema } from '../../shared/schema.ts'
import { fraction, guard, type Infer, integer, list, literal, object, optional, text } from '../../shared/schema.ts'
import { peerId, signal, swarmId, ticket } from '../../shared/tracker-messages.ts'
import { tokenIdLengthMax } from './grant.ts'
import { addressOf, type Place, placeOf, type Scope } from './place.ts'

/** Peers of one swarm that a tracker tells the others of. */
export const digestPeersMax = 32

/** The longest ban that another tracker can ask for. */
export const banMsMax = 24 * 3_600_000

/** Bytes as letters, one of so many. */
const byteText = (...lengths: readonly number[]) =>
  guard(
    (value: unknown): value is string =>
      typeof value === 'string' && lengths.includes(value.length) && /^[\0-\xff]*$/.test(value),
  )

/** Where a peer is, as place.ts needs it. Only the trackers of the service can open the envelope. */
const whereabouts = object({
  address: byteText(4, 16),
  zone: optional(text(64)),
  region: optional(text(64)),
  subdivision: optional(text(64)),
  country: optional(text(2)),
  continent: optional(text(2)),
  asn: optional(integer(1, 2 ** 32 - 1)),
})

export type Whereabouts = Infer<typeof whereabouts>

export const whereaboutsOf = ({ address, location }: Place): Whereabouts => ({ address, ...location })

export const placeAt = ({ address, ...location }: Whereabouts, scope: Scope): Place =>
  placeOf(addressOf({ address }), location, scope)

/** Keys of place.ts: /24 and /48; an address of IPv4, and /64. */
const network = byteText(3, 6)
const subscriber = byteText(4, 8)
const payer = byteText(3, 4, 6, 8)

/** From so many bans in a row on nobody counts them. */
export const banCountMax = 64

/** The longest time for which a use of a token is remembered: what an operator allows a token is far below. */
export const useMsMax = 30 * 24 * 3_600_000

/** The longest time for which an operator keeps somebody out: whoever has the address later did nothing. */
export const excludeMsMax = 30 * 24 * 3_600_000

const messages = {
  /** A step of a negotiation. Who is called has not been told of the caller: the ticket shows that a tracker was. */
  signal: object({
    type: literal('signal'),
    from: peerId,
    to: peerId,
    swarm: swarmId,
    signal,
    ticket,
    /** Where the sender is. */
    at: whereabouts,
  }),
  /** The one that a signal was for is not there any more, or takes no more calls. */
  absent: object({ type: literal('absent'), peer: peerId, to: peerId }),
  /** One of this tracker's peers complains about one of the other's. */
  complaint: object({ type: literal('complaint'), by: peerId, network, about: peerId, ticket }),
  ban: object({ type: literal('ban'), network, forMs: integer(1, banMsMax) }),
  /** Connections of somebody were closed for what they sent: he is not let in for a while, the nth time in a row. */
  'kept-out': object({
    type: literal('kept-out'),
    network,
    /** Who of the network; all of it where there is none. */
    subscriber: optional(subscriber),
    count: integer(1, banCountMax),
    forMs: integer(1, banMsMax),
  }),
  /** The operator keeps out a subscriber or a network, or with 0 lets it in again. */
  exclude: object({ type: literal('exclude'), key: payer, forMs: integer(0, excludeMsMax) }),
  /** A token with limited uses was used at this tracker, and is remembered for so long. */
  used: object({ type: literal('used'), token: text(tokenIdLengthMax, 1), forMs: integer(1, useMsMax) }),
  /** This tracker has just started: whoever hears it tells it who is kept out. */
  arrived: object({ type: literal('arrived') }),
  /** A client is back at this tracker, as the peer that it was: what the others have of it is of an earlier connection. */
  resumed: object({ type: literal('resumed'), id: peerId, issue: integer(0, Number.MAX_SAFE_INTEGER) }),
  /** The tracker goes: its peers are to be named to nobody any more. */
  leaving: object({ type: literal('leaving') }),
}

export type BusMessage = { [K in keyof typeof messages]: Infer<(typeof messages)[K]> }[keyof typeof messages]

/** A few of a swarm's members at one tracker, and how many there are. */
const digest = object({
  size: integer(0, Number.MAX_SAFE_INTEGER),
  /** Of them, those that download and give. */
  downloading: integer(0, Number.MAX_SAFE_INTEGER),
  /** For how long this is to be believed. */
  forMs: integer(1, 120_000),
  peers: list(object({ id: peerId, have: fraction, at: whereabouts }), digestPeersMax),
})

export type Digest = Infer<typeof digest>
export type DigestPeer = Digest['peers'][number]

/** @returns the message; 'unknown' for one of a newer version; undefined for what is none */
export function parseBusMessage(json: string): BusMessage | 'unknown' | undefined {
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    return undefined
  }
  if (!Object.hasOwn(messages, value.type)) return 'unknown'
  return (messages as Record<string, ObjectSchema<BusMessage>>)[value.type]!(value)
}

export const parseDigest = (json: string): Digest | undefined => digest(parseJson(json))

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
