/**
 * One file as the engine sees it: what is here, what is wanted, what is on its way and from whom. Knows no peer's
 * state and plans nothing.
 */
import { assert } from '../../shared/assert.ts'
import { Bitfield } from '../../shared/bitfield.ts'
import type { Bytes } from '../../shared/bytes.ts'
import type { Geometry } from '../../shared/geometry.ts'
import type { SwarmId } from '../../shared/ids.ts'
import type { ChunkHashes, Manifest } from '../../shared/manifest.ts'
import type { Order, Source } from './engine-events.ts'
import { ExtraBytes } from './extra-bytes.ts'
import { PaceBook, RateMeter, RoundTrip, Service } from './rate.ts'
import type { ReadPace } from './read-pace.ts'
import { streamAheadBytes } from './settings.ts'
import { Transfer } from './transfer.ts'

/** Chunks [first, end) that a reader or a download wants; a stream has reached the chunk `position`. */
export interface Want {
  readonly order: Order
  readonly first: number
  readonly end: number
  position: number
  /** How its reader reads; a download has none. */
  readonly pace?: ReadPace
}

/** An HTTP answer under way: bytes up to `to` come in order, the next one is at `at`. */
export interface Run {
  readonly id: number
  /** Opened beside peers, for a part that is theirs to leave; otherwise it is to bring all that is left. */
  readonly isShort: boolean
  /** Brings one chunk that a peer was asked for as well, and goes on beside it. */
  readonly isHedge: boolean
  /** The edge that was asked; the file's own address otherwise. */
  readonly edge: string | undefined
  readonly from: number
  readonly to: number
  at: number
  transfer: Transfer | undefined
  readonly startedAt: number
  lastByteAt: number
  /** When it was asked for, until its first byte is here. */
  askedAt: number | undefined
  /** When its last whole chunk was here, or its first byte. */
  chunkAt: number
}

/** A set that its owner alone changes. */
export type ReadonlyBits = Omit<Bitfield, 'add' | 'delete'>

/** A whole chunk that waits for its hash. */
export interface Arrived {
  readonly bytes: Bytes
  readonly source: Source
  readonly edge: string | undefined
}

export class Swarm {
  readonly id: SwarmId
  readonly manifest: Manifest
  readonly geometry: Geometry
  readonly hashes: ChunkHashes
  readonly #have: Bitfield
  /** Chunks that are missing and not on their way: what may be asked for. Follows from the three below. */
  readonly #idle: Bitfield
  /** How many linked peers say that they hold each chunk. */
  readonly copies: Uint16Array
  readonly wants = new Map<number, Want>()
  /** Every chunk on its way, with one transfer a source. */
  readonly flights = new Map<number, Transfer[]>()
  readonly #hashing = new Map<number, Arrived>()
  readonly runs = new Map<number, Run>()
  readonly originRate = new RateMeter()
  readonly peerRate = new RateMeter()
  /** How the origin answers: what a byte takes, and the first one. */
  readonly originService = new Service()
  readonly originTrip = new RoundTrip()
  /** What came, beside the floor that is to be held. */
  readonly floorBook = new PaceBook()
  readonly extra = new ExtraBytes()
  /** The HTTP rate seen while a run flowed. */
  httpBytesPerSecond = 0
  /** What HTTP would bring were there no peers, as far as is known: what the floor is a share of. */
  fairBytesPerSecond = 0
  /** Chunks verified and not yet told to peers, and when those before them were. */
  untold: number[] = []
  toldAt = Number.NEGATIVE_INFINITY
  /** HTTP failures since the origin last brought a chunk, which set the pace, and since anyone did. */
  runFailures = 0
  failuresSinceProgress = 0
  runNotBefore = 0
  /** Why the origin will never serve this file again, when it said so. */
  originGone: string | undefined
  /** When a chunk last came, or the origin was lost. */
  progressAt = 0
  /** When a peer last brought one. */
  peerProgressAt = 0
  readonly corruptByIndex = new Map<number, number>()
  /** Whether edges have the file as well, and those among them that turned out not to have it. */
  readonly hasEdges: boolean
  /** Other hosts that have it, by names that the shell knows. */
  readonly mirrors: readonly string[]
  readonly edgesGone = new Set<string>()
  failed = false
  /** Peers in the swarm as the tracker last said, and how many of those that download came before this one. */
  size = 0
  ahead = 0
  /** Since when there has been somebody to share the work with. */
  togetherAt = Number.POSITIVE_INFINITY
  /** Until when this one fetches in the place of a peer that fetches from the origin and passes nothing on. */
  stepsInUntil = 0
  /** When nothing was left to fetch of this one's part: see share.ts. */
  partDoneAt = Number.POSITIVE_INFINITY

  constructor(
    id: SwarmId,
    manifest: Manifest,
    hashes: ChunkHashes,
    { hasEdges = false, mirrors = [] }: { hasEdges?: boolean; mirrors?: readonly string[] } = {},
  ) {
    this.id = id
    this.hasEdges = hasEdges
    this.mirrors = mirrors
    this.manifest = manifest
    this.geometry = manifest.geometry
    this.hashes = hashes
    this.#have = new Bitfield(this.geometry.chunkCount)
    this.#idle = Bitfield.full(this.geometry.chunkCount)
    this.copies = new Uint16Array(this.geometry.chunkCount)
  }

