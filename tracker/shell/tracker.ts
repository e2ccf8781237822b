/** What a tracker is to the server around it. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Census } from '../core/census.ts'
import type { TrackerLimits } from '../core/limits.ts'
import type { AdmissionOptions } from './admission-options.ts'
import type { BanDesk } from './ban-desk.ts'
import type { DrainPlan } from './drain.ts'
import type { TrackerStats } from './tracker-stats.ts'
import type { ReloadableFile } from './watched-file.ts'

/** What can change while a tracker runs: `origins`, and the limits but for `lastingLimits`. */
export type LiveOptions = Partial<TrackerLimits> & Pick<AdmissionOptions, 'origins'>

export interface Tracker {
  /** Where it takes upgrades. */
  readonly paths: readonly string[]
  /** Takes an HTTP upgrade to one of its paths; answers others with a raw 4xx. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /**
   * Answers STUN on a UDP port from now on, and names it to clients that connect later. 0 takes any free port; every
   * address of this machine by default. Rejects with the system's error when the port cannot be had.
   */
  openStun(port: number, host?: string): Promise<number>
  stats(): TrackerStats
  /** How many connections and swarms there are of what kind: a look at each, for a person who asks. */
  census(): Census
  /** Who is kept out. */
  readonly bans: BanDesk
  /**
   * Other limits and web origins from now on, for connections that are open too; those that are not named stay, but for
   * `origins`: none are all.
   * @throws Error that names a wrong one, or one that cannot change; then nothing has
   */
  change(settings: LiveOptions): void
  /** What is read again by itself when it changes, and at once when asked. */
  readonly files: readonly ReloadableFile[]
  /** Whether new clients should be sent here: false as soon as it is about to end. */
  readonly isReady: boolean
  /**
   * The first part of an orderly end: tells every client when to come back, and is over when all have left or their time
   * is up. `close` is the rest.
   */
  drain(plan: DrainPlan): Promise<void>
  /** Sends every client away with 1012 (service restart), and waits a moment for them to go. */
  close(): Promise<void>
}
