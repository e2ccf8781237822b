/**
 * The HTTP answers under way, called runs: opened for all that is left at first, for short parts once peers serve, read
 * in order, closed when they meet what is here already, and tried again when they fail.
 */
import { leafBytes } from '../../shared/limits.ts'
import type { Arrivals } from './arrivals.ts'
import { type Core, earlier } from './core.ts'
import { endOf, hedged, isFree, runBytes, serving, startBesidePeers } from './origin-plan.ts'
import { runBackoffMaxMs, runBackoffMinMs, runFailuresMax, runLeadBytes } from './settings.ts'
import { tellClaim } from './share.ts'
import type { Run, Swarm } from './swarm.ts'

/** A run this young says little about the origin's rate: most of its time was the round trip. */
const rateAfterMs = 200

/** A claim is given twice the time that the run should take, and this for the round trips. */
const claimMarginMs = 2_000

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
    if (swarm.runFailures >= runFailuresMax && serving(this.#core, swarm, now) === 0) {
      this.#fail(swarm, 'network', failure.reason)
    }
  }

  #fail(swarm: Swarm, code: 'network' | 'http-status' | 'file-changed', reason: string): void {
    swarm.failed = true
    this.closeAll(swarm)
    this.#core.emit({ type: 'failed', swarm: swarm.id, code, reason })
  }

  /** At a chunk's start: whether a run still does what it is there for. */
  #goesOn(swarm: Swarm, run: Run, index: number, now: number): boolean {
    if (!swarm.isIdle(index)) return false
    if (this.#core.settings.mode === 'fastest' || serving(this.#core, swarm, now) === 0) return true
    // Peers came: a run without a bound gives way to short ones, each where it is needed most.
    return run.isShort
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
    const servingCount = serving(this.#core, swarm, now)
    const start =
      servingCount === 0 ? swarm.firstOpen((index) => isFree(swarm, index)) : startBesidePeers(this.#core, swarm, now)
    if (start === undefined) return
    if (swarm.originGone !== undefined) {
      if (swarm.flights.size === 0 && swarm.hashing.size === 0) this.#fail(swarm, 'http-status', swarm.originGone)
      return
    }
    const bytesMax = servingCount === 0 ? Number.POSITIVE_INFINITY : runBytes(swarm)
    const end = endOf(swarm, start, bytesMax)
    this.#open(swarm, start, end, servingCount > 0, now)
    if (servingCount === 0 || swarm.copies[start] !== 0) return
    const ms = ((end - start) * swarm.geometry.chunkBytes * 1_000) / (swarm.httpBytesPerSecond || 1)
    const withinMs = Math.round(Math.min(claimMarginMs + 2 * ms, 0xffffffff))
    tellClaim(this.#core, swarm, { first: start, count: end - start, withinMs })
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
    const index = hedged(swarm).find(({ at }) => at <= now)?.index
    if (index !== undefined) this.#open(swarm, index, index + 1, true, now)
  }

  nextWake(now: number): number {
    let at = Number.POSITIVE_INFINITY
    for (const swarm of this.#core.swarms.values()) {
      if (swarm.failed || swarm.wants.size === 0 || swarm.have.isFull) continue
      if (swarm.runNotBefore > now) at = earlier(at, swarm.runNotBefore)
      else {
        for (const hedge of hedged(swarm)) at = earlier(at, Math.max(hedge.at, now + 10))
        // The floor is looked at again while peers serve below it.
        at = earlier(at, now + 100)
      }
    }
    return at
  }
}
