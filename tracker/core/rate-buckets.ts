/**
 * Token buckets of one owner, one for each rate, as a row of numbers: a connection has eight and pays from those of its
 * address and its network too, and an object for each number of each would be most of what an idle one costs. Counts
 * whatever its owner counts; knows no clock.
 */
import { refilled } from '../../shared/token-bucket.ts'

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** The same for all owners of a kind. */
export class RateTable<Name extends string> {
  rates: readonly Rate[]
  /** Where each is in the rows of those who have them. */
  readonly indexes: Readonly<Record<Name, number>>

  constructor(rates: Readonly<Record<Name, Rate>>) {
    const names = Object.keys(rates) as Name[]
    this.rates = names.map((name) => rates[name])
    this.indexes = Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>
  }

  /** Other rates from now on, for those who have buckets too. */
  change(rates: Readonly<Record<Name, Rate>>): void {
    this.rates = (Object.keys(this.indexes) as Name[]).map((name) => rates[name])
  }
}

export class RateBuckets<Name extends string> {
  readonly #table: RateTable<Name>
  /** Of each rate the tokens, and when they were counted. */
  readonly #row: number[] = []

  /** They start full. */
  constructor(table: RateTable<Name>) {
    this.#table = table
    for (const { burst } of table.rates) this.#row.push(burst, Number.NEGATIVE_INFINITY)
  }

  /** As `TokenBucket.take`. */
  take(name: Name, amount: number, now: number): boolean {
    const index = this.#table.indexes[name]
    const { perSecond, burst } = this.#table.rates[index]!
    const row = this.#row
    const at = 2 * index
    const elapsedMs = now - row[at + 1]!
    if (elapsedMs > 0) {
      row[at] = refilled(row[at]!, elapsedMs, perSecond / 1_000, burst)
      row[at + 1] = now
    }
    if (row[at]! < Math.min(amount, burst)) return false
    row[at]! -= amount
    return true
  }
}
