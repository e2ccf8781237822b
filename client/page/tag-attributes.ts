/**
 * What the script tag's `data-` attributes say: options of a client, and what the page does with it. Pure: it reads
 * texts, gives settings and complaints, and knows no element.
 */
import { wordsIn } from '../../shared/word-list.ts'
import type { ClientOptions } from '../api.ts'
import { splitGlobs } from '../core/url-globs.ts'
import { checkOptions, wordOptions } from '../shell/checked-options.ts'

/** `ask` is not granted until the page says so; `off` and `denied` are the same. */
export type TagConsent = 'ask' | 'granted' | 'off' | 'denied'

export interface TagSettings {
  /** Without consent, and without what only a browser can make of the attributes. */
  options: Omit<ClientOptions, 'consent' | 'token'>
  token?: string
  tokenUrl?: string
  consent: TagConsent
  /** In place of our own words, where the visitor is asked. */
  consentTitle?: string
  consentText?: string
  consentYes?: string
  consentNo?: string
  /** The site's own page about it. */
  consentLink?: string
  /** What the service worker takes; a list of patterns. */
  match?: string
  /** The service worker's script, or `off` for none. */
  worker?: string
}

export interface TagReading {
  /** Undefined when a value is wrong: then the tag accelerates nothing. */
  settings: TagSettings | undefined
  complaints: string[]
}

/** Attributes that are called otherwise than the option that they set, by the name that they have in `dataset`. */
const optionOf: Readonly<Record<string, keyof ClientOptions>> = {
  uploadMax: 'uploadBytesPerSecondMax',
  uploadPeerMax: 'uploadPeerBytesPerSecondMax',
  uploadRatio: 'uploadRatioMax',
  batteryMin: 'batteryPercentMin',
  hiddenMax: 'hiddenSecondsMax',
  storeMax: 'storeBytesMax',
  memoryMax: 'memoryBytesMax',
  stun: 'iceServers',
}

const ownNames = [
  ...['consent', 'consentTitle', 'consentText', 'consentYes', 'consentNo', 'consentLink'],
  ...['token', 'tokenUrl', 'match', 'worker'],
]
const tagConsents: readonly string[] = ['ask', 'granted', 'off', 'denied'] satisfies TagConsent[]

/** Every attribute that the tag has, as `dataset` names it. */
export const attributeNames: readonly string[] = [
  ...['tracker', 'key', 'mirrors', 'iceServers'],
  ...Object.keys(optionOf),
  ...wordOptions.filter((name) => name !== 'consent'),
  ...ownNames,
]

const htmlName = (name: string) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** What an attribute's text means; a text that means nothing is given back as it is, or as no number. */
function meaningOf(name: string, text: string): unknown {
  if (optionOf[name] && name !== 'stun') {
    if (text === 'unlimited') return Number.POSITIVE_INFINITY
    return /\d/.test(text) ? Number(text) : Number.NaN
  }
  if (name === 'mirrors') return wordsIn(text)
  if (name === 'stun') return wordsIn(text).length > 0 ? [{ urls: wordsIn(text) }] : undefined
  try {
    return name === 'iceServers' ? JSON.parse(text) : text
  } catch {
    return text
  }
}

/** @param attributes the tag's `dataset` */
export function readTag(attributes: Readonly<Record<string, string | undefined>>): TagReading {
  const complaints: string[] = []
  const options: Record<string, unknown> = {}
  const own: Record<string, string> = {}
  /** Which attribute set an option. */
  const names: Record<string, string> = {}
  let isRight = true
  const refuse = (name: string, right: string) => {
    isRight = false
    complaints.push(`${htmlName(name)} is "${attributes[name]}": it must be ${right}. Everything comes by plain HTTP`)
  }
  for (const [name, text] of Object.entries(attributes)) {
    if (text === undefined) continue
    if (!attributeNames.includes(name)) {
      complaints.push(`there is no ${htmlName(name)}: there are ${attributeNames.map(htmlName).join(', ')}`)
    } else if (ownNames.includes(name)) own[name] = text
    else {
      const option = optionOf[name] ?? name
      const value = meaningOf(name, text)
      names[option] = name
      if (value !== undefined) options[option] = value
    }
  }
  checkOptions(options, (option, _, right) => refuse(names[option]!, right)) // only what was set can be wrong
  const { consent = 'off', match } = own
  if (!tagConsents.includes(consent)) refuse('consent', tagConsents.join(', '))
  if (match !== undefined && !splitGlobs(match)) refuse('match', 'at most 64 patterns of at most 256 letters')
  return { settings: isRight ? { ...own, options, consent: consent as TagConsent } : undefined, complaints }
}
