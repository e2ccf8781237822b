/** Which swarms a link carries, under which slots, and what the other side holds of each, as it says. */
import { Bitfield } from '../../shared/bitfield.ts'
import { fromHex, toHex } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { slotCountMax } from '../../shared/limits.ts'
import type { ControlMessage } from '../../shared/wire.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'

/** A slot is a u16 on the wire. */
const slotNumberCount = 2 ** 16

export class Attachments {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Tells a peer that this side takes part in a swarm, and what it holds. */
  attach(remote: Remote, swarm: Swarm): void {
    if (remote.mySlots.has(swarm.id) || remote.mySlots.size >= slotCountMax) return
    // Numbers come round late, so that what is still said about an earlier swarm never meets a new one.
    const used = new Set(remote.mySlots.values())
    let slot = (remote.lastSlot + 1) % slotNumberCount
    while (used.has(slot)) slot = (slot + 1) % slotNumberCount
    remote.lastSlot = slot
    remote.mySlots.set(swarm.id, slot)
    const have = this.#core.isGiving ? swarm.have.bytes.slice() : new Uint8Array(swarm.have.bytes.length)
    this.#send(remote, { type: 'attach', slot, swarm: fromHex(swarm.id)!, have })
  }

  /** @returns what is wrong with the message, if anything */
  attached(remote: Remote, message: Extract<ControlMessage, { type: 'attach' }>): string | undefined {
    const id = toHex(message.swarm) as SwarmId
    if (remote.theirSlots.size + remote.leftSlots.size >= slotCountMax) return 'too many swarms on one link'
    if (remote.theirSlots.has(message.slot) || remote.leftSlots.has(message.slot))
      return `slot ${message.slot} is taken`
    const swarm = this.#core.swarms.get(id)
    if (!swarm) {
      remote.introducedIn.delete(id)
      this.#send(remote, { type: 'decline', slot: message.slot })
      return undefined
    }
    if (remote.holdings.has(id)) return 'swarm attached twice'
    const have = Bitfield.decode(message.have, swarm.geometry.chunkCount)
    if (!have.ok) return have.violation
    remote.theirSlots.set(message.slot, id)
    const cursor = this.#core.rng.below(swarm.geometry.chunkCount || 1)
    remote.holdings.set(id, { have: have.value, cursor, untold: [] })
    swarm.countCopies(have.value, 1)
    this.attach(remote, swarm)
    return undefined
  }

  /** The peer is not in that swarm: should it enter, it will attach, and then this side does again. */
  declined(remote: Remote, slot: number): void {
    for (const [id, mine] of remote.mySlots) {
      if (mine !== slot || remote.holdings.has(id)) continue
      remote.mySlots.delete(id)
      remote.introducedIn.delete(id)
    }
  }

  /** The peer left a swarm: this side stops speaking of it too, and says so, which frees its slot over there. */
  detached(remote: Remote, slot: number, id: SwarmId): void {
    remote.theirSlots.delete(slot)
    // Leaving must not be a way to claim anew.
    if (remote.claims.get(id)?.length) remote.isClaimBroken = true
    const holdings = remote.holdings.get(id)
    if (holdings) this.#core.swarms.get(id)?.countCopies(holdings.have, -1)
    this.#forget(remote, id)
  }

  /** This side leaves a swarm. What peers still say of it is ignored until they have heard. */
  leave(id: SwarmId): void {
    for (const remote of this.#core.remotes.values()) {
      for (const [slot, theirs] of remote.theirSlots) {
        if (theirs !== id) continue
        remote.theirSlots.delete(slot)
        remote.leftSlots.add(slot)
      }
      this.#forget(remote, id)
    }
  }

  #forget(remote: Remote, id: SwarmId): void {
    const slot = remote.mySlots.get(id)
    if (slot !== undefined) this.#send(remote, { type: 'detach', slot })
    remote.mySlots.delete(id)
    remote.holdings.delete(id)
    remote.claims.delete(id)
    remote.introducedIn.delete(id)
  }

  /** @returns how many of the chunks are news; undefined when the file has no such chunk */
  announced(remote: Remote, swarm: Swarm, indexes: readonly number[]): number | undefined {
    const holdings = remote.holdings.get(swarm.id)
    if (!holdings) return 0
    let newCount = 0
    for (const index of indexes) {
      if (index >= swarm.geometry.chunkCount) return undefined
      if (!holdings.have.add(index)) continue
      swarm.copies[index]!++
      newCount++
    }
    return newCount
  }

  #send(remote: Remote, message: ControlMessage): void {
    this.#core.emit({ type: 'send', peer: remote.id, message })
  }
}
