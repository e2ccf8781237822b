/**
 * Frames of one link that came by several ways, put in order again. A chunk's first bytes need not wait for what went
 * before them, as nothing that may still come says anything of them; all else waits. Knows nothing of the ways.
 */
import { MiB } from '../../shared/limits.ts'
import { dataOffsetOf } from '../../shared/wire.ts'

/** What waits for one frame at most: all that can be asked of a peer at once, twice over, in the shortest frames. */
const heldBytesMax = 8 * MiB
const heldCountMax = 4_096

export class FrameOrder {
  #next = 0
  /** What came and was not yet its turn; undefined what was passed on ahead of it. */
  readonly #held = new Map<number, Uint8Array | undefined>()
  #heldBytes = 0

  /** @returns the frames to be passed on now; undefined when this one cannot be */
  take(number: number, frame: Uint8Array): Uint8Array[] | undefined {
    if (number < this.#next || number - this.#next >= heldCountMax || this.#held.has(number)) return undefined
    if (number === this.#next) return [frame, ...this.#followers()]
    if (dataOffsetOf(frame) === 0) {
      this.#held.set(number, undefined)
      return [frame]
    }
    this.#held.set(number, frame)
    this.#heldBytes += frame.length
    return this.#heldBytes > heldBytesMax ? undefined : []
  }

  #followers(): Uint8Array[] {
    const followers: Uint8Array[] = []
    while (this.#held.has(++this.#next)) {
      const frame = this.#held.get(this.#next)
      this.#held.delete(this.#next)
      if (!frame) continue
      this.#heldBytes -= frame.length
      followers.push(frame)
    }
    return followers
  }

  /** What was said and still waits for bytes that do not come any more, such as a farewell. */
  lastWords(): Uint8Array[] {
    const numbers = [...this.#held.keys()].sort((a, b) => a - b)
    const frames = numbers.map((number) => this.#held.get(number))
    return frames.filter((frame): frame is Uint8Array => frame !== undefined && dataOffsetOf(frame) === undefined)
  }
}
