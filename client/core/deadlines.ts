/**
 * When a stream's chunks are due, and which of them only the origin would still bring in time. Peers have every chunk
 * for as long as that is safe: up to the last moment at which the origin can still bring all that is missing before it.
 * A reader that waits wants everything at once: what it lacks is fetched at the pace of the mode, like a download.
 */
import { KiB } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import { flightMs, isFlightOverdue, originMs } from './forecast.ts'
import { chanceOf } from './share.ts'
import type { Swarm, Want } from './swarm.ts'

/** Beside what is predicted, for what no prediction knows: plans are looked at every 100 ms. */
const marginMs = 400

/** What is due within so many times what the origin needs is fetched in order; what is later, rarest first. */
const nearFactor = 4

/** The least that is looked at, whatever the pace. */
const nearChunks = 2

/** What nobody has is fetched at most so many times earlier than it must be, and in stretches of this. */
const earlyFactor = 8
const stretchBytes = 256 * KiB

/** Steps of this share fall evenly, however many: the next stretch is another one's to fetch first. */
const goldenShare = (Math.sqrt(5) - 1) / 2

/** Asked of a second source only when that one would have it this much sooner, and at the end in half the time. */
const gainMs = 200

/** While nothing presses, only once nothing has come from anybody for so long. */
const patienceMs = 1_200

/** Whether a stream's reader takes all that there is. */
export const isHungry = (want: Want, now: number) => want.position < want.end && want.pace?.isHungry(now) === true

/** Whether a want is served at the pace of the mode: a download, or a stream that is read as fast as it comes. */
const isPaced = (want: Want, now: number) => want.order === 'bulk' || isHungry(want, now)

export const isAnyPaced = (swarm: Swarm, now: number) => [...swarm.wants.values()].some((want) => isPaced(want, now))

/** The rate at which a stream is read, or comes when that is what holds it up. */
function readBytesPerSecond(swarm: Swarm, want: Want, now: number): number {
  const comes = swarm.peerRate.perSecond(now) + swarm.originRate.perSecond(now)
  if (!want.pace) return 0
  if (isHungry(want, now)) return comes
  const end = swarm.geometry.endOf(Math.min(want.position, swarm.geometry.chunkCount - 1))
  return want.pace.bytesPerSecond(end - want.pace.position, now)
}

/** When the reader comes to each chunk, in milliseconds from now. */
export function dueOf(swarm: Swarm, want: Want, now: number): (index: number) => number {
  const rate = readBytesPerSecond(swarm, want, now)
  const position = want.pace?.position ?? 0
  return (index) => {
    const bytes = Math.max(0, swarm.geometry.startOf(index) - position)
    return bytes === 0 ? 0 : (bytes * 1_000) / rate
  }
}

/** What the origin needs for one request's bytes, with a margin. */
export const leadMs = (swarm: Swarm, bytes: number) => marginMs + originMs(swarm, bytes)

/** The chunks that are read within `ms`, and a few at least. */
const chunksIn = (swarm: Swarm, bytesPerSecond: number, ms: number) =>
  Math.max(nearChunks, Math.ceil((bytesPerSecond * ms) / 1_000 / swarm.geometry.chunkBytes))

/** The end of what is fetched in order. */
export function nearEnd(swarm: Swarm, want: Want, now: number): number {
  const rate = readBytesPerSecond(swarm, want, now)
  const count = chunksIn(swarm, rate, nearFactor * leadMs(swarm, swarm.geometry.chunkBytes))
  const [position, end] = swarm.open(want)
  return Math.min(end, position + count)
}

/** What streamStart asks of each chunk: whether the origin can be asked for it, and whether another one will bring it. */
export interface Prospects {
  isFree(index: number): boolean
  isComing(index: number): boolean
}

/**
 * The first chunk of a stream to be asked of the origin now, the end of the part to ask for with it, and how fast the
 * stream is read. What would be late comes first. What nobody has must come from the origin anyway, and those that read
 * the same at once would all ask for it in the same moment: so each stretch has its own chance to be fetched early, and
 * whoever is first passes it on.
 */
