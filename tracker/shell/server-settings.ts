/** The operator's settings for STUN and TURN: checked, and made into what clients are told of. */
import { createHmac } from 'node:crypto'
import { iceUrlsMax, isStunUrl, isTurnUrl } from '../../shared/servers.ts'
import type { Edges } from '../core/edges.ts'
import { checkSetting } from '../core/limits.ts'
import { ServerDesk } from '../core/server-desk.ts'
import type { EdgeSettings } from './edge-watch.ts'

export interface ServerSettings extends EdgeSettings {
  /** STUN servers that clients are told of in place of this tracker's own, like `stun:stun.example.org:3478`. */
  stunUrls?: readonly string[]
  /** TURN servers, like `turn:turn.example.org:3478?transport=udp`. None by default. */
  turnUrls?: readonly string[]
  /** What this tracker shares with the TURN servers (coturn's `static-auth-secret`); a function is asked each time. */
  turnSecret?: string | (() => string) | undefined
  /** How long a client's credentials hold. */
  turnTtlMs?: number
}

/** A secret that can be guessed gives everybody a relay: credentials that were seen say whether a guess is right. */
const secretLengthMin = 16

/** Long enough that clocks which differ by a minute do no harm, and that new ones are sent seldom. */
const ttlMsMin = 5 * 60_000

/** What leaks is of use no longer than a week. */
const ttlMsMax = 7 * 24 * 60 * 60_000

/** Whoever left an hour ago relays nothing more; who stays is sent new ones after half of it. */
const ttlMsDefault = 60 * 60_000

/** @throws Error that names a wrong setting, its value (never a secret) and what would be right */
export function serverDeskFrom(settings: ServerSettings, edges: Edges | undefined): ServerDesk {
  const { stunUrls = [], turnUrls = [], turnSecret, turnTtlMs = ttlMsDefault } = settings
  const secret = typeof turnSecret === 'function' ? turnSecret : () => turnSecret
  checkUrls('stunUrls', stunUrls, isStunUrl, 'stun:host or stun:host:port')
  checkUrls(
    'turnUrls',
    turnUrls,
    isTurnUrl,
    'turn:host:port or turns:host:port, and ?transport=udp or tcp where it matters',
  )
  checkSetting(
    'turnTtlMs',
    turnTtlMs,
    turnTtlMs >= ttlMsMin && turnTtlMs <= ttlMsMax,
    'a time from 5 minutes to 7 days',
  )
  if (turnUrls.length === 0) {
    checkSetting('turnUrls', turnUrls, secret() === undefined, 'the TURN servers that turnSecret is for')
    return new ServerDesk({ stunUrls, edges })
  }
  const length = secret()?.length ?? 0
  const right = `the secret that the TURN servers have too, at least ${secretLengthMin} characters`
  checkSetting('turnSecret', `${length} characters`, length >= secretLengthMin, right)
  const passwordOf = (username: string) => createHmac('sha1', secret()!).update(username).digest('base64')
  return new ServerDesk({ stunUrls, edges, turn: { urls: turnUrls, ttlMs: turnTtlMs, passwordOf } })
}

function checkUrls(name: string, urls: readonly string[], isUrl: (url: unknown) => boolean, right: string): void {
  checkSetting(name, `${urls.length} addresses`, urls.length <= iceUrlsMax, `at most ${iceUrlsMax} addresses`)
  for (const url of urls) checkSetting(name, url, isUrl(url), right)
}
