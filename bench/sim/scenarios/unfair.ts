/** Peers that take and do not give: what they cost those who give. */
import { KiB, MiB } from '../../../shared/limits.ts'
import { miser } from '../../../test/sim/behaviours.ts'
import { type PeerPlan, World } from '../../../test/sim/world.ts'
import { distributionMs } from '../bounds.ts'
import type { Scenario } from '../scenario.ts'

const chunkBytes = 64 * KiB
const fileBytes = 8 * MiB
const peerCount = 32
const rates = { upBytesPerSecond: 1 * MiB, downBytesPerSecond: 100 * MiB, delayMs: 10 }
const serverBytesPerSecond = 4 * MiB
const untilMs = 120_000

interface UnfairPlan {
  name: string
  description: string
  unfairCount: number
  unfair: Partial<PeerPlan>
  /** How often they come back as somebody else. */
  renewEveryMs?: number
  reach: number
  /** What the same crowd would be without them: fair peers in their place, or nobody. */
  instead: Partial<PeerPlan> | undefined
}

function crowd(world: World, plan: UnfairPlan, unfair: Partial<PeerPlan> | undefined): void {
  for (let i = 0; i < peerCount; i++) {
    const isUnfair = i < plan.unfairCount
    if (isUnfair && !unfair) continue
    const node = world.add({ ...rates, joinAtMs: 0, ...(isUnfair && unfair) })
    const { renewEveryMs = Number.POSITIVE_INFINITY } = plan
    if (!isUnfair) continue
    for (let at = renewEveryMs; at < untilMs; at += renewEveryMs) world.time.at(at, () => world.renew(node))
  }
}

/** When the fair ones were done: the mean, and the last. */
function fairMs({ nodes }: World, isFair: (plan: PeerPlan) => boolean): { mean: number; last: number } {
  const ms = nodes
    .filter(({ plan }) => isFair(plan))
    .map(({ doneAt, startedAt }) => (doneAt ?? Number.POSITIVE_INFINITY) - startedAt)
  return { mean: ms.reduce((sum, each) => sum + each, 0) / ms.length, last: Math.max(...ms) }
}

function unfairness(init: UnfairPlan): Scenario {
  const fairCount = peerCount - init.unfairCount
  const boundMs = distributionMs({ fileBytes, serverBytesPerSecond, peerCount: fairCount, ...rates })
  const plan = { seed: 1, fileBytes, chunkBytes, origin: { bytesPerSecond: serverBytesPerSecond, delayMs: 10 } }
  return {
    name: init.name,
    description: `${init.description} 8 MiB, uplinks of 1 MiB/s, an origin of 4 MiB/s, all begin at once.`,
    boundIs: 'the same crowd without them, in the same run; the line in the plot is T* of the fair ones alone.',
    plan,
    boundMs,
    untilMs,
    populate: (world) => crowd(world, init, init.unfair),
    rows(world) {
      const isFair = ({ uploadBytesPerSecondMax, corrupt }: PeerPlan) => uploadBytesPerSecondMax !== 0 && !corrupt
      const without = new World(world.plan)
      crowd(without, init, init.instead)
      without.runUntilDone(untilMs)
      const [fair, usual] = [fairMs(world, isFair), fairMs(without, isFair)]
      const unfair = fairMs(world, (each) => !isFair(each))
      return [
        { what: 'fair peers, mean', value: fair.mean / 1_000, unit: 's' },
        { what: 'without them, mean', value: usual.mean / 1_000, unit: 's' },
        { what: 'fair peers ÷ without them', value: fair.mean / usual.mean, unit: '×', reach: { atMost: init.reach } },
        { what: 'last fair ÷ without them', value: fair.last / usual.last, unit: '×' },
        { what: 'those who do not give, mean', value: unfair.mean / 1_000, unit: 's' },
      ]
    },
  }
}

export const unfairCrowds: Scenario[] = [
  unfairness({
    name: 'greedy',
    description: 'Three of 32 link to everybody, ask everybody, and give nothing.',
    unfairCount: 3,
    unfair: { uploadBytesPerSecondMax: 0, linkCountMax: 64 },
    reach: 1.1,
    instead: undefined,
  }),
  unfairness({
    name: 'free-riding',
    description: 'Half of 32 give nothing.',
    unfairCount: peerCount / 2,
    unfair: { uploadBytesPerSecondMax: 0 },
    reach: 1.15,
    instead: undefined,
  }),
  unfairness({
    name: 'free-riding-rude',
    description: 'Half of 32 announce what they have and what they fetch, and send none of it.',
    unfairCount: peerCount / 2,
    unfair: { corrupt: miser },
    reach: 1.15,
    instead: undefined,
  }),
  unfairness({
    name: 'free-riding-renewed',
    description: 'Half of 32 give nothing, and every 3 s they come back as somebody else.',
    unfairCount: peerCount / 2,
    unfair: { uploadBytesPerSecondMax: 0 },
    renewEveryMs: 3_000,
    reach: 1.15,
    instead: undefined,
  }),
]
