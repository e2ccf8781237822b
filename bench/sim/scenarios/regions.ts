/** Four continents: bytes should stay on theirs, and peers should carry as much as if there were one. */
import { KiB, MiB } from '../../../shared/limits.ts'
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

function populate(world: World, isKnown: boolean): void {
  for (let i = 0; i < regionCount * peersPerRegion; i++) {
    world.add({
      upBytesPerSecond: 2 * MiB,
      downBytesPerSecond: 16 * MiB,
      delayMs: 5,
      joinAtMs: world.rng.fraction() * joinWithinMs,
      region: i % regionCount,
      isRegionHidden: !isKnown,
    })
  }
}

export const regions: Scenario = {
  name: 'regions',
  description: '4 regions of 50 peers come within a minute; 8 MiB, uplinks of 2 MiB/s, an origin of 16 MiB/s.',
  boundIs: 'the same world with a tracker that knows no regions, in the same run.',
  plan,
  untilMs,
  populate: (world) => populate(world, true),
  rows(world, { offload, doneMs }) {
    const blind = new World(plan)
    populate(blind, false)
    blind.runUntilDone(untilMs)
    const share = ({ nodes }: World) =>
      nodes.reduce((sum, { sameRegionBytes }) => sum + sameRegionBytes, 0) /
      nodes.reduce((sum, { bytes }) => sum + bytes.peers, 0)
    const usual = reportOf(blind)
    return [
      { what: 'peer bytes inside the region', value: share(world), unit: 'share', reach: { atLeast: 0.9 } },
      { what: 'the same without regions', value: share(blind), unit: 'share' },
      { what: 'offload', value: offload, unit: 'share' },
      { what: 'offload lost by regions', value: usual.offload - offload, unit: 'share', reach: { atMost: 0.03 } },
      { what: 'last peer', value: doneMs.at(-1)! / 1_000, unit: 's' },
      { what: 'last peer without regions', value: usual.doneMs.at(-1)! / 1_000, unit: 's' },
    ]
  },
}
