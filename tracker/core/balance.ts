/**
 * What one connection has the tracker send, against what came from it. Nobody gets more out of a tracker than twice
 * what they put in: neither for themselves nor at others. Knows bytes, not messages.
 *
 * A connection's opening counts as 1 KiB that came: a TLS hello and a browser's upgrade request are 1 to 2 KiB. That pays
 * for the first answer; each introduction is then paid for by the offer that follows from it.
 */

export const openingBytes = 1_024

/** Bytes out for each byte in. */
const amplificationMax = 2

/** A client's frame has at least a head of two bytes and a mask of four (RFC 6455 §5.2). */
const frameHeadBytes = 6

export class Balance {
  #left = amplificationMax * openingBytes
  /** What came last. */
  #lastBytes = 0

  /** What may still be sent. */
  get leftBytes(): number {
    return this.#left
  }

  came(payloadBytes: number): void {
    this.#left += amplificationMax * (payloadBytes + frameHeadBytes)
    this.#lastBytes = payloadBytes
  }

  /** What came last goes on to somebody, with so many bytes beside it: it brought more than that, so it may owe nothing. */
  passesOn(moreBytes: number): void {
    this.#left -= this.#lastBytes + moreBytes
  }

  /** Counts what is sent. @returns false, and counts nothing, when it is too much */
  pays(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }
}
