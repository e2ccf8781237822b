/** HTTP dates (RFC 9110 §5.6.7): printed in the one preferred form, read in all three. In whole seconds. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = `(?<month>${months.join('|')})`
const time = '(?<hours>\\d\\d):(?<minutes>\\d\\d):(?<seconds>\\d\\d)'
const shortDay = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const longDay = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)'

const forms = [
  new RegExp(`^${shortDay}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^${longDay}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`),
  new RegExp(`^${shortDay} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
]

export const printHttpDate = (ms: number) => new Date(ms).toUTCString()

/** @returns milliseconds, or undefined for what is no date: RFC 9110 §13.1.3 has such headers ignored */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  for (const form of forms) {
    const fields = form.exec(text)?.groups
    if (fields === undefined) continue
    const year = fields.year!.length === 2 ? fullYear(Number(fields.year), nowMs) : Number(fields.year)
    const [day, hours, minutes] = [Number(fields.day), Number(fields.hours), Number(fields.minutes)]
    // A leap second is a valid one; it counts as the second before it.
    const seconds = Math.min(Number(fields.seconds), 60)
    if (hours > 23 || minutes > 59 || Number(fields.seconds) > 60 || year < 1) return undefined
    const date = new Date(0)
    date.setUTCFullYear(year, months.indexOf(fields.month!), day)
    if (date.getUTCDate() !== day) return undefined
    return date.setUTCHours(hours, minutes, Math.min(seconds, 59))
  }
  return undefined
}

/** Two digits mean the latest such year that is not more than 50 years ahead (RFC 9110 §5.6.7). */
function fullYear(twoDigits: number, nowMs: number): number {
  const latest = new Date(nowMs).getUTCFullYear() + 50
  return latest - ((((latest - twoDigits) % 100) + 100) % 100)
}
