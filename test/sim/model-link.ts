/**
 * Links of a world: what a data channel does between two engines, with its send queue, the uplink that all links of a
 * node share, the path's delay, its loss and its order, and the receiver's downlink. Knows no engine: it is told what
 * was sent, and tells what arrived.
 */
import type { PeerId } from '../../shared/ids.ts'
import { KiB } from '../../shared/limits.ts'
import type { Flow } from './fair-line.ts'
import type { Node } from './node.ts'
import type { Due, VirtualTime } from './virtual-time.ts'

/** The send queue of a link: the marks of the real one. */
export const sendHighBytes = 256 * KiB
const sendLowBytes = 64 * KiB

/** What one packet of a data channel carries: what is lost is sent again by the packet. */
const packetBytes = 1_200

export interface Path {
  /** One way. */
  delayMs: number
  /** The share of packets that is lost; each is sent again a round trip later, and what follows waits for it. */
  lossShare: number
}

export interface LinkListener {
  drained(node: Node, peer: PeerId, roomBytes: number): void
  arrived(node: Node, peer: PeerId, frame: Uint8Array): void
  /** A number in [0, 1) for what is lost. */
  chance(): number
}

/** One end of a link: the frames that its owner sends. */
export class HalfLink implements Flow<Frame> {
  readonly owner: Node
  readonly peer: PeerId
  readonly time: VirtualTime
  readonly listener: LinkListener
  other: HalfLink | undefined
  path: Path = { delayMs: 0, lossShare: 0 }
  isOpen = false
  /** Frames leave and never arrive, as when the other side's network is gone and nobody has noticed. */
  isCut = false
  queuedBytes = 0
  readonly queue: Frame[] = []
  endsAt = 0
  /** Before this nothing arrives: links keep order, also when something has to be sent again. */
  #arrivesFrom = 0

  constructor(owner: Node, peer: PeerId, time: VirtualTime, listener: LinkListener) {
    this.owner = owner
    this.peer = peer
    this.time = time
    this.listener = listener
  }

  get roomBytes(): number {
    return sendHighBytes - this.queuedBytes
  }

  send(bytes: Uint8Array): void {
    this.queuedBytes += bytes.length
    this.owner.up.push(this, new Frame(this, bytes))
  }

  sent(frame: Frame): void {
    const wasHigh = this.queuedBytes > sendLowBytes
    this.queuedBytes -= frame.bytes
    if (!this.isOpen) return
    if (!this.isCut) this.#travel(frame)
    if (wasHigh && this.queuedBytes <= sendLowBytes) this.listener.drained(this.owner, this.peer, this.roomBytes)
  }

  #travel(frame: Frame): void {
    const { delayMs, lossShare } = this.path
    let at = this.time.now + delayMs
    if (lossShare > 0 && this.listener.chance() > (1 - lossShare) ** Math.ceil(frame.bytes / packetBytes)) {
      at += 2 * delayMs
    }
    at = Math.max(at, this.#arrivesFrom)
    this.#arrivesFrom = at
    this.time.plan(at, frame)
  }

  /** This end is gone: what waits here is never sent. */
  close(): void {
    this.isOpen = false
    this.owner.up.drop(this)
  }
}

/** Bytes on their way, and the events of their arrival: first at the receiver's line, then through it. */
export class Frame implements Due {
  readonly link: HalfLink
  readonly content: Uint8Array
  #isIn = false

  constructor(link: HalfLink, content: Uint8Array) {
    this.link = link
    this.content = content
  }

  get bytes(): number {
    return this.content.length
  }

  due(): void {
    const half = this.link.other
    if (!half?.isOpen) return
    if (!this.#isIn) {
      this.#isIn = true
      if (!half.owner.down.isThrough(this.bytes, this)) return
    }
    half.listener.arrived(half.owner, half.peer, this.content)
  }
}
