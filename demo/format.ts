/** Numbers as a person reads them, in one locale. Knows nothing of what they measure. */

export interface Format {
  count(count: number): string
  /** Rounded down: what is not whole never reads 100%. */
  percent(fraction: number): string
  /** Always as many digits, so that a changing number does not jump. */
  bytes(bytes: number): string
  rate(bytesPerSecond: number): string
  /** As few digits as say the same, for a number that stands still: "64 KiB". */
  fixedBytes(bytes: number): string
  fixedRate(bytesPerSecond: number): string
  /** Two units at most: "1 min 5 sec". */
  duration(ms: number): string
  milliseconds(ms: number): string
}

const unitSymbols = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

// A break between a number and its unit would leave the unit alone at the start of a line.
const noBreakSpace = '\u00a0'

const minuteSeconds = 60
const hourSeconds = 3600
const daySeconds = 86_400

export function createFormat(locale: string): Format {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const tenthsAtMost = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const unit = (name: string) => {
    const format = new Intl.NumberFormat(locale, { style: 'unit', unit: name, maximumFractionDigits: 0 })
    return (value: number) => format.format(value).replaceAll(' ', noBreakSpace)
  }
  const days = unit('day')
  const hours = unit('hour')
  const minutes = unit('minute')
  const seconds = unit('second')
  const milliseconds = unit('millisecond')

  const inUnit = (value: number, fraction: Intl.NumberFormat): string => {
    let scaled = Math.max(0, value)
    let step = 0
    // Four digits are harder to read than 0.98 rounded to 1.0 of the next unit.
    while (scaled >= 999.5 && step < unitSymbols.length - 1) {
      scaled /= 1024
      step++
    }
    const number = step === 0 || scaled >= 99.95 ? whole.format(scaled) : fraction.format(scaled)
    return `${number}${noBreakSpace}${unitSymbols[step]}`
  }

  const bytes = (value: number) => inUnit(value, tenths)
  const fixedBytes = (value: number) => inUnit(value, tenthsAtMost)

  const duration = (ms: number): string => {
    const total = Math.max(1, Math.ceil(ms / 1000))
    if (total >= daySeconds) return days(Math.round(total / daySeconds))
    if (total >= hourSeconds) {
      const rest = Math.floor((total % hourSeconds) / minuteSeconds)
      const head = hours(Math.floor(total / hourSeconds))
      return rest === 0 ? head : `${head} ${minutes(rest)}`
    }
    if (total >= minuteSeconds) {
      const rest = total % minuteSeconds
      const head = minutes(Math.floor(total / minuteSeconds))
      return rest === 0 ? head : `${head} ${seconds(rest)}`
    }
    return seconds(total)
  }

  return {
    count: (count) => whole.format(count),
    percent: (fraction) => percents.format(Math.floor(Math.min(1, Math.max(0, fraction)) * 100) / 100),
    bytes,
    rate: (bytesPerSecond) => `${bytes(bytesPerSecond)}/s`,
    fixedBytes,
    fixedRate: (bytesPerSecond) => `${fixedBytes(bytesPerSecond)}/s`,
    duration,
    milliseconds: (ms) => milliseconds(Math.max(0, Math.round(ms))),
  }
}
