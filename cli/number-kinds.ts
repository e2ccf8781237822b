/** The kinds of setting that are plain numbers above nothing: counts, rates, shares, sizes and times of limits. */
import { awayMsMax } from '../shared/limits.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from './quantity.ts'
import type { Kind } from './setting-kinds.ts'

/** A number as JSON has it, or as digits in a text. */
function numberOf(value: unknown, digits: RegExp): number | undefined {
  if (typeof value === 'string') return digits.test(value) ? Number(value) : undefined
  return typeof value === 'number' ? value : undefined
}

function wholeKind(from: number, to: number, right: string): Kind<number> {
  return {
    hint: '<number>',
    right,
    many: false,
    read(value) {
      const number = numberOf(value, /^\d{1,15}$/)
      return number !== undefined && Number.isSafeInteger(number) && number >= from && number <= to ? number : undefined
    },
  }
}

export const countKind = wholeKind(1, Number.MAX_SAFE_INTEGER, 'a whole number of at least 1')

export const countOrNoneKind = wholeKind(0, Number.MAX_SAFE_INTEGER, 'a whole number, where 0 is no limit')

export const percentKind: Kind<number> = { ...wholeKind(1, 100, 'a whole number from 1 to 100'), hint: '<percent>' }

export const perSecondKind: Kind<number> = {
  hint: '<number>',
  right: 'a number above 0, like 0.5 or 20',
  many: false,
  read(value) {
    const number = numberOf(value, /^\d{1,15}(\.\d{1,9})?$/)
    return number !== undefined && Number.isFinite(number) && number > 0 ? number : undefined
  },
}

/** Milliseconds of a time that takes some. */
export const spanKind: Kind<number> = {
  hint: '<time>',
  right: 'a time above 0, like 500ms, 30s, 5m or 2h',
  many: false,
  read(value) {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined
    return ms !== undefined && ms > 0 ? ms : undefined
  },
}

/** A time that clients can be told to wait. */
export const drainWindowKind: Kind<number> = {
  hint: '<time>',
  right: `a time of up to ${awayMsMax / 60_000}m, like 4s or 2m`,
  many: false,
  read(value) {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined
    return ms !== undefined && ms <= awayMsMax ? ms : undefined
  },
}

/** Bytes of a limit, which there always is. */
export const sizeKind: Kind<number> = {
  hint: '<size>',
  right: 'an amount of at least 1 byte, like 16KiB or 64KiB',
  many: false,
  read(value) {
    const bytes = typeof value === 'string' ? parseBytes(value) : value
    return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : undefined
  },
}

/**
 * The kind of a limit by its name, which ends in its unit, and how its default reads in --help.
 * @param withZero whether 0 stands for none
 */
export function limitKind(name: string, withZero: boolean): { kind: Kind<number>; format: (value: number) => string } {
  if (name.endsWith('PerSecond')) return { kind: perSecondKind, format: String }
  if (name.endsWith('Percent')) return { kind: percentKind, format: String }
  if (name.endsWith('Ms'))
    return { kind: spanKind, format: (ms) => formatDuration(ms).replace(' ', '').replace('min', 'm') }
  if (/[bB]ytes/.test(name)) return { kind: sizeKind, format: (bytes) => formatBytes(bytes).replace(' ', '') }
  if (withZero) return { kind: countOrNoneKind, format: (count) => (count === 0 ? 'none' : String(count)) }
  return { kind: countKind, format: String }
}
