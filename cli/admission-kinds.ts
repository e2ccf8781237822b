/** The kinds of setting that say who may use a tracker: web origins, swarms, keys and tokens. */
import { isSwarmId } from '../shared/ids.ts'
import { isSwarmPrefix, isWebOrigin, parseSwarmEntry } from '../tracker/api.ts'
import { countKind } from './number-kinds.ts'
import { type Kind, listKind, pathKind, urlKind } from './setting-kinds.ts'

export const originsKind: Kind<string[] | undefined> = listKind(
  '<origins>',
  'web origins like https://example.org or https://*.example.org, with commas between',
  isWebOrigin,
)

export const swarmsKind: Kind<string[] | undefined> = listKind(
  '<swarms>',
  "swarms' names of 40 digits, or beginnings of 4 digits or more and a *, with commas between",
  (word) => parseSwarmEntry(word) !== undefined,
)

/** The longest text that is a secret or a token: a token by RSA is below 2 KiB. */
const secretLengthMax = 8192

export const secretKind: Kind<string | undefined> = {
  hint: '<text>',
  right: 'a text that is not empty',
  many: false,
  read: (value) =>
    typeof value === 'string' && value.length <= secretLengthMax && /^[ -~]+$/.test(value) ? value : undefined,
}

/** A file, or a URL. */
export const keySetKind: Kind<string | undefined> = {
  hint: '<path|url>',
  right: 'a path, or an http or https URL',
  many: false,
  read: (value, base) => (/^https?:/.test(String(value)) ? urlKind.read(value, base) : pathKind.read(value, base)),
}

export const swarmNamesKind: Kind<string[] | undefined> = listKind(
  '<swarms>',
  "swarms' names of 40 digits with commas between, or any",
  (word) => word === 'any' || isSwarmId(word),
)

export const prefixKind: Kind<string | undefined> = {
  hint: '<digits>',
  right: "4 to 39 of the first digits of swarms' names, 0 to 9 and a to f",
  many: false,
  read: (value) => (isSwarmPrefix(value) ? value : undefined),
}

/** A subject or a region, as a token can hold it. */
export const nameKind: Kind<string | undefined> = {
  hint: '<name>',
  right: 'a text of 1 to 64 characters',
  many: false,
  read: (value) => (typeof value === 'string' && value.length >= 1 && value.length <= 64 ? value : undefined),
}

/** A count that need not be said. */
export const optionalCountKind: Kind<number | undefined> = countKind
