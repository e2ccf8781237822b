/**
 * A rate limit with a burst: tokens drip in at a steady rate and wait in a bucket that holds no more than the burst.
 * Counts whatever its owner counts (bytes, messages); knows no clock: every call brings its time in milliseconds.
 */
import { assert } from './assert.ts'

/** Added to a wait, so that rounding never refuses its end: at today's dates, times lie 0.00025 ms apart. */
const roundingMs = 0.001

export class TokenBucket {
  #perMs: number
  #burst: number
  #tokens: number
  /** Always a number: as `undefined` at first, each later one would be an object of its own. */
  #atMs = Number.NEGATIVE_INFINITY

  /** Starts full. */
  constructor(ratePerSecond: number, burst: number) {
    check(ratePerSecond, burst)
    this.#perMs = ratePerSecond / 1000
    this.#burst = burst
    this.#tokens = burst
  }

  /** Another rate and burst from now on: what waits in the bucket stays, as far as it fits. */
  setRate(ratePerSecond: number, burst: number, nowMs: number): void {
    check(ratePerSecond, burst)
    this.#refill(nowMs)
    this.#perMs = ratePerSecond / 1000
    this.#burst = burst
    this.#tokens = Math.min(this.#tokens, burst)
  }

  /**
   * Takes tokens if they are there. An amount above the burst is taken from a full bucket and leaves a debt, so that
   * it passes late in place of never.
   */
  take(amount: number, nowMs: number): boolean {
    this.#refill(nowMs)
    if (this.#tokens < this.#needed(amount)) return false
    this.#tokens -= amount
    return true
  }

  /** A time at which `take(amount)` succeeds if nothing else is taken before it: `nowMs` when it would at once. */
  availableAt(amount: number, nowMs: number): number {
    this.#refill(nowMs)
    const missing = this.#needed(amount) - this.#tokens
    return missing <= 0 ? nowMs : nowMs + missing / this.#perMs + roundingMs
  }

  #needed(amount: number): number {
    return Math.min(amount, this.#burst)
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return
    this.#tokens = refilled(this.#tokens, nowMs - this.#atMs, this.#perMs, this.#burst)
    this.#atMs = nowMs
  }
}

/** What is in a bucket after some time in which nothing was taken. */
export const refilled = (tokens: number, elapsedMs: number, perMs: number, burst: number): number =>
  Math.min(burst, tokens + elapsedMs * perMs)

function check(ratePerSecond: number, burst: number): void {
  assert(ratePerSecond > 0 && Number.isFinite(ratePerSecond), `token rate of ${ratePerSecond} per second`)
  assert(burst > 0 && Number.isFinite(burst), `token burst of ${burst}`)
}
