/**
 * With which key a token must be signed, and by which algorithms: the operator's key decides, never the token (RFC 8725
 * §3.1). A public key is no shared secret, and no signature at all is none.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Log } from '../../shared/log.ts'
import { checkSetting } from '../core/limits.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import { keySetBytesMax, RemoteKeySet } from './remote-key-set.ts'
import { WatchedFile } from './watched-file.ts'

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
  | { kind: 'fixed'; algorithms: readonly string[]; key: Uint8Array | KeyObject }
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

export interface TokenKeySurroundings {
  log: Log
  now: () => number
  /** How often files are looked at. */
  recheckMs?: number | undefined
}

/** Ends the watching of files. */
export type Unwatch = () => void

/** @throws Error that names the setting, its value and what would be right */
export function openTokenKey(settings: TokenKeySettings, surroundings: TokenKeySurroundings): [TokenKey, Unwatch] {
  const given = tokenKeyNames.filter((name) => settings[name] !== undefined)
  const right = `admission token needs exactly one of ${tokenKeyNames.join(', ')}`
  if (given.length !== 1) throw new Error(`tracker settings ${given.join(', ') || 'for the key of tokens'}: ${right}`)
  const nothing = () => {}
  const { tokenSecret, tokenSecretFile, tokenKeyFile, tokenJwks } = settings
  if (tokenSecret !== undefined) return [secretOf('tokenSecret', tokenSecret), nothing]
  if (tokenSecretFile !== undefined) {
    return [secretOf('tokenSecretFile', readSetting('tokenSecretFile', tokenSecretFile)), nothing]
  }
  if (tokenKeyFile !== undefined) return [publicKeyOf(tokenKeyFile), nothing]
  return openKeySet(tokenJwks!, surroundings)
}

/** What a file holds, without the end of its last line. */
function readSetting(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? cause.code : 'unreadable'
    throw new Error(`tracker setting ${name}: ${path} cannot be read (${why})`, { cause })
  }
}

/** Neither the secret nor its file's content is ever repeated. */
function secretOf(name: string, secret: string): TokenKey {
  // A public key is known to everybody, and must never be what tokens are signed with (RFC 8725 §2.1).
  checkSetting(name, 'a key in PEM', !secret.includes('-----BEGIN'), 'a shared secret; a public key is a tokenKeyFile')
  const key = Buffer.from(secret)
  checkSetting(
    name,
    `a secret of ${key.length} bytes`,
    key.length >= secretBytesMin,
    `one of ${secretBytesMin} or more`,
  )
  return { kind: 'fixed', algorithms: ['HS256'], key: Uint8Array.from(key) }
}

function publicKeyOf(path: string): TokenKey {
  const text = readSetting('tokenKeyFile', path)
  const wrong = (why: string, options?: ErrorOptions) =>
    new Error(`tracker setting tokenKeyFile: ${path} ${why}`, options)
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
    if (cause instanceof Error && cause.message.startsWith('tracker setting')) throw cause
    throw wrong('is no public key as PEM or JWK', { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519') throw wrong(`holds a key of ${key.asymmetricKeyType}, not of Ed25519`)
  return { kind: 'fixed', algorithms: edwards, key }
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

function openKeySet(place: string, { log, now, recheckMs }: TokenKeySurroundings): [TokenKey, Unwatch] {
  const url = /^https?:\/\//.test(place) && URL.canParse(place) ? new URL(place) : undefined
  if (url !== undefined) {
    const isSafe = url.protocol === 'https:' || isLoopback(url.hostname)
    checkSetting('tokenJwks', place, isSafe, 'an https URL: whoever is between could put in keys of his own')
    const failed = (why: string) => log.warn({ url: place, why }, 'the keys of tokens cannot be fetched')
    const remote = new RemoteKeySet({ url: place, now, failed })
    const keys = () => remote.keys()
    return [{ kind: 'set', algorithms: setAlgorithms, keys, newer: () => remote.newer() }, () => {}]
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
  return [{ kind: 'set', algorithms: setAlgorithms, keys, newer: keys }, () => file.close()]
}
