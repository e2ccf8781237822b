/**
 * What waits in the send queues of all links together: what leaves for all of them at once comes late to each, and can
 * be passed on by none. Knows bytes and links, not whose turn it is.
 */
import { KiB } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import { RateMeter } from './rate.ts'
import type { Remote } from './remote.ts'
import type { UploadRates } from './upload-rates.ts'

/** Enough: a frame, or what the line carries in this time. */
const queuedBytesMin = 64 * KiB
const queuedMs = 30

/** What one who does not give is sent at once where one who gives may ask at any moment: so much of the line's time. */
const spareMs = 15
const spareBytesMin = 16 * KiB

/** How soon queues that are full are looked at again: when half of them should have left, within these. */
const lookMsMin = 10
const lookMsMax = 50

export class SendQueues {
  readonly #core: Core
  readonly #rates: UploadRates
  readonly #rate = new RateMeter()
  /** When the queues are to be looked at; infinity when they have room. */
  lookAt = Number.POSITIVE_INFINITY

  constructor(core: Core, rates: UploadRates) {
    this.#core = core
    this.#rates = rates
  }

  sent(bytes: number, now: number): void {
    this.#rate.add(bytes, now)
  }

  /** The longest frame for one who does not give. */
  spareBytes(now: number): number {
    return Math.max(spareBytesMin, Math.floor((this.#rate.perSecond(now) * spareMs) / 1_000))
  }

  /**
   * Whether enough waits that passes the line; then the queues are looked at again a little later. One that is served
   * alone has its whole queue.
   */
  isFull(remote: Remote, { isSpare, isAlone }: { isSpare: boolean; isAlone: boolean }, now: number): boolean {
    if (!this.#rates.isFar(remote)) return false
    let queuedBytes = 0
    for (const other of this.#core.remotes.values()) {
      if (this.#rates.isFar(other)) queuedBytes += other.roomBytesMax - other.roomBytes
    }
    if (!isSpare && isAlone && queuedBytes === remote.roomBytesMax - remote.roomBytes) return false
    const rate = this.#rate.perSecond(now)
    const enoughBytes = isSpare ? this.spareBytes(now) / 2 : Math.max(queuedBytesMin, (rate * queuedMs) / 1_000)
    if (queuedBytes < enoughBytes) return false
    this.lookAt = now + Math.min(lookMsMax, Math.max(lookMsMin, (queuedBytes * 500) / Math.max(rate, 1)))
    return true
  }

  wake(now: number): void {
    if (now < this.lookAt) return
    this.lookAt = Number.POSITIVE_INFINITY
    for (const { id, roomBytes, roomBytesMax } of this.#core.remotes.values()) {
      if (roomBytes < roomBytesMax) this.#core.emit({ type: 'askRoom', peer: id })
    }
  }
}
