/**
 * Numbers for a monitoring system, as tables: a name, what it means, and where it stands in a program's own stats. Knows
 * no monitoring system, and counts nothing itself.
 */

/** One number; with labels, one of several. */
export interface Reading {
  labels?: Readonly<Record<string, string>>
  value: number
}

/** How often something took how long: `counts[i]` of them up to `bounds[i]`, and one more for all beyond. */
export interface Distribution {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

interface Named {
  name: string
  help: string
  /** Names of labels, whose values are few and known: never a swarm, an address or anything else that a client chooses. */
  labels: readonly string[]
  /** How the numbers of several processes of one server make one; their sum by default. */
  together?: Together
}

export type Together = 'sum' | 'max' | 'min'

export type Metric<Stats> = Named &
  (
    | { type: 'counter' | 'gauge'; read(stats: Stats): readonly Reading[] }
    | { type: 'histogram'; read(stats: Stats): Distribution }
  )

type Read<Stats, T> = (stats: Stats) => T

const single =
  <Stats>(read: Read<Stats, number>) =>
  (stats: Stats) => [{ value: read(stats) }]

const byLabel =
  <Stats>(label: string, read: Read<Stats, Readonly<Record<string, number>>>) =>
  (stats: Stats): Reading[] =>
    Object.entries(read(stats)).map(([key, value]) => ({ labels: { [label]: key }, value }))

/** What only grows while the program runs. */
export const counter = <Stats>(name: string, help: string, read: Read<Stats, number>): Metric<Stats> => ({
  name,
  help,
  type: 'counter',
  labels: [],
  read: single(read),
})

export const counterBy = <Stats>(
  label: string,
  name: string,
  help: string,
  read: Read<Stats, Readonly<Record<string, number>>>,
): Metric<Stats> => ({ name, help, type: 'counter', labels: [label], read: byLabel(label, read) })

export const counters = <Stats>(
  labels: readonly string[],
  name: string,
  help: string,
  read: Read<Stats, readonly Reading[]>,
): Metric<Stats> => ({ name, help, type: 'counter', labels, read })

/** What is so now. */
export const gauge = <Stats>(
  name: string,
  help: string,
  read: Read<Stats, number>,
  together: Together = 'sum',
): Metric<Stats> => ({ name, help, type: 'gauge', labels: [], read: single(read), together })

export const gaugeBy = <Stats>(
  label: string,
  name: string,
  help: string,
  read: Read<Stats, Readonly<Record<string, number>>>,
): Metric<Stats> => ({ name, help, type: 'gauge', labels: [label], read: byLabel(label, read) })

/** What there may not be. */
export const gauges = <Stats>(
  name: string,
  help: string,
  read: Read<Stats, readonly Reading[]>,
  together: Together = 'sum',
): Metric<Stats> => ({ name, help, type: 'gauge', labels: [], read, together })

export const histogram = <Stats>(name: string, help: string, read: Read<Stats, Distribution>): Metric<Stats> => ({
  name,
  help,
  type: 'histogram',
  labels: [],
  read,
})
