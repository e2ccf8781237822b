/** What the options of a client must be: checked at once, before anything is made of them. Knows no engine. */
import { MiB } from '../../shared/limits.ts'
import { type ClientOptions, modes, NearcastError, type UploadLimits } from '../api.ts'

/** What each option may be that is one of a few words, what it is without first. */
export const optionWords = {
  consent: ['denied', 'granted'],
  mode: modes,
  unsigned: ['plain', 'error'],
  store: ['device', 'memory'],
  metered: ['off', 'download', 'on'],
  iceTransportPolicy: ['all', 'relay'],
} as const satisfies Partial<Record<keyof ClientOptions, readonly string[]>>

/** What each option is without, of those that are numbers: 0 or more. */
export const optionNumbers = {
  // 16 Mbit/s: a tenth of what is seen on many lines, and no line is filled by it unnoticed (S40 does the rest).
  uploadBytesPerSecondMax: 2 * MiB,
  uploadPeerBytesPerSecondMax: Number.POSITIVE_INFINITY,
  // As much as was had: who takes part costs nobody else anything.
  uploadRatioMax: 1,
  // Where phones begin to save power by themselves.
  batteryPercentMin: 20,
  // Longer than most downloads take that were left alone to end; after it the page is forgotten rather than waiting.
  hiddenSecondsMax: 600,
  // What the browser has to give, where the site does not say.
  storeBytesMax: Number.POSITIVE_INFINITY,
  memoryBytesMax: 256 * MiB,
} as const satisfies Partial<Record<keyof ClientOptions, number>>

export const wordOptions = Object.keys(optionWords) as (keyof typeof optionWords)[]

type NumberOption = keyof typeof optionNumbers

export interface CheckedOptions {
  numbers: Record<NumberOption, number>
  /** The tracker's whole address. */
  trackerUrl: string | undefined
  /** How the addresses of mirrors begin, each with a slash at its end. */
  mirrors: readonly string[]
}

/** Is told of an option that is not what it must be, and of what would be right. */
export type Refusal = (name: keyof ClientOptions, value: unknown, right: string) => void

const refusal: Refusal = (name, value, right) => {
  throw new NearcastError('usage', `nearcast: ${name} is ${value}: it must be ${right}`)
}

/**
 * @param refuse without it the first wrong option is thrown
 * @throws NearcastError `usage` when an option is not what it must be
 */
export function checkOptions(options: ClientOptions, refuse = refusal): CheckedOptions {
  const { token, key, mirrors = [], iceServers = [] } = options
  for (const name of wordOptions) {
    const words: readonly string[] = optionWords[name]
    const value = options[name]
    if (value !== undefined && !words.includes(value)) refuse(name, value, words.join(', '))
  }
  // A wrong token is not repeated: it may be a right one with a letter too many.
  if (!isToken(token)) refuse('token', typeof token, 'a text that is not empty, or a function that gives one')
  const isKey = key === undefined || (typeof key === 'string' && keyPattern.test(key))
  if (!isKey) refuse('key', key, 'ed25519: and 43 letters')
  if (!Array.isArray(iceServers)) refuse('iceServers', iceServers, `a list such as ${iceServersSample}`)
  const isMirror = (mirror: string) => /^https?:[^?#]*\/$/.test(mirror) && URL.canParse(mirror)
  if (!Array.isArray(mirrors) || !mirrors.every(isMirror)) {
    refuse('mirrors', mirrors, 'http or https URLs that end with /')
  }
  const trackerUrl = trackerUrlOf(options.tracker, refuse)
  return { numbers: checkNumbers(options, refuse), trackerUrl, mirrors }
}

const iceServersSample = '[{"urls":"turn:turn.example.org","username":"u","credential":"c"}]'

/** Those of the names that have a number, and the others as they are without. @throws NearcastError `usage` */
function checkNumbers(options: Pick<ClientOptions, NumberOption>, refuse = refusal): Record<NumberOption, number> {
  const numbers: Record<NumberOption, number> = { ...optionNumbers }
  for (const name of Object.keys(optionNumbers) as NumberOption[]) {
    const { [name]: value = numbers[name] } = options
    if (typeof value !== 'number' || !(value >= 0)) refuse(name, value, '0 or more')
    numbers[name] = value
  }
  return numbers
}

/** One public key or several; what they are is looked at when they are used. */
const keyPattern = /^[\s,]*(ed25519:[\w-]{43}[\s,]*){1,8}$/

/** Whether a file without a valid signature is an error. */
export const isStrict = ({ key, unsigned }: Pick<ClientOptions, 'key' | 'unsigned'>): boolean =>
  key !== undefined && unsigned === 'error'

const isToken = (token: unknown) =>
  token === undefined || typeof token === 'function' || (typeof token === 'string' && token !== '')

/** The same of the caps on uploads alone. @throws NearcastError `usage` */
export function checkLimits(limits: UploadLimits): Required<UploadLimits> {
  const { uploadBytesPerSecondMax, uploadPeerBytesPerSecondMax, uploadRatioMax } = checkNumbers(limits)
  return { uploadBytesPerSecondMax, uploadPeerBytesPerSecondMax, uploadRatioMax }
}

/** A URL as the page means it; undefined for what is none. */
function wholeUrl(text: string | URL): URL | undefined {
  const base = typeof document === 'undefined' ? undefined : document.baseURI
  return URL.canParse(text, base) ? new URL(text, base) : undefined
}

/** @throws NearcastError `usage` for what is no WebSocket URL */
function trackerUrlOf(tracker: string | undefined, refuse: Refusal): string | undefined {
  if (tracker === undefined) return undefined
  const address = wholeUrl(tracker === 'auto' ? '/.nearcast/tracker' : tracker)
  if (address) address.protocol = address.protocol.replace(/^http/, 'ws')
  if (!/^wss?:/.test(address?.protocol ?? '')) refuse('tracker', tracker, "a ws or wss URL, or 'auto'")
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