  /** A new reader may find what an earlier one did not. */
  revive(): void {
    this.failed = false
    this.originGone = undefined
    this.edgesGone.clear()
    this.runFailures = 0
    this.failuresSinceProgress = 0
    this.corruptByIndex.clear()
  }

  /** The chunks of a want that may be asked for now; `share` is the part of a stream's window that is looked at. */
  open(want: Want, share = 1): [first: number, end: number] {
    if (want.order === 'bulk') return [want.first, want.end]
    const ahead = Math.max(2, Math.ceil((share * streamAheadBytes) / this.geometry.chunkBytes))
    return [want.position, Math.min(want.end, want.position + ahead)]
  }

  get have(): ReadonlyBits {
    return this.#have
  }

  get idle(): ReadonlyBits {
    return this.#idle
  }

  /** Whole chunks being hashed, with who sent them. */
  get hashing(): ReadonlyMap<number, Arrived> {
    return this.#hashing
  }

  isMissing(index: number): boolean {
    return !this.#have.has(index) && !this.#hashing.has(index)
  }

  /** Missing and not on its way. */
  isIdle(index: number): boolean {
    return this.#idle.has(index)
  }

  /** The first idle chunk of any open want that `test` accepts. */
  firstIdle(test: (index: number) => boolean, share = 1): number | undefined {
    for (const want of this.wants.values()) {
      const [first, end] = this.open(want, share)
      const found = this.firstIdleOf(first, end, test)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The first idle chunk of [first, end) that `test` accepts. */
  firstIdleOf(first: number, end: number, test: (index: number) => boolean): number | undefined {
    let index = this.#idle.next(first, end)
    for (; index !== undefined; index = this.#idle.next(index + 1, end)) if (test(index)) return index
    return undefined
  }

  /** Whether any open want covers the chunk. */
  isOpen(index: number): boolean {
    for (const want of this.wants.values()) {
      const [first, end] = this.open(want)
      if (index >= first && index < end) return true
    }
    return false
  }

  /** Whether a download that keeps all it gets covers the chunk. */
  isWantedWhole(index: number): boolean {
    return [...this.wants.values()].some(({ order, first, end }) => order === 'bulk' && index >= first && index < end)
  }

  get isWanting(): boolean {
    if (this.#have.isFull) return false
    for (const want of this.wants.values()) {
      const [first, end] = this.open(want)
      if (this.#have.nextMissing(first, end) !== undefined) return true
    }
    return false
  }

  /** A chunk is here, verified. @returns whether it was not before */
  keep(index: number): boolean {
    this.#idle.delete(index)
    return this.#have.add(index)
  }

  /** A chunk is here, verified: the readers that wait for it go on. */
  reached(index: number, now: number): void {
    for (const { position, pace } of this.wants.values()) if (position === index) pace?.arrived(now)
  }

  /** A chunk is here no longer. @returns whether it was */
  lose(index: number): boolean {
    const wasHere = this.#have.delete(index)
    this.#settle(index)
    return wasHere
  }

  beginHashing(index: number, arrived: Arrived): void {
    this.#hashing.set(index, arrived)
    this.#idle.delete(index)
  }

  endHashing(index: number): void {
    this.#hashing.delete(index)
    this.#settle(index)
  }

  #settle(index: number): void {
    if (!this.#have.has(index) && !this.flights.has(index) && !this.#hashing.has(index)) this.#idle.add(index)
  }

  addTransfer(transfer: Transfer): void {
    const others = this.flights.get(transfer.index)
    if (others) others.push(transfer)
    else this.flights.set(transfer.index, [transfer])
    this.#idle.delete(transfer.index)
  }

  removeTransfer(transfer: Transfer): void {
    const others = this.flights.get(transfer.index)
    if (!others) return
    const rest = others.filter((other) => other !== transfer)
    if (rest.length > 0) this.flights.set(transfer.index, rest)
    else this.flights.delete(transfer.index)
    this.#settle(transfer.index)
  }

  startTransfer(index: number, source: Source, now: number, edge?: string): Transfer {
    assert(index < this.geometry.chunkCount, `chunk ${index} of ${this.geometry.chunkCount}`)
    const transfer = new Transfer({ index, source, length: this.geometry.lengthOf(index), startedAt: now, edge })
    this.addTransfer(transfer)
    return transfer
  }

  countCopies(have: Bitfield, by: 1 | -1): void {
    let index = have.next(0, have.length)
    for (; index !== undefined; index = have.next(index + 1, have.length)) this.copies[index]! += by
  }
}

/** What one peer holds of one swarm, as it says. */
export interface Holdings {
  readonly have: Bitfield
  /** Where the search for its next chunk begins: each peer starts elsewhere, so that requests do not collide. */
  cursor: number
  /** What has come here and the peer has too, not told yet. */
  untold: number[]
}
