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
  refuse('consent', consent, consent === 'granted' || consent === 'denied', "'granted' or 'denied'")
  refuse('iceTransportPolicy', iceTransportPolicy, /^(all|relay)$/.test(iceTransportPolicy), "'all' or 'relay'")
  refuse('mode', mode, modes.includes(mode), modes.join(', '))
  // A wrong token is not repeated: it may be a right one with a letter too many.
  refuse('token', typeof token, isToken(token), 'a text that is not empty, or a function that gives one')
  const isKey = key === undefined || (typeof key === 'string' && keyPattern.test(key))
  refuse('key', key, isKey, 'ed25519: and 43 letters')
  refuse('unsigned', unsigned, /^(plain|error)$/.test(unsigned), "'plain' or 'error'")
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

/** @throws NearcastError `usage` for what is no number of bytes per second */
export function checkLimits(limits: UploadLimits): Required<UploadLimits> {
  const none = Number.POSITIVE_INFINITY
  const { uploadBytesPerSecondMax = none, uploadPeerBytesPerSecondMax = none } = limits
  const isRate = (rate: unknown) => typeof rate === 'number' && rate >= 0
  refuse('uploadBytesPerSecondMax', uploadBytesPerSecondMax, isRate(uploadBytesPerSecondMax), '0 or more')
  refuse('uploadPeerBytesPerSecondMax', uploadPeerBytesPerSecondMax, isRate(uploadPeerBytesPerSecondMax), '0 or more')
  return { uploadBytesPerSecondMax, uploadPeerBytesPerSecondMax }
}

const baseUrl = () => (typeof document === 'undefined' ? undefined : document.baseURI)

/** @throws NearcastError `usage` for what is no WebSocket URL */
function trackerUrlOf(tracker: string | undefined): string | undefined {
  if (tracker === undefined) return undefined
  const base = baseUrl()
  const text = tracker === 'auto' ? '/.nearcast/tracker' : tracker
  const address = URL.canParse(text, base) ? new URL(text, base) : undefined
  if (address) address.protocol = address.protocol.replace(/^http/, 'ws')
  if (address?.protocol !== 'ws:' && address?.protocol !== 'wss:') {
    throw new NearcastError('usage', `nearcast: tracker is ${tracker}: it must be a ws or wss URL, or 'auto'`)
  }
  return address.href
}

/** The address of a file as it is asked for. @throws NearcastError `usage` for what is no http or https URL */
export function addressOf(url: string | URL): string {
  const base = baseUrl()
  const address = URL.canParse(url, base) ? new URL(url, base) : undefined
  if (address?.protocol !== 'http:' && address?.protocol !== 'https:') {
    throw new NearcastError('usage', `nearcast: ${url} is not an http or https URL`)
  }
  address.hash = ''
  return address.href
}
