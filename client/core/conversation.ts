/** What peers say, taken to the part that it concerns; what they may not say is blamed. */
import { assertNever } from '../../shared/assert.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { decodeWire, type WireMessage } from '../../shared/wire.ts'
import type { Attachments } from './attachments.ts'
import type { Core } from './core.ts'
import type { Downloads } from './downloads.ts'
import { tellAgain } from './haves.ts'
import type { Mesh } from './mesh.ts'
import { settleRecalls } from './recalls.ts'
import type { Remote } from './remote.ts'
import { payloadBytesLeast } from './settings.ts'
import { noteClaim } from './share.ts'
import type { Uploads } from './uploads.ts'
import { passFence } from './withdrawals.ts'

export interface ConversationParts {
  core: Core
  mesh: Mesh
  attachments: Attachments
  downloads: Downloads
  uploads: Uploads
  strike: (remote: Remote) => void
  /** Something that was on its way must come from elsewhere. */
  replan: (now: number) => void
}

type AboutSwarm = Extract<WireMessage, { type: 'detach' | 'have' | 'lost' | 'claim' | 'request' | 'cancel' | 'refuse' }>

/** What it costs to handle a message, in plain messages. Bytes that were asked for cost nothing. */
function priceOf(message: WireMessage): number {
  switch (message.type) {
    case 'data':
      // A part's last one may be short, but all of them need not be.
      return message.payload.length < payloadBytesLeast ? 0.25 : 0
    // Each part may be answered by a frame of its own.
    case 'request':
      return message.parts.length / 4
    case 'have':
    case 'lost':
      return 1 + message.indexes.length / 64
    // Answered with a bitfield of the same length, and all of it is counted.
    case 'attach':
      return 4 + message.have.length / 512
    default:
      return 1
  }
}

export class Conversation {
  readonly #parts: ConversationParts

  constructor(parts: ConversationParts) {
    this.#parts = parts
  }

  frame(remote: Remote, frame: Uint8Array, now: number): void {
    remote.lastHeardAt = now
    const message = decodeWire(frame)
    if (!message.ok) return this.#parts.strike(remote)
    // `hello` comes once and first; only `bye` may come at any time.
    const isDue = (remote.state === 'open') === (message.value.type !== 'hello')
    if (!isDue && message.value.type !== 'bye') return this.#parts.strike(remote)
    if (!remote.patience.take(priceOf(message.value), now)) return this.#parts.strike(remote)
    this.#said(remote, message.value, now)
  }

  #said(remote: Remote, message: WireMessage, now: number): void {
    const { core, mesh, attachments, downloads, strike } = this.#parts
    switch (message.type) {
      case 'hello':
        return mesh.greeted(remote, message, now)
      case 'ping':
        return core.emit({
          type: 'send',
          peer: remote.id,
          message: { type: 'pong', nonce: message.nonce, clock: core.clockAt(now) },
        })
      case 'pong':
        if (!passFence(core, remote, message.nonce)) return this.#ponged(remote, message, now)
        settleRecalls(core, remote, now)
        return downloads.plan(now)
      case 'twin':
        return mesh.twinSaid(remote, now)
      case 'bye':
        return mesh.left(remote, now)
      case 'attach':
        if (attachments.attached(remote, message) !== undefined) return strike(remote)
        return downloads.fill(remote, now)
      case 'decline':
        return attachments.declined(remote, message.slot)
      case 'data':
        remote.receivedAt = now
        return downloads.data(remote, message, now)
      default: {
        const id = remote.theirSlots.get(message.slot)
        if (id) return this.#saidOf(id, remote, message, now)
        // A slot of a swarm that this side is not in, or has left: nothing to do, and no fault.
        if (message.type === 'detach') remote.leftSlots.delete(message.slot)
        return
      }
    }
  }

  #saidOf(id: SwarmId, remote: Remote, message: AboutSwarm, now: number): void {
    const { core, attachments, downloads, uploads, strike, replan } = this.#parts
    const swarm = core.swarms.get(id)
    switch (message.type) {
      case 'detach':
        downloads.left(remote, id)
        uploads.drop(remote, id)
        attachments.detached(remote, message.slot, id)
        return replan(now)
      case 'have':
        return this.#announced(remote, id, message.indexes, now)
      case 'lost':
        if (!swarm) return
        downloads.lost(remote, swarm, message.indexes)
        return tellAgain(core, swarm, remote, message.indexes)
      case 'claim':
        return noteClaim(remote, id, message, now)
      case 'request':
        return uploads.request(remote, id, message.parts, now) === undefined ? undefined : strike(remote)
      case 'cancel':
        return uploads.cancel(remote, id, message.index)
      case 'refuse':
        return downloads.refused(remote, id, message.index, message.reason, now) ? replan(now) : undefined
      default:
        return assertNever(message)
    }
  }

  #ponged(remote: Remote, { nonce, clock }: Extract<WireMessage, { type: 'pong' }>, now: number): void {
    const sentAt = this.#parts.mesh.ponged(remote, nonce, now)
    if (sentAt !== undefined) this.#parts.uploads.delaySeen(remote, sentAt, clock)
  }

  /** Only news is worth a look at what could be asked for: that costs more than the message did. */
  #announced(remote: Remote, id: SwarmId, indexes: readonly number[], now: number): void {
    const { core, attachments, downloads, strike } = this.#parts
    const swarm = core.swarms.get(id)
    const newCount = swarm && attachments.announced(remote, swarm, indexes)
    if (newCount === undefined) return strike(remote)
    if (newCount > 0) downloads.fill(remote, now)
  }
}
