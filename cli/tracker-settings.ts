/**
 * What can be set of the tracker, alike for `nearcast tracker` and for `nearcast serve`, which has one inside, and what
 * becomes of it. Defaults and reasons of the limits are in tracker/core/limits.ts.
 */
import { KiB, MiB } from '../shared/limits.ts'
import {
  candidatePolicies,
  lastingLimits,
  limitsWithZero,
  scopes,
  type TrackerLimits,
  trackerLimits,
  webTorrentPath,
} from '../tracker/api.ts'
import type { LiveOptions, TrackerOptions } from '../tracker/main.ts'
import { keySetKind, originsKind, secretKind, swarmsKind } from './admission-kinds.ts'
import { clusterSettings } from './cluster-settings.ts'
import { edgeOptionsOf, edgeSettings } from './edge-settings.ts'
import { geoHeadersKind } from './geo-headers-kind.ts'
import { natOptionsOf, natSettings } from './nat-settings.ts'
import { countKind, drainWindowKind, limitKind, sizeKind, spanKind } from './number-kinds.ts'
import { type Setting, type SettingTable, type SettingValues, setting } from './setting.ts'
import {
  choiceKind,
  durationKind,
  pathKind,
  pathsKind,
  proxiesKind,
  rangesKind,
  regionsKind,
  switchKind,
  urlPathKind,
} from './setting-kinds.ts'

/** One for each limit: a limit without its line here does not compile. */
const limitHelp: Readonly<Record<keyof TrackerLimits, string>> = {
  connectionsMax: 'connections in all',
  connectionsPerAddressMax: 'connections of one address (IPv4) or /64 (IPv6)',
  connectionsPerSecond: 'new connections a second; who is too much is told when to come',
  loopLagMaxMs: 'how late answers may be before nobody new is let in',
  resumeLifetimeMs: 'how long a client that comes back keeps its name',
  busyConnectionsPerAddressMax: 'of those, the connections that may do all they may at a time',
  busyAddressesPerNetworkMax: 'full addresses whose share one /24 (IPv4) or /48 (IPv6) may have',
  swarmsPerConnectionMax: 'swarms on one connection',
  introductionsPerPeerMax: 'peers to whom one may be introduced at a time',
  introductionLifetimeMs: 'how long two peers that were introduced may signal',
  introductionsPerSecond: 'peers that one connection is told of a second',
  introductionsBurst: 'peers that one connection is told of at once',
  signalsPerIntroductionMax: 'signals of one introduction, both ways',
  signalBytesPerIntroductionMax: 'bytes of all signals of one introduction',
  candidatesPerSideMax: 'addresses that each side of an introduction names',
  foreignCandidatesPerSideMax: 'those of them that are not where it connects from',
  foreignAddressesMax: 'such addresses in the life of one connection',
  joinsPerSecond: 'joins of one connection a second',
  joinsBurst: 'joins of one connection at once',
  signalsPerSecond: 'signals of one connection a second',
  signalsBurst: 'signals of one connection at once',
  messagesPerSecond: 'messages of any kind of one connection a second',
  messagesBurst: 'messages of any kind of one connection at once',
  bytesPerSecond: 'bytes of messages of one connection a second',
  bytesBurst: 'bytes of messages of one connection at once',
  complaintsPerSecond: 'complaints of one connection a second',
  complaintsBurst: 'complaints of one connection at once',
  reportsPerSecond: 'reports of one connection a second',
  reportsBurst: 'reports of one connection at once',
  reportWindowMs: 'how long a failure that was reported is held against a peer',
  reportNetworksMin: 'networks that must fail to reach a peer before it is named less',
  ticketLifetimeMs: 'how long after an introduction a peer may complain',
  complaintWindowMs: 'the time within which complaints count together',
  complaintNetworksMin: 'networks that must complain before one is banned',
  complaintSharePercent: 'share of those it was introduced to that must complain',
  banMs: 'how long a network stays banned',
  faultsPerSecond: 'faults that one connection is forgiven a second',
  faultsBurst: 'faults that one connection is forgiven at once',
  authorizationsPerSecond: 'tokens that one connection may show a second',
  authorizationsBurst: 'tokens that one connection may show at once',
  authorizeWithinMs: 'how long a connection may be there without a token',
  verificationsMax: 'tokens that wait to be verified',
  verificationBytesMax: 'bytes of all tokens that wait to be verified',
  tokenLifetimeMaxMs: 'how far ahead the end of a token may lie',
  tokenGraceMs: 'how long swarms go on after a token has run out',
  usedTokensMax: 'tokens with limited uses that are remembered',
  connectionsPerTokenMax: 'connections with one token or subject',
  busyConnectionsPerTokenMax: 'of those, the connections that may do all they may at a time',
  peersPerTokenMax: 'peers that one token or subject is told of in a window',
  peersPerAddressMax: 'peers that one address is told of in a window',
  revealWindowMs: 'this window',
  swarmSizeMin: 'addresses in a swarm before anybody is named',
  stunAnswersPerSecond: 'STUN answers a second',
  stunAnswersPerNetworkPerSecond: 'STUN answers a second to one /24 (IPv4) or /48 (IPv6)',
  offerLifetimeMs: "how long a WebTorrent client's offer may be answered",
  announceIntervalMs: 'what WebTorrent clients are told to wait between announces',
  strikesPerBan: 'connections closed for faults before their address is kept out',
  strikeMemoryMs: 'how long they count',
  strikeBanMs: 'how long an address is kept out the first time',
  strikeBanLongestMs: 'how long at most, after twice as long each time',
}

