/**
 * Whom the line serves first while more is asked for than it carries: those that gave us verified bytes, and newcomers
 * for a start on credit. Everybody else has what they leave. Believes nothing but bytes that came and were right.
 */
import type { PeerId } from '../../shared/ids.ts'
import { KiB } from '../../shared/limits.ts'
import { keepNewest } from '../../shared/newest.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'

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

  /** @param repaidIn the file that the peer takes, if this side still wants some of it that a newcomer could give */
  isFavoured(remote: Remote, repaidIn: Swarm | undefined): boolean {
    const { givenBytes, takenBytes } = this.#exchangeWith(remote)
    const creditBytes = repaidIn ? creditOf(remote, repaidIn) : 0
    return takenBytes < creditBytes || (givenBytes > 0 && givenBytes >= (takenBytes - creditBytes) * givenPart)
  }

  /** Whether any of them gives and lacks something, so that it may ask at any moment. */
  isGiverAmong(remotes: Iterable<Remote>): boolean {
    for (const remote of remotes) {
      if (!this.isFavoured(remote, undefined)) continue
      for (const { have } of remote.holdings.values()) if (!have.isFull) return true
    }
    return false
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
    keepNewest(this.#former, remote.id, exchange, formerCountMax)
  }
}

/**
 * Who announces nothing, also once it has a chunk, has nothing to trade and gets no more than that chunk; so does one
 * that was asked for what it announced and has never given any.
 */
function creditOf(remote: Remote, swarm: Swarm): number {
  const { chunkBytes } = swarm.geometry
  const isSilent = !remote.holdings.get(swarm.id)?.have.count
  const isBarren = remote.downloadedBytes === 0 && remote.stalls + remote.misses > 0
  return isSilent || isBarren ? chunkBytes : Math.max(startBytes, chunkBytes)
}
