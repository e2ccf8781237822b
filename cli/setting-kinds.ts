/** The kinds of value that a setting can have: how each is read from a flag, a variable or JSON, and what is right. */
import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'
import { isSwarmId, type SwarmId } from '../shared/ids.ts'
import { parseBytes, parseDuration, parseRate } from './quantity.ts'

export interface Kind<T> {
  /** What stands for the value in --help; empty for a switch, which needs none. */
  hint: string
  /** Completes "it must be …". */
  right: string
  /** A repeated flag adds to the value in place of replacing it. */
  many: boolean
  /** @param base the folder that a relative path starts from @returns undefined when the value is of no use */
  read(value: unknown, base: string): T | undefined
}

export interface Region {
  name: string
  cidrs: string[]
}

/** Below this a visitor waits a minute for one chunk, which nobody means. */
const rateBytesPerSecondMin = 1024

const pathTextMax = 4096
const listItemsMax = 1000

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= pathTextMax && !value.includes('\0')

export const portKind: Kind<number> = {
  hint: '<number>',
  right: 'a whole number from 0 to 65535, where 0 takes any free port',
  many: false,
  read(value) {
    const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
    return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65535 ? port : undefined
  },
}

/** A port that there need not be. */
export const optionalPortKind: Kind<number | undefined> = portKind

export const hostKind: Kind<string | undefined> = {
  hint: '<address>',
  right: 'a name or an address of this machine, like localhost, 0.0.0.0 or ::1',
  many: false,
  read: (value) => (isText(value) && /^[A-Za-z0-9_.:%-]{1,253}$/.test(value) ? value : undefined),
}

/** The same where there is a default. */
export const givenHostKind = hostKind as Kind<string>

export const pathKind: Kind<string | undefined> = {
  hint: '<path>',
  right: 'a path',
  many: false,
  read: (value, base) => (isText(value) ? resolve(base, value) : undefined),
}

/** Paths; a flag that is repeated adds one, and so does a comma. */
export const pathsKind: Kind<string[]> = {
  hint: '<paths>',
  right: 'one path or more, with commas between',
  many: true,
  read(value, base) {
    const paths = words(value, ',')?.map((path) => pathKind.read(path, base))
    return paths?.every((path) => path !== undefined) ? paths : undefined
  },
}

/** The path of an address of ours. */
export const urlPathKind: Kind<string> = {
  hint: '<path>',
  right: 'the path of an address, like / or /announce',
  many: false,
  read: (value) => (isText(value) && /^\/[\w.~/-]*$/.test(value) ? value : undefined),
}

/** A path, or `-` for stdout. */
export const outputKind: Kind<string | undefined> = {
  hint: '<path>',
  right: 'a path, or - for stdout',
  many: false,
  read: (value, base) => (value === '-' ? value : pathKind.read(value, base)),
}

/** Words of one sort, with commas between. */
export function listKind(hint: string, right: string, isRight: (word: string) => boolean): Kind<string[]> {
  return {
    hint,
    right,
    many: true,
    read(value) {
      const list = words(value, ',')
      return list?.every(isRight) ? list : undefined
    },
  }
}

const isAddress = (value: unknown, protocols: readonly string[]): value is string =>
  isText(value) && URL.canParse(value) && protocols.includes(new URL(value).protocol)

export const urlKind: Kind<string | undefined> = {
  hint: '<url>',
  right: 'an http or https URL',
  many: false,
  read: (value) => (isAddress(value, ['http:', 'https:']) ? new URL(value).href : undefined),
}

export const anyUrlKind: Kind<string | undefined> = {
  hint: '<url>',
  right: 'an http, https, ws or wss URL',
  many: false,
  read: (value) => (isAddress(value, ['http:', 'https:', 'ws:', 'wss:']) ? value : undefined),
}

export const swarmKind: Kind<SwarmId | undefined> = {
  hint: '<swarm>',
  right: '40 hex digits in lower case',
  many: false,
  read: (value) => (isText(value) && isSwarmId(value) ? value : undefined),
}

export const trackerKind: Kind<string> = {
  hint: '<auto|none|url>',
  right: 'auto, none, or a ws or wss URL',
  many: false,
  read: (value) =>
    value === 'auto' || value === 'none' || isAddress(value, ['ws:', 'wss:']) ? String(value) : undefined,
}

