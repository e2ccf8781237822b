/** Everybody wants the same new file at the same instant, and only the origin has it. */
import { KiB, MiB } from '../../../shared/limits.ts'
import { distributionMs } from '../bounds.ts'
import { quantile, type Row, type Scenario } from '../scenario.ts'

interface CrowdPlan {
  name: string
  peerCount: number
  chunkCount: number
  roundTripMs: number
  upBytesPerSecond?: number
  /** As the origin's line. */
  uplinkCount?: number
  /** The visitors and the origin, which is ours, have set a cap, and their lines are wide. */
  isCapped?: boolean
  isLong?: boolean
  /** Whether it is to reach anything; the others are only shown. */
  isAimed?: boolean
}

const chunkBytes = 64 * KiB
/** So wide that it bounds nothing. */
const downBytesPerSecond = 100 * MiB

function flashCrowd(plan: CrowdPlan): Scenario {
  const {
    name,
    peerCount,
    chunkCount,
    roundTripMs,
    upBytesPerSecond = 1 * MiB,
    uplinkCount = 4,
    isCapped = false,
    isLong = false,
    isAimed = false,
  } = plan
  const serverBytesPerSecond = uplinkCount * upBytesPerSecond
  const fileBytes = chunkCount * chunkBytes
  const rates = { upBytesPerSecond, downBytesPerSecond }
  const line = isCapped ? { upBytesPerSecond: downBytesPerSecond, uploadBytesPerSecondMax: upBytesPerSecond } : {}
  const boundMs = distributionMs({ fileBytes, serverBytesPerSecond, peerCount, ...rates })
  const delayMs = roundTripMs / 4
  return {
    name,
    description: `${peerCount} peers with uplinks of ${upBytesPerSecond / MiB} MiB/s begin at once; the origin has ${serverBytesPerSecond / MiB} MiB/s; ${chunkCount} chunks of 64 KiB, ${roundTripMs} ms round trip.`,
    boundIs: `Kumar–Ross, T* = max(F/us, F/dmin, N·F/(us+Σui)) = ${(boundMs / 1_000).toFixed(2)} s.`,
    plan: {
      seed: 1,
      fileBytes,
      chunkBytes,
      origin: { bytesPerSecond: serverBytesPerSecond, delayMs, ...(isCapped && { turnBytes: chunkBytes }) },
    },
    boundMs,
    untilMs: 20 * boundMs,
    isLong,
    populate(world) {
      for (let i = 0; i < peerCount; i++) world.add({ ...rates, ...line, delayMs, joinAtMs: 0 })
    },
    rows: (_, { doneMs, originCopies, wastedCopies, uplinkUse, offload }) => {
      const rows: Row[] = [
        { what: 'last peer', value: doneMs.at(-1)! / 1_000, unit: 's' },
        { what: 'last peer ÷ T*', value: doneMs.at(-1)! / boundMs, unit: '×', reach: { atMost: 1.1 } },
        {
          what: 'p99 ÷ p50',
          value: quantile(doneMs, 0.99) / quantile(doneMs, 0.5),
          unit: '×',
          reach: { atMost: 1.25 },
        },
        { what: 'sent by the origin', value: originCopies, unit: 'copies', reach: { atMost: 1.1 } },
        { what: 'of no use, a peer', value: wastedCopies, unit: 'copies' },
        { what: 'use of the uplinks', value: uplinkUse, unit: 'share' },
        { what: 'offload', value: offload, unit: 'share' },
      ]
      return isAimed ? rows : rows.map(({ reach: _, ...row }) => row)
    },
  }
}

/** The crowds of real peers that bench/ has, without their processors. */
const small = {
  chunkCount: 64,
  roundTripMs: 0,
  upBytesPerSecond: 0.5 * MiB,
  uplinkCount: 2,
  isCapped: true,
}

export const flashCrowds: Scenario[] = [
  flashCrowd({ name: 'flash-crowd-10', peerCount: 10, chunkCount: 128, roundTripMs: 40 }),
  flashCrowd({ name: 'flash-crowd-8-small', peerCount: 8, ...small }),
  flashCrowd({ name: 'flash-crowd-20-small', peerCount: 20, ...small }),
  flashCrowd({ name: 'flash-crowd-20-slow', peerCount: 20, ...small, upBytesPerSecond: MiB / 8 }),
  flashCrowd({ name: 'flash-crowd-100', isAimed: true, peerCount: 100, chunkCount: 256, roundTripMs: 40 }),
  flashCrowd({ name: 'flash-crowd-100-no-delay', isAimed: true, peerCount: 100, chunkCount: 256, roundTripMs: 0 }),
  flashCrowd({
    name: 'flash-crowd-1000',
    isAimed: true,
    peerCount: 1_000,
    chunkCount: 256,
    roundTripMs: 40,
    isLong: true,
  }),
  flashCrowd({
    name: 'flash-crowd-1000-no-delay',
    isAimed: true,
    peerCount: 1_000,
    chunkCount: 256,
    roundTripMs: 0,
    isLong: true,
  }),
  flashCrowd({
    name: 'flash-crowd-10000',
    peerCount: 10_000,
    chunkCount: 64,
    roundTripMs: 40,
    isLong: true,
  }),
]
