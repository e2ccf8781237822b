/**
 * When the origin is asked, for what and how much: at first for everything; once peers serve, for what nobody near
 * holds, for what keeps the floor, for what would be late, and for the tail. A run is one HTTP answer read in order.
 */
import type { SwarmId } from '../../shared/ids.ts'
import { leafBytes } from '../../shared/limits.ts'
import type { Arrivals } from './arrivals.ts'
import { type Core, earlier } from './core.ts'
import {
  floorBytesPerSecondMax,
  floorShare,
  hedgeAfterMs,
  runBackoffMaxMs,
  runBackoffMinMs,
  runFailuresMax,
  runLeadBytes,
  runMs,
} from './settings.ts'
import { ownStart } from './share.ts'
import type { Run, Swarm } from './swarm.ts'

/** A run this young says little about the origin's rate: most of its time was the round trip. */
const rateAfterMs = 200

/** The least that is asked for at once while peers serve: below it the request costs more than the bytes. */
const runBytesMin = 256 * 1024

export interface RunFailure {
  reason: string
  retry: boolean
  changed: boolean
  retryAfterMs: number
}

export class OriginRuns {
  readonly #core: Core
  readonly #arrivals: Arrivals
  readonly #swarmOf = new Map<number, Swarm>()
  #nextId = 1

  constructor(core: Core, arrivals: Arrivals) {
    this.#core = core
    this.#arrivals = arrivals
  }

  takeId(): number {
    return this.#nextId++
  }

  /** Takes over the HTTP answer that was under way before the file was known: it starts at byte 0. */
  adopt(swarm: Swarm, run: { id: number; to: number }, now: number): void {
    this.#add(swarm, { id: run.id, isShort: false, from: 0, to: run.to, at: 0, transfer: undefined, startedAt: now })
  }

