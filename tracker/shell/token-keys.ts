/**
 * With which key a token must be signed, and by which algorithms: the operator's key decides, never the token (RFC 8725
 * §3.1). A public key is no shared secret, and no signature at all is none.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Log } from '../../shared/log.ts'
import { checkSetting } from '../core/limits.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import { keySetBytesMax, RemoteKeySet } from './remote-key-set.ts'
import { type OpenFile, WatchedFile } from './watched-file.ts'

/** Where the key is: exactly one of these. */
export interface TokenKeySettings {
  /** A secret that the tracker shares with the site's backend, for HS256; at least 32 bytes. */
  tokenSecret?: string
  tokenSecretFile?: string
  /** A file with an Ed25519 public key, as PEM or JWK, for EdDSA. */
  tokenKeyFile?: string
  /** A file or URL with a JSON Web Key Set of public keys. */
  tokenJwks?: string
}

export const tokenKeyNames = ['tokenSecret', 'tokenSecretFile', 'tokenKeyFile', 'tokenJwks'] as const

export type TokenKey =
  | { kind: 'fixed'; algorithms: readonly string[]; readonly key: Uint8Array | KeyObject }
  | {
      kind: 'set'
      algorithms: readonly string[]
      keys: () => Promise<KeySet | undefined>
      newer: () => Promise<KeySet | undefined>
    }

/** As long as the hash (RFC 7518 §3.2): less can be guessed from one token. */
const secretBytesMin = 32

/** Both names of the same signature: RFC 8037, and RFC 9864 which names the curve. */
const edwards = ['EdDSA', 'Ed25519']

/** What identity services sign with. None of them takes a shared secret. */
const setAlgorithms = [...edwards, 'ES256', 'RS256', 'PS256']

/** Some keys and the remarks around them. */
const keyFileBytesMax = 64 * 1024

class WrongKey extends Error {}

export interface TokenKeySurroundings {
  log: Log
  now: () => number
  /** How often files are looked at. */
  recheckMs?: number | undefined
}

/** A key, and the file that it is read from. */
export type OpenKey = [key: TokenKey, file?: OpenFile]

/** @throws Error that names the setting, its value and what would be right */
export function openTokenKey(settings: TokenKeySettings, surroundings: TokenKeySurroundings): OpenKey {
  const given = tokenKeyNames.filter((name) => settings[name] !== undefined)
  const right = `admission token needs exactly one of ${tokenKeyNames.join(', ')}`
  if (given.length !== 1) throw new Error(`tracker settings ${given.join(', ') || 'for the key of tokens'}: ${right}`)
  const { tokenSecret, tokenSecretFile, tokenKeyFile, tokenJwks } = settings
  if (tokenSecret !== undefined) {
    const fault = faultOfSecret(tokenSecret)
    if (fault !== undefined) throw new Error(`tracker setting tokenSecret: ${fault}`)
    return [{ kind: 'fixed', algorithms: ['HS256'], key: bytesOf(tokenSecret) }]
  }
  if (tokenSecretFile !== undefined)
    return keyIn('tokenSecretFile', tokenSecretFile, ['HS256'], secretFrom, surroundings)
  if (tokenKeyFile !== undefined) return keyIn('tokenKeyFile', tokenKeyFile, edwards, publicKeyFrom, surroundings)
  return openKeySet(tokenJwks!, surroundings)
}

/** The key that a file holds now. */
function keyIn(
  setting: string,
  path: string,
  algorithms: readonly string[],
  from: (text: string) => Uint8Array | KeyObject,
  { log, recheckMs }: TokenKeySurroundings,
): OpenKey {
  const read = (bytes: Buffer) => from(bytes.toString('utf8').replace(/\r?\n$/, ''))
  const file = new WatchedFile({ setting, path, bytesMax: keyFileBytesMax, read, recheckMs, log })
  const key: TokenKey = {
    kind: 'fixed',
    algorithms,
    get key() {
      return file.content
    },
  }
  return [key, file]
}

const bytesOf = (secret: string): Uint8Array => Uint8Array.from(Buffer.from(secret))

/** Neither the secret nor its file's content is ever repeated. */
function faultOfSecret(secret: string): string | undefined {
  // A public key is known to everybody, and must never be what tokens are signed with (RFC 8725 §2.1).
  if (secret.includes('-----BEGIN')) return '"a key in PEM" is not a shared secret; a public key is a tokenKeyFile'
  const { length } = bytesOf(secret)
  return length >= secretBytesMin ? undefined : `"a secret of ${length} bytes" is not one of ${secretBytesMin} or more`
}

function secretFrom(text: string): Uint8Array {
  const fault = faultOfSecret(text)
  if (fault !== undefined) throw new Error(fault)
  return bytesOf(text)
}

function publicKeyFrom(text: string): KeyObject {
  const wrong = (why: string, options?: ErrorOptions) => new WrongKey(why, options)
  const isJwk = text.trimStart().startsWith('{')
  let key: KeyObject
  try {
    const jwk = isJwk ? JSON.parse(text) : undefined
    // Node makes the public key of a private one; but who holds that can make tokens, and it has no business here.
    if (text.includes('PRIVATE KEY') || (jwk !== undefined && 'd' in jwk)) {
      throw wrong('holds a private key: the tracker needs the public one')
    }
    key = isJwk ? createPublicKey({ key: jwk, format: 'jwk' }) : createPublicKey(text)
  } catch (cause) {
    if (cause instanceof WrongKey) throw cause
    throw wrong('is no public key as PEM or JWK', { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519') throw wrong(`holds a key of ${key.asymmetricKeyType}, not of Ed25519`)
  return key
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

function openKeySet(place: string, { log, now, recheckMs }: TokenKeySurroundings): OpenKey {
  const url = /^https?:\/\//.test(place) && URL.canParse(place) ? new URL(place) : undefined
  if (url !== undefined) {
    const isSafe = url.protocol === 'https:' || isLoopback(url.hostname)
    checkSetting('tokenJwks', place, isSafe, 'an https URL: whoever is between could put in keys of his own')
    const failed = (why: string) => log.warn({ url: place, why }, 'the keys of tokens cannot be fetched')
    const remote = new RemoteKeySet({ url: place, now, failed })
    const keys = () => remote.keys()
    return [{ kind: 'set', algorithms: setAlgorithms, keys, newer: () => remote.newer() }]
  }
  const file = new WatchedFile({
    setting: 'tokenJwks',
    path: place,
    bytesMax: keySetBytesMax,
    read: (bytes) => parseKeySet(bytes.toString('utf8')),
    recheckMs,
    log,
  })
  const keys = async () => file.content
  return [{ kind: 'set', algorithms: setAlgorithms, keys, newer: keys }, file]
}
