/**
 * Who is kept out and until when, for an operator: networks after complaints, addresses after faults, and whomever the
 * operator names. Knows keys of places (place.ts), not how people write them.
 */
import { assertNever } from '../../shared/assert.ts'
import type { Bans } from './bans.ts'
import { networkOfPayer } from './place.ts'
import type { Trust } from './trust.ts'

export const banCauses = ['complaints', 'faults', 'operator'] as const
export type BanCause = (typeof banCauses)[number]

export interface BanEntry {
  /** Of a subscriber, or of a network. */
  readonly key: string
  readonly cause: BanCause
  /** How many in a row this is. */
  readonly count: number
  readonly untilMs: number
}

export class Banning {
  readonly #trust: Trust
  readonly #bans: Bans

  constructor(trust: Trust, bans: Bans) {
    this.#trust = trust
    this.#bans = bans
  }

  list(now: number): BanEntry[] {
    return [...this.#trust.bans(now), ...this.#bans.list(now)]
  }

  /** One that held before a restart. */
  restore({ key, cause, count, untilMs }: BanEntry, now: number): void {
    const network = networkOfPayer(key)
    const whom = { network, subscriber: key === network ? undefined : key }
    switch (cause) {
      case 'operator':
        return this.#bans.exclude(whom, untilMs, now)
      case 'faults':
        return this.#bans.adopt({ ...whom, count, untilMs }, now)
      case 'complaints':
        return void this.#trust.ban(network, untilMs - now, now)
      default:
        return assertNever(cause)
    }
  }

  /** Nobody of this address or network is let in, and who is here goes, a moment later. */
  exclude(key: string, forMs: number, now: number): void {
    const network = networkOfPayer(key)
    this.#bans.exclude({ network, subscriber: key === network ? undefined : key }, now + forMs, now)
  }

  /** @returns whether it was kept out, whyever */
  lift(key: string, now: number): boolean {
    const wasBanned = this.list(now).some((ban) => ban.key === key)
    this.#trust.lift(key)
    this.#bans.lift(key)
    return wasBanned
  }
}
