/**
 * How much the tracker has to do, and what it gives up for it: first answers get cheaper, then newcomers wait. It goes
 * up quickly and comes down slowly, one level at a time, so that it does not swing. Knows numbers that it is given.
 */
import type { TrackerLimits } from './limits.ts'

/** From nothing to give up, to nobody let in. */
export const loadLevels = ['calm', 'warm', 'hot', 'full'] as const
export type LoadLevel = (typeof loadLevels)[number]

export interface LoadSample {
  /** How late the event loop came to what was due. */
  readonly lagMs: number
  /** The part of the time since the sample before in which the event loop worked, from 0 to 1. */
  readonly busyShare: number
}

interface Mode {
  /** The level begins at this part of the lag at which nobody is let in. */
  readonly lagShare: number
  /** Or at this share of working time: cheaper answers are soon made up for, and a crowd is best let in quickly. */
  readonly busyShare: number
  /** Peers named in one answer at most. */
  readonly wantMax: number
  /** For how long a peer is asked not to ask again. */
  readonly intervalMs: number | undefined
}

const modes: Record<LoadLevel, Mode> = {
  calm: { lagShare: 0, busyShare: 0, wantMax: Number.POSITIVE_INFINITY, intervalMs: undefined },
  warm: { lagShare: 1 / 4, busyShare: 0.8, wantMax: 4, intervalMs: 30_000 },
  hot: { lagShare: 1 / 2, busyShare: 0.95, wantMax: 2, intervalMs: 120_000 },
  full: { lagShare: 1, busyShare: Number.POSITIVE_INFINITY, wantMax: 1, intervalMs: 300_000 },
}

/** From this part of that lag on fewer are let in, the later the fewer. Work without lateness is no reason for it. */
const intakeLagShare = 1 / 2

/** A sample counts this much: with ten a second, what is half a second old counts for little. */
const sampleWeight = 0.25

/** A level is left when the load is below this part of where it begins. */
const leavingShare = 0.7

/** And has been for this long. */
const leavingMs = 3_000

export class Load {
  readonly #lagMsMax: number
  #level: LoadLevel = 'calm'
  #lagMs = 0
  #busyShare = 0
  /** Since when the load has been low enough for the level below. */
  #lowSince: number | undefined

  constructor({ loopLagMaxMs }: TrackerLimits) {
    this.#lagMsMax = loopLagMaxMs
  }

  get level(): LoadLevel {
    return this.#level
  }

  /** Smoothed, as it counts. */
  get lagMs(): number {
    return this.#lagMs
  }

  sample({ lagMs, busyShare }: LoadSample, now: number): void {
    this.#lagMs += (lagMs - this.#lagMs) * sampleWeight
    this.#busyShare += (busyShare - this.#busyShare) * sampleWeight
    const reached = loadLevels.findLast((level) => this.#isAt(level, 1))!
    if (loadLevels.indexOf(reached) > loadLevels.indexOf(this.#level)) this.#level = reached
    if (this.#level === 'calm' || this.#isAt(this.#level, leavingShare)) {
      this.#lowSince = undefined
      return
    }
    this.#lowSince ??= now
    if (now - this.#lowSince < leavingMs) return
    this.#level = loadLevels[loadLevels.indexOf(this.#level) - 1]!
    this.#lowSince = now
  }

  #isAt(level: LoadLevel, share: number): boolean {
    const mode = modes[level]
    return this.#lagMs >= mode.lagShare * this.#lagMsMax * share || this.#busyShare >= mode.busyShare * share
  }

  /** How many of the peers that are wanted may be named. */
  grant(want: number): number {
    return Math.min(want, modes[this.#level].wantMax)
  }

  get intervalMs(): number | undefined {
    return modes[this.#level].intervalMs
  }

  /** The part of the usual rate of new connections that are let in: from 1, all, to 0, nobody. */
  get intakeShare(): number {
    if (this.#level === 'full') return 0
    const late = this.#lagMs / this.#lagMsMax
    return Math.min(1, Math.max(0, (1 - late) / (1 - intakeLagShare)))
  }

  /** Whether there is time for what can be left out without harm. */
  get hasTime(): boolean {
    return this.#level === 'calm'
  }
}
