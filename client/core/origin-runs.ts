/**
 * The HTTP answers under way, called runs: opened for all that is left at first, for short parts once peers serve, read
 * in order, closed when they meet what is here already, and tried again when they fail.
 */
import { leafBytes } from '../../shared/limits.ts'
import type { Arrivals } from './arrivals.ts'
import { type Core, earlier } from './core.ts'
import { isAnyPaced, isLate, streamStart } from './deadlines.ts'
import { runsOfGone } from './edges.ts'
import type { FailureCode } from './engine-events.ts'
import { noteFailure, type RunFailure } from './origin-failures.ts'
import { chunkCame, claimMs, heard, measure, measureEnded } from './origin-pace.ts'
import {
  beginningMs,
  endOf,
  hedges,
  isFree,
  isGivingWay,
  isServing,
  isStuck,
  isSupplied,
  isUnpromised,
  prospects,
  runBytes,
  spoiled,
  startBesidePeers,
} from './origin-plan.ts'
import { peerPatienceMs, runCountMax } from './settings.ts'
import { isTogether, tellClaim } from './share.ts'
import type { Run, Swarm } from './swarm.ts'

/** How often the plan is looked at again while something is wanted: rates fall without any event. */
const lookMs = 100

/** Where a run starts again for a stream whose window was full: each start costs a request and a round trip. */
const refillShare = 0.5

