/** How fast uploads may go, all together and to each peer: the caps that are set, and what yielding leaves of them. */
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { Remote } from './remote.ts'
import { payloadBytesAim, payloadBytesLeast } from './settings.ts'
import type { Sent } from './upload-turns.ts'
import type { Yielding } from './yielding.ts'

/** A frame lasts this long on the line at most, where there is a cap: others get in between. */
const frameMs = 64

/** A cap's burst: two frames, so that it holds over tens of milliseconds. */
const burstFrames = 2

/**
 * A peer behind the visitor's own address that answers this fast is in the same building: what it is sent does not pass
 * the visitor's line. Behind the address of a mobile carrier, which thousands share, answers take longer.
 */
const buildingMs = 20

interface Cap {
  readonly bytesPerSecond: number
  readonly bucket: TokenBucket
}

export class UploadRates {
  readonly #yielding: Yielding
  #bytesPerSecondMax = Number.POSITIVE_INFINITY
  #peerBytesPerSecondMax = Number.POSITIVE_INFINITY
  #whole: Cap | undefined
  #line: Cap | undefined
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

  /** Whether what the peer is sent passes the visitor's line. */
  isFar({ tier, roundTrip }: Remote): boolean {
    return tier !== 'address' || (roundTrip.leastMs ?? 0) > buildingMs
  }

  /** The longest payload to send to a peer at once: short enough for the slowest cap that it passes. */
  frameBytes(remote: Remote): number {
    const line = this.isFar(remote) ? this.#yielding.bytesPerSecondMax : Number.POSITIVE_INFINITY
    return frameBytesAt(Math.min(this.#bytesPerSecondMax, this.#peerBytesPerSecondMax, line))
  }

  take(remote: Remote, bytes: number, now: number): Sent {
    const { whole, line, peer } = this.#caps(remote, now)
    if (whole && whole.availableAt(bytes, now) > now) return 'wait'
    if (line && line.availableAt(bytes, now) > now) {
      this.#yielding.held()
      return 'held'
    }
    if (peer && !peer.take(bytes, now)) return 'blocked'
    whole?.take(bytes, now)
    line?.take(bytes, now)
    return 'sent'
  }

  availableAt(remote: Remote, bytes: number, now: number): number {
    const { whole, line, peer } = this.#caps(remote, now)
    return Math.max(now, ...[whole, line, peer].map((bucket) => bucket?.availableAt(bytes, now) ?? now))
  }

  #caps(remote: Remote, now: number): { whole?: TokenBucket; line?: TokenBucket; peer?: TokenBucket } {
    this.#whole = renewed(this.#whole, this.#bytesPerSecondMax, now)
    this.#line = renewed(this.#line, this.#yielding.bytesPerSecondMax, now)
    const peer = renewed(this.#perPeer.get(remote), this.#peerBytesPerSecondMax, now)
    if (peer) this.#perPeer.set(remote, peer)
    else this.#perPeer.delete(remote)
    return {
      ...(this.#whole && { whole: this.#whole.bucket }),
      ...(this.#line && this.isFar(remote) && { line: this.#line.bucket }),
      ...(peer && { peer: peer.bucket }),
    }
  }
}

function frameBytesAt(bytesPerSecond: number): number {
  const bytes = (bytesPerSecond * frameMs) / 1_000
  if (bytes >= payloadBytesAim) return payloadBytesAim
  return Math.max(payloadBytesLeast, 2 ** Math.floor(Math.log2(bytes)))
}

/** The cap at this rate: the one there is, or the same at another rate, so that a change is no burst. */
function renewed(cap: Cap | undefined, bytesPerSecond: number, now: number): Cap | undefined {
  if (cap?.bytesPerSecond === bytesPerSecond) return cap
  if (bytesPerSecond <= 0 || bytesPerSecond === Number.POSITIVE_INFINITY) return undefined
  const burst = burstFrames * frameBytesAt(bytesPerSecond)
  if (!cap) return { bytesPerSecond, bucket: new TokenBucket(bytesPerSecond, burst) }
  cap.bucket.setRate(bytesPerSecond, burst, now)
  return { bytesPerSecond, bucket: cap.bucket }
}
