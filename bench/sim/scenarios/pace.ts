/** Peers that cannot help, or help a little: nobody waits for them, and what they bring is used. */
import { KiB, MiB } from '../../../shared/limits.ts'
import { boaster } from '../../../test/sim/behaviours.ts'
import type { PeerPlan, World } from '../../../test/sim/world.ts'
import type { Scenario } from '../scenario.ts'

const chunkBytes = 64 * KiB
const delayMs = 10
const originBytesPerSecond = 20 * MiB
const rates = { upBytesPerSecond: 1 * MiB, downBytesPerSecond: 100 * MiB, delayMs }

/** One client alone on the origin's line: the request's way, the line, the last byte's way. */
const httpMsOf = (fileBytes: number) => (fileBytes * 1_000) / originBytesPerSecond + 4 * delayMs

/** When the one that is timed begins: the others are there. */
const joinAtMs = 2_000
const floorShare = 0.8
const floorBytesPerSecondMax = 12_500_000

interface PacePlan {
  name: string
  description: string
  fileBytes?: number
  own?: Partial<PeerPlan>
  others?: Partial<PeerPlan>[]
  prepare?: (world: World) => void
}

function pace({ name, description, fileBytes = 64 * MiB, own = {}, others = [], prepare }: PacePlan): Scenario {
  const httpMs = httpMsOf(fileBytes)
  return {
    name,
    description: `${description} ${fileBytes / MiB} MiB, an origin of 20 MiB/s, 40 ms round trip.`,
    boundIs: `plain HTTP, ${(httpMs / 1_000).toFixed(2)} s.`,
    plan: { seed: 1, fileBytes, chunkBytes, origin: { bytesPerSecond: originBytesPerSecond, delayMs } },
    boundMs: httpMs,
    untilMs: 60_000,
    populate(world) {
      prepare?.(world)
      for (const other of others) world.add({ ...rates, joinAtMs: 0, isSeeder: true, ...other })
      world.add({ ...rates, joinAtMs, ...own })
    },
    rows({ nodes }) {
      const timed = nodes.at(-1)!
      const ms = (timed.doneAt ?? Number.POSITIVE_INFINITY) - timed.startedAt
      return [
        { what: 'total', value: ms / 1_000, unit: 's' },
        { what: 'total ÷ plain HTTP', value: ms / httpMs, unit: '×', reach: { atMost: 1.03 } },
        { what: 'from peers', value: timed.bytes.peers / fileBytes, unit: 'share' },
      ]
    },
  }
}

const four = [{}, {}, {}, {}]
const stalling = { corrupt: boaster((64 * MiB) / chunkBytes) }

/** So large that what peers cannot bring while they are being found is little of it. */
const floorFileBytes = 256 * MiB
const floorBytesPerSecond = Math.min(floorShare * originBytesPerSecond, floorBytesPerSecondMax)
const peersBytesPerSecond = four.length * rates.upBytesPerSecond

export const paces: Scenario[] = [
  pace({ name: 'alone', description: 'A client that no peer joins.' }),
  pace({
    name: 'tracker-dead',
    description: 'A client whose tracker is dead.',
    prepare: ({ tracker }) => tracker.stop(),
  }),
  pace({
    name: 'all-stalling',
    description: 'Four peers claim all and send nothing.',
    others: four.map(() => stalling),
  }),
  pace({
    name: 'fastest',
    description: 'Mode fastest beside four slow peers.',
    own: { mode: 'fastest' },
    others: four,
  }),
  {
    ...pace({
      name: 'balanced-floor',
      description: 'Mode balanced beside four peers of 1 MiB/s each.',
      fileBytes: floorFileBytes,
      others: four,
    }),
    boundIs: `the floor, 100 Mbit/s = ${(floorBytesPerSecond / MiB).toFixed(2)} MiB/s.`,
    boundMs: (floorFileBytes * 1_000) / floorBytesPerSecond,
    rows({ nodes }) {
      const timed = nodes.at(-1)!
      const seconds = ((timed.doneAt ?? Number.POSITIVE_INFINITY) - timed.startedAt) / 1_000
      const rate = floorFileBytes / seconds
      return [
        { what: 'total', value: seconds, unit: 's' },
        { what: 'rate', value: rate / MiB, unit: 'MiB/s' },
        { what: 'rate ÷ floor', value: rate / floorBytesPerSecond, unit: '×', reach: { atLeast: 0.95 } },
        {
          what: 'of what peers could bring',
          value: timed.bytes.peers / (peersBytesPerSecond * seconds),
          unit: 'share',
          reach: { atLeast: 0.95 },
        },
      ]
    },
  },
]
