/**
 * Chunks read for peers a little ahead of their turn: hides the store's latency, and takes no more memory than that,
 * whatever a peer asks for and takes back. Knows no rates and no turns.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Core } from './core.ts'
import type { Remote, UploadRequest } from './remote.ts'
import { readAheadBytes } from './settings.ts'

export class ReadAhead {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Has the chunks read that are to be sent next. */
  plan(remote: Remote): void {
    let aheadBytes = remote.lateReads.reduce((sum, { bytes }) => sum + bytes, 0)
    let latest: UploadRequest | undefined
    for (const request of remote.uploads) {
      if (latest?.swarm !== request.swarm || latest.index !== request.index) {
        if (aheadBytes >= readAheadBytes) return
        aheadBytes += this.#bytesOf(request)
      }
      latest = request
      if (request.bytes || request.reading) continue
      // Parts of one chunk share one reading of it.
      const other = remote.uploads.find(
        ({ swarm, index, bytes, reading }) =>
          swarm === request.swarm && index === request.index && (bytes !== undefined || reading),
      )
      request.bytes = other?.bytes
      request.reading = request.bytes === undefined
      if (!other) this.#core.emit({ type: 'read', swarm: request.swarm, index: request.index })
    }
  }

  /** Whole chunks are read and kept, however little of them was asked for. */
  #bytesOf({ swarm, index, length }: UploadRequest): number {
    return this.#core.swarms.get(swarm)?.geometry.lengthOf(index) ?? length
  }

  /** A request is taken back. What is being read for it takes its memory until it is here. */
  dropped({ lateReads }: Remote, request: UploadRequest): void {
    const { swarm, index, reading } = request
    if (!reading || lateReads.some((late) => late.swarm === swarm && late.index === index)) return
    lateReads.push({ swarm, index, bytes: this.#bytesOf(request) })
  }

  /** A chunk was read. @returns whether it was for a request that was taken back */
  wasLate(remote: Remote, id: SwarmId, index: number): boolean {
    const { lateReads } = remote
    if (lateReads.length === 0) return false
    remote.lateReads = lateReads.filter((late) => late.swarm !== id || late.index !== index)
    return remote.lateReads.length < lateReads.length
  }
}
