/**
 * What becomes of a chunk that has come in full: hashed, compared, kept or refused, and its other transfers ended.
 * Every byte that leaves the engine as `keep` or `release` has been compared here.
 */

import type { Bytes } from '../../shared/bytes.ts'
import { equalBytes, hashBytes } from '../../shared/bytes.ts'
import type { PeerId } from '../../shared/ids.ts'
import { leafBytes } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import type { Source } from './engine-events.ts'
import type { Remote } from './remote.ts'
import { corruptOriginMax } from './settings.ts'
import type { Swarm, Transfer } from './swarm.ts'

/** What arrivals tell the other parts. */
export interface ArrivalListener {
  /** A peer sent a chunk that is not what the manifest says. */
  liar(peer: PeerId): void
  /** A chunk came from elsewhere: this transfer's source need not send it. */
  takeBack(swarm: Swarm, transfer: Transfer): void
  /** A chunk is here and verified. */
  verified(swarm: Swarm, index: number): void
}

export class Arrivals {
  readonly #core: Core
  readonly #listener: ArrivalListener
  /** Hashes of chunks whose page of expected hashes is not here yet. */
  readonly #waiting = new Map<Swarm, Map<number, Uint8Array>>()
  readonly #pagesAsked = new Map<Swarm, Set<number>>()

  constructor(core: Core, listener: ArrivalListener) {
    this.#core = core
    this.#listener = listener
  }

  /** All of a transfer's bytes are here. */
  complete(swarm: Swarm, transfer: Transfer): void {
    swarm.removeTransfer(transfer)
    if (!swarm.isMissing(transfer.index)) {
      this.#core.wastedBytes += transfer.buffer.length
      return
    }
    swarm.hashing.set(transfer.index, { bytes: transfer.buffer, source: transfer.source })
    this.askPage(swarm, transfer.index)
    this.#core.emit({ type: 'digest', swarm: swarm.id, index: transfer.index, bytes: transfer.buffer })
  }

  /** Asks for the page of hashes that a chunk needs, once. */
  askPage(swarm: Swarm, index: number): void {
    const page = swarm.hashes.missingPage(index)
    if (page === undefined) return
    const asked = this.#pagesAsked.get(swarm) ?? new Set()
    this.#pagesAsked.set(swarm, asked)
    if (asked.has(page)) return
    asked.add(page)
    this.#core.emit({ type: 'fetchPage', swarm: swarm.id, page })
  }

  page(swarm: Swarm, page: number, known: boolean): void {
    if (!known) {
      this.#pagesAsked.get(swarm)?.delete(page)
      swarm.failed = true
      this.#core.emit({ type: 'failed', swarm: swarm.id, code: 'network', reason: `no hash page ${page} to be had` })
      return
    }
    const waiting = this.#waiting.get(swarm) ?? new Map<number, Uint8Array>()
    this.#waiting.delete(swarm)
    for (const [index, hash] of waiting) this.digested(swarm, index, hash)
  }

  digested(swarm: Swarm, index: number, hash: Uint8Array): void {
    const arrived = swarm.hashing.get(index)
    if (!arrived) return
    if (swarm.hashes.missingPage(index) !== undefined) {
      const waiting = this.#waiting.get(swarm) ?? new Map<number, Uint8Array>()
      this.#waiting.set(swarm, waiting.set(index, hash))
      this.askPage(swarm, index)
      return
    }
    swarm.hashing.delete(index)
    if (!swarm.hashes.matches(index, hash)) this.#refuse(swarm, index, arrived.bytes, arrived.source)
    else this.#accept(swarm, index, arrived.bytes, arrived.source)
  }

  #accept(swarm: Swarm, index: number, bytes: Bytes, source: Source): void {
    swarm.have.add(index)
    swarm.runFailures = 0
    swarm.corruptByIndex.delete(index)
    if (source !== 'origin') {
      const remote = this.#core.remotes.get(source)
      if (remote) this.#credit(remote, bytes.length)
    }
    this.#core.emit({ type: 'keep', swarm: swarm.id, index, bytes, source })
    for (const transfer of swarm.flights.get(index) ?? []) this.#listener.takeBack(swarm, transfer)
    this.#listener.verified(swarm, index)
  }

  #credit(remote: Remote, bytes: number): void {
    remote.downloadedBytes += bytes
    remote.stalls = 0
  }

  #refuse(swarm: Swarm, index: number, bytes: Bytes, source: Source): void {
    this.#core.wastedBytes += bytes.length
    if (source !== 'origin') {
      const remote = this.#core.remotes.get(source)
      if (remote) remote.refusedBytes += bytes.length
      this.#listener.liar(source)
      return
    }
    const times = (swarm.corruptByIndex.get(index) ?? 0) + 1
    swarm.corruptByIndex.set(index, times)
    if (times < corruptOriginMax) return
    swarm.failed = true
    const reason = `chunk ${index} came ${times} times from the origin and is not what the manifest says`
    this.#core.emit({ type: 'failed', swarm: swarm.id, code: 'corrupt-origin', reason })
  }

  /** A leaf of the first chunk was hashed: what the manifest's head confirms goes out at once. */
  leafDigested(swarm: Swarm, leaf: number, bytes: Bytes, hash: Uint8Array): void {
    if (swarm.have.has(0)) return
    const expected = swarm.manifest.head.subarray(leaf * hashBytes, (leaf + 1) * hashBytes)
    if (!equalBytes(hash, expected)) return
    this.#core.emit({ type: 'release', swarm: swarm.id, from: leaf * leafBytes, bytes })
  }

  forget(swarm: Swarm): void {
    this.#waiting.delete(swarm)
    this.#pagesAsked.delete(swarm)
  }
}
