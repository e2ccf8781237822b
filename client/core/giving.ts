/**
 * Whether this client gives anything, and how much in all: so many bytes for each that came. What a visitor gave is never
 * more than what it got, and a crowd still has enough, as on average nobody can give more than is taken. Knows bytes and
 * files, and not who is given what.
 */
import { MiB } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import { tellGiving } from './haves.ts'

/**
 * So much may be given ahead of what is still to come: with nothing at first, nobody could pass anything on, and of 100
 * peers that begin together the last was there at 1.49 times the least time, with this at 1.12 (npm run sim).
 */
const aheadBytesMax = 1 * MiB

export class Giving {
  readonly #core: Core
  #ratioMax = Number.POSITIVE_INFINITY
  #isTurnedOff = false
  #gainedBytes = 0
  #usedBytes = 0
  /** What was to be sent last. */
  #refusedBytes = 0
  /** There was too little left for what was to be sent, and nothing came since. */
  isSpent = false

  constructor(core: Core) {
    this.#core = core
  }

  /** @param ratioMax uploaded bytes for each that came; 0 for none */
  set(isTurnedOff: boolean, ratioMax: number): void {
    this.#isTurnedOff = isTurnedOff || ratioMax <= 0
    this.#ratioMax = ratioMax
    this.isSpent = false
    this.look()
  }

  /** Verified bytes came, from anywhere: a peer, the origin, the store. @returns whether something waited for them */
  gain(bytes: number): boolean {
    this.#gainedBytes += bytes
    return this.isSpent && this.allows(this.#refusedBytes)
  }

  allows(bytes: number): boolean {
    if (this.#ratioMax === Number.POSITIVE_INFINITY) return true
    const budgetBytes = this.#ratioMax * this.#gainedBytes + Math.min(aheadBytesMax, this.#dueBytes)
    const leftBytes = budgetBytes - this.#usedBytes - bytes
    this.isSpent = leftBytes < 0 || leftBytes < this.#keptBytes
    this.#refusedBytes = bytes
    return !this.isSpent
  }

  use(bytes: number): void {
    this.#usedBytes += bytes
  }

  /**
   * Tells everybody when this client begins to give, or ends: a budget that is used up grows while something comes, and
   * what is asked for waits until then. @returns whether it gives
   */
  look(): boolean {
    const isGiving = !this.#isTurnedOff && !(this.isSpent && this.#dueBytes <= aheadBytesMax)
    if (isGiving === this.#core.isGiving) return isGiving
    this.#core.isGiving = isGiving
    for (const swarm of this.#core.swarms.values()) tellGiving(this.#core, swarm)
    return isGiving
  }

  /** What may be given for all that is still to come of the files that are wanted. */
  get #dueBytes(): number {
    let bytes = 0
    for (const { wants, have, geometry } of this.#core.swarms.values()) {
      if (wants.size > 0) bytes += (geometry.chunkCount - have.count) * geometry.chunkBytes
    }
    return this.#ratioMax * bytes
  }

  /** A chunk of a file of which half is here is kept back until all is: everyone stays for one more than it needs. */
  get #keptBytes(): number {
    let bytes = 0
    for (const { have, geometry } of this.#core.swarms.values()) {
      const isMostlyHere = !have.isFull && 2 * have.count > geometry.chunkCount
      if (isMostlyHere) bytes = Math.max(bytes, geometry.chunkBytes)
    }
    return bytes
  }
}
