/**
 * What becomes of a chunk that has come in full: hashed, compared, kept or refused, and its other transfers ended.
 * Every byte that leaves the engine as `keep` or `release` has been compared here.
 */

import type { Bytes } from '../../shared/bytes.ts'
import { equalBytes, hashBytes } from '../../shared/bytes.ts'
import { leafBytes } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import type { Source } from './engine-events.ts'
import { HashPages } from './hash-pages.ts'
import type { Arrived, Swarm } from './swarm.ts'
import type { Transfer } from './transfer.ts'

/** What arrivals tell the other parts. */
export interface ArrivalListener {
  /** A chunk came that is not what the manifest says. */
  wrong(source: Source): void
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
  readonly pages: HashPages

  constructor(core: Core, listener: ArrivalListener) {
    this.#core = core
    this.#listener = listener
    this.pages = new HashPages(core)
  }

  /** All of a transfer's bytes are here. */
  complete(swarm: Swarm, transfer: Transfer): void {
    swarm.removeTransfer(transfer)
    if (!swarm.isMissing(transfer.index)) {
      this.#core.wastedBytes += transfer.length
      return
    }
    swarm.beginHashing(transfer.index, { bytes: transfer.bytes, source: transfer.source, edge: transfer.edge })
    this.#core.hashingBytes += transfer.length
    this.pages.ask(swarm, transfer.index)
    this.#core.emit({ type: 'digest', swarm: swarm.id, index: transfer.index, bytes: transfer.bytes })
  }

  /** A page of hashes is known now, or could not be had. */
  page(swarm: Swarm, page: number, known: boolean, now: number): void {
    if (!known) {
      if (!this.pages.failed(swarm, page, now)) return
      this.#dropHashing(swarm)
      swarm.failed = true
      this.#core.emit({ type: 'failed', swarm: swarm.id, code: 'network', reason: `no hash page ${page} to be had` })
      return
    }
    this.pages.known(swarm, page)
    const waiting = this.#waiting.get(swarm) ?? new Map<number, Uint8Array>()
    this.#waiting.delete(swarm)
    for (const [index, hash] of waiting) {
      const arrived = swarm.hashing.get(index)
      if (arrived) this.digested(swarm, index, arrived.bytes, hash, now)
    }
  }

  /** @param bytes what was hashed: an answer about an earlier arrival of the same chunk says nothing about this one */
  digested(swarm: Swarm, index: number, bytes: Bytes, hash: Uint8Array, now: number): void {
    const arrived = swarm.hashing.get(index)
    if (arrived?.bytes !== bytes) return
    if (swarm.hashes.missingPage(index) !== undefined) {
      const waiting = this.#waiting.get(swarm) ?? new Map<number, Uint8Array>()
      this.#waiting.set(swarm, waiting.set(index, hash))
      this.pages.ask(swarm, index)
      return
    }
    swarm.endHashing(index)
    this.#core.hashingBytes -= arrived.bytes.length
    // The store turned out to have it meanwhile.
    if (swarm.have.has(index)) this.#core.wastedBytes += arrived.bytes.length
    else if (!swarm.hashes.matches(index, hash)) this.#refuse(swarm, index, arrived)
    else this.#accept(swarm, index, arrived, now)
  }

  #accept(swarm: Swarm, index: number, { bytes, source, edge }: Arrived, now: number): void {
    swarm.keep(index)
    swarm.progressAt = now
    swarm.failuresSinceProgress = 0
    swarm.corruptByIndex.delete(index)
    const remote = this.#core.remoteOf(source)
    if (remote) {
      swarm.peerProgressAt = now
      remote.downloadedBytes += bytes.length
      remote.stalls = 0
      remote.misses = 0
      remote.recalls = 0
    }
    if (edge !== undefined) this.#core.edges.proved(edge)
    else if (source === 'origin') swarm.runFailures = 0
    this.#core.emit({ type: 'keep', swarm: swarm.id, index, bytes, source })
    const others = swarm.flights.get(index) ?? []
    swarm.extra.settle(
      index,
      others.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    )
    for (const transfer of others) this.#listener.takeBack(swarm, transfer)
    this.#listener.verified(swarm, index)
  }

  #refuse(swarm: Swarm, index: number, { bytes, source, edge }: Arrived): void {
    this.#core.wastedBytes += bytes.length
    // What an edge has says nothing of the file itself.
    if (edge !== undefined) swarm.edgesGone.add(edge)
    else if (source === 'origin') swarm.corruptByIndex.set(index, (swarm.corruptByIndex.get(index) ?? 0) + 1)
    else {
      const remote = this.#core.remotes.get(source)
      if (remote) remote.refusedBytes += bytes.length
    }
    this.#listener.wrong(source)
  }

  /** A leaf of the first chunk was hashed: what the manifest's head confirms goes out at once. */
  leafDigested(swarm: Swarm, leaf: number, bytes: Bytes, hash: Uint8Array): void {
    if (swarm.have.has(0)) return
    const expected = swarm.manifest.head.subarray(leaf * hashBytes, (leaf + 1) * hashBytes)
    if (!equalBytes(hash, expected)) return
    this.#core.emit({ type: 'release', swarm: swarm.id, from: leaf * leafBytes, bytes })
  }

  /** Chunks that cannot be checked are let go; a late answer finds nothing to compare. */
  #dropHashing(swarm: Swarm): void {
    for (const [index, { bytes }] of [...swarm.hashing]) {
      this.#core.hashingBytes -= bytes.length
      this.#core.wastedBytes += bytes.length
      swarm.endHashing(index)
    }
    this.#waiting.delete(swarm)
  }

  forget(swarm: Swarm): void {
    this.#dropHashing(swarm)
    this.pages.forget(swarm)
  }
}
