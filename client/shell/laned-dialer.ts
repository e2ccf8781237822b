/**
 * Links with lanes: further connections between the same two peers, as one alone carries no more than its window over
 * a long way. They are negotiated over the first one, which also carries all that is not data; numbers put the frames
 * in order again. With a peer that knows no lanes it is the first connection and nothing else. Knows no peer message
 * beyond what is data, and not when lanes are worth it.
 */
import { assertNever } from '../../shared/assert.ts'
import {
  decodeLaneFrame,
  encodeLaneEnd,
  encodeLaneSignal,
  encodeNumbered,
  type LaneSignal,
  lanesLine,
  numberedHeaderBytes,
} from '../../shared/lane-frames.ts'
import { KiB, laneCountMax, laneEarnedBytes } from '../../shared/limits.ts'
import { dataHeaderBytes, dataOffsetOf } from '../../shared/wire.ts'
import { FrameOrder } from '../core/frame-order.ts'
import type { Dialer, Link, LinkEvents, LinkSignal } from '../ports.ts'
import { Lane } from './lane.ts'

/** Lanes taken from others in all, whatever the number of links: more would be a burden, and serve few each. */
const takenCountMax = 12

/** Lanes that each side of a link opens in its life: one that fails is tried again, but not for ever. */
const openedCountMax = 12

/** Signals about lanes, for each that both may open a description and as many candidates as a link takes. */
const signalCountMax = 2 * openedCountMax * 80

interface LanedDialer {
  dialer: Dialer
  takenCount: number
  /** Links copy what they send: one buffer serves all. */
  space: Uint8Array<ArrayBuffer>
}

export function createLanedDialer(dialer: Dialer): Dialer {
  const space = new Uint8Array(numberedHeaderBytes + dataHeaderBytes + 64 * KiB)
  const shared: LanedDialer = { dialer, takenCount: 0, space }
  return {
    dial: (initiator, events) => new LanedLink(shared, initiator, events),
    useIceServers: (servers) => dialer.useIceServers?.(servers),
  }
}

class LanedLink implements Link {
  readonly #shared: LanedDialer
  readonly #initiator: boolean
  readonly #events: LinkEvents
  readonly #first: Link
  readonly #lanes = new Map<number, Lane>()
  readonly #order = new FrameOrder()
  #state: 'dialing' | 'open' | 'closed' = 'dialing'
  /** Why this side closed it. */
  #reason: string | undefined
  /** The other side knows lanes as well. */
  #isLaned = false
  /** From the first lane on every frame has a number. */
  #sentCount = 0
  /** Of those with a number, the data that went by the first connection. */
  #firstCount = 0
  #isNumbered = false
  /** Lanes begun since the beginning, by this side and by the other. */
  #openedCount = 0
  #takenCount = 0
  #servedBytes = 0
  #signalCount = 0