  #add(swarm: Swarm, run: Run): void {
    swarm.runs.set(run.id, run)
    this.#swarmOf.set(run.id, swarm)
  }

  #remove(swarm: Swarm, run: Run): void {
    swarm.runs.delete(run.id)
    this.#swarmOf.delete(run.id)
    if (!run.transfer) return
    swarm.removeTransfer(run.transfer)
    this.#core.wastedBytes += run.transfer.receivedBytes
    run.transfer = undefined
  }

  #close(swarm: Swarm, run: Run): void {
    this.#remove(swarm, run)
    this.#core.emit({ type: 'closeRun', run: run.id })
  }

  closeAll(swarm: Swarm): void {
    for (const run of [...swarm.runs.values()]) this.#close(swarm, run)
  }

  bytes(id: number, bytes: Uint8Array, now: number): void {
    const swarm = this.#swarmOf.get(id)
    const run = swarm?.runs.get(id)
    if (!swarm || !run) {
      this.#core.wastedBytes += bytes.length
      return
    }
    swarm.originRate.add(bytes.length, now)
    for (let at = 0; at < bytes.length; ) {
      const index = swarm.geometry.chunkAt(run.at)
      if (!run.transfer && !this.#goesOn(swarm, run, index, now)) {
        this.#core.wastedBytes += bytes.length - at
        this.#close(swarm, run)
        break
      }
      run.transfer ??= swarm.startTransfer(index, 'origin', now)
      at += this.#take(swarm, run, bytes.subarray(at))
    }
    this.#measure(swarm, run, now)
  }

  #take(swarm: Swarm, run: Run, bytes: Uint8Array): number {
    const transfer = run.transfer!
    const { index, buffer, receivedBytes } = transfer
    const part = bytes.subarray(0, buffer.length - receivedBytes)
    buffer.set(part, receivedBytes)
    transfer.receivedBytes += part.length
    run.at += part.length
    if (index === 0) this.#digestLeaves(swarm, buffer, receivedBytes, transfer.receivedBytes)
    if (transfer.receivedBytes === buffer.length) {
      run.transfer = undefined
      this.#arrivals.complete(swarm, transfer)
    }
    return part.length
  }

  /** The first chunk's leaves go out one by one as they fill. */
  #digestLeaves(swarm: Swarm, buffer: Uint8Array, before: number, after: number): void {
    for (let leaf = Math.floor(before / leafBytes); leaf * leafBytes < buffer.length; leaf++) {
      const end = Math.min((leaf + 1) * leafBytes, buffer.length)
      if (end > after) return
      this.#core.emit({ type: 'digestLeaf', swarm: swarm.id, leaf, bytes: buffer.slice(leaf * leafBytes, end) })
    }
  }

  #measure(swarm: Swarm, run: Run, now: number): void {
    const ms = now - run.startedAt
    if (ms >= rateAfterMs) swarm.httpBytesPerSecond = ((run.at - run.from) * 1_000) / ms
  }

  ended(id: number, now: number): void {
    const swarm = this.#swarmOf.get(id)
    const run = swarm?.runs.get(id)
    if (!swarm || !run) return
    if (run.at < run.to) {
      this.failed(id, { reason: 'the body ended early', retry: true, changed: false, retryAfterMs: 0 }, now)
      return
    }
    if (swarm.httpBytesPerSecond === 0) {
      swarm.httpBytesPerSecond = ((run.at - run.from) * 1_000) / Math.max(now - run.startedAt, 1)
    }
    this.#remove(swarm, run)
  }

  failed(id: number, failure: RunFailure, now: number): void {
    const swarm = this.#swarmOf.get(id)
    const run = swarm?.runs.get(id)
    if (!swarm || !run) return
    this.#remove(swarm, run)
    if (failure.changed) {
      this.#fail(swarm, 'file-changed', failure.reason)
      return
    }
    if (!failure.retry) {
      swarm.originGone = failure.reason
      return
    }
    const exponent = Math.min(swarm.runFailures++, 10)
    const backoffMs = Math.min(runBackoffMaxMs, runBackoffMinMs * 2 ** exponent)
    swarm.runNotBefore = now + Math.max(failure.retryAfterMs, backoffMs * (0.5 + this.#core.rng.fraction() / 2))
    if (swarm.runFailures >= runFailuresMax && this.#serving(swarm, now) === 0) {
      this.#fail(swarm, 'network', failure.reason)
    }
  }

  #fail(swarm: Swarm, code: 'network' | 'http-status' | 'file-changed', reason: string): void {
    swarm.failed = true
    this.closeAll(swarm)
    this.#core.emit({ type: 'failed', swarm: swarm.id, code, reason })
  }

  /** Peers that hold something of the file and are not resting. */
  #serving(swarm: Swarm, now: number): number {
    let count = 0
    for (const remote of this.#core.remotes.values()) {
      if (remote.state === 'open' && remote.restUntil <= now && remote.holdings.get(swarm.id)?.have.count) count++
    }
    return count
  }

  /** The rate below which the origin helps, by mode: three settings of one rule. */
  #floor(swarm: Swarm): number {
    switch (this.#core.settings.mode) {
      case 'fastest':
        return Number.POSITIVE_INFINITY
      case 'frugal':
        return 0
      case 'balanced': {
        const seen = swarm.httpBytesPerSecond
        return Math.min(floorBytesPerSecondMax, seen === 0 ? Number.POSITIVE_INFINITY : floorShare * seen)
      }
    }
  }

  #isBelowFloor(swarm: Swarm, now: number): boolean {
    return swarm.peerRate.perSecond(now) + swarm.originRate.perSecond(now) < this.#floor(swarm)
  }

  /** At a chunk's start: whether a run still does what it is there for. */
  #goesOn(swarm: Swarm, run: Run, index: number, now: number): boolean {
    if (!swarm.isIdle(index)) return false
    if (this.#core.settings.mode === 'fastest' || this.#serving(swarm, now) === 0) return true
    // Peers came: a run without a bound gives way to short ones, each where it is needed most.
    return run.isShort
  }

  #runBytes(swarm: Swarm): number {
    return Math.max(runBytesMin, swarm.geometry.chunkBytes, (swarm.httpBytesPerSecond * runMs) / 1_000)
  }

  plan(swarm: Swarm, now: number): void {
    if (swarm.failed || this.#core.pressure || now < swarm.runNotBefore) return
    if (swarm.wants.size === 0) {
      this.closeAll(swarm)
      return
    }
    this.#planHedge(swarm, now)
    if (swarm.runs.size > 1) return
    for (const run of swarm.runs.values()) if (run.to - run.at > runLeadBytes) return
    const serving = this.#serving(swarm, now)
    const start = serving === 0 ? swarm.firstOpen((index) => isFree(swarm, index)) : this.#startBesidePeers(swarm, now)
    if (start === undefined) return
    if (swarm.originGone !== undefined) {
      if (swarm.flights.size === 0 && swarm.hashing.size === 0) this.#fail(swarm, 'http-status', swarm.originGone)
      return
    }
    const bytesMax = serving === 0 ? Number.POSITIVE_INFINITY : this.#runBytes(swarm)
    this.#open(swarm, start, this.#endOf(swarm, start, bytesMax), serving > 0, now)
  }

  /** Where the origin helps while peers serve: what nobody near holds, then anything while below the floor. */
  #startBesidePeers(swarm: Swarm, now: number): number | undefined {
    const rare = (index: number) => swarm.copies[index] === 0 && isFree(swarm, index)
    return (
      ownStart(this.#core, swarm, rare) ??
      (this.#isBelowFloor(swarm, now) ? swarm.firstOpen((index) => isFree(swarm, index)) : undefined)
    )
  }

  /** The end of the stretch of chunks from `start` that are wanted, idle, and as rare as the first. */
  #endOf(swarm: Swarm, start: number, bytesMax: number): number {
    const isRare = swarm.copies[start] === 0
    let end = start + 1
    const fits = () => (end - start + 1) * swarm.geometry.chunkBytes <= bytesMax
    const wanted = (index: number) => [...swarm.wants.values()].some((want) => index >= want.first && index < want.end)
    while (end < swarm.geometry.chunkCount && fits() && isFree(swarm, end) && wanted(end)) {
      if (bytesMax < Number.POSITIVE_INFINITY && (swarm.copies[end] === 0) !== isRare) break
      end++
    }
    return end
  }

  #open(swarm: Swarm, start: number, end: number, isShort: boolean, now: number): void {
    const from = swarm.geometry.startOf(start)
    const to = swarm.geometry.endOf(end - 1)
    const run: Run = { id: this.takeId(), isShort, from, to, at: from, transfer: undefined, startedAt: now }
    this.#add(swarm, run)
    this.#core.emit({ type: 'openRun', swarm: swarm.id, run: run.id, from, to })
  }

  /**
   * Asks the origin as well for one chunk that a peer keeps too long: the one that a stream's reader waits for, or,
   * when nothing else is left to ask for, the oldest.
   */
  #planHedge(swarm: Swarm, now: number): void {
    if (swarm.originGone !== undefined || swarm.runs.size > 2) return
    const index = this.#hedged(swarm).find(({ at }) => at <= now)?.index
    if (index !== undefined) this.#open(swarm, index, index + 1, true, now)
  }

  /** The chunks that will be asked of the origin as well, and when. */
  #hedged(swarm: Swarm): { index: number; at: number }[] {
    const hedged: { index: number; at: number }[] = []
    const add = (index: number, afterMs: number) => {
      const transfers = swarm.flights.get(index)
      if (!transfers?.[0] || transfers.some((transfer) => transfer.source === 'origin')) return
      if (isAhead(swarm, index)) return
      hedged.push({ index, at: transfers[0].startedAt + afterMs })
    }
    for (const want of swarm.wants.values()) {
      if (want.order === 'stream' && want.position < want.end) add(want.position, hedgeAfterMs)
    }
    if (
      swarm.runs.size === 0 &&
      swarm.flights.size > 0 &&
      swarm.firstOpen((index) => swarm.isIdle(index)) === undefined
    ) {
      const oldest = swarm.flights.keys().next().value
      if (oldest !== undefined) add(oldest, 2 * hedgeAfterMs)
    }
    return hedged
  }

  forget(id: SwarmId): void {
    const swarm = this.#core.swarms.get(id)
    if (swarm) this.closeAll(swarm)
  }

  nextWake(now: number): number {
    let at = Number.POSITIVE_INFINITY
    for (const swarm of this.#core.swarms.values()) {
      if (swarm.failed || swarm.wants.size === 0 || swarm.have.isFull) continue
      if (swarm.runNotBefore > now) at = earlier(at, swarm.runNotBefore)
      else {
        for (const hedge of this.#hedged(swarm)) at = earlier(at, Math.max(hedge.at, now + 10))
        // The floor is looked at again while peers serve below it.
        at = earlier(at, now + 100)
      }
    }
    return at
  }
}

/** True when a run is on its way to this chunk. */
function isAhead(swarm: Swarm, index: number): boolean {
  const start = swarm.geometry.startOf(index)
  for (const run of swarm.runs.values()) if (start >= run.at && start < run.to) return true
  return false
}

const isFree = (swarm: Swarm, index: number) => swarm.isIdle(index) && !isAhead(swarm, index)