type RunStart = Pick<Run, 'id' | 'from' | 'to'> & Partial<Pick<Run, 'isShort' | 'isHedge' | 'askedAt' | 'edge'>>

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
    this.#add(swarm, { id: run.id, from: 0, to: run.to }, now)
  }

  #add(swarm: Swarm, init: RunStart, now: number): void {
    const state = {
      at: init.from,
      transfer: undefined,
      startedAt: now,
      lastByteAt: now,
      askedAt: undefined,
      chunkAt: now,
    }
    swarm.runs.set(init.id, { isShort: false, isHedge: false, edge: undefined, ...state, ...init })
    this.#swarmOf.set(init.id, swarm)
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
    heard(swarm, run, bytes.length, now)
    let at = 0
    while (at < bytes.length) {
      const index = swarm.geometry.chunkAt(run.at)
      // An answer that is longer than was promised ends where the file does.
      if (run.at >= run.to || (!run.transfer && !this.#goesOn(swarm, run, index, now))) break
      run.transfer ??= swarm.startTransfer(index, 'origin', now, run.edge)
      at += this.#take(swarm, run, bytes.subarray(at), now)
    }
    measure(this.#core, swarm, run, now)
    if (at === bytes.length) return
    this.#core.wastedBytes += bytes.length - at
    this.#close(swarm, run)
    this.plan(swarm, now)
  }

  #take(swarm: Swarm, run: Run, bytes: Uint8Array, now: number): number {
    const transfer = run.transfer!
    const { index, length, receivedBytes } = transfer
    const part = bytes.subarray(0, length - receivedBytes)
    // A view of what may be megabytes: kept, it would hold all of them.
    transfer.take(part, false)
    run.at += part.length
    if (index === 0) this.#digestLeaves(swarm, transfer.bytes, receivedBytes, transfer.receivedBytes)
    if (transfer.receivedBytes === length) {
      run.transfer = undefined
      chunkCame(swarm, run, length, now)
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

  ended(id: number, now: number): void {
    const swarm = this.#swarmOf.get(id)
    const run = swarm?.runs.get(id)
    if (!swarm || !run) return
    if (run.at < run.to) {
      this.failed(id, { reason: 'the body ended early', retry: true, changed: false, retryAfterMs: 0 }, now)
      return
    }
    measureEnded(this.#core, swarm, run, now)
    this.#remove(swarm, run)
  }

  failed(id: number, failure: RunFailure, now: number): void {
    const swarm = this.#swarmOf.get(id)
    const run = swarm?.runs.get(id)
    if (!swarm || !run) return
    this.#remove(swarm, run)
    if (run.edge !== undefined) return this.#core.edges.failed(swarm, run.edge, failure, now)
    if (failure.changed) {
      this.fail(swarm, 'file-changed', failure.reason)
      return
    }
    if (!failure.retry) {
      swarm.originGone ??= failure.reason
      swarm.progressAt = now
      return
    }
    if (noteFailure(this.#core, swarm, failure, now)) this.fail(swarm, 'network', failure.reason)
  }

  /** No source can serve what is wanted. */
  fail(swarm: Swarm, code: FailureCode, reason: string): void {
    swarm.failed = true
    this.closeAll(swarm)
    this.#core.emit({ type: 'failed', swarm: swarm.id, code, reason })
  }

  /** At a chunk's start: whether a run still does what it is there for. */
  #goesOn(swarm: Swarm, run: Run, index: number, now: number): boolean {
    if (run.isHedge) return swarm.isMissing(index)
    if (!swarm.isIdle(index)) return isUnpromised(this.#core, swarm, index, now)
    // Before the first want is here, the answer that was under way is for the one that is about to come.
    if (!run.isShort && swarm.wants.size > 0 && !swarm.isOpen(index)) return false
    if (run.isShort || this.#core.settings.mode === 'fastest') return true
    // Peers bring something: a run without a bound gives way to short ones, each where it is needed most. A reader that
    // does not wait needs no more than comes in time, and lets peers try.
    const isShared = isAnyPaced(swarm, now) ? isServing(this.#core, swarm, now) : isTogether(this.#core, swarm, now)
    return !isShared || isLate(swarm, index, now)
  }

  plan(swarm: Swarm, now: number): void {
    if (swarm.failed || swarm.wants.size === 0 || this.#core.isPressed) return
    for (const run of runsOfGone(swarm)) this.#close(swarm, run)
    const edge = this.#core.edges.pick(swarm, now)
    if (swarm.originGone !== undefined && !edge) return this.#planWithout(swarm, swarm.originGone, now)
    const wrong = spoiled(this.#core, swarm, now)
    if (wrong) {
      const reason = `chunk ${wrong.index} came ${wrong.times} times from the origin and is not what the manifest says`
      return this.fail(swarm, 'corrupt-origin', reason)
    }
    if (now < swarm.runNotBefore && !edge) return
    this.#planHedge(swarm, now)
    const isShared = isTogether(this.#core, swarm, now)
    for (const run of [...swarm.runs.values()]) {
      if (!isShared || !isGivingWay(this.#core, swarm, run, now)) continue
      if (run.at > run.from) measureEnded(this.#core, swarm, run, now)
      this.#close(swarm, run)
    }
    const due = isShared ? streamStart(this.#core, swarm, prospects(this.#core, swarm, now), now) : undefined
    if (due?.isLate ? swarm.runs.size >= runCountMax : isSupplied(swarm, now)) return
    const start = isShared
      ? (due?.start ?? startBesidePeers(this.#core, swarm, now))
      : swarm.firstIdle((index) => isFree(swarm, index), refillShare)
    if (start === undefined) return
    const bytesMax = isShared
      ? runBytes(swarm, due?.bytesPerSecond ?? swarm.httpBytesPerSecond)
      : Number.POSITIVE_INFINITY
    const end = Math.min(due?.end ?? swarm.geometry.chunkCount, endOf(swarm, start, bytesMax))
    this.#open(swarm, start, end, { isShort: isShared }, now)
    if (!isShared || swarm.copies[start] !== 0) return
    tellClaim(this.#core, swarm, { first: start, count: end - start, withinMs: claimMs(swarm, end - start) })
  }

  /** The origin will not serve this file again: it fails when no peer can go on, and none comes for a while. */
  #planWithout(swarm: Swarm, reason: string, now: number): void {
    if (this.#core.seeksPeers && now - swarm.progressAt < peerPatienceMs) return
    if (isStuck(this.#core, swarm, now)) this.fail(swarm, 'http-status', reason)
  }

  #open(swarm: Swarm, start: number, end: number, kind: { isShort?: boolean; isHedge?: boolean }, now: number): void {
    const id = this.takeId()
    const from = swarm.geometry.startOf(start)
    const to = swarm.geometry.endOf(end - 1)
    const edge = this.#core.edges.pick(swarm, now)
    this.#add(swarm, { id, from, to, ...kind, edge, askedAt: now }, now)
    this.#core.emit({ type: 'openRun', swarm: swarm.id, run: id, from, to, ...(edge && { edge }) })
  }

  /** A chunk is here: a run that was to bring it beside a peer has nothing left to do, and with the last one none has. */
  overtaken(swarm: Swarm, index: number): void {
    if (swarm.have.isFull) return this.closeAll(swarm)
    for (const run of swarm.runs.values()) {
      const isLast = run.to === swarm.geometry.endOf(index)
      if (run.isHedge && isLast && run.at >= swarm.geometry.startOf(index) && run.at < run.to) this.#close(swarm, run)
    }
  }

  /** Silence while nothing was to be read is no fault. */
  readOn(now: number): void {
    for (const swarm of this.#core.swarms.values()) for (const run of swarm.runs.values()) run.lastByteAt = now
  }

  /** Ends answers that have fallen silent. */
  wake(now: number): void {
    if (this.#core.isPressed) return
    for (const swarm of this.#core.swarms.values()) {
      for (const run of [...swarm.runs.values()]) {
        if (now < run.lastByteAt + this.#core.edges.stallMs(swarm)) continue
        this.#core.emit({ type: 'closeRun', run: run.id })
        this.failed(run.id, { reason: 'the origin fell silent', retry: true, changed: false, retryAfterMs: 0 }, now)
      }
    }
  }

  /** Asks the origin as well for chunks that peers would bring too late, as far as that may cost. */
  #planHedge(swarm: Swarm, now: number): void {
    const due = swarm.runs.size < runCountMax ? hedges(this.#core, swarm, now) : []
    const mayBe = (index: number) => swarm.extra.reserve(index, swarm.geometry.lengthOf(index))
    const first = due.find(mayBe)
    if (first === undefined) return
    let end = first + 1
    while (due.includes(end) && mayBe(end)) end++
    this.#open(swarm, first, end, { isShort: true, isHedge: true }, now)
  }

  nextWake(now: number): number {
    let at = Number.POSITIVE_INFINITY
    if (this.#core.isPressed) return at
    for (const swarm of this.#core.swarms.values()) {
      for (const { startedAt, lastByteAt } of swarm.runs.values()) {
        at = earlier(at, Math.max(lastByteAt + this.#core.edges.stallMs(swarm), now + lookMs))
        if (now < startedAt + beginningMs) at = earlier(at, startedAt + beginningMs)
      }
      if (swarm.failed || !swarm.isWanting) continue
      if (swarm.runNotBefore > now) at = earlier(at, swarm.runNotBefore)
      at = earlier(at, now + lookMs)
    }
    return at
  }
}
