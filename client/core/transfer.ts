/** One chunk's bytes as they come from one source. Knows nobody who sends or waits. */
import type { Bytes } from '../../shared/bytes.ts'
import type { Source } from './engine-events.ts'

/** A chunk on its way from one source. Bytes come in order. */
export class Transfer {
  readonly index: number
  readonly source: Source
  readonly length: number
  readonly startedAt: number
  /** The edge that it comes from, if it comes from one. */
  readonly edge: string | undefined
  requestedBytes = 0
  receivedBytes = 0
  /** Its source was told not to send it, and may have sent it before it heard. */
  isRecalled = false
  #bytes: Bytes | undefined

  constructor(init: { index: number; source: Source; length: number; startedAt: number; edge?: string | undefined }) {
    this.index = init.index
    this.source = init.source
    this.length = init.length
    this.startedAt = init.startedAt
    this.edge = init.edge
  }

  /** The chunk as far as it has come. */
  get bytes(): Bytes {
    this.#bytes ??= new Uint8Array(this.length)
    return this.#bytes
  }

  /** Takes the next bytes. A whole chunk in a buffer of its own is kept as it came: nothing is copied. */
  take(part: Uint8Array, isOwned: boolean): void {
    if (isOwned && part.length === this.length) this.#bytes = part as Bytes
    else this.bytes.set(part, this.receivedBytes)
    this.receivedBytes += part.length
  }
}
