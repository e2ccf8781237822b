/** What the figures of bench/tracker.ts come to for an operator, as docs/guides/sizing.md says it. */
import { median } from './median.ts'
import { joinNames, rateOf, type TrackerFigures } from './tracker-report.ts'

const GiB = 1024 ** 3

/** Nobody fills a machine to the last: so much of it is left for what comes at once. */
const usedShare = 1 / 2

const roundedDown = (value: number, step: number): number => Math.floor(value / step) * step

const written = (value: number): string => value.toLocaleString('en-US')

/** Each by the words under which the guide gives it, of what was measured. */
export function sizingOf({ rows, memory }: TrackerFigures): Record<string, string> {
  const sizing: Record<string, string> = {}
  if (memory !== undefined) {
    const socketBytes = median(memory.bytes.nearcast!)
    sizing['memory of an idle visitor'] = `${(socketBytes / 1024).toFixed(1)} KiB`
    sizing['visitors in a GiB'] = written(roundedDown((GiB * usedShare) / socketBytes, 1_000))
  }
  const joins = rows.find(({ name }) => name === joinNames.full)?.rounds.nearcast
  if (joins !== undefined) {
    sizing['joins a second and core'] = written(roundedDown(rateOf(joins) * usedShare, 100))
    sizing['signals a second and core'] = written(roundedDown(2 * rateOf(joins) * usedShare, 100))
  }
  return sizing
}
