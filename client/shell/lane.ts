/**
 * One lane's life: from its first signal until nothing more comes by it. What the other side says about it did not pass
 * a tracker, so its candidates are counted here. Knows nothing of other lanes and of the order of frames.
 */
import { CandidateBudget, isCandidateLine, parseCandidate, withLines } from '../../shared/ice-candidates.ts'
import type { LaneSignal } from '../../shared/lane-frames.ts'
import type { Dialer, Link, LinkSignal } from '../ports.ts'

/** How long one may take to open: its path is known to work. */
const openWithinMs = 10_000

/** Candidates of the other side that are taken: where the first connection got through, few are needed. */
const candidateCountMax = 8

/** What a lane tells; nothing comes after its end. */
export interface LaneEvents {
  signal(signal: LinkSignal): void
  opened(): void
  frame(frame: Uint8Array): void
  drained(): void
  /** It broke, or did not open in time. */
  closed(wasLate: boolean): void
}

export class Lane {
  readonly number: number
  /** This side opened it. */
  readonly isOwn: boolean
  /** `ending`: nothing more goes by it; `ended`: and nothing more comes; `over`: it is closed. */
  state: 'dialing' | 'open' | 'ending' | 'ended' | 'over' = 'dialing'
  /** Frames of data that went by it. */
  sentCount = 0
  readonly #link: Link
  readonly #lateness: ReturnType<typeof setTimeout>
  readonly #candidates = new CandidateBudget(candidateCountMax)

  constructor(dialer: Dialer, number: number, isOwn: boolean, events: LaneEvents) {
    this.number = number
    this.isOwn = isOwn
    const ifLive =
      <T extends unknown[]>(act: (...given: T) => void) =>
      (...given: T) => {
        if (this.state !== 'over') act(...given)
      }
    this.#lateness = setTimeout(() => events.closed(true), openWithinMs)
    this.#link = dialer.dial(isOwn, {
      signal: ifLive(events.signal),
      open: ifLive(() => {
        clearTimeout(this.#lateness)
        this.state = 'open'
        events.opened()
      }),
      frame: ifLive(events.frame),
      drained: ifLive(events.drained),
      closed: ifLive(() => events.closed(false)),
    })
  }

  get roomBytes(): number {
    return this.#link.roomBytes
  }

  send(frame: Uint8Array): void {
    this.#link.send(frame)
  }

  /** A step of its negotiation came; of candidates no more than a lane needs are taken. */
  signal(signal: LaneSignal): void {
    if ('description' in signal) {
      const { type, sdp } = signal.description
      const kept = withLines(sdp, (line) => (!isCandidateLine(line) || this.#takes(line) ? line : undefined))
      this.#link.signal({ description: { type, sdp: kept } })
    } else if (this.#takes(signal.candidate.candidate)) {
      this.#link.signal(signal)
    }
  }

  /** Browsers only open connections over TCP, and one would open them to whatever port is named. */
  #takes(text: string): boolean {
    const candidate = parseCandidate(text)
    return candidate?.transport === 'udp' && this.#candidates.take(candidate.type)
  }

  close(): void {
    if (this.state === 'over') return
    this.state = 'over'
    clearTimeout(this.#lateness)
    this.#link.close()
  }
}
