/** Asking peers for chunks and taking what they send: windows, stalls, second copies at the end, bytes out of place. */

import type { SwarmId } from '../../shared/ids.ts'
import { KiB, requestPartsMax } from '../../shared/limits.ts'
import type { DataMessage } from '../../shared/wire.ts'
import type { Arrivals } from './arrivals.ts'
import { type Core, earlier } from './core.ts'
import { flightMs, peerMs } from './forecast.ts'
import { behindOf } from './need.ts'
import { isBeginning, pickChunk } from './order.ts'
import { downloading } from './origin-plan.ts'
import { recall, sendCancel } from './recalls.ts'
import type { Remote } from './remote.ts'
import {
  sliceBytesMax,
  stallPenaltyMs,
  stallTimeoutMs,
  windowBytesCrowded,
  windowBytesMax,
  windowBytesMin,
} from './settings.ts'
import { noteStall } from './share.ts'
import type { Holdings, Swarm } from './swarm.ts'
import type { Transfer } from './transfer.ts'
import { expireWithdrawals, isWithdrawn, withdraw } from './withdrawals.ts'

/** At the end, a chunk is asked of a second peer only when that one would have it in half the time, and this. */
const secondCopyGainMs = 200

/** A peer makes progress when this much came: less within the stall timeout, a drip, counts as nothing. */
const progressBytesMin = 16 * KiB

/** One that is far behind the others, as it has fewer links, asks this many times more of each. */
const behindFactor = 3

/** So many times what the path held is asked of a peer with several connections. */
const lanedFactor = 2

/** The window is filled up when it has drained to this share. */
const refillShare = 0.5

/** So many refusals in a row of what a peer said that it has, and none of it verified: its word is not worth asking. */
const missesMax = 3

export class Downloads {
  readonly #core: Core
  readonly #arrivals: Arrivals
  readonly #blame: (remote: Remote, weight: 'strike' | 'ban', reason: string) => void

  constructor(
    core: Core,
    arrivals: Arrivals,
    blame: (remote: Remote, weight: 'strike' | 'ban', reason: string) => void,
  ) {
    this.#core = core
    this.#arrivals = arrivals
    this.#blame = blame
  }

