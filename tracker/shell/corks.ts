/**
 * Holds back what is written to a client until the end of this turn of the event loop, so that all of it goes out in one
 * write: with much to do, that is several messages, and a write costs more than most messages do. Knows no frame.
 */
import type { Duplex } from 'node:stream'

export interface Corkable {
  readonly stream: Duplex | undefined
  /** What was written to it in this turn. */
  corkedLength: number
}

export class Corks<T extends Corkable> {
  readonly #sent: (to: T, length: number) => void
  #corked: T[] = []

  /** @param sent is told of each that something went out to, and how much it was */
  constructor(sent: (to: T, length: number) => void) {
    this.#sent = sent
  }

  /** Something of this length is about to be written. */
  hold(to: T, length: number): void {
    if (to.corkedLength === 0) {
      to.stream?.cork()
      if (this.#corked.push(to) === 1) setImmediate(() => this.#release())
    }
    to.corkedLength += length
  }

  #release(): void {
    const corked = this.#corked
    this.#corked = []
    for (const to of corked) {
      const { corkedLength } = to
      to.corkedLength = 0
      to.stream?.uncork()
      this.#sent(to, corkedLength)
    }
  }
}
