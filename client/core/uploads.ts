/**
 * Serving what peers ask for: one queue a peer, in the order that the peer chose, served in turns within the send
 * queues' room and the upload rates. Chunks are read, and so verified again, a little ahead of their turn.
 */
import type { Bytes } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { dataHeaderBytes } from '../../shared/wire.ts'
import { type Core, earlier } from './core.ts'
import { Giving } from './giving.ts'
import { Merit } from './merit.ts'
import { needOf } from './need.ts'
import { ReadAhead } from './read-ahead.ts'
import type { Remote, UploadRequest } from './remote.ts'
import { SendQueues } from './send-queues.ts'
import { uploadQueueBytesMax, uploadQueueCountMax } from './settings.ts'
import type { Swarm } from './swarm.ts'
import { UploadRates } from './upload-rates.ts'
import { type Frames, type Sent, UploadTurns } from './upload-turns.ts'
import { Yielding } from './yielding.ts'

/** A part of no more frames than this is finished before it is another one's turn. */
const finishedFrames = 4

/** Links whose delay is measured in a round, of those that were sent something within the last second. */
const measuredCountMax = 3
const measuredMs = 1_000

const unlimited = Number.POSITIVE_INFINITY

/** Bytes [offset, offset + length) of a chunk. */
interface Part {
  index: number
  offset: number
  length: number
}

export class Uploads {
  readonly #core: Core
  readonly #merit = new Merit()
  readonly #firstTurns = new UploadTurns()
  readonly #turns = new UploadTurns()
  readonly #spareTurns = new UploadTurns()
  readonly #reads: ReadAhead
  readonly #yielding = new Yielding()
  readonly #rates = new UploadRates(this.#yielding)
  readonly #queues: SendQueues
  readonly #giving: Giving
  #uploadedBytes = 0
  #servedCount = 0

  constructor(core: Core) {
    this.#core = core
    this.#reads = new ReadAhead(core)
    this.#queues = new SendQueues(core, this.#rates)
    this.#giving = new Giving(core)
    const { uploadBytesPerSecondMax, uploadPeerBytesPerSecondMax, uploadRatioMax } = core.settings
    this.setLimits(uploadBytesPerSecondMax, uploadPeerBytesPerSecondMax, uploadRatioMax)
  }

  setLimits(bytesPerSecondMax: number, peerBytesPerSecondMax = unlimited, ratioMax = unlimited): void {
    this.#rates.set(bytesPerSecondMax, peerBytesPerSecondMax)
    this.#giving.set(this.#rates.isOff, ratioMax)
  }

  /** Verified bytes came: as many more may be given. */
  gained(bytes: number, now: number): void {
    if (this.#giving.gain(bytes)) this.pump(now)
  }

  #refuseAll(): void {
    for (const remote of this.#core.remotes.values()) {
      const asked = new Map(remote.uploads.map(({ swarm, index }) => [`${swarm}/${index}`, { swarm, index }]))
      this.drop(remote)
      for (const { swarm, index } of asked.values()) this.#refuse(remote, swarm, index, 'off')
    }
  }

