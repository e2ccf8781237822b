/**
 * Serving what peers ask for: one queue a peer, served round robin a frame at a time, within the send queue's room
 * and the upload rate. Chunks are read, and so verified again, a little ahead of their turn.
 */
import type { Bytes } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import { dataHeaderBytes } from '../../shared/wire.ts'
import { type Core, earlier } from './core.ts'
import type { Remote, UploadRequest } from './remote.ts'
import { payloadBytesAim, readAheadBytes, uploadQueueBytesMax, uploadQueueCountMax } from './settings.ts'
import type { Swarm } from './swarm.ts'

/** The upload rate's burst: two frames, so that the rate holds over tens of milliseconds. */
const burstBytes = 2 * payloadBytesAim

/** Bytes [offset, offset + length) of a chunk. */
interface Part {
  index: number
  offset: number
  length: number
}

export class Uploads {
  readonly #core: Core
  #bucket: TokenBucket | undefined
  #isOff = false
  #uploadedBytes = 0
  #turn = 0

  constructor(core: Core) {
    this.#core = core
    this.setRate(core.settings.uploadBytesPerSecondMax)
  }

  setRate(bytesPerSecondMax: number): void {
    this.#isOff = bytesPerSecondMax <= 0
    const isLimited = !this.#isOff && Number.isFinite(bytesPerSecondMax)
    this.#bucket = isLimited ? new TokenBucket(bytesPerSecondMax, burstBytes) : undefined
    if (!this.#isOff) return
    for (const remote of this.#core.remotes.values()) {
      const asked = new Map(remote.uploads.map(({ swarm, index }) => [`${swarm}/${index}`, { swarm, index }]))
      this.drop(remote)
      for (const { swarm, index } of asked.values()) this.#refuse(remote, swarm, index, 'off')
    }
  }

  get uploadedBytes(): number {
    return this.#uploadedBytes
  }

  /** @returns what is wrong with the request, if anything */
  request(remote: Remote, id: SwarmId, parts: readonly Part[], now: number): string | undefined {
    const swarm = this.#core.swarms.get(id)
    if (!swarm || !remote.mySlots.has(id)) return undefined
    for (const part of parts) {
      const wrong = this.#queue(remote, swarm, part)
      if (wrong !== undefined) return wrong
    }
    this.#readAhead(remote)
    this.pump(now)
    return undefined
  }

  #queue(remote: Remote, swarm: Swarm, request: Part): string | undefined {
    const { index, offset, length } = request
    if (index >= swarm.geometry.chunkCount) return `request for chunk ${index} of ${swarm.geometry.chunkCount}`
    if (length === 0 || offset + length > swarm.geometry.lengthOf(index)) {
      return `request for bytes ${offset}+${length} of a chunk of ${swarm.geometry.lengthOf(index)}`
    }
    if (remote.uploads.length >= uploadQueueCountMax || remote.uploadBytes + length > uploadQueueBytesMax) {
      return 'more requests than the queue takes'
    }
    if (this.#isOff || !swarm.have.has(index)) {
      this.#refuse(remote, swarm.id, index, this.#isOff ? 'off' : 'missing')
      return undefined
    }
    remote.uploads.push({ swarm: swarm.id, index, offset, length, sentBytes: 0, reading: false, bytes: undefined })
    remote.uploadBytes += length
    return undefined
  }

  #refuse(remote: Remote, swarm: SwarmId, index: number, reason: 'missing' | 'off'): void {
    const slot = remote.mySlots.get(swarm)
    if (slot === undefined) return
    this.#core.emit({ type: 'send', peer: remote.id, message: { type: 'refuse', slot, index, reason } })
  }

  cancel(remote: Remote, swarm: SwarmId, index: number): void {
    this.#drop(remote, (request) => request.swarm === swarm && request.index === index)
  }

  /** Forgets the requests of a swarm that is left, or, without one, all. */
  drop(remote: Remote, swarm?: SwarmId): void {
    this.#drop(remote, (request) => swarm === undefined || request.swarm === swarm)
  }

  #drop(remote: Remote, isDropped: (request: UploadRequest) => boolean): void {
    remote.uploads = remote.uploads.filter((request) => {
      if (!isDropped(request)) return true
      remote.uploadBytes -= request.length - request.sentBytes
      return false
    })
  }

  /** A chunk was read for whoever waits for it; without bytes it is not here after all. */
  chunkRead(id: SwarmId, index: number, bytes: Bytes | undefined, now: number): void {
    for (const remote of this.#core.remotes.values()) {
      let isRefused = false
      for (const request of remote.uploads) {
        if (request.swarm !== id || request.index !== index || !request.reading) continue
        request.reading = false
        request.bytes = bytes
        isRefused ||= bytes === undefined
      }
      if (!isRefused) continue
      this.cancel(remote, id, index)
      this.#refuse(remote, id, index, 'missing')
    }
    this.pump(now)
  }

  #readAhead(remote: Remote): void {
    let aheadBytes = 0
    for (const request of remote.uploads) {
      if (aheadBytes >= readAheadBytes) return
      aheadBytes += request.length
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

  /** Sends whatever the links and the rate allow, a frame a peer in turn. */
  pump(now: number): void {
    const remotes = [...this.#core.remotes.values()].filter((remote) => remote.uploads.length > 0)
    let idle = 0
    while (remotes.length > 0 && idle < remotes.length) {
      const remote = remotes[this.#turn % remotes.length]!
      const sent = this.#sendFrame(remote, now)
      if (sent === 'wait') return
      this.#turn = (this.#turn + 1) % remotes.length
      idle = sent ? 0 : idle + 1
    }
  }

  /** @returns whether a frame went out, or `wait` when the rate allows no frame to anyone */
  #sendFrame(remote: Remote, now: number): boolean | 'wait' {
    const request = remote.uploads[0]
    if (!request?.bytes || remote.roomBytes <= 0) return false
    const slot = remote.mySlots.get(request.swarm)
    if (slot === undefined) return false
    const payloadBytes = Math.min(
      request.length - request.sentBytes,
      payloadBytesAim,
      remote.frameBytesMax - dataHeaderBytes,
    )
    if (this.#bucket && !this.#bucket.take(payloadBytes, now)) return 'wait'
    const offset = request.offset + request.sentBytes
    const payload = request.bytes.subarray(offset, offset + payloadBytes)
    this.#core.emit({
      type: 'send',
      peer: remote.id,
      message: { type: 'data', slot, index: request.index, offset, payload },
    })
    request.sentBytes += payloadBytes
    remote.roomBytes -= payloadBytes + dataHeaderBytes
    if (remote.roomBytes <= 0) this.#core.emit({ type: 'askRoom', peer: remote.id })
    remote.uploadBytes -= payloadBytes
    remote.uploadedBytes += payloadBytes
    remote.upRate.add(payloadBytes, now)
    this.#uploadedBytes += payloadBytes
    if (request.sentBytes === request.length) {
      remote.uploads.shift()
      this.#readAhead(remote)
    }
    return true
  }

  nextWake(now: number): number {
    let at = Number.POSITIVE_INFINITY
    if (!this.#bucket) return at
    for (const remote of this.#core.remotes.values()) {
      const request = remote.uploads[0]
      if (!request?.bytes || remote.roomBytes <= 0) continue
      const frameBytes = Math.min(request.length - request.sentBytes, payloadBytesAim)
      at = earlier(at, Math.max(now + 1, this.#bucket.availableAt(frameBytes, now)))
    }
    return at
  }
}
