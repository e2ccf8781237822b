/** Four continents: bytes should stay on theirs, and peers should carry as much as if there were one. */
import { KiB, MiB } from '../../../shared/limits.ts'
import { meshOf } from '../../../test/sim/core-mesh.ts'
import { realAddress } from '../../../test/sim/real-addresses.ts'
import { World } from '../../../test/sim/world.ts'
import { reportOf } from '../../../test/sim/world-report.ts'
import type { Scenario } from '../scenario.ts'

const regionCount = 4
const peersPerRegion = 50
const joinWithinMs = 60_000
const untilMs = 240_000
const chunkBytes = 64 * KiB

/** One way, beside 5 ms at either end: as between Europe, the east and west of America, and Asia. */
const delayMsByRegion = [
  [0, 40, 70, 90],
  [40, 0, 30, 100],
  [70, 30, 0, 60],
  [90, 100, 60, 0],
]
const plan = {
  seed: 1,
  fileBytes: 8 * MiB,
  chunkBytes,
  delayMsByRegion,
  origin: { bytesPerSecond: 16 * MiB, delayMs: 40 },
}

/** What the tracker knows of where peers are: their regions, their addresses alone, or nothing at all. */
type Knowledge = 'regions' | 'addresses' | 'nothing'

function populate(world: World, knowledge: Knowledge): void {
  for (let i = 0; i < regionCount * peersPerRegion; i++) {
    const region = i % regionCount
    const { address } = realAddress(region, world.rng)
    world.add({
      upBytesPerSecond: 2 * MiB,
      downBytesPerSecond: 16 * MiB,
      delayMs: 5,
      joinAtMs: world.rng.fraction() * joinWithinMs,
      region,
      isRegionHidden: knowledge !== 'regions',
      // Without one of its own a peer is alone in its /16.
      ...(knowledge !== 'nothing' && { address }),
    })
  }
}

function worldThatKnows(knowledge: Knowledge, seed: number): World {
  const world = new World({ ...plan, seed })
  populate(world, knowledge)
  world.runUntilDone(untilMs)
  return world
}

/** Of all bytes from peers, those from peers of one's own region. */
const insideShare = ({ nodes }: World): number =>
  nodes.reduce((sum, { sameRegionBytes }) => sum + sameRegionBytes, 0) /
  nodes.reduce((sum, { bytes }) => sum + bytes.peers, 0)

/** In how many of so many crowds that come and go everyone can reach everyone, over others. */
function wholeMeshCount(seedCount: number): number {
  let count = 0
  for (let seed = 1; seed <= seedCount; seed++) if (meshOf(seed).partCount === 1) count++
  return count
}

const meshSeedCount = 1_000

export const regions: Scenario = {
  name: 'regions',
  description:
    '4 regions of 50 peers, with addresses as providers have them, come within a minute; 8 MiB, uplinks of 2 MiB/s, an origin of 16 MiB/s.',
  boundIs: 'the same world with a tracker that knows nothing of where peers are, in the same run.',
  plan,
  untilMs,
  populate: (world) => populate(world, 'regions'),
  rows(world, { offload, doneMs }) {
    const random = worldThatKnows('nothing', world.plan.seed)
    const usual = reportOf(random)
    const whole = wholeMeshCount(meshSeedCount)
    const meshes = `whole meshes of ${meshSeedCount}, 30 % of peers walled, a third leaving`
    return [
      { what: 'peer bytes inside the region', value: insideShare(world), unit: 'share', reach: { atLeast: 0.9 } },
      {
        what: 'the same by addresses alone',
        value: insideShare(worldThatKnows('addresses', world.plan.seed)),
        unit: 'share',
      },
      { what: 'the same by random picks', value: insideShare(random), unit: 'share' },
      { what: 'offload', value: offload, unit: 'share' },
      { what: 'offload lost by regions', value: usual.offload - offload, unit: 'share', reach: { atMost: 0.03 } },
      { what: 'last peer', value: doneMs.at(-1)! / 1_000, unit: 's' },
      { what: 'last peer with random picks', value: usual.doneMs.at(-1)! / 1_000, unit: 's' },
      { what: meshes, value: whole, unit: 'count', reach: { atLeast: meshSeedCount } },
    ]
  },
}
