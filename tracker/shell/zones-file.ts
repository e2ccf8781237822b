/** The operator's file of zones: a line for each range of addresses, with the name of the zone that it belongs to. */

import { MiB } from '../../shared/limits.ts'
import type { Log } from '../../shared/log.ts'
import { NamedRanges } from '../core/named-ranges.ts'
import { parsePrefix } from './addresses.ts'
import { WatchedFile } from './watched-file.ts'

/** Some 100,000 lines, more than any company has networks: what is read in a third of a second. */
const zonesBytesMax = 4 * MiB

const nameLengthMax = 64

/** Wrong lines that are told at once: enough to see what they have in common. */
const toldCountMax = 3

export function openZones(path: string, log: Log): WatchedFile<NamedRanges> {
  const read = (bytes: Buffer) => zonesFrom(bytes.toString())
  return new WatchedFile({ setting: 'zonesFile', path, bytesMax: zonesBytesMax, read, log })
}

/** @throws Error that gives the numbers of wrong lines and what is wrong with them */
export function zonesFrom(text: string): NamedRanges {
  const zones = new NamedRanges()
  const faults: string[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const [range, name] = partsOf(line)
    if (range === '') continue
    const fault = faultOf(zones, range, name)
    if (fault !== undefined) faults.push(`line ${i + 1}: ${fault}`)
  }
  if (faults.length > 0) {
    const more = faults.length > toldCountMax ? `, and ${faults.length - toldCountMax} lines more` : ''
    throw new Error(faults.slice(0, toldCountMax).join(', ') + more)
  }
  return zones
}

/** `203.0.113.0/24 plant`, `203.0.113.0/24,plant`; what follows a `#` is a remark. */
function partsOf(line: string): [range: string, name: string] {
  const content = line.split('#', 1)[0]!.trim()
  const end = content.search(/[\s,;]/)
  return end < 0 ? [content, ''] : [content.slice(0, end), content.slice(end + 1).trim()]
}

function faultOf(zones: NamedRanges, range: string, name: string): string | undefined {
  const prefix = parsePrefix(range)
  if (prefix === undefined) return `${JSON.stringify(range)} is not a range such as 203.0.113.0/24 or 2001:db8::/32`
  if (name === '' || name.length > nameLengthMax) return `a zone's name of 1 to ${nameLengthMax} characters is missing`
  const taken = zones.add(prefix, name)
  return taken === undefined || taken === name ? undefined : `${JSON.stringify(range)} is already in zone ${taken}`
}