export const amountKind: Kind<number | undefined> = {
  hint: '<size>',
  right: 'an amount of bytes, like 500MB or 20GiB, or none',
  many: false,
  read(value) {
    if (value === 'none') return Number.POSITIVE_INFINITY
    const bytes = typeof value === 'string' ? parseBytes(value) : value
    return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined
  },
}

/** Milliseconds. */
export const durationKind: Kind<number> = {
  hint: '<time>',
  right: 'a time like 30s, 5m or 2h',
  many: false,
  read: (value) => (typeof value === 'string' ? parseDuration(value) : undefined),
}

/** Infinity stands for `none`, so that "no cap" can be told from "not said". */
export const rateKind: Kind<number | undefined> = {
  hint: '<rate>',
  right: 'a rate of at least 1KiB/s, like 4MiB/s or 100Mbit/s, or none',
  many: false,
  read(value) {
    if (value === 'none') return Number.POSITIVE_INFINITY
    const rate = typeof value === 'string' ? parseRate(value) : value
    return typeof rate === 'number' && Number.isSafeInteger(rate) && rate >= rateBytesPerSecondMin ? rate : undefined
  },
}

const switchWords = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [false, false],
  ['false', false],
  ['0', false],
])

/** Arguments as they were given: what they are is the command's to say. */
export const wordsKind: Kind<string[]> = {
  hint: '<words>',
  right: 'at least one URL or folder',
  many: true,
  read: (value) => words(value, '\n'),
}

export const switchKind: Kind<boolean> = {
  hint: '',
  right: 'true or false',
  many: false,
  read: (value) => switchWords.get(value),
}

export function choiceKind<const T extends string>(...words: T[]): Kind<T> {
  return {
    hint: `<${words.join('|')}>`,
    right: `one of ${words.join(', ')}`,
    many: false,
    read: (value) => words.find((word) => word === value),
  }
}

/** The words of a list: JSON gives an array, a flag or variable a text with separators, repeated flags an array of these. */
export function words(value: unknown, separator: string): string[] | undefined {
  const parts = Array.isArray(value) ? value : [value]
  const out: string[] = []
  for (const part of parts) {
    if (!isText(part)) return undefined
    for (const word of part.split(separator)) {
      if (word.trim() === '' || out.length === listItemsMax) return undefined
      out.push(word.trim())
    }
  }
  return out
}

function isCidr(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/')
  const version = isIP(address!)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  if (!/^\d{1,3}$/.test(prefix)) return false
  try {
    new BlockList().addSubnet(address!, Number(prefix), version === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}

/** The names that proxy-addr knows beside plain addresses. */
const proxyNames = ['loopback', 'linklocal', 'uniquelocal']

export const proxiesKind = listKind(
  '<addresses>',
  `addresses or ranges like 10.0.0.5 or 10.0.0.0/8, or ${proxyNames.join(', ')}, with commas between`,
  (word) => proxyNames.includes(word) || isCidr(word),
)

export const rangesKind = listKind(
  '<ranges>',
  'addresses or ranges like 203.0.113.7 or 2001:db8::/32, with commas between',
  isCidr,
)

function region(name: string, cidrs: string[] | undefined): Region | undefined {
  return /^[\w .-]{1,64}$/.test(name) && cidrs?.every(isCidr) ? { name, cidrs } : undefined
}

function regionOfText(text: string): Region | undefined {
  const at = text.indexOf('=')
  return at < 0 ? undefined : region(text.slice(0, at).trim(), words(text.slice(at + 1), ','))
}

export const regionsKind: Kind<Region[]> = {
  hint: '<regions>',
  right: 'names with address ranges, like "office=10.1.0.0/16,10.2.0.0/16;lab=192.168.7.0/24"',
  many: true,
  read(value) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const regions = isObject
      ? Object.entries(value).map(([name, cidrs]) => region(name, words(cidrs, ',')))
      : words(value, ';')?.map(regionOfText)
    const right = regions?.filter((one) => one !== undefined)
    return right !== undefined && right.length === regions?.length ? right : undefined
  },
}