/** `banMs` is set as `--ban 15m`: the value says its unit. */
type LimitKey<Name extends string> = Name extends `${infer Stem}Ms` ? Stem : Name
type LimitSettings = { [Name in keyof TrackerLimits as LimitKey<Name>]: Setting<number> }

export const limitNames = Object.keys(limitHelp) as (keyof TrackerLimits)[]
const limitKey = <Name extends keyof TrackerLimits>(name: Name) => name.replace(/Ms$/, '') as LimitKey<Name>

const limitSettings = Object.fromEntries(
  limitNames.map((name): [string, Setting<number>] => {
    const { kind, format } = limitKind(name, limitsWithZero.includes(name))
    const value = trackerLimits[name]
    return [limitKey(name), { ...setting(kind, value, `${limitHelp[name]} [${format(value)}]`), section: 'limits' }]
  }),
) as LimitSettings

/** Who may use the tracker: docs/guides/admission.md. */
const admissionSettings = {
  admission: setting(choiceKind('open', 'token'), 'open', 'who may join: whoever comes, or who shows a token [open]'),
  origins: setting(originsKind, undefined, 'the sites whose pages may connect, like https://example.org [all]'),
  swarms: setting(swarmsKind, undefined, 'the swarms that are served, by name or like ab12* [all]'),
  swarmsFile: setting(pathKind, undefined, 'a file of such names, one a line, read again when it changes'),
  tokenSecret: {
    ...setting(secretKind, undefined, 'what tokens are signed with by HS256; better as a variable or a file'),
    isSecret: true,
  },
  tokenSecretFile: setting(pathKind, undefined, 'the file with that secret'),
  tokenKeyFile: setting(pathKind, undefined, 'the file with the public key of tokens signed by EdDSA'),
  tokenJwks: setting(keySetKind, undefined, 'the file or URL with a set of public keys of tokens'),
}

