/** A tracker machine that wants tokens, with verification that ends when the test says so. */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { TrackerEffect } from '../../tracker/core/effects.ts'
import type { Grant, Verification } from '../../tracker/core/grant.ts'
import type { TrackerLimits } from '../../tracker/core/limits.ts'
import type { TrackerMachineOptions } from '../../tracker/core/tracker-machine.ts'
import { TrackerCrowd } from './tracker-crowd.ts'

export const hourMs = 3_600_000

/** A right that covers every swarm for an hour, but for what is said. */
export function right(changes: Partial<Grant> = {}): Verification {
  const grant: Grant = {
    bearer: 'sub anna',
    covers: () => true,
    leftMs: hourMs,
    use: undefined,
    region: undefined,
    peersMax: undefined,
    ...changes,
  }
  return { ok: true, grant }
}

export const wrong: Verification = { ok: false, code: 'bad-token', message: 'wrong' }

export class TokenCrowd extends TrackerCrowd {
  constructor(limits: Partial<TrackerLimits> = {}, more: Partial<TrackerMachineOptions> = {}) {
    super(limits, undefined, undefined, { needsToken: true, ...more })
  }

  /** The latest verification of each. */
  readonly #numbers = new Map<PeerId, number>()

  show(id: PeerId, token = 'token'): TrackerEffect[] {
    const effects = this.say(id, { type: 'authorize', token })
    for (const effect of effects) if (effect.type === 'verify') this.#numbers.set(id, effect.verification)
    return effects
  }

  /** The answer about the token that was shown. */
  verified(id: PeerId, outcome: Verification = right()): TrackerEffect[] {
    return this.machine.verified(this.#numbers.get(id) ?? 0, outcome, this.now)
  }

  /** A connection that showed a token. */
  bearer(address: string, grant: Partial<Grant> = {}): PeerId {
    const id = this.connect(address)
    this.show(id)
    this.verified(id, right(grant))
    return id
  }

  /** Lets time go by, with the tracker looking every second. */
  pass(ms: number): TrackerEffect[] {
    const effects: TrackerEffect[] = []
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 1_000)
      effects.push(...this.machine.expire(this.now))
    }
    return effects
  }
}

/** What is said to somebody, as its type or its code. */
export const saidTo = (effects: readonly TrackerEffect[], id: PeerId): string[] =>
  effects.flatMap((effect) => {
    if (effect.to !== id) return []
    if (effect.type === 'close') return [String(effect.code)]
    if (effect.type === 'verify') return ['verify']
    return [effect.message.type === 'refused' ? effect.message.code : effect.message.type]
  })

export const joinOf = (swarm: SwarmId, want = 0) => ({ type: 'join', swarm, have: 0, want })