  /** Asks every peer for as much as its window takes, those last from which something was recalled. */
  plan(now: number): void {
    if (this.#core.isPressed) return
    const { remotes } = this.#core
    for (const remote of remotes.values()) if (remote.recalls === 0) this.fill(remote, now)
    for (const remote of remotes.values()) if (remote.recalls > 0) this.fill(remote, now)
  }

  /** Asks once a good part of the window is free, for all of it together: each frame costs a wait in the browser. */
  fill(remote: Remote, now: number): void {
    if (remote.state !== 'open' || remote.restUntil > now || this.#core.isPressed) return
    const window = this.#windowBytes(remote, now)
    if (remote.inFlightBytes > window * refillShare) return
    if (remote.inFlightBytes === 0) remote.lastByteAt = now - remote.waitedMs
    let asked: Swarm | undefined
    let parts: { index: number; offset: number; length: number }[] = []
    const ask = () => {
      if (!asked || parts.length === 0) return
      const slot = this.#core.slot(remote, asked.id)
      this.#core.emit({ type: 'send', peer: remote.id, message: { type: 'request', slot, parts } })
      parts = []
    }
    while (remote.inFlightBytes < window) {
      const next = this.#continued(remote) ?? this.#started(remote, now)
      if (!next) break
      const { swarm, transfer } = next
      if (swarm !== asked || parts.length === requestPartsMax) ask()
      asked = swarm
      const length = Math.min(sliceBytesMax, transfer.length - transfer.requestedBytes)
      parts.push({ index: transfer.index, offset: transfer.requestedBytes, length })
      transfer.requestedBytes += length
      remote.inFlightBytes += length
    }
    ask()
  }

  /** A chunk of which only a part has been asked for. */
  #continued(remote: Remote): { swarm: Swarm; transfer: Transfer } | undefined {
    for (const [id, transfers] of remote.transfers) {
      const swarm = this.#core.swarms.get(id)
      if (!swarm || swarm.geometry.chunkBytes <= sliceBytesMax) continue
      for (const transfer of transfers.values()) {
        if (transfer.requestedBytes < transfer.length) return { swarm, transfer }
      }
    }
    return undefined
  }

  #started(remote: Remote, now: number): { swarm: Swarm; transfer: Transfer } | undefined {
    for (const [id, holdings] of remote.holdings) {
      const swarm = this.#core.swarms.get(id)
      if (!swarm || swarm.failed || swarm.wants.size === 0 || !remote.mySlots.has(id)) continue
      if (isBeginning(this.#core, swarm, now)) continue
      const chance = downloading(this.#core, swarm) > 0 ? this.#core.rng : undefined
      const index =
        pickChunk(swarm, remote, holdings, (candidate) => !isWithdrawn(remote, id, candidate), now, chance) ??
        this.#secondCopy(swarm, remote, holdings, now)
      if (index === undefined) {
        recall(this.#core, swarm, remote, holdings, now)
        continue
      }
      holdings.cursor = index + 1
      const transfer = swarm.startTransfer(index, remote.id, now)
      remote.transfersOf(id).set(index, transfer)
      this.#arrivals.pages.ask(swarm, index)
      return { swarm, transfer }
    }
    return undefined
  }

  /** At the end, when nobody can be asked for anything new: a chunk that this peer would bring much sooner. */
  #secondCopy(swarm: Swarm, remote: Remote, holdings: Holdings, now: number): number | undefined {
    if (swarm.idle.count > 0 || swarm.flights.size === 0 || holdings.have.count === 0) return undefined
    if (!remote.service.isKnown || !swarm.extra.hasRoom(swarm.geometry.chunkBytes)) return undefined
    const mine = peerMs(remote, swarm.geometry.chunkBytes, now)
    let best: number | undefined
    let latest = 2 * mine + secondCopyGainMs
    for (const [index, transfers] of swarm.flights) {
      const [transfer, second] = transfers
      if (!transfer || second || transfer.source === 'origin' || transfer.source === remote.id) continue
      if (!holdings.have.has(index) || isWithdrawn(remote, swarm.id, index)) continue
      const theirs = flightMs(this.#core, swarm, index, now)
      if (theirs <= latest) continue
      best = index
      latest = theirs
    }
    return best !== undefined && swarm.extra.reserve(best, swarm.geometry.lengthOf(best)) ? best : undefined
  }

  data(remote: Remote, message: DataMessage, now: number): void {
    const { index, offset, payload } = message
    const id = remote.theirSlots.get(message.slot)
    const swarm = id && this.#core.swarms.get(id)
    const transfer = id && remote.transfers.get(id)?.get(index)
    if (!swarm || !transfer) {
      this.#core.wastedBytes += payload.length
      // What had been asked for may still come after this side took it back, or left the swarm.
      const isLate = id ? isWithdrawn(remote, id, index) : remote.leftSlots.has(message.slot)
      if (swarm && isLate) swarm.extra.late(payload.length)
      if (isLate && payload.length <= remote.lateBytes) {
        remote.lateBytes -= payload.length
        return
      }
      this.#blame(remote, 'strike', 'data that was not asked for')
      return
    }
    if (offset !== transfer.receivedBytes || offset + payload.length > transfer.requestedBytes) {
      this.#core.wastedBytes += payload.length
      this.#blame(remote, 'ban', `bytes ${offset}+${payload.length} of chunk ${index} are out of place`)
      return
    }
    transfer.take(payload, true)
    remote.inFlightBytes -= payload.length
    remote.progressBytes += payload.length
    if (remote.progressBytes >= progressBytesMin || remote.inFlightBytes === 0) {
      remote.progressBytes = 0
      remote.waitedMs = 0
      remote.lastByteAt = now
    }
    remote.receivedBytes += payload.length
    remote.downRate.add(payload.length, now)
    swarm.peerRate.add(payload.length, now)
    swarm.floorBook.add(payload.length, now)
    swarm.extra.came(payload.length)
    if (transfer.receivedBytes === transfer.length) {
      remote.transfers.get(swarm.id)!.delete(index)
      remote.service.brought(transfer.length, transfer.startedAt, now)
      this.#arrivals.complete(swarm, transfer)
    }
    this.fill(remote, now)
  }

  /** The peer will not serve this: it is asked elsewhere. @returns whether it had been asked for it */
  refused(remote: Remote, id: SwarmId, index: number, reason: 'missing' | 'busy' | 'off', now: number): boolean {
    const swarm = this.#core.swarms.get(id)
    const transfer = remote.transfers.get(id)?.get(index)
    if (!swarm || !transfer) return false
    this.#drop(remote, swarm, transfer, now)
    if (reason === 'missing') this.lost(remote, swarm, [index])
    if (reason !== 'missing' || ++remote.misses % missesMax === 0)
      remote.restUntil = Math.max(remote.restUntil, now + stallPenaltyMs)
    return true
  }

  /** Chunks that a peer no longer has. */
  lost(remote: Remote, swarm: Swarm, indexes: readonly number[]): void {
    const holdings = remote.holdings.get(swarm.id)
    for (const index of indexes) if (holdings?.have.delete(index)) swarm.copies[index]!--
  }

  /** Takes a request back from its peer, because the chunk came from elsewhere or nobody wants it any more. */
  takeBack(swarm: Swarm, transfer: Transfer, now: number): void {
    const remote = this.#core.remoteOf(transfer.source)
    if (!remote) return
    if (!transfer.isRecalled) sendCancel(this.#core, remote, swarm, transfer.index)
    this.#drop(remote, swarm, transfer, now)
  }

  #drop(remote: Remote, swarm: Swarm, transfer: Transfer, now: number): void {
    swarm.removeTransfer(transfer)
    remote.transfers.get(swarm.id)?.delete(transfer.index)
    const missingBytes = transfer.requestedBytes - transfer.receivedBytes
    remote.inFlightBytes -= missingBytes
    remote.waitedMs = now - remote.lastByteAt
    remote.lateBytes += missingBytes
    withdraw(this.#core, remote, swarm.id, transfer.index, now)
    this.#core.wastedBytes += transfer.receivedBytes
  }

  /** All that a peer was asked for in a swarm is asked elsewhere: it left. */
  left(remote: Remote, id: SwarmId): void {
    const swarm = this.#core.swarms.get(id)
    for (const transfer of remote.transfers.get(id)?.values() ?? []) {
      swarm?.removeTransfer(transfer)
      remote.inFlightBytes -= transfer.requestedBytes - transfer.receivedBytes
      this.#core.wastedBytes += transfer.receivedBytes
    }
    remote.transfers.delete(id)
  }

  /** The same of all swarms: its link is gone. */
  gone(remote: Remote): void {
    for (const id of [...remote.transfers.keys()]) this.left(remote, id)
    for (const [id, holdings] of remote.holdings) this.#core.swarms.get(id)?.countCopies(holdings.have, -1)
    remote.holdings.clear()
  }

  /** Every request for what nobody wants any more is taken back. */
  trim(swarm: Swarm, now: number): void {
    for (const [index, transfers] of [...swarm.flights]) {
      if (swarm.isOpen(index)) continue
      for (const transfer of [...transfers]) this.takeBack(swarm, transfer, now)
    }
  }

  /** Finds peers that send nothing: their requests go elsewhere and they rest. */
  wake(now: number): void {
    for (const remote of this.#core.remotes.values()) {
      expireWithdrawals(remote, now)
      if (remote.restUntil <= now) remote.restUntil = 0
      if (remote.inFlightBytes === 0 || now < remote.lastByteAt + stallTimeoutMs) continue
      remote.restUntil = now + stallPenaltyMs * 2 ** Math.min(remote.stalls, 6)
      remote.service.reset()
      for (const [id, transfers] of remote.transfers) {
        const swarm = this.#core.swarms.get(id)
        if (swarm) for (const transfer of [...transfers.values()]) this.takeBack(swarm, transfer, now)
      }
      noteStall(this.#core, remote, now)
    }
  }

  /**
   * How much may be under way from a peer: twice what its path holds, so that it never waits for the next request.
   * From peers that share their lines among many it is less at first: what one has queued, no other can bring sooner.
   */
  #windowBytes(remote: Remote, now: number): number {
    const pathMs = 2 * (remote.roundTrip.leastMs ?? 0) + busyMs
    // Over several connections more is asked for, to find out how much more they carry.
    const probing = remote.lanes.connectionCount > 1 ? lanedFactor : 1
    const pathBytes = (remote.downRate.perSecond(now) * pathMs * probing) / 1_000
    let leastBytes = windowBytesMin
    for (const [id, { have }] of remote.holdings) {
      const swarm = have.isFull ? undefined : this.#core.swarms.get(id)
      if (swarm)
        leastBytes = Math.min(leastBytes, windowBytesCrowded * (1 + behindFactor * behindOf(this.#core, swarm, now)))
    }
    return Math.min(windowBytesMax, Math.max(leastBytes, pathBytes))
  }

  nextWake(): number {
    let at = Number.POSITIVE_INFINITY
    for (const remote of this.#core.remotes.values()) {
      if (remote.inFlightBytes > 0) at = earlier(at, remote.lastByteAt + stallTimeoutMs)
      else if (remote.restUntil > 0) at = earlier(at, remote.restUntil)
    }
    return at
  }
}

/** How long either page may be busy with something else without the peer running out of requests. */
const busyMs = 100
