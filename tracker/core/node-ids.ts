/** The names of trackers of one service, and how a peer's id says which of them gave it. */
import type { PeerId } from '../../shared/ids.ts'

declare const brand: unique symbol

/** One run of one tracker: 6 digits of base64url, drawn anew at each start, so that no name is ever taken. */
export type NodeId = string & { readonly [brand]: 'NodeId' }

/** 32 bits and 4 spare ones: among a hundred trackers two are called alike once in a million starts. */
const nodeIdLength = 6
export const nodeIdBytes = 4

/** 96 bits: what nobody guesses. */
export const peerRandomBytes = 12

export const isNodeId = (text: unknown): text is NodeId => typeof text === 'string' && /^[\w-]{6}$/.test(text)

/** @param random `peerRandomBytes` in base64url */
export const peerIdAt = (node: NodeId, random: string): PeerId => `${node}${random}` as PeerId

/** The tracker that gave a peer its id. */
export const nodeOf = (peer: PeerId): NodeId => peer.slice(0, nodeIdLength) as NodeId
