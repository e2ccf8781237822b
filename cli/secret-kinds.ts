/** The kinds of setting that hold secrets. */
import { tokenLengthMax } from '../shared/limits.ts'
import type { Kind } from './setting-kinds.ts'

/** 96 bits as base64url: guessing it over a network takes longer than anything lasts. */
const secretLengthMin = 16
const secretLengthMax = 512

export const tokenTextKind: Kind<string | undefined> = {
  hint: '<secret>',
  right: `a text of ${secretLengthMin} to ${secretLengthMax} letters, digits or signs, without spaces: "openssl rand -base64 24" makes one`,
  many: false,
  read: (value) =>
    typeof value === 'string' &&
    /^[!-~]+$/.test(value) &&
    value.length >= secretLengthMin &&
    value.length <= secretLengthMax
      ? value
      : undefined,
}

/** A JWT in its compact form (RFC 7519 §3): what `nearcast token` prints. */
export const joinTokenKind: Kind<string | undefined> = {
  hint: '<token>',
  right: 'three parts in base64url with dots between',
  many: false,
  read: (value) =>
    typeof value === 'string' && value.length <= tokenLengthMax && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)
      ? value
      : undefined,
}
