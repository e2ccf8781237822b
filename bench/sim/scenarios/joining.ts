/** Peers that come one after another: how much of what they want do those bring who came before? */
import { KiB, MiB } from '../../../shared/limits.ts'
import type { World } from '../../../test/sim/world.ts'
import { joiningOffload, passingOffload } from '../bounds.ts'
import type { Scenario } from '../scenario.ts'

const chunkBytes = 64 * KiB
const delayMs = 10
const rates = { upBytesPerSecond: 2 * MiB, downBytesPerSecond: 16 * MiB, delayMs }
const origin = { bytesPerSecond: 8 * MiB, delayMs }

/** Of everyone who ever came. */
function offloadOf({ nodes }: World): number {
  let [peers, all] = [0, 0]
  for (const { bytes } of nodes) {
    peers += bytes.peers
    all += bytes.peers + bytes.origin
  }
  return peers / all
}

const joinerCount = 50

interface JoiningPlan {
  name: string
  fileBytes: number
  upBytesPerSecond: number
  originBytesPerSecond: number
  gapMs: number
  atLeast?: number
}

function joining({ name, fileBytes, upBytesPerSecond, originBytesPerSecond, gapMs, atLeast }: JoiningPlan): Scenario {
  return {
    name,
    description: `${joinerCount} peers, one every ${gapMs / 1_000} s, and all stay; ${fileBytes / MiB} MiB, uplinks of ${upBytesPerSecond / MiB} MiB/s, an origin of ${originBytesPerSecond / MiB} MiB/s.`,
    boundIs: `(N−1)/N = ${joiningOffload(joinerCount)} of the bytes: the first has them from the origin.`,
    plan: { seed: 1, fileBytes, chunkBytes, origin: { bytesPerSecond: originBytesPerSecond, delayMs } },
    untilMs: joinerCount * gapMs + 120_000,
    populate(world) {
      for (let i = 0; i < joinerCount; i++) world.add({ ...rates, upBytesPerSecond, joinAtMs: i * gapMs })
    },
    rows(world, { originCopies, wastedCopies, doneMs }) {
      const offload = offloadOf(world)
      const share = offload / joiningOffload(joinerCount)
      return [
        { what: 'offload', value: offload, unit: 'share' },
        { what: 'offload ÷ bound', value: share, unit: '×', ...(atLeast !== undefined && { reach: { atLeast } }) },
        { what: 'sent by the origin', value: originCopies, unit: 'copies' },
        { what: 'of no use, a peer', value: wastedCopies, unit: 'copies' },
        { what: 'slowest', value: doneMs.at(-1)! / 1_000, unit: 's' },
      ]
    },
  }
}

export const joinings: Scenario[] = [
  joining({
    name: 'joining',
    fileBytes: 128 * MiB,
    upBytesPerSecond: 4 * MiB,
    originBytesPerSecond: 4 * MiB,
    gapMs: 40_000,
    atLeast: 0.98,
  }),
  // Over before peers are found: what the origin brings meanwhile is most of such a file, and nobody waits for less.
  joining({
    name: 'joining-quick',
    fileBytes: 8 * MiB,
    upBytesPerSecond: 2 * MiB,
    originBytesPerSecond: 8 * MiB,
    gapMs: 3_000,
  }),
]

const tenPeerCount = 10

export const tenAtOnce: Scenario = {
  name: 'ten-at-once',
  description:
    'One peer has the file, ten join it at once; 8 MiB, uplinks of 2 MiB/s (the first: 8), an origin of 2 MiB/s.',
  boundIs: 'all from peers, none twice.',
  plan: { seed: 1, fileBytes: 8 * MiB, chunkBytes, origin: { bytesPerSecond: 2 * MiB, delayMs } },
  untilMs: 120_000,
  populate(world) {
    world.add({ ...rates, upBytesPerSecond: 8 * MiB, isSeeder: true, joinAtMs: 0 })
    for (let i = 0; i < tenPeerCount; i++) world.add({ ...rates, downBytesPerSecond: 8 * MiB, joinAtMs: 5_000 })
  },
  rows: (world, { doneMs, originCopies, wastedCopies }) => [
    { what: 'last peer', value: doneMs.at(-1)! / 1_000, unit: 's' },
    { what: 'offload', value: offloadOf(world), unit: 'share', reach: { atLeast: 0.95 } },
    { what: 'sent by the origin', value: originCopies, unit: 'copies' },
    { what: 'of no use, a peer', value: wastedCopies, unit: 'copies', reach: { atMost: 0.03 } },
  ],
}

/** How long one visit lasts: the file played from end to end, and the tab closed. */
const visitMs = 60_000
const playBytesPerSecond = 0.5 * MiB
const visitsMs = 12 * visitMs

/** Visitors come by chance, watch, and leave. */
function passing(meanCount: number): Scenario {
  const bound = passingOffload(meanCount)
  return {
    name: `passing-${meanCount}`,
    description: `Visitors come by chance, ${meanCount} at a time on average; each plays 30 MiB at 0.5 MiB/s, one minute, and leaves.`,
    boundIs: `1−(1−e^−c)/c = ${bound.toFixed(3)} of the bytes (Karamshuk 2015).`,
    plan: { seed: 1, fileBytes: (visitMs / 1_000) * playBytesPerSecond, chunkBytes, origin },
    untilMs: visitsMs + visitMs,
    populate(world) {
      for (let at = 0; ; ) {
        at -= (visitMs / meanCount) * Math.log(1 - world.rng.fraction())
        if (at > visitsMs) return
        const stay = { joinAtMs: at, leaveAtMs: at + visitMs + 2_000 }
        world.add({ ...rates, ...stay, order: 'stream', readBytesPerSecond: playBytesPerSecond, readAfterMs: 1_000 })
      }
    },
    rows(world) {
      const offload = offloadOf(world)
      return [
        { what: 'visitors', value: world.nodes.length, unit: 'count' },
        { what: 'offload', value: offload, unit: 'share' },
        { what: 'offload ÷ bound', value: offload / bound, unit: '×', reach: { atLeast: 0.95 } },
        { what: 'stalls', value: world.nodes.reduce((sum, node) => sum + node.stallCount, 0), unit: 'count' },
      ]
    },
  }
}

export const passingVisitors: Scenario[] = [passing(1), passing(3), passing(10)]
