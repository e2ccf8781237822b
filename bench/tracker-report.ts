/** What bench/tracker.ts measured, judged and shown. Measures nothing. */
import type { Verdicts } from './aims.ts'
import { median, quantile } from './median.ts'
import { type CoreFigures, coreDetails, coreVerdict } from './tracker-core.ts'

export type Name = 'nearcast' | 'bittorrent-tracker' | 'bare ws'

/** One measurement of one contender. `perCpuSecond` is what its core would carry if nothing else ran on it. */
export interface Round {
  perSecond: number
  perCpuSecond: number
  p99Ms: number
  lost: number
}

export interface Row {
  name: string
  rounds: Record<string, Round[]>
}

export interface MemoryRow {
  name: string
  /** Bytes of resident memory for each socket. */
  bytes: Record<string, number[]>
}

export interface TrackerFigures {
  rows: Row[]
  memory: MemoryRow | undefined
  /** Without sockets. */
  core: CoreFigures | undefined
}

export const announceName = (sockets: number, offers: number): string =>
  `announces, ${sockets.toLocaleString('en-US')} sockets, ${offers === 0 ? 'no offers' : `${offers} offers each`}`

export const joinNames = {
  full: 'own protocol, 10,000 sockets: a join and two signals relayed, as fast as it goes',
  half: 'own protocol, 10,000 sockets: the same at half of that load',
}

export const memoryName = 'memory, 10,000 idle joined sockets'

export const rateOf = (rounds: readonly Round[]): number => median(rounds.map(({ perCpuSecond }) => perCpuSecond))
const paceOf = (rounds: readonly Round[]): number => median(rounds.map(({ perSecond }) => perSecond))

const thousands = (count: number): string => Math.round(count).toLocaleString('en-US')

export const coreName = 'core alone, joins in swarms of 100 to 50,000'

export function judge({ rows, memory, core }: TrackerFigures): Verdicts {
  const verdicts: Verdicts = {}
  const times = (name: string, other: Name): number | undefined => {
    const { rounds = {} } = rows.find((row) => row.name === name) ?? {}
    const [ours, theirs] = [rounds.nearcast, rounds[other]]
    return ours && theirs ? rateOf(ours) / rateOf(theirs) : undefined
  }
  const say = (aim: keyof Verdicts, found: readonly (number | undefined)[], least: number): void => {
    const measured = found.filter((one) => one !== undefined)
    if (measured.length < found.length) return
    const words = measured.map((one) => `${one.toFixed(2)} ×`).join(' and ')
    verdicts[aim] = { measured: words, isReached: measured.every((one) => one >= least) }
  }
  const bareTimes = [1_000, 8_000].map((sockets) => times(announceName(sockets, 0), 'bare ws'))
  say('tracker-bare', bareTimes, 0.9)
  say('tracker-rival', [times(announceName(8_000, 0), 'bittorrent-tracker')], 1.5)
  say(
    'tracker-offers',
    [1_000, 8_000].map((sockets) => times(announceName(sockets, 5), 'bittorrent-tracker')),
    1.3,
  )
  const [full, half] = [joinNames.full, joinNames.half].map(
    (name) => rows.find((row) => row.name === name)?.rounds.nearcast,
  )
  if (full && half) {
    const p99Ms = median(half.map((round) => round.p99Ms))
    const measured = `${thousands(rateOf(full))} joins and ${thousands(2 * rateOf(full))} signals a second; p99 ${p99Ms.toFixed(1)} ms`
    verdicts['tracker-joins'] = { measured, isReached: p99Ms <= 50 }
  }
  if (memory) {
    const kib = (median(memory.bytes.nearcast!) - median(memory.bytes['bare ws']!)) / 1024
    verdicts['tracker-memory'] = { measured: `${kib.toFixed(1)} KiB`, isReached: kib <= 4 }
  }
  if (core) verdicts['tracker-core'] = coreVerdict(core)
  return verdicts
}

/** A table of Markdown, and one for each part that has other columns. */
export function details({ rows, memory, core }: TrackerFigures): string[] {
  const lines = [
    '| what | server | a second | a second of its processor time | p99, ms | each round |',
    '| --- | --- | --- | --- | --- | --- |',
  ]
  for (const { name, rounds } of rows) {
    for (const [server, each] of Object.entries(rounds)) {
      const p99Ms = quantile(
        each.map((round) => round.p99Ms),
        1 / 2,
      )
      const cells = [name, server, thousands(paceOf(each)), thousands(rateOf(each)), p99Ms.toFixed(1)]
      lines.push(`| ${[...cells, each.map(({ perCpuSecond }) => thousands(perCpuSecond)).join(' ')].join(' | ')} |`)
    }
  }
  if (memory) {
    lines.push('', '| what | server | KiB a socket | each round |', '| --- | --- | --- | --- |')
    for (const [server, each] of Object.entries(memory.bytes)) {
      const cells = [
        memory.name,
        server,
        (median(each) / 1024).toFixed(1),
        each.map((bytes) => (bytes / 1024).toFixed(1)).join(' '),
      ]
      lines.push(`| ${cells.join(' | ')} |`)
    }
  }
  if (core) lines.push('', ...coreDetails(core))
  return lines
}

export const note =
  'Server and load are pinned to a core each. A turn with offers is over when the announce and each of its offers are ' +
  'answered; swarms have a hundred peers. A bare ws server parses an announce and answers it.'
