/** The names of things on the wire, branded so that one is never passed for another. */
import { asciiBytes, concatBytes, fromHex, type Sha256, toHex } from './bytes.ts'

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

const swarmPrefix = asciiBytes('nearcast swarm 1\n')

/** SHA-256 of the prefix `nearcast swarm 1\n` and the root's 32 bytes, cut to 20 bytes. */
export function swarmIdOf(root: Root, sha256: Sha256): SwarmId {
  const hash = sha256(concatBytes(swarmPrefix, fromHex(root)!))
  return toHex(hash.subarray(0, swarmIdBytes)) as SwarmId
}

/** HMAC-SHA256 under a key of a site's own: 32 bytes for any input. */
export type SiteHmac = (bytes: Uint8Array) => Uint8Array

/** Of a site's names the first digits are the same, so that all of them can be allowed at once: 64 bits that nobody hits by chance. */
const sitePrefixBytes = 8

/** The first 16 digits of all swarms of a site that has a key. */
export const sitePrefixOf = (hmac: SiteHmac): string =>
  toHex(hmac(asciiBytes('nearcast site 1\n')).subarray(0, sitePrefixBytes))

/** A swarm's name that only who has the site's key can make: the site's prefix, and 24 digits for the file. */
export function keyedSwarmIdOf(root: Root, hmac: SiteHmac): SwarmId {
  const file = hmac(concatBytes(swarmPrefix, fromHex(root)!))
  return `${sitePrefixOf(hmac)}${toHex(file.subarray(0, swarmIdBytes - sitePrefixBytes))}` as SwarmId
}
