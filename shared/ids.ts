/** The names of things on the wire, branded so that one is never passed for another. */
import { concatBytes, fromHex, type Sha256, toHex } from './bytes.ts'

declare const brand: unique symbol

/** A file's Merkle root, 64 hex digits: the file's identity. */
export type Root = string & { readonly [brand]: 'Root' }

/** A swarm's name, 40 hex digits, derived from the root so that a tracker never learns which file it is. */
export type SwarmId = string & { readonly [brand]: 'SwarmId' }

/** A peer's name, given by the tracker: 22 digits of base64url that nobody guesses, and that mean nothing to a peer. */
export type PeerId = string & { readonly [brand]: 'PeerId' }

export const swarmIdBytes = 20

export const isRoot = (text: unknown): text is Root => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)

export const isSwarmId = (text: unknown): text is SwarmId => typeof text === 'string' && /^[0-9a-f]{40}$/.test(text)

export const isPeerId = (text: unknown): text is PeerId => typeof text === 'string' && /^[A-Za-z0-9_-]{22}$/.test(text)

const swarmPrefix = Uint8Array.from('nearcast swarm 1\n', (letter) => letter.charCodeAt(0))

/** SHA-256 of the prefix `nearcast swarm 1\n` and the root's 32 bytes, cut to 20 bytes. */
export function swarmIdOf(root: Root, sha256: Sha256): SwarmId {
  const hash = sha256(concatBytes(swarmPrefix, fromHex(root)!))
  return toHex(hash.subarray(0, swarmIdBytes)) as SwarmId
}