  /** What uploads are held to for the visitor's sake; infinity while there is no need. */
  get yieldingBytesPerSecond(): number {
    return this.#yielding.bytesPerSecondMax
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
    this.#reads.plan(remote)
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
    if (!this.#core.isGiving || !swarm.have.has(index)) {
      this.#refuse(remote, swarm.id, index, this.#core.isGiving ? 'missing' : 'off')
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

  /** Its link is gone. */
  gone(remote: Remote): void {
    this.drop(remote)
    this.#merit.left(remote)
    this.#firstTurns.forget(remote)
    this.#turns.forget(remote)
    this.#spareTurns.forget(remote)
  }

  #drop(remote: Remote, isDropped: (request: UploadRequest) => boolean): void {
    remote.uploads = remote.uploads.filter((request) => {
      if (!isDropped(request)) return true
      remote.uploadBytes -= request.length - request.sentBytes
      this.#reads.dropped(remote, request)
      return false
    })
  }

  /** A chunk was read for whoever waits for it; without bytes it is not here after all. */
  chunkRead(id: SwarmId, index: number, bytes: Bytes | undefined, now: number): void {
    for (const remote of this.#core.remotes.values()) {
      let isRefused = false
      const wasLate = this.#reads.wasLate(remote, id, index)
      for (const request of remote.uploads) {
        if (request.swarm !== id || request.index !== index || !request.reading) continue
        request.reading = false
        request.bytes = bytes
        isRefused ||= bytes === undefined
      }
      if (isRefused) {
        this.cancel(remote, id, index)
        this.#refuse(remote, id, index, 'missing')
      }
      if (wasLate) this.#reads.plan(remote)
    }
    this.pump(now)
  }

  /** Sends whatever links, rates and budget allow, and refuses the rest once that is used up for good. */
  pump(now: number): void {
    if (this.#giving.look()) this.#send(now)
    if (!this.#giving.look()) this.#refuseAll()
  }

  /** In turns: to some first, to the others what these leave. */
  #send(now: number): void {
    const remotes = [...this.#core.remotes.values()].filter((remote) => remote.uploads.length > 0)
    if (remotes.length === 0) return
    this.#servedCount = remotes.length
    const favoured = remotes.filter((remote) => this.#merit.isFavoured(remote, this.#repaidIn(remote)))
    const framesOf = (isSpare: boolean): Frames => ({
      nextBytes: (remote) => this.#nextBytes(remote, isSpare, now),
      send: (remote, bytes) => this.#sendFrame(remote, bytes, isSpare, now),
      isMidway: (remote) => this.#isMidway(remote, isSpare, now),
      isFar: (remote) => this.#rates.isFar(remote),
      sharesOf: (remote) => needOf(this.#core, remote, remotes),
    })
    // Who has nothing passes the first chunk on at once, and so one becomes two.
    const empty = favoured.filter((remote) => this.#isEmpty(remote))
    if (empty.length > 0 && this.#firstTurns.run(empty, framesOf(false)) !== 'blocked') return
    const end = this.#turns.run(favoured, framesOf(false))
    if (end === 'wait') return
    // What those that give wait for is not taken by smaller frames of others.
    const others = remotes.filter((one) => !favoured.includes(one) && (end !== 'held' || !this.#rates.isFar(one)))
    const isSpare = others.length > 0 && this.#merit.isGiverAmong(this.#core.remotes.values())
    this.#spareTurns.run(others, framesOf(isSpare))
  }

  /** Whether a peer has none of the file, and was given none of it here. */
  #isEmpty(remote: Remote): boolean {
    const request = remote.uploads[0]
    if (!request || remote.uploadedBytes >= request.length + request.offset) return false
    return !remote.holdings.get(request.swarm)?.have.count
  }

  /** Whether a part was begun and takes no longer than a few frames do. */
  #isMidway(remote: Remote, isSpare: boolean, now: number): boolean {
    const request = remote.uploads[0]
    if (!request || request.sentBytes === 0) return false
    return request.length <= finishedFrames * this.#frameBytes(remote, isSpare, now)
  }

  #frameBytes(remote: Remote, isSpare: boolean, now: number): number {
    const bytes = this.#rates.frameBytes(remote)
    return isSpare ? Math.min(this.#queues.spareBytes(now), bytes) : bytes
  }

  /** The file that the peer is to be sent next, if this side still downloads it. */
  #repaidIn(remote: Remote): Swarm | undefined {
    const request = remote.uploads[0]
    const swarm = request && this.#core.swarms.get(request.swarm)
    return swarm && swarm.wants.size > 0 && !swarm.have.isFull ? swarm : undefined
  }

  #nextBytes(remote: Remote, isSpare: boolean, now: number): number | undefined {
    const request = remote.uploads[0]
    if (!request?.bytes || remote.roomBytes <= 0 || !remote.mySlots.has(request.swarm)) return undefined
    const left = request.length - request.sentBytes
    return Math.min(left, this.#frameBytes(remote, isSpare, now), remote.frameBytesMax - dataHeaderBytes)
  }

  #sendFrame(remote: Remote, payloadBytes: number, isSpare: boolean, now: number): Sent {
    if (this.#queues.isFull(remote, { isSpare, isAlone: this.#servedCount === 1 }, now)) return 'held'
    if (!this.#giving.allows(payloadBytes)) return 'wait'
    const outcome = this.#rates.take(remote, payloadBytes, now)
    if (outcome !== 'sent') return outcome
    this.#giving.use(payloadBytes)
    const request = remote.uploads[0]!
    const slot = this.#core.slot(remote, request.swarm)
    const offset = request.offset + request.sentBytes
    const payload = request.bytes!.subarray(offset, offset + payloadBytes)
    const message = { type: 'data', slot, index: request.index, offset, payload } as const
    this.#core.emit({ type: 'send', peer: remote.id, message })
    request.sentBytes += payloadBytes
    remote.roomBytes -= payloadBytes + dataHeaderBytes
    if (remote.roomBytes <= 0) this.#core.emit({ type: 'askRoom', peer: remote.id })
    remote.uploadBytes -= payloadBytes
    remote.uploadedBytes += payloadBytes
    remote.upRate.add(payloadBytes, now)
    remote.sentAt = now
    this.#uploadedBytes += payloadBytes
    this.#queues.sent(payloadBytes, now)
    if (this.#rates.isFar(remote)) this.#yielding.sent(payloadBytes, now)
    if (request.sentBytes === request.length) {
      remote.uploads.shift()
      this.#reads.plan(remote)
    }
    return outcome
  }

  /** A ping was answered: how long it took on its way out tells what waits before our line. */
  delaySeen(remote: Remote, sentAt: number, theirClock: number): void {
    this.#yielding.answered(remote.id, remote.forwardDelay.add(sentAt, theirClock, this.#yielding.queueMs))
  }

  /** Sends what is due. @returns the links whose delay is to be measured now */
  wake(now: number): Remote[] {
    const isMeasuring = this.#yielding.step(now)
    this.#queues.wake(now)
    this.pump(now)
    if (!isMeasuring) return []
    const measured = [...this.#core.remotes.values()].filter(
      (remote) =>
        remote.state === 'open' &&
        remote.pingSentAt === undefined &&
        now - remote.sentAt <= measuredMs &&
        this.#rates.isFar(remote),
    )
    const probed = measured.slice(0, measuredCountMax)
    for (const { id } of probed) this.#yielding.asked(id, now)
    return probed
  }

  nextWake(now: number): number {
    let at = earlier(this.#yielding.nextWake(), this.#queues.lookAt)
    // Nothing else is due before the queues have been looked at.
    if (this.#queues.lookAt !== Number.POSITIVE_INFINITY) return at
    for (const remote of this.#core.remotes.values()) {
      const bytes = this.#nextBytes(remote, false, now)
      // What waits for no rate was sent at once.
      if (bytes !== undefined && !this.#giving.isSpent)
        at = earlier(at, Math.max(now + 1, this.#rates.availableAt(remote, bytes, now)))
    }
    return at
  }
}