export function streamStart(
  core: Core,
  swarm: Swarm,
  { isFree, isComing }: Prospects,
  now: number,
): { start: number; end: number; bytesPerSecond: number; isLate: boolean } | undefined {
  const stretch = Math.max(1, Math.floor(stretchBytes / swarm.geometry.chunkBytes))
  const leadLeastMs = leadMs(swarm, 0)
  const byteMs = (leadMs(swarm, stretchBytes) - leadLeastMs) / stretchBytes
  const horizonMs = earlyFactor * leadMs(swarm, stretchBytes)
  const chance = chanceOf(core)
  const isEarly = (index: number, dueMs: number) =>
    swarm.copies[index] === 0 && dueMs < ((chance + Math.floor(index / stretch) * goldenShare) % 1) * horizonMs
  for (const want of swarm.wants.values()) {
    if (isPaced(want, now)) continue
    const bytesPerSecond = readBytesPerSecond(swarm, want, now)
    const due = dueOf(swarm, want, now)
    const [first, openEnd] = swarm.open(want)
    const end = Math.min(openEnd, first + chunksIn(swarm, bytesPerSecond, horizonMs))
    let bytes = 0
    let early: number | undefined
    const late = swarm.firstIdleOf(first, end, (index) => {
      if (!isFree(index)) return false
      bytes += swarm.geometry.lengthOf(index)
      const dueMs = due(index)
      if (dueMs < leadLeastMs + bytes * byteMs) return true
      if (early === undefined && isEarly(index, dueMs) && !isComing(index)) early = index
      return false
    })
    if (late !== undefined) return { start: late, end: openEnd, bytesPerSecond, isLate: true }
    if (early === undefined) continue
    return { start: early, end: (Math.floor(early / stretch) + 1) * stretch, bytesPerSecond, isLate: false }
  }
  return undefined
}

/** Whether an answer that has come to this chunk is to go on, for it would have to be asked for at once. */
export const isLate = (swarm: Swarm, index: number, now: number): boolean =>
  [...swarm.wants.values()].some(
    (want) => !isPaced(want, now) && dueOf(swarm, want, now)(index) < leadMs(swarm, swarm.geometry.lengthOf(index)),
  )

interface HedgeCase {
  isEnding: boolean
  isHurried: boolean
  isPressing(index: number): boolean
  now: number
}

/**
 * Chunks on their way from peers that the origin is asked for as well: those that a reader would wait for, and at the
 * end of what is wanted those that come much later than the origin would bring them.
 * @param isEnding whether nothing else is left to ask the origin for
 * @param isHurried whether the origin is asked as soon as it would be the first, however little that gains
 * @param isPressing whether a chunk is not to be left to those that were asked for it until nothing comes any more
 */
export function hedged(core: Core, swarm: Swarm, { isEnding, isHurried, isPressing, now }: HedgeCase): number[] {
  const found: number[] = []
  for (const want of swarm.wants.values()) {
    // A download is never waited for before its end.
    if (want.order === 'bulk' && !isEnding) continue
    const [first, end] = swarm.open(want)
    const paced = isPaced(want, now)
    const due = dueOf(swarm, want, now)
    for (const [index, transfers] of swarm.flights) {
      if (index < first || index >= end || transfers.length > 1 || transfers[0]?.source === 'origin') continue
      const comesMs = flightMs(core, swarm, index, now)
      const otherMs = originMs(swarm, swarm.geometry.lengthOf(index))
      if (paced) {
        const isWaitedFor = want.order === 'stream' && index === want.position
        const isDue = isEnding && (isHurried || isPressing(index) || now - swarm.progressAt > patienceMs)
        const gainedMs = isHurried ? 0 : otherMs + gainMs
        const atEndMs = isDue ? otherMs + gainedMs : Number.POSITIVE_INFINITY
        if (comesMs > (isWaitedFor ? otherMs + gainMs : atEndMs)) found.push(index)
        continue
      }
      if (due(index) >= otherMs + marginMs) continue
      if (comesMs > due(index) || isFlightOverdue(core, swarm, index, now)) found.push(index)
    }
  }
  return found.sort((a, b) => a - b)
}
