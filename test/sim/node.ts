/** One peer of a world: its plan, its engine, its two lines, and what came of it. */
import type { Engine } from '../../client/core/engine.ts'
import type { Order } from '../../client/core/engine-events.ts'
import type { Mode } from '../../client/core/mode.ts'
import type { PeerId } from '../../shared/ids.ts'
import type { Behaviour } from './behaviours.ts'
import { FairLine } from './fair-line.ts'
import type { Frame, HalfLink } from './model-link.ts'
import { QueueLine } from './queue-line.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface PeerPlan {
  upBytesPerSecond: number
  downBytesPerSecond: number
  /** One way, from here to the middle of the network: a path takes both ends' and what lies between their regions. */
  delayMs: number
  joinAtMs: number
  /** When it vanishes, as a tab that is closed. */
  leaveAtMs?: number
  /** Has the file from the beginning, and asks for nothing. */
  isSeeder?: boolean
  mode?: Mode
  order?: Order
  /** Changes what the peer sends; undefined drops it. */
  corrupt?: Behaviour
  address?: readonly [number, number, number, number]
  /** Which of the world's regions it is in. */
  region?: number
  /** The tracker does not know it. */
  isRegionHidden?: boolean
  /** Behind an address translation that lets in nobody whom it did not call: two of these cannot link. */
  isWalled?: boolean
  /** The cap that the visitor has set; 0 serves nobody. */
  uploadBytesPerSecondMax?: number
  /** Bytes it uploads for each that came; without it, as many as are asked for. */
  uploadRatioMax?: number
  linkCountMax?: number
  /** Bytes a second at which a stream is read; without it, as fast as it comes. */
  readBytesPerSecond?: number
  /** How long a stream's reader waits before it begins, as a player does that fills its buffer. */
  readAfterMs?: number
}

export class Node {
  readonly plan: PeerPlan
  readonly number: number
  readonly engine: Engine
  readonly links = new Map<PeerId, HalfLink>()
  readonly up: FairLine<Frame>
  readonly down: QueueLine
  id: PeerId | undefined
  wakeAt = Number.POSITIVE_INFINITY
  /** Its clock beside the world's. */
  clockAheadMs = 0
  /** Verified, by where they came from. */
  readonly bytes = { peers: 0, origin: 0 }
  /** The part from peers of its own region. */
  sameRegionBytes = 0
  /** How far a stream's reader is, and the most bytes that were here or on their way beyond it. */
  readAt = 0
  aheadBytesMax = 0
  /** How often and how long a stream's reader had nothing to read. */
  stallCount = 0
  stallMs = 0
  startedAt = 0
  doneAt: number | undefined
  failure: string | undefined
  isGone = false

  constructor(plan: PeerPlan, number: number, engine: Engine, time: VirtualTime) {
    this.plan = plan
    this.number = number
    this.engine = engine
    this.up = new FairLine(time, plan.upBytesPerSecond)
    this.down = new QueueLine(time, plan.downBytesPerSecond)
  }

  get isOver(): boolean {
    return this.isGone || this.doneAt !== undefined || this.failure !== undefined
  }
}
