/** Amounts of bytes as people write and read them: `4MiB`, `4MiB/s`, `100Mbit/s`. */
import { GiB, KiB, MiB } from '../shared/limits.ts'

const unitBytes: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: KiB,
  mib: MiB,
  gib: GiB,
  kbit: 1e3 / 8,
  mbit: 1e6 / 8,
  gbit: 1e9 / 8,
}

const pattern = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)$/

/** Whole bytes; a number without a unit is bytes. Gives undefined for anything that is not such an amount. */
export function parseBytes(text: string): number | undefined {
  const match = pattern.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const unit = match[2] ?? ''
  if (!Object.hasOwn(unitBytes, unit)) return undefined
  const bytes = Math.round(Number(match[1]) * unitBytes[unit]!)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Bytes per second: an amount with or without `/s`. */
export function parseRate(text: string): number | undefined {
  return parseBytes(text.trim().replace(/ ?\/ ?s$/i, ''))
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Whole milliseconds: `500ms`, `30s`, `5m`, `2h`, `1d`; 0 needs no unit. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}) ?(ms|s|m|h|d)?$/.exec(text.trim())
  if (match === null || (match[2] === undefined && Number(match[1]) !== 0)) return undefined
  return Number(match[1]) * (unitMs[match[2] ?? 's'] ?? 0)
}

/** Three significant digits at most below 1,000 of a unit: `0 B`, `1.5 KiB`, `42 MiB`, `100 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  let value = bytes
  let unit = 0
  // 999.5 would print as 1000 with three digits, so the next unit begins there.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= KiB
    unit++
  }
  const digits = value >= 100 || unit === 0 ? 0 : value >= 10 ? 1 : 2
  return `${Number(value.toFixed(digits))} ${units[unit]}`
}

/** Seconds up to two minutes, then minutes, then hours. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}

export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`
