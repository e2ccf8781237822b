/**
 * What a token gives its bearer, read from its claims once the signature is found right (RFC 7519). Knows neither keys
 * nor signatures.
 */
import { isSwarmId, type SwarmId } from '../../shared/ids.ts'
import { guard, integer, list, literal, object, optional, type Schema, text } from '../../shared/schema.ts'
import type { RefusalCode } from '../../shared/tracker-messages.ts'
import { isSwarmPrefix, SwarmList } from './swarm-list.ts'
import { coversOrigin, isWebOrigin } from './web-origins.ts'

export interface Grant {
  /** For whom all that is asked with this token is counted: its subject, or else the token itself. */
  readonly bearer: string
  covers(swarm: SwarmId): boolean
  /** How much longer it holds. */
  readonly leftMs: number
  /** On how many connections it may be used, where that is limited. */
  readonly use: { readonly id: string; readonly usesMax: number } | undefined
  /** Where the bearer is, as its site says. */
  readonly region: string | undefined
  /** Of how many peers the bearer may be told in a window of time, where it is not what the operator says of all. */
  readonly peersMax: number | undefined
}

export type TokenRefusal = Extract<RefusalCode, 'bad-token' | 'token-expired' | 'wrong-origin' | 'unverified'>

/** What came of a token. */
export type Verification = { ok: true; grant: Grant } | { ok: false; code: TokenRefusal; message: string }

/** A site's backend and a tracker set their clocks by the network, and not to the second. */
const clockSkewSeconds = 30

/** Texts that are kept for each bearer, and of each token with limited uses. */
const nameLengthMax = 128
export const tokenIdLengthMax = nameLengthMax

/** A page has a few files, one connection at most 64 swarms; more of them have a prefix. */
const swarmNamesMax = 64

const originsMax = 16

/** Far more than any limit on peers; a larger number is an error in the backend. */
const countMax = 1_000_000

/** A NumericDate (RFC 7519 §2) may have a fraction. */
const numericDate: Schema<number> = (value) =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined

const webOrigin = guard(isWebOrigin)

const origins: Schema<string[]> = (value) => list(webOrigin, originsMax)(typeof value === 'string' ? [value] : value)

const swarms: Schema<SwarmId[] | 'any'> = (value) =>
  literal('any')(value) ?? list(guard(isSwarmId), swarmNamesMax)(value)

const claimsShape = object({
  exp: numericDate,
  nbf: optional(numericDate),
  sub: optional(text(nameLengthMax, 1)),
  jti: optional(text(nameLengthMax, 1)),
  uses: optional(integer(1, countMax)),
  swarms: optional(swarms),
  prefix: optional(guard(isSwarmPrefix)),
  origin: optional(origins),
  region: optional(text(64, 1)),
  peers: optional(integer(1, countMax)),
})

export interface TokenSurroundings {
  /** Milliseconds since 1970. */
  wallMs: number
  /** How far ahead a token's end may lie. */
  lifetimeMaxMs: number
  /** The page that the connection comes from, as a browser says: not proof of anything. */
  webOrigin: string | undefined
  /** What stands for a token that has neither subject nor id. */
  digest: string
}

const refused = (code: TokenRefusal, message: string): Verification => ({ ok: false, code, message })

/** @param claims the payload of a token whose signature is right */
export function grantOf(
  claims: unknown,
  { wallMs, lifetimeMaxMs, webOrigin, digest }: TokenSurroundings,
): Verification {
  const read = claimsShape(claims)
  if (read === undefined) {
    const field = claimsShape.wrongField(claims)
    return refused(
      'bad-token',
      field === undefined ? 'the token holds no claims' : `the token's ${field} is missing or wrong`,
    )
  }
  const { exp, nbf = 0, sub, jti, uses, swarms: names, prefix, origin, region, peers } = read
  if (names === undefined && prefix === undefined)
    return refused('bad-token', 'the token names no swarms and no prefix')
  if (uses !== undefined && jti === undefined)
    return refused('bad-token', 'the token has uses and no jti to count them by')
  const leftMs = exp * 1_000 - wallMs
  if (leftMs <= 0) return refused('token-expired', 'the token has run out')
  if (leftMs > lifetimeMaxMs + clockSkewSeconds * 1_000) {
    return refused('bad-token', `the token holds for more than the ${lifetimeMaxMs / 1_000} s that this tracker takes`)
  }
  if (nbf - clockSkewSeconds > wallMs / 1_000) return refused('bad-token', 'the token does not hold yet')
  if (origin !== undefined && !origin.some((one) => webOrigin !== undefined && coversOrigin(one, webOrigin))) {
    return refused('wrong-origin', 'the token is for pages of another site')
  }
  const listed = new SwarmList({
    names: names === undefined || names === 'any' ? [] : names,
    prefixes: prefix === undefined ? [] : [prefix],
  })
  const grant: Grant = {
    bearer: sub !== undefined ? `sub ${sub}` : jti !== undefined ? `jti ${jti}` : `token ${digest}`,
    covers: (swarm) => names === 'any' || listed.has(swarm),
    leftMs,
    use: jti !== undefined && uses !== undefined ? { id: jti, usesMax: uses } : undefined,
    region,
    peersMax: peers,
  }
  return { ok: true, grant }
}
