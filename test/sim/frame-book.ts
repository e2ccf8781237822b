/**
 * Frames as the wire has them, each distinct one encoded once: a chunk passes from peer to peer by the thousand, and
 * what one peer says to all its links is the same to each. What a frame holds is never written to, so all share it.
 */
import { MiB } from '../../shared/limits.ts'
import { type DataMessage, encodeWire, type WireMessage } from '../../shared/wire.ts'

/** Data frames that are kept; past that each is made anew. */
const keptBytesMax = 256 * MiB

export class FrameBook {
  readonly #isTrue: (message: DataMessage) => boolean
  readonly #data = new Map<string, Uint8Array>()
  #keptBytes = 0
  #lastHave: { slot: number; indexes: readonly number[]; frame: Uint8Array } | undefined

  /** @param isTrue whether a payload is the file's own, the same object in the memory of all */
  constructor(isTrue: (message: DataMessage) => boolean) {
    this.#isTrue = isTrue
  }

  encode(message: WireMessage): Uint8Array {
    if (message.type === 'data') return this.#isTrue(message) ? this.#shared(message) : encodeWire(message)
    if (message.type !== 'have') return encodeWire(message)
    const { slot, indexes } = message
    if (this.#lastHave?.indexes === indexes && this.#lastHave.slot === slot) return this.#lastHave.frame
    const frame = encodeWire(message)
    this.#lastHave = { slot, indexes, frame }
    return frame
  }

  #shared(message: DataMessage): Uint8Array {
    const key = `${message.slot} ${message.index} ${message.offset} ${message.payload.length}`
    const kept = this.#data.get(key)
    if (kept) return kept
    const frame = encodeWire(message)
    if (this.#keptBytes + frame.length > keptBytesMax) return frame
    this.#keptBytes += frame.length
    this.#data.set(key, frame)
    return frame
  }
}
