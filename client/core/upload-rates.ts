/** How fast uploads may go, all together and to each peer: the caps that are set, and what yielding leaves of them. */
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { Remote } from './remote.ts'
import { payloadBytesAim, payloadBytesLeast } from './settings.ts'
import type { Yielding } from './yielding.ts'

/** A frame lasts this long on the line at most, where there is a cap: others get in between. */
const frameMs = 64

/** A cap's burst: two frames, so that it holds over tens of milliseconds. */
const burstFrames = 2

interface Cap {
  readonly bytesPerSecond: number
  readonly bucket: TokenBucket
}

export class UploadRates {
  readonly #yielding: Yielding
  #bytesPerSecondMax = Number.POSITIVE_INFINITY
  #peerBytesPerSecondMax = Number.POSITIVE_INFINITY
  #whole: Cap | undefined
  #perPeer = new WeakMap<Remote, Cap>()

  constructor(yielding: Yielding) {
    this.#yielding = yielding
  }

  /** In bytes per second; 0 stops uploads, infinity is no cap. */
  set(bytesPerSecondMax: number, peerBytesPerSecondMax: number): void {
    this.#bytesPerSecondMax = bytesPerSecondMax
    this.#peerBytesPerSecondMax = peerBytesPerSecondMax
  }

  get isOff(): boolean {
    return this.#bytesPerSecondMax <= 0 || this.#peerBytesPerSecondMax <= 0
  }

  /** Whether frames leave one after another at a given rate. */
  get isPaced(): boolean {
    return Math.min(this.#wholeRate, this.#peerBytesPerSecondMax) !== Number.POSITIVE_INFINITY
  }

  /** The longest payload to send to a peer at once: short enough for the slowest cap that it passes. */
  frameBytes(): number {
    const bytes = (Math.min(this.#wholeRate, this.#peerBytesPerSecondMax) * frameMs) / 1_000
    if (bytes >= payloadBytesAim) return payloadBytesAim
    return Math.max(payloadBytesLeast, 2 ** Math.floor(Math.log2(bytes)))
  }

  get #wholeRate(): number {
    return Math.min(this.#bytesPerSecondMax, this.#yielding.bytesPerSecondMax)
  }

  /** @returns what refuses the bytes, if anything does */
  take(remote: Remote, bytes: number, now: number): 'all' | 'peer' | undefined {
    const whole = this.#wholeCap(now)
    const peer = this.#peerCap(remote, now)
    if (whole && whole.bucket.availableAt(bytes, now) > now) {
      if (whole.bytesPerSecond === this.#yielding.bytesPerSecondMax) this.#yielding.held()
      return 'all'
    }
    if (peer && !peer.bucket.take(bytes, now)) return 'peer'
    whole?.bucket.take(bytes, now)
    return undefined
  }

  availableAt(remote: Remote, bytes: number, now: number): number {
    const whole = this.#wholeCap(now)?.bucket.availableAt(bytes, now) ?? now
    return Math.max(whole, this.#peerCap(remote, now)?.bucket.availableAt(bytes, now) ?? now)
  }

  #wholeCap(now: number): Cap | undefined {
    this.#whole = this.#renewed(this.#whole, this.#wholeRate, now)
    return this.#whole
  }

  #peerCap(remote: Remote, now: number): Cap | undefined {
    const cap = this.#renewed(this.#perPeer.get(remote), this.#peerBytesPerSecondMax, now)
    if (cap) this.#perPeer.set(remote, cap)
    else this.#perPeer.delete(remote)
    return cap
  }

  /** The cap at this rate: the one there is, or the same at another rate, so that a change is no burst. */
  #renewed(cap: Cap | undefined, bytesPerSecond: number, now: number): Cap | undefined {
    if (cap?.bytesPerSecond === bytesPerSecond) return cap
    if (bytesPerSecond <= 0 || bytesPerSecond === Number.POSITIVE_INFINITY) return undefined
    const burst = burstFrames * this.frameBytes()
    if (!cap) return { bytesPerSecond, bucket: new TokenBucket(bytesPerSecond, burst) }
    cap.bucket.setRate(bytesPerSecond, burst, now)
    return { bytesPerSecond, bucket: cap.bucket }
  }
}
