/** The runs that the demo page is looked at in. */
import type { TrackerState } from '../../client/api.ts'
import { MiB } from '../../shared/limits.ts'
import type { Tier } from '../../shared/tracker-messages.ts'

export type Scenario = 'alone' | 'swarm' | 'crowd' | 'resume' | 'plain' | 'no-tracker' | 'broken'

export interface FakePeer {
  id: string
  tier: Tier
  rate: number
  upRate: number
  joinsAtMs: number
  roundTripMs: number
}

export interface Plan {
  originRate: number
  peers: FakePeer[]
  storeFraction: number
  tracker: TrackerState
  hasManifest: boolean
  failsAt?: number
}

const peer = (
  id: string,
  tier: Tier,
  rate: number,
  upRate: number,
  joinsAtMs: number,
  roundTripMs: number,
): FakePeer => ({
  id,
  tier,
  rate: rate * MiB,
  upRate: upRate * MiB,
  joinsAtMs,
  roundTripMs,
})

const friends = [
  peer('kT3vQ9xLm2RbYw8ZpN4c1A', 'address', 3.1, 0.9, 1500, 0.6),
  peer('Zr7hWc0UeJ5nFq2GdX6yVQ', 'network', 2.2, 0.4, 3000, 4.2),
  peer('b1MoPi8sKa4tEu9LrD3fCg', 'region', 0.9, 0, 5500, 23),
]

const tierCycle: Tier[] = ['address', 'network', 'isp', 'region', 'anywhere']
const crowd = Array.from({ length: 40 }, (_, index) => {
  const id = `${String.fromCharCode(97 + (index % 26))}${index}Qx7LmWc0UeJ5nFq2GdXy`.slice(0, 22)
  return peer(
    id,
    tierCycle[index % tierCycle.length]!,
    0.1 + (index % 7) * 0.05,
    (index % 3) * 0.05,
    index * 150,
    index,
  )
})

const alone: Plan = { originRate: 4 * MiB, peers: [], storeFraction: 0, tracker: 'open', hasManifest: true }
export const plans: Record<Scenario, Plan> = {
  alone,
  swarm: { ...alone, originRate: 1.4 * MiB, peers: friends },
  crowd: { ...alone, originRate: 0.6 * MiB, peers: crowd },
  resume: { ...alone, originRate: 1.4 * MiB, peers: friends, storeFraction: 0.63 },
  plain: { ...alone, hasManifest: false },
  'no-tracker': { ...alone, tracker: 'waiting' },
  broken: { ...alone, failsAt: 0.41 },
}
