/**
 * The servers that a tracker names to a client: STUN and TURN for the way through NATs, and edges for what no peer has.
 * Owns their shape and their bounds; knows nobody who uses them.
 */
import { guard, type Infer, integer, list, object, optional, type Schema, text } from './schema.ts'

/** A browser asks each server at every connection, and warns from five on. */
export const iceServersMax = 4

/** A TURN server by UDP, TCP and TLS, and one address more. */
export const iceUrlsMax = 4

/** A host name has 253 characters at most. */
const iceUrlLengthMax = 300

/** Digits, a colon and a peer's id, or a name that a service gave. */
const iceUserLengthMax = 128

/** HMAC-SHA1 in base64 has 28 characters; other services' tokens are longer. */
const iceCredentialLengthMax = 256

/** Each is asked only where those before it do not answer. */
export const edgesMax = 16

const edgeLengthMax = 300

/** A site with more copies has a tracker that names the nearest: see edges. */
export const mirrorsMax = 8

const mirrorLengthMax = 2048

const hostAndPort = '(?:\\[[0-9a-fA-F:.]{2,45}\\]|[\\w.-]{1,253})(?::\\d{1,5})?'
const stunUrl = new RegExp(`^stuns?:${hostAndPort}$`)
const turnUrl = new RegExp(`^turns?:${hostAndPort}(?:\\?transport=(?:udp|tcp))?$`)

const edgeUrl = new RegExp(`^https?://${hostAndPort}/(?:[\\w.~%-]+/)*$`)

const mirrorUrl = /^https?:\/\/[\w.:[\]-]+\/[!-"$-~]*$/

const isShort = (value: unknown, lengthMax: number): value is string =>
  typeof value === 'string' && value.length <= lengthMax

/** `stun:host:port` (RFC 7064). */
export const isStunUrl = (value: unknown): value is string => isShort(value, iceUrlLengthMax) && stunUrl.test(value)

/** `turn:host:port?transport=udp` (RFC 7065). */
export const isTurnUrl = (value: unknown): value is string => isShort(value, iceUrlLengthMax) && turnUrl.test(value)

const isIceUrl = (value: unknown): value is string => isStunUrl(value) || isTurnUrl(value)

/** How the addresses of the same files begin elsewhere: `https://eu.example.org/`, with a slash at its end. */
export const isEdgeUrl = (value: unknown): value is string => isShort(value, edgeLengthMax) && edgeUrl.test(value)

/** Where one file is as well: its whole address. */
export const isMirrorUrl = (value: unknown): value is string => isShort(value, mirrorLengthMax) && mirrorUrl.test(value)

export const mirrorsShape = list(guard(isMirrorUrl), mirrorsMax)

const anyIceServer = object({
  urls: list(guard(isIceUrl), iceUrlsMax),
  username: optional(text(iceUserLengthMax, 1)),
  credential: optional(text(iceCredentialLengthMax, 1)),
})
export type IceServer = Infer<typeof anyIceServer>

/** Browsers refuse to connect at all with a TURN server that has no credentials, or with no URL. */
const isComplete = ({ urls, username, credential }: IceServer) =>
  urls.length > 0 && (urls.every(isStunUrl) || (username !== undefined && credential !== undefined))

const iceServer: Schema<IceServer> = (value) => {
  const server = anyIceServer(value)
  return server && isComplete(server) ? server : undefined
}

/** What a tracker says of servers; a field that is left out says nothing. */
export const serverFields = {
  /** The tracker's own STUN responder is at this UDP port of the host that the client knows the tracker by. */
  stunPort: optional(integer(1, 65535)),
  /** Others, with credentials that hold for a while. */
  iceServers: optional(list(iceServer, iceServersMax)),
  /** Where the site's files can be had as well, the best for this client first. */
  edges: optional(list(guard(isEdgeUrl), edgesMax)),
}
const servers = object(serverFields)
export type Servers = Infer<typeof servers>
