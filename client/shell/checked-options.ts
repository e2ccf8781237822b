/** What the options of a client must be: checked at once, before anything is made of them. Knows no engine. */
import { type ClientOptions, modes, NearcastError, type UploadLimits } from '../api.ts'

export interface CheckedOptions {
  limits: Required<UploadLimits>
  /** The tracker's whole address. */
  trackerUrl: string | undefined
  /** How the addresses of mirrors begin, each with a slash at its end. */
  mirrors: readonly string[]
}

/** @throws NearcastError `usage` when an option is not what it must be */
export function checkOptions(options: ClientOptions): CheckedOptions {
  const { token, consent = 'denied', mode = 'balanced', iceTransportPolicy = 'all', key, unsigned = 'plain' } = options
  either('consent', consent, 'granted', 'denied')
  either('iceTransportPolicy', iceTransportPolicy, 'all', 'relay')
  refuse('mode', mode, modes.includes(mode), modes.join(', '))
  // A wrong token is not repeated: it may be a right one with a letter too many.
  refuse('token', typeof token, isToken(token), 'a text that is not empty, or a function that gives one')
  const isKey = key === undefined || (typeof key === 'string' && keyPattern.test(key))
  refuse('key', key, isKey, 'ed25519: and 43 letters')
  either('unsigned', unsigned, 'plain', 'error')
  amount(options, 'storeBytesMax')
  amount(options, 'memoryBytesMax')
  return { limits: checkLimits(options), trackerUrl: trackerUrlOf(options.tracker), mirrors: mirrorsIn(options) }
}

/** @throws NearcastError `usage` for what is no list of such addresses */
function mirrorsIn({ mirrors = [] }: Pick<ClientOptions, 'mirrors'>): readonly string[] {
  const isMirror = (mirror: string) => /^https?:[^?#]*\/$/.test(mirror) && URL.canParse(mirror)
  refuse('mirrors', mirrors, Array.isArray(mirrors) && mirrors.every(isMirror), 'http or https URLs that end with /')
  return mirrors
}

/** One public key or several; what they are is looked at when they are used. */
const keyPattern = /^[\s,]*(ed25519:[\w-]{43}[\s,]*){1,8}$/

/** Whether a file without a valid signature is an error. */
export const isStrict = ({ key, unsigned }: Pick<ClientOptions, 'key' | 'unsigned'>): boolean =>
  key !== undefined && unsigned === 'error'

const isToken = (token: unknown) =>
  token === undefined || typeof token === 'function' || (typeof token === 'string' && token !== '')

function refuse(name: keyof ClientOptions, value: unknown, isRight: boolean, right: string): void {
  if (!isRight) throw new NearcastError('usage', `nearcast: ${name} is ${value}: it must be ${right}`)
}

const either = (name: keyof ClientOptions, value: string, one: string, other: string) =>
  refuse(name, value, value === one || value === other, `'${one}' or '${other}'`)

/** A number that is not below zero; without end where it is not given. */
function amount<Name extends keyof ClientOptions>(options: { [K in Name]?: number | undefined }, name: Name): number {
  const { [name]: value = Number.POSITIVE_INFINITY } = options
  refuse(name, value, typeof value === 'number' && value >= 0, '0 or more')
  return value
}

/** @throws NearcastError `usage` for what is no number of bytes per second */
export const checkLimits = (limits: UploadLimits): Required<UploadLimits> => ({
  uploadBytesPerSecondMax: amount(limits, 'uploadBytesPerSecondMax'),
  uploadPeerBytesPerSecondMax: amount(limits, 'uploadPeerBytesPerSecondMax'),
})

/** A URL as the page means it; undefined for what is none. */
function wholeUrl(text: string | URL): URL | undefined {
  const base = typeof document === 'undefined' ? undefined : document.baseURI
  return URL.canParse(text, base) ? new URL(text, base) : undefined
}

/** @throws NearcastError `usage` for what is no WebSocket URL */
function trackerUrlOf(tracker: string | undefined): string | undefined {
  if (tracker === undefined) return undefined
  const address = wholeUrl(tracker === 'auto' ? '/.nearcast/tracker' : tracker)
  if (address) address.protocol = address.protocol.replace(/^http/, 'ws')
  refuse('tracker', tracker, /^wss?:/.test(address?.protocol ?? ''), "a ws or wss URL, or 'auto'")
  return address?.href
}

/** The address of a file as it is asked for. @throws NearcastError `usage` for what is no http or https URL */
export function addressOf(url: string | URL): string {
  const address = wholeUrl(url)
  if (!address || !/^https?:/.test(address.protocol)) {
    throw new NearcastError('usage', `nearcast: ${url} is not an http or https URL`)
  }
  address.hash = ''
  return address.href
}