  constructor(shared: LanedDialer, initiator: boolean, events: LinkEvents) {
    this.#shared = shared
    this.#initiator = initiator
    this.#events = events
    this.#first = shared.dialer.dial(initiator, {
      signal: (signal) => events.signal(this.#marked(signal)),
      open: (frameBytesMax) => this.#opened(frameBytesMax),
      frame: (frame) => this.#came(frame, undefined),
      drained: () => this.#drained(),
      closed: (reason) => this.#closed(reason),
    })
  }

  get roomBytes(): number {
    if (this.#state !== 'open') return 0
    let bytes = this.#first.roomBytes
    for (const lane of this.#lanes.values()) if (lane.state === 'open') bytes += lane.roomBytes
    return bytes
  }

  signal(signal: LinkSignal): void {
    if (!('description' in signal) || !signal.description.sdp.endsWith(lanesLine)) return this.#first.signal(signal)
    const { type, sdp } = signal.description
    this.#isLaned = true
    this.#first.signal({ description: { type, sdp: sdp.slice(0, -lanesLine.length) } })
  }

  /** An offer says that this side knows lanes, an answer only to who said so. */
  #marked(signal: LinkSignal): LinkSignal {
    if (!('description' in signal) || !(this.#initiator || this.#isLaned)) return signal
    const { type, sdp } = signal.description
    return { description: { type, sdp: sdp + lanesLine } }
  }

  #opened(frameBytesMax: number): void {
    this.#state = 'open'
    this.#events.open(this.#isLaned ? frameBytesMax - numberedHeaderBytes : frameBytesMax)
  }

  #drained(): void {
    if (this.#state === 'open') this.#events.drained(this.roomBytes)
  }

  send(frame: Uint8Array): void {
    if (this.#state !== 'open') return
    const isData = dataOffsetOf(frame) !== undefined
    if (isData) this.#servedBytes += frame.length
    if (!this.#isNumbered) return this.#first.send(frame)
    const number = this.#sentCount++
    // The very first keeps its place behind those without a number.
    const lane = isData && number > 0 ? this.#emptiest() : undefined
    if (lane) lane.sentCount++
    else if (isData) this.#firstCount++
    const way = lane ?? this.#first
    way.send(encodeNumbered(number, frame, this.#shared.space))
  }

  /**
   * The lane with the shortest queue, if one has a shorter queue than the first connection. Of two the one that had
   * less: stacks may tell late what waits in them.
   */
  #emptiest(): Lane | undefined {
    let best: Lane | undefined
    let mostBytes = this.#first.roomBytes
    let leastCount = this.#firstCount
    for (const lane of this.#lanes.values()) {
      const { roomBytes } = lane
      if (lane.state !== 'open' || roomBytes < mostBytes) continue
      if (roomBytes === mostBytes && lane.sentCount >= leastCount) continue
      best = lane
      mostBytes = roomBytes
      leastCount = lane.sentCount
    }
    return best
  }

  /** A frame came, by a lane or by the first connection. */
  #came(frame: Uint8Array, lane: Lane | undefined): void {
    if (this.#state !== 'open') return
    if (!this.#isLaned) return this.#events.frame(frame)
    const read = decodeLaneFrame(frame)
    if (!read.ok) return this.#end(read.violation)
    const said = read.value
    if (said && said.type !== 'numbered' && ++this.#signalCount > signalCountMax) return this.#end('too many signals')
    if (said === undefined) return lane ? this.#end('a frame without its number') : this.#events.frame(frame)
    switch (said.type) {
      case 'numbered':
        if (this.#openedCount + this.#takenCount === 0) return this.#end('a number before any lane')
        return this.#inOrder(said.number, said.frame)
      case 'signal':
        return lane ? this.#end('a signal by a lane') : this.#signalled(said.lane, said.signal)
      case 'end':
        return lane ? this.#laneEnded(lane) : this.#laneClosed(this.#lanes.get(said.lane))
      default:
        return assertNever(said)
    }
  }

  #inOrder(number: number, frame: Uint8Array): void {
    const frames = this.#order.take(number, frame)
    if (!frames) return this.#end('frames out of all order')
    for (const next of frames) {
      this.#events.frame(next)
      // Its owner may have closed the link over it.
      if (this.#state !== 'open') return
    }
  }

  widen(connectionCount: number): void {
    if (this.#state !== 'open' || !this.#isLaned) return
    const wanted = Math.min(connectionCount - 1, laneCountMax)
    const live = [...this.#lanes.values()].filter(({ state }) => state === 'dialing' || state === 'open')
    for (let count = this.#lanes.size; count < wanted && this.#openedCount < openedCountMax; count++) {
      // Odd numbers are those of the side that called: no two lanes ever have the same.
      const number = 2 * this.#openedCount++ + (this.#initiator ? 1 : 2)
      this.#dial(number, true)
    }
    for (const lane of live.slice(Math.max(0, wanted))) if (lane.isOwn) this.#finish(lane)
  }

  #dial(number: number, isOwn: boolean): Lane {
    const lane = new Lane(this.#shared.dialer, number, isOwn, {
      signal: (signal) => this.#first.send(encodeLaneSignal(number, signal)),
      opened: () => {
        this.#isNumbered = true
        this.#drained()
      },
      frame: (frame) => this.#came(frame, lane),
      drained: () => this.#drained(),
      closed: (wasLate) => (wasLate ? this.#forget(lane) : this.#laneClosed(lane)),
    })
    this.#lanes.set(number, lane)
    if (!isOwn) this.#shared.takenCount++
    return lane
  }

  #signalled(number: number, signal: LaneSignal): void {
    let lane = this.#lanes.get(number)
    if (!lane && 'description' in signal && signal.description.type === 'offer') {
      if (!this.#mayTake(number)) return this.#first.send(encodeLaneEnd(number))
      this.#takenCount++
      lane = this.#dial(number, false)
    }
    // What comes late for one that is over is of no use.
    lane?.signal(signal)
  }

  /** Whether the other side may open one: few, for whom this side serves. */
  #mayTake(number: number): boolean {
    const isTheirs = (number % 2 === 1) !== this.#initiator && number > 0
    const isEarned = this.#servedBytes > this.#takenCount * laneEarnedBytes && this.#takenCount < openedCountMax
    return isTheirs && isEarned && this.#lanes.size < laneCountMax && this.#shared.takenCount < takenCountMax
  }

  /** This side sends nothing more by a lane. The other one says the same by it, and then it is closed. */
  #finish(lane: Lane): void {
    if (lane.state === 'dialing') {
      this.#first.send(encodeLaneEnd(lane.number))
      return this.#forget(lane)
    }
    lane.state = 'ending'
    lane.send(encodeLaneEnd(lane.number))
  }

  #laneEnded(lane: Lane): void {
    if (lane.state === 'open') lane.send(encodeLaneEnd(lane.number))
    lane.state = 'ended'
    if (lane.isOwn) this.#forget(lane)
  }

  /** What went by a lane that broke may not have come: no frame after it can ever be told. */
  #laneClosed(lane: Lane | undefined): void {
    const isLoss = lane && lane.state !== 'ended' && lane.sentCount > 0
    this.#forget(lane)
    if (isLoss) this.#end('a lane broke')
  }

  #forget(lane: Lane | undefined): void {
    if (!lane || !this.#lanes.delete(lane.number)) return
    if (!lane.isOwn) this.#shared.takenCount--
    lane.close()
  }

  close(): void {
    this.#end('closed on this side')
  }

  #end(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#reason = reason
    this.#first.close()
    for (const lane of [...this.#lanes.values()]) this.#forget(lane)
  }

  /** The first connection is gone, and all others with it. */
  #closed(reason: string): void {
    if (this.#state === 'open') {
      for (const frame of this.#order.lastWords()) {
        this.#events.frame(frame)
        if (this.#reason !== undefined) break
      }
    }
    this.#end(this.#reason ?? reason)
    this.#events.closed(this.#reason ?? reason)
  }
}
