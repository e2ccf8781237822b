/**
 * How much of the line each peer is worth while more is asked for than it carries: those that gave us verified bytes
 * come first, a newcomer has a start on credit, and everybody else has what is left. Believes nothing but bytes that
 * came and were right.
 */
import type { PeerId } from '../../shared/ids.ts'
import { KiB } from '../../shared/limits.ts'
import type { Remote } from './remote.ts'

/** Shares of one who gives, beside one of anybody else: ten free riders cost ten givers a sixteenth of the line. */
export const giverShares = 16

/** One who gave this part of what it took gives: lines at home are slower up than down. */
const givenPart = 1 / 4

/** What a newcomer may take before it has given anything: four small chunks, to have something to trade. */
export const startBytes = 256 * KiB

/** Peers whose links are gone and whose bytes are remembered: a few minutes of much coming and going. */
const formerCountMax = 256

interface Exchange {
  givenBytes: number
  takenBytes: number
}

export class Merit {
  /** Those that left longest ago first. */
  readonly #former = new Map<PeerId, Exchange>()

  /** @param isRepaid whether this side still wants something that a newcomer could give it */
  sharesOf(remote: Remote, isRepaid: boolean): number {
    const { givenBytes, takenBytes } = this.#exchangeWith(remote)
    const creditBytes = isRepaid ? startBytes : 0
    const isGiver = givenBytes > 0 && givenBytes >= (takenBytes - creditBytes) * givenPart
    return isGiver || takenBytes < creditBytes ? giverShares : 1
  }

  #exchangeWith({ id, downloadedBytes, uploadedBytes }: Remote): Exchange {
    const former = this.#former.get(id)
    if (!former) return { givenBytes: downloadedBytes, takenBytes: uploadedBytes }
    return { givenBytes: former.givenBytes + downloadedBytes, takenBytes: former.takenBytes + uploadedBytes }
  }

  /** A link is gone: should the peer come back, it goes on where it was. */
  left(remote: Remote): void {
    const exchange = this.#exchangeWith(remote)
    this.#former.delete(remote.id)
    if (exchange.givenBytes === 0 && exchange.takenBytes === 0) return
    const oldest = this.#former.keys().next().value
    if (this.#former.size >= formerCountMax && oldest !== undefined) this.#former.delete(oldest)
    this.#former.set(remote.id, exchange)
  }
}
