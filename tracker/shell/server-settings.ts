/** The operator's settings for STUN, TURN and edges: checked, and made into what clients are told of. */
import { createHmac } from 'node:crypto'
import { edgesMax, iceUrlsMax, isEdgeUrl, isStunUrl, isTurnUrl } from '../../shared/servers.ts'
import { type EdgeSetting, Edges } from '../core/edges.ts'
import { checkSetting, checkWhole } from '../core/limits.ts'
import { ServerDesk } from '../core/server-desk.ts'
import type { EdgeChecksOptions } from './edge-checks.ts'

export interface ServerSettings {
  /** STUN servers that clients are told of in place of this tracker's own, like `stun:stun.example.org:3478`. */
  stunUrls?: readonly string[]
  /** TURN servers, like `turn:turn.example.org:3478?transport=udp`. None by default. */
  turnUrls?: readonly string[]
  /** What this tracker shares with the TURN servers (coturn's `static-auth-secret`). */
  turnSecret?: string | undefined
  /** How long a client's credentials hold. */
  turnTtlMs?: number
  /** Where the site's files can be had as well. None by default. */
  edges?: readonly EdgeSetting[]
  /** What each of them answers with 200 while it takes requests. */
  edgeHealthPath?: string
  /** Between two looks at an edge. */
  edgeCheckMs?: number
}

/** What an origin of Nearcast answers with 503 as soon as it is about to end. */
const edgeHealthPathDefault = '/.nearcast/ready'

/** An edge that dies is missed within seconds, and one look costs it less than one visitor. */
const edgeCheckMsDefault = 2_000

/** A secret that can be guessed gives everybody a relay: credentials that were seen say whether a guess is right. */
const secretLengthMin = 16

/** Long enough that clocks which differ by a minute do no harm, and that new ones are sent seldom. */
const ttlMsMin = 5 * 60_000

/** What leaks is of use no longer than a week. */
const ttlMsMax = 7 * 24 * 60 * 60_000

/** Whoever left an hour ago relays nothing more; who stays is sent new ones after half of it. */
const ttlMsDefault = 60 * 60_000

/** @throws Error that names a wrong setting, its value and what would be right */
export function edgesFrom(settings: ServerSettings): { edges: Edges; checks: Omit<EdgeChecksOptions, 'heard'> } {
  const { edges = [], edgeHealthPath = edgeHealthPathDefault, edgeCheckMs = edgeCheckMsDefault } = settings
  checkSetting('edges', `${edges.length} addresses`, edges.length <= edgesMax, `at most ${edgesMax} addresses`)
  for (const [index, { url }] of edges.entries()) {
    checkSetting(
      `edges[${index}].url`,
      url,
      isEdgeUrl(url),
      'an address that ends with /, like https://eu.example.org/',
    )
    const isNew = edges.findIndex((edge) => edge.url === url) === index
    checkSetting(`edges[${index}].url`, url, isNew, 'there once only')
  }
  checkSetting('edgeHealthPath', edgeHealthPath, edgeHealthPath.startsWith('/'), 'a path that begins with /')
  checkWhole('edgeCheckMs', edgeCheckMs)
  return {
    edges: new Edges(edges),
    checks: { urls: edges.map(({ url }) => url), path: edgeHealthPath, everyMs: edgeCheckMs },
  }
}

/** @throws Error that names a wrong setting, its value (never a secret) and what would be right */
export function serverDeskFrom(settings: ServerSettings, edges: Edges): ServerDesk {
  const { stunUrls = [], turnUrls = [], turnSecret, turnTtlMs = ttlMsDefault } = settings
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
    checkSetting('turnUrls', turnUrls, turnSecret === undefined, 'the TURN servers that turnSecret is for')
    return new ServerDesk({ stunUrls, edges })
  }
  const length = turnSecret?.length ?? 0
  const right = `the secret that the TURN servers have too, at least ${secretLengthMin} characters`
  checkSetting('turnSecret', `${length} characters`, length >= secretLengthMin, right)
  const passwordOf = (username: string) => createHmac('sha1', turnSecret!).update(username).digest('base64')
  return new ServerDesk({ stunUrls, edges, turn: { urls: turnUrls, ttlMs: turnTtlMs, passwordOf } })
}

function checkUrls(name: string, urls: readonly string[], isUrl: (url: unknown) => boolean, right: string): void {
  checkSetting(name, `${urls.length} addresses`, urls.length <= iceUrlsMax, `at most ${iceUrlsMax} addresses`)
  for (const url of urls) checkSetting(name, url, isUrl(url), right)
}
