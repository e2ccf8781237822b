/**
 * A rate for all uploads together that leaves the visitor's own traffic its room: it fills the line and keeps the delay
 * of what waits before it near a target (the idea of LEDBAT, RFC 6817). Knows delays and bytes, not who sends them.
 *
 * While a queue stands, the line delivers as fast as it can; so the next rate is what was delivered, and a little more
 * or less as the delay is below or above the target. That steers the queue without overshooting.
 */
import type { PeerId } from '../../shared/ids.ts'
import { KiB } from '../../shared/limits.ts'

/** The delay that uploads may add: a call or a game bears it (RFC 6817 §2.5 asks for at most 100 ms). */
export const queueTargetMs = 60

/** A line that carries more than this (50 Mbit/s) is not thin: what delays there is this device's own work. */
export const yieldBytesPerSecondMax = 6_250_000

/** Below this nothing is taken from anybody: what is asked for trickles on, and shows when the line is free again. */
const yieldBytesPerSecondMin = 32 * KiB

/** A line that others fill is left to them but for this share of what it gave before: peers must not give up on us. */
const keptShare = 1 / 8

/** How often the rate is set: a few round trips. */
export const roundMs = 250

/** While there is no sign of a queue, delays are measured only every so many rounds. */
const calmEvery = 2

/** With less than this sent in a round there is nothing to yield. */
const roundBytesMin = 4 * KiB

/**
 * The least of a link's samples over this time counts, and before uploads yield at all it must have been over the
 * target for so many rounds: a device that is busy for a moment is not a full line.
 */
const watchedMs = 1_400
const patienceRounds = 4

/** Samples of one link that are kept, those of them that give a rate, and those of which the least is the queue. */
const sampleCount = 6
const rateCount = 4
const latestCount = 3

/** A sample says nothing any more after this long, and what was learned of a line when nothing was sent for so long. */
const sampleMsMax = 5_000
const forgetAfterMs = 30_000

/** How much the rate differs from what was delivered, for each target's worth of delay off the target. */
const gain = 0.05
/** By how much of that it grows each round; more, the longer the line has stood empty: it may have become another. */
const growth = 0.5
const growthMax = 2.5
const growthRounds = 6
/** The same beyond three times the target: a long queue is drained faster, at most by half. */
const steepGain = 0.15
const shareMin = 0.5
/** Well below what the line gave at its best it is searched faster. */
const rampGain = 0.12
const rampBelow = 0.8
/** Once a queue is gone, this much of what the line carried while it stood is sent again. */
const resumeShare = 0.95
/** A sample tells of the past; of the queue that it saw, at least this share is taken to stand still. */
const standingShare = 0.25

interface Sample {
  readonly sentAt: number
  /** All that had been sent before the ping. */
  readonly bytes: number
  readonly queueMs: number
}

/** What one link says of the line. */
interface View {
  readonly queueMs: number
  readonly deliveredPerSecond: number
}

export class Yielding {
  #limit = Number.POSITIVE_INFINITY
  #roundAt = Number.POSITIVE_INFINITY
  #roundBytes = 0
  #totalBytes = 0
  #sentAt = Number.NEGATIVE_INFINITY
  #isHeld = false
  #overCount = 0
  #emptyCount = 0
  #roundCount = 0
  /** What the line gave at its best, and what it gave when a queue last stood before it. */
  #bestPerSecond = 0
  #carriedPerSecond = 0
  #queueMs = 0
  readonly #asked = new Map<PeerId, { at: number; bytes: number }>()
  readonly #samples = new Map<PeerId, Sample[]>()

  /** Infinity while there is no need to yield. */
  get bytesPerSecondMax(): number {
    return this.#limit
  }

  /** The delay before the line as last seen, which a new link meets too. */
  get queueMs(): number {
    return this.#queueMs
  }