export const trackerSettings = {
  ...admissionSettings,
  regions: setting(regionsKind, [], 'visitors in one region are near: "office=10.1.0.0/16;lab=10.2.0.0/16"'),
  trustProxy: setting(proxiesKind, [], 'the proxies whose X-Forwarded-For is believed [none]'),
  candidates: setting(
    choiceKind(...candidatePolicies),
    'public',
    'addresses that peers may name: also private ones, or only their own [public]',
  ),
  relays: setting(rangesKind, [], 'the TURN servers whose addresses peers may name [none]'),
  geoHeaders: setting(geoHeadersKind, {}, 'headers in which these proxies say where a visitor is: cloudflare [none]'),
  geoDatabase: setting(pathsKind, [], 'MMDB files of where addresses are, read again when they change [none]'),
  zonesFile: setting(pathKind, undefined, 'a file of "<range> <zone>" lines; visitors in one zone are nearest [none]'),
  scope: setting(choiceKind(...scopes), 'anywhere', 'whom visitors may meet at all, a hard limit [anywhere]'),
  trackerKeyFile: setting(
    pathKind,
    undefined,
    '32 secret bytes or more, the same for all trackers of one site [drawn at start]',
  ),
  drainDelay: setting(durationKind, 2_000, 'after SIGTERM: time for load balancers to send nobody any more [2s]'),
  drainWindow: setting(drainWindowKind, 4_000, 'and after that: over how long visitors are sent elsewhere [4s]'),
  ...natSettings,
  ...edgeSettings,
  bansFile: {
    ...setting(pathKind, undefined, 'a file in which bans are kept, so that a restart does not lift them [none]'),
    section: 'operations',
  },
  webtorrent: setting(switchKind, false, 'serve clients of the WebTorrent protocol too, such as P2P Media Loader'),
  webtorrentPath: setting(urlPathKind, webTorrentPath, `where they are served; / for a host alone [${webTorrentPath}]`),
  heartbeat: {
    ...setting(spanKind, 30_000, 'between two pings of a connection; proxies cut quiet ones at 60s [30s]'),
    section: 'limits',
  },
  httpConnectionsPerAddressMax: {
    ...setting(countKind, 2_048, 'HTTP and WebSocket connections of one address together [2048]'),
    section: 'limits',
  },
  allSendQueuesBytesMax: {
    ...setting(sizeKind, 64 * MiB, 'bytes that wait for all such clients together [64MiB]'),
    section: 'limits',
  },
  sendQueueBytesMax: {
    ...setting(sizeKind, 256 * KiB, 'bytes that wait for a client that reads slowly [256KiB]'),
    section: 'limits',
  },
  ...clusterSettings,
  ...limitSettings,
} satisfies SettingTable

export type TrackerSettings = SettingValues<typeof trackerSettings>

/** The tracker's options as these settings have them; the log, the clock and chance are the program's. */
export function trackerOptionsOf(settings: TrackerSettings): Omit<TrackerOptions, 'log'> {
  return {
    ...(Object.fromEntries(limitNames.map((name) => [name, settings[limitKey(name)]])) as Partial<TrackerLimits>),
    regions: settings.regions,
    trustedProxies: settings.trustProxy,
    candidates: settings.candidates,
    relays: settings.relays,
    geoHeaders: settings.geoHeaders,
    geoDatabases: settings.geoDatabase,
    zonesFile: settings.zonesFile,
    scope: settings.scope,
    ...natOptionsOf(settings),
    ...edgeOptionsOf(settings),
    bansFile: settings.bansFile,
    webTorrent: settings.webtorrent,
    webTorrentPath: settings.webtorrentPath,
    heartbeatMs: settings.heartbeat,
    sendQueueBytesMax: settings.sendQueueBytesMax,
    allSendQueuesBytesMax: settings.allSendQueuesBytesMax,
    ...said(settings),
  }
}

const liveLimits = limitNames.filter((name) => !lastingLimits.includes(name))

/** What can change while a tracker runs. */
export const liveKeys: readonly string[] = [...liveLimits.map(limitKey), 'origins']

/** These as they are set. */
export const liveOptionsOf = (settings: TrackerSettings): LiveOptions => ({
  ...(Object.fromEntries(liveLimits.map((name) => [name, settings[limitKey(name)]])) as Partial<TrackerLimits>),
  ...(settings.origins !== undefined && { origins: settings.origins }),
})

/** What was said about admission: who says nothing means what the tracker means. */
function said(settings: TrackerSettings): Partial<TrackerOptions> {
  const names = Object.keys(admissionSettings) as (keyof typeof admissionSettings)[]
  return Object.fromEntries(names.map((name) => [name, settings[name]]).filter(([, value]) => value !== undefined))
}
