/** A film watched together, with some who lie or stall and some who leave. */
import { KiB, MiB } from '../../../shared/limits.ts'
import { boaster, liar } from '../../../test/sim/behaviours.ts'
import type { PeerPlan } from '../../../test/sim/world.ts'
import { joiningOffload } from '../bounds.ts'
import type { Scenario } from '../scenario.ts'

const chunkBytes = 64 * KiB
/** 4 Mbit/s. */
const playBytesPerSecond = 500_000
const playSeconds = 120
const chunkCount = Math.ceil((playSeconds * playBytesPerSecond) / chunkBytes)
const viewerCount = 8
const churnPerMinute = 0.1

const viewer: PeerPlan = {
  upBytesPerSecond: 1 * MiB,
  downBytesPerSecond: 8 * MiB,
  delayMs: 10,
  joinAtMs: 0,
  order: 'stream',
  readBytesPerSecond: playBytesPerSecond,
  readAfterMs: 1_000,
}

export const streaming: Scenario = {
  name: 'streaming',
  description:
    '8 viewers of a film of 4 Mbit/s and two minutes come 2 s apart, beside one that lies and one that claims all and gives nothing; 10 % of them leave a minute, and others come; uplinks of 1 MiB/s, an origin of 4 MiB/s, a player that begins after 1 s.',
  boundIs: `offload (N−1)/N = ${joiningOffload(viewerCount)}; 97.4 % in time is the best published.`,
  plan: { seed: 1, fileBytes: chunkCount * chunkBytes, chunkBytes, origin: { bytesPerSecond: 4 * MiB, delayMs: 10 } },
  untilMs: (playSeconds + 90) * 1_000,
  populate(world) {
    const leavers = Math.round((churnPerMinute * viewerCount * playSeconds) / 60)
    for (let i = 0; i < viewerCount; i++) {
      const leaves = i > 0 && i <= leavers
      const at = ((i + 0.5 * world.rng.fraction()) * playSeconds * 1_000) / (leavers + 1)
      world.add({ ...viewer, joinAtMs: i * 2_000, ...(leaves && { leaveAtMs: at }) })
      if (leaves) world.add({ ...viewer, joinAtMs: at + 1_000 })
    }
    world.add({ ...viewer, joinAtMs: 3_000, corrupt: liar })
    world.add({ ...viewer, joinAtMs: 5_000, corrupt: boaster(chunkCount) })
  },
  rows({ nodes, time }) {
    const honest = nodes.filter(({ plan }) => !plan.corrupt)
    const sum = (of: (node: (typeof nodes)[number]) => number) => honest.reduce((total, node) => total + of(node), 0)
    const playedMs = sum(({ startedAt, doneAt, plan }) => (doneAt ?? plan.leaveAtMs ?? time.now) - startedAt - 1_000)
    const offload = sum(({ bytes }) => bytes.peers) / sum(({ bytes }) => bytes.peers + bytes.origin)
    return [
      { what: 'stalls', value: sum(({ stallCount }) => stallCount), unit: 'count', reach: { atMost: 0 } },
      { what: 'in time', value: 1 - sum(({ stallMs }) => stallMs) / playedMs, unit: 'share', reach: { atLeast: 0.99 } },
      { what: 'offload', value: offload, unit: 'share' },
      {
        what: 'offload ÷ ceiling',
        value: offload / joiningOffload(viewerCount),
        unit: '×',
        reach: { atLeast: 0.9 },
      },
    ]
  },
}