  get #isYielding(): boolean {
    return this.#limit !== Number.POSITIVE_INFINITY
  }

  sent(bytes: number, now: number): void {
    if (now - this.#sentAt > forgetAfterMs) this.#forget()
    this.#sentAt = now
    this.#roundBytes += bytes
    this.#totalBytes += bytes
    if (this.#roundAt === Number.POSITIVE_INFINITY) this.#roundAt = now + roundMs
  }

  /** A frame had to wait for this rate. */
  held(): void {
    this.#isHeld = true
  }

  /** A link is pinged. */
  asked(peer: PeerId, now: number): void {
    this.#asked.set(peer, { at: now, bytes: this.#totalBytes })
  }

  /** What the link's latest ping waited on its way out. */
  answered(peer: PeerId, queueMs: number): void {
    const asked = this.#asked.get(peer)
    if (!asked) return
    this.#asked.delete(peer)
    const samples = this.#samples.get(peer) ?? []
    const sample = { sentAt: asked.at, bytes: asked.bytes, queueMs }
    this.#samples.set(peer, [...samples.slice(1 - sampleCount), sample])
  }

  /** @returns whether a round is over: then the rate has been set, and delays are to be measured anew */
  step(now: number): boolean {
    if (now < this.#roundAt) return false
    const isQuiet = this.#roundBytes < roundBytesMin && !this.#isHeld
    this.#roundAt = isQuiet ? Number.POSITIVE_INFINITY : now + roundMs
    const roundBytes = this.#roundBytes
    this.#roundBytes = 0
    const view = this.#view(now)
    if (view) this.#steer(view)
    this.#isHeld = false
    this.#roundCount++
    const isDue = this.#isYielding || this.#queueMs > queueTargetMs / 2 || this.#roundCount % calmEvery === 0
    return isDue && !isQuiet && roundBytes * (1_000 / roundMs) <= yieldBytesPerSecondMax
  }

  #steer({ queueMs, deliveredPerSecond }: View): void {
    this.#queueMs = queueMs
    this.#overCount = queueMs > queueTargetMs ? this.#overCount + 1 : 0
    this.#emptyCount = queueMs < queueTargetMs / 4 && this.#isHeld ? this.#emptyCount + 1 : 0
    const isThin = deliveredPerSecond <= yieldBytesPerSecondMax
    if (!this.#isYielding && (this.#overCount < patienceRounds || !isThin)) return
    // What nobody asked for says nothing about how much the line would carry.
    if (this.#isYielding && !this.#isHeld && queueMs <= queueTargetMs) return
    this.#bestPerSecond = Math.max(this.#bestPerSecond, deliveredPerSecond)
    const share = this.#shareFor(queueMs)
    let limit = deliveredPerSecond * share
    if (queueMs > queueTargetMs / 2) this.#carriedPerSecond = deliveredPerSecond
    // Without a queue what was delivered is only what was sent. One that is gone was drained by sending less.
    else limit = Math.max(Math.min(this.#limit, yieldBytesPerSecondMax) * share, this.#carriedPerSecond * resumeShare)
    this.#limit = Math.max(limit, yieldBytesPerSecondMin, this.#bestPerSecond * keptShare)
    if (this.#limit > yieldBytesPerSecondMax) this.#forget()
  }

  #shareFor(queueMs: number): number {
    const off = (queueMs - queueTargetMs) / queueTargetMs
    if (off > 2) return Math.max(shareMin, 1 - 2 * gain - steepGain * (off - 2))
    if (off >= 0) return 1 - off * gain
    const isFarBelow = this.#limit < this.#bestPerSecond * rampBelow
    const faster = Math.min(growthMax, growth + this.#emptyCount / growthRounds)
    return 1 - off * (isFarBelow ? rampGain : gain) * faster
  }

  /** The link in the middle, by delay: one slow peer is not our line, and a new link may not know its best time. */
  #view(now: number): View | undefined {
    const views: View[] = []
    for (const [peer, samples] of this.#samples) {
      const latest = samples.at(-1)!
      if (now - latest.sentAt > sampleMsMax + latest.queueMs) this.#samples.delete(peer)
      else if (samples.length > 1) views.push(this.#isYielding ? this.#predicted(samples, now) : watched(samples))
    }
    views.sort((a, b) => a.queueMs - b.queueMs)
    return views[(views.length - 1) >> 1]
  }

  /** What must be left of the queue that the latest pings saw, after what was sent since. */
  #predicted(samples: readonly Sample[], now: number): View {
    const deliveredPerSecond = deliveredOver(samples)
    const left = samples.slice(-latestCount).map(({ sentAt, bytes, queueMs }) => {
      const addedMs = deliveredPerSecond === 0 ? 0 : ((this.#totalBytes - bytes) * 1_000) / deliveredPerSecond
      return queueMs - Math.min(Math.max(0, now - sentAt - addedMs), queueMs * (1 - standingShare))
    })
    return { queueMs: Math.min(...left), deliveredPerSecond }
  }

  #forget(): void {
    this.#limit = Number.POSITIVE_INFINITY
    this.#overCount = 0
    this.#emptyCount = 0
    this.#bestPerSecond = 0
    this.#carriedPerSecond = 0
    this.#queueMs = 0
    this.#samples.clear()
  }

  nextWake(): number {
    return this.#roundAt
  }
}

function watched(samples: readonly Sample[]): View {
  const from = samples.at(-1)!.sentAt - watchedMs
  const counted = samples.filter(({ sentAt }, place) => sentAt >= from || place >= samples.length - 2)
  return { queueMs: Math.min(...counted.map(({ queueMs }) => queueMs)), deliveredPerSecond: deliveredOver(samples) }
}

/** What left the line between two pings: each came out behind all that was sent before it. */
function deliveredOver(samples: readonly Sample[]): number {
  const first = samples.at(-rateCount) ?? samples[0]!
  const last = samples.at(-1)!
  const outMs = last.sentAt + last.queueMs - (first.sentAt + first.queueMs)
  return ((last.bytes - first.bytes) * 1_000) / Math.max(outMs, (last.sentAt - first.sentAt) / 2)
}
