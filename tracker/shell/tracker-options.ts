/**
 * What a tracker is made with. A name that is misspelled or a value of the wrong kind must not be a default in silence:
 * this knows all names and of what kind each value is; what a value means is for whoever uses it.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Log } from '../../shared/log.ts'
import type { Rng } from '../../shared/rng.ts'
import { checkName, checkSetting, limitNames, type TrackerLimits, trackerLimitsWith } from '../core/limits.ts'
import type { Scope } from '../core/place.ts'
import type { AdmissionOptions } from './admission-options.ts'
import type { BansFileSettings } from './bans-file.ts'
import type { CandidateSettings } from './candidate-settings.ts'
import type { BusOptions } from './cluster-link.ts'
import type { LocatorOptions } from './locator.ts'
import type { ServerSettings } from './server-settings.ts'
import type { SocketServerOptions } from './socket-options.ts'
import type { ReloadableFile } from './watched-file.ts'
import type { WebTorrentSettings } from './webtorrent-endpoint.ts'

/** Every limit of core/limits.ts can be set too. */
export interface TrackerOptions
  extends Partial<TrackerLimits>,
    SocketServerOptions,
    LocatorOptions,
    ServerSettings,
    AdmissionOptions,
    CandidateSettings,
    BansFileSettings,
    BusOptions,
    WebTorrentSettings {
  log: Log
  /** Whom peers may meet at all: a hard limit, random picks and relays included. Everyone by default. */
  scope?: Scope
  /** What else is read again with the tracker's own files: see `Tracker.files`. */
  files?: readonly ReloadableFile[]
  /** Which swarms are served, of those that the lists allow; all by default. */
  serves?: (swarm: SwarmId) => boolean
  /** Milliseconds on a clock that never goes back. */
  now?: () => number
  rng?: Rng
  /** At least 32 bytes that all trackers of one service share; drawn anew by default. */
  key?: Uint8Array
}

interface Kind {
  readonly right: string
  fits(value: unknown): boolean
  /** Whether what is given may be a secret, and is not repeated. */
  readonly isSecret?: true
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isText = (value: unknown) => typeof value === 'string'
const isFunction = (value: unknown) => typeof value === 'function'
const isList = (value: unknown, fits: (item: unknown) => boolean) => Array.isArray(value) && value.every(fits)

/** Node's timers take no longer ones (2^31 milliseconds), and whoever waits for a day waits for ever. */
const timerMsMax = 86_400_000

const text: Kind = { right: 'a text', fits: isText }
const texts: Kind = { right: 'a list of texts', fits: (value) => isList(value, isText) }
const object: Kind = { right: 'an object', fits: (value) => isObject(value) && !Array.isArray(value) }
const objects: Kind = { right: 'a list of objects', fits: (value) => isList(value, isObject) }
const flag: Kind = { right: 'true or false', fits: (value) => typeof value === 'boolean' }
const method: Kind = { right: 'a function', fits: isFunction }
const bytes: Kind = { right: 'a Uint8Array', fits: (value) => value instanceof Uint8Array, isSecret: true }
const secret: Kind = { ...text, isSecret: true }
const timerMs: Kind = {
  right: `a whole number of at least 1, and at most ${timerMsMax}`,
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= timerMsMax,
}
const secretOrMethod: Kind = {
  right: 'a text, or a function that gives one',
  fits: (value) => isText(value) || isFunction(value),
  isSecret: true,
}
const has = (...names: string[]): Kind => ({
  right: `an object with ${names.join(', ')}`,
  fits: (value) => isObject(value) && names.every((name) => isFunction(value[name])),
})
/** Whoever uses it takes nothing but what is right. */
const checkedInUse: Kind = { right: '', fits: () => true }

type Name = Exclude<keyof TrackerOptions, keyof TrackerLimits>

/** One for each: a name without its line here does not compile. */
const kinds: Readonly<Record<Name, Kind>> = {
  log: has('info', 'warn', 'error'),
  scope: checkedInUse,
  files: objects,
  serves: method,
  now: method,
  rng: has('uint32', 'fraction', 'below'),
  key: bytes,
  paths: texts,
  heartbeatMs: timerMs,
  sendQueueBytesMax: checkedInUse,
  allSendQueuesBytesMax: checkedInUse,
  regions: objects,
  trustedProxies: texts,
  geoHeaders: object,
  geoDatabases: texts,
  zonesFile: text,
  stunUrls: texts,
  turnUrls: texts,
  turnSecret: secretOrMethod,
  turnTtlMs: checkedInUse,
  edges: objects,
  edgesFile: text,
  edgeHealthPath: text,
  edgeCheckMs: timerMs,
  admission: checkedInUse,
  origins: texts,
  swarms: texts,
  swarmsFile: text,
  fileRecheckMs: timerMs,
  tokenSecret: secret,
  tokenSecretFile: text,
  tokenKeyFile: text,
  tokenJwks: text,
  candidates: checkedInUse,
  relays: texts,
  bansFile: text,
  bus: { ...object, isSecret: true },
  nodeName: text,
  sharedDoor: has('onFull', 'enter', 'leave'),
  webTorrent: flag,
  webTorrentPath: text,
}

const names = Object.keys(kinds) as Name[]
const all: readonly string[] = [...names, ...limitNames]

/**
 * The limits among the options, the others with their defaults.
 * @throws Error that names what is no option, or is not of its kind, with its value and what would be right
 */
export function limitsOf(options: TrackerOptions): TrackerLimits {
  for (const name of Object.keys(options)) checkName(name, all)
  for (const name of names) {
    const value: unknown = options[name]
    const { right, fits, isSecret } = kinds[name]
    if (value === undefined && name !== 'log') continue
    checkSetting(name, isSecret ? 'the value given' : value, fits(value), right)
  }
  return trackerLimitsWith(Object.fromEntries(limitNames.map((name) => [name, options[name]])))
}
