/** Speed over time, from running totals. Pure: the time is an argument. */

/** Running totals of bytes, as the client reports them. */
export interface Totals {
  origin: number
  peers: number
  uploaded: number
}

/** Bytes per second at one moment. */
export type Rates = Totals

export interface RatePoint extends Rates {
  ageMs: number
}

export const spanMs = 120_000
/** A short download would be a sliver in two minutes: the chart begins narrower and widens as it fills. */
const spansMs = [30_000, 60_000, spanMs]

/** Chunks are counted whole when they are verified, so a shorter mean would jump between nothing and much. */
const meanMs = 2000
/** Two samples a second fill the span with 240; the rest is slack for a faster caller. */
const samplesMax = 600

interface Sample extends Totals {
  atMs: number
}

export class SpeedSeries {
  #samples: Sample[] = []

  /** Totals that shrink, as those of a new client do, begin the series anew. */
  add(atMs: number, totals: Totals): void {
    const last = this.#samples.at(-1)
    if (last && atMs <= last.atMs) return
    if (last && (totals.origin < last.origin || totals.peers < last.peers || totals.uploaded < last.uploaded)) {
      this.#samples = []
    }
    this.#samples.push({ atMs, origin: totals.origin, peers: totals.peers, uploaded: totals.uploaded })
    const oldest = atMs - spanMs - meanMs
    const firstKept = this.#samples.findIndex((sample) => sample.atMs >= oldest)
    const surplus = Math.max(firstKept, this.#samples.length - samplesMax)
    if (surplus > 0) this.#samples.splice(0, surplus)
  }

  /** Oldest first. Empty until two samples are there. */
  points(nowMs: number): RatePoint[] {
    const points: RatePoint[] = []
    let from = 0
    for (let at = 1; at < this.#samples.length; at++) {
      const sample = this.#samples[at]!
      // A gap longer than the mean, as a sleeping tab leaves, is averaged over itself.
      while (from + 1 < at && this.#samples[from + 1]!.atMs <= sample.atMs - meanMs) from++
      points.push({ ageMs: Math.max(0, nowMs - sample.atMs), ...ratesBetween(this.#samples[from]!, sample) })
    }
    return points.filter((point) => point.ageMs <= spanMs)
  }

  /** When the last sample was taken; undefined before the first. */
  get lastMs(): number | undefined {
    return this.#samples.at(-1)?.atMs
  }

  /** How much of the past to show, so that the chart is neither empty nor cut. */
  shownMs(nowMs: number): number {
    const ageMs = nowMs - (this.#samples[0]?.atMs ?? nowMs)
    return spansMs.find((span) => span >= ageMs) ?? spanMs
  }

  /** The latest rates; zeros until two samples are there. */
  latest(): Rates {
    const last = this.#samples.at(-1)
    const before = this.#samples.findLast((sample) => last !== undefined && sample.atMs <= last.atMs - meanMs)
    const first = before ?? this.#samples[0]
    if (!last || !first || first === last) return { origin: 0, peers: 0, uploaded: 0 }
    return ratesBetween(first, last)
  }
}

function ratesBetween(from: Sample, to: Sample): Rates {
  const seconds = (to.atMs - from.atMs) / 1000
  return {
    origin: (to.origin - from.origin) / seconds,
    peers: (to.peers - from.peers) / seconds,
    uploaded: (to.uploaded - from.uploaded) / seconds,
  }
}

export interface SpeedScale {
  /** The top and the bottom of the chart, in bytes per second; both 0 or more. */
  downMax: number
  upMax: number
  step: number
}

/** About four lines across the larger half: fewer say too little, more are noise. */
const linesAim = 4
/** An idle chart still needs a scale. */
const downMin = 64 * 1024

/** One scale for both halves, so that equal heights are equal rates; its lines are round numbers of bytes. */
export function speedScale(points: readonly Rates[], shownBytesPerSecond = 0): SpeedScale {
  let down = Math.max(downMin, shownBytesPerSecond)
  let up = 0
  for (const point of points) {
    down = Math.max(down, point.origin + point.peers)
    up = Math.max(up, point.uploaded)
  }
  const step = roundStep(Math.max(down, up) / linesAim)
  return { downMax: Math.ceil(down / step) * step, upMax: Math.ceil(up / step) * step, step }
}

/** The next of 1, 2, 5, 10, 20, 50, … 512 times a power of 1024. */
function roundStep(bytesPerSecond: number): number {
  let unit = 1
  while (bytesPerSecond > 512 * unit) unit *= 1024
  for (const times of [1, 2, 5, 10, 20, 50, 100, 200]) if (bytesPerSecond <= times * unit) return times * unit
  return 512 * unit
}
