/** What a scenario is: a world to make, what bounds it, and what to read off it afterwards. */
import type { World, WorldPlan } from '../../test/sim/world.ts'
import type { WorldReport } from '../../test/sim/world-report.ts'

export interface Row {
  what: string
  value: number
  unit: 's' | 'copies' | 'share' | '×' | 'count' | 'MiB/s'
  /** What to reach, if this figure is one to reach. */
  reach?: { atMost: number } | { atLeast: number }
}

export interface Scenario {
  name: string
  description: string
  /** What no scheduler can beat, in words. */
  boundIs: string
  plan: WorldPlan
  /** The bound on the last peer's time, drawn into the plot. */
  boundMs?: number
  /** When to stop, whoever is not done. */
  untilMs: number
  /** Left out unless it is named: it takes minutes. */
  isLong?: boolean
  /** Adds the peers, and plans what happens to them. */
  populate(world: World): void
  /** Peers that the times are about; all that stayed by default. */
  rows(world: World, report: WorldReport): Row[]
}

export function isReached({ value, reach }: Row): boolean | undefined {
  if (!reach) return undefined
  // What never came about reads back from JSON as null.
  if (!Number.isFinite(value)) return false
  return 'atMost' in reach ? value <= reach.atMost : value >= reach.atLeast
}

/** The value below which this share of the sorted values lies. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
