/** How often each token was used that may not be used without end. What cannot be remembered is not allowed. */
import { Deadlines } from './deadlines.ts'

export class TokenUses {
  readonly #countMax: number
  readonly #used = new Map<string, number>()
  readonly #ends = new Deadlines<string>()

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** Tokens that are remembered. */
  get size(): number {
    return this.#used.size
  }

  /** @param endMs when the token runs out, and may be forgotten @returns whether this use is one of those that it has */
  take(id: string, usesMax: number, endMs: number, now: number): boolean {
    this.expire(now)
    const used = this.#used.get(id) ?? 0
    if (used >= usesMax || (used === 0 && this.#used.size >= this.#countMax)) return false
    this.#used.set(id, used + 1)
    this.#ends.extend(id, endMs)
    return true
  }

  /** It was used elsewhere. Beyond those that can be remembered nothing is to be had with it here either. */
  note(id: string, endMs: number, now: number): void {
    this.expire(now)
    const used = this.#used.get(id) ?? 0
    if (used === 0 && this.#used.size >= this.#countMax) return
    this.#used.set(id, used + 1)
    this.#ends.extend(id, endMs)
  }

  expire(now: number): void {
    for (const id of this.#ends.take(now)) this.#used.delete(id)
  }
}
