/**
 * What the script tag's `data-` attributes say: options of a client, and what the page does with it. Pure: it reads
 * texts, gives settings and complaints, and knows no element.
 */
import { wordsIn } from '../../shared/word-list.ts'
import { type ClientOptions, modes } from '../api.ts'
import { splitGlobs } from '../core/url-globs.ts'

/** `ask` is not granted until the page says so; `off` and `denied` are the same. */
export type TagConsent = 'ask' | 'granted' | 'off' | 'denied'

export interface TagSettings {
  /** Without consent, and without what only a browser can make of the attributes. */
  options: Omit<ClientOptions, 'consent' | 'token'>
  token: string | undefined
  tokenUrl: string | undefined
  consent: TagConsent
  /** What the service worker takes; a list of patterns. */
  match: string | undefined
  /** The service worker's script, or `off` for none. */
  worker: string | undefined
}

export interface TagReading {
  /** Undefined when a value is wrong: then the tag accelerates nothing. */
  settings: TagSettings | undefined
  complaints: string[]
}

/** Says what an attribute's text means, or throws what would be right. */
type Reader = (text: string) => unknown

const anyText: Reader = (text) => text

const oneOf =
  (...words: string[]): Reader =>
  (text) => {
    if (words.includes(text)) return text
    throw `one of ${words.join(', ')}`
  }

const wholeNumber =
  (unit: string): Reader =>
  (text) => {
    if (/^\s*\d+\s*$/.test(text)) return Number(text)
    throw `a number of ${unit}`
  }

const stunServers: Reader = (text) => (wordsIn(text).length > 0 ? [{ urls: wordsIn(text) }] : undefined)

const iceServers: Reader = (text) => {
  try {
    const servers: unknown = JSON.parse(text)
    if (Array.isArray(servers)) return servers
  } catch {}
  throw 'a JSON list of servers, such as [{"urls":"turn:turn.example.org","username":"u","credential":"c"}]'
}

const matchList: Reader = (text) => {
  if (splitGlobs(text)) return text
  throw 'at most 64 patterns of at most 256 letters'
}

/** The client's option that each attribute sets, by the name that it has in `dataset`. */
const optionReaders: Record<string, [option: keyof ClientOptions, read: Reader]> = {
  tracker: ['tracker', anyText],
  mode: ['mode', oneOf(...modes)],
  key: ['key', anyText],
  unsigned: ['unsigned', oneOf('plain', 'error')],
  mirrors: ['mirrors', wordsIn],
  stun: ['iceServers', stunServers],
  iceServers: ['iceServers', iceServers],
  iceTransportPolicy: ['iceTransportPolicy', oneOf('all', 'relay')],
  uploadMax: ['uploadBytesPerSecondMax', wholeNumber('bytes per second')],
  uploadPeerMax: ['uploadPeerBytesPerSecondMax', wholeNumber('bytes per second')],
  store: ['store', oneOf('device', 'memory')],
  storeMax: ['storeBytesMax', wholeNumber('bytes')],
  memoryMax: ['memoryBytesMax', wholeNumber('bytes')],
}

const ownReaders: Record<string, Reader> = {
  consent: oneOf('ask', 'granted', 'off', 'denied'),
  token: anyText,
  tokenUrl: anyText,
  match: matchList,
  worker: anyText,
}

/** Every attribute that the tag has, as `dataset` names it. */
export const attributeNames: readonly string[] = [...Object.keys(optionReaders), ...Object.keys(ownReaders)]

const htmlName = (name: string) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** @param attributes the tag's `dataset` */
export function readTag(attributes: Readonly<Record<string, string | undefined>>): TagReading {
  const complaints: string[] = []
  const options: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  let isRight = true
  for (const [name, text] of Object.entries(attributes)) {
    if (text === undefined) continue
    const [option, read] = optionReaders[name] ?? [undefined, ownReaders[name]]
    if (read === undefined) {
      complaints.push(`there is no ${htmlName(name)}: there are ${attributeNames.map(htmlName).join(', ')}`)
      continue
    }
    try {
      const value = read(text)
      if (value !== undefined) (option ? options : own)[option ?? name] = value
    } catch (right) {
      isRight = false
      // A token that is wrong may be a right one with a letter too many; none is refused here.
      complaints.push(`${htmlName(name)} is "${text}": it must be ${right}. Everything comes by plain HTTP`)
    }
  }
  const { consent = 'off', token, tokenUrl, match, worker } = own as Partial<TagSettings>
  return { settings: isRight ? { options, token, tokenUrl, consent, match, worker } : undefined, complaints }
}
