/** What the parts of one engine share: its files, its peers, chance, and where effects go. */
import { assert } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { Effect } from './engine-events.ts'
import type { Remote } from './remote.ts'
import type { EngineSettings } from './settings.ts'
import type { Swarm } from './swarm.ts'

export class Core {
  readonly settings: EngineSettings
  readonly rng: Rng
  readonly swarms = new Map<SwarmId, Swarm>()
  readonly remotes = new Map<PeerId, Remote>()
  /** True while verified bytes wait for the store. */
  pressure = false
  /** Bytes that came and were of no use. */
  wastedBytes = 0
  #effects: Effect[] = []

  constructor(settings: EngineSettings, rng: Rng) {
    this.settings = settings
    this.rng = rng
  }

  emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  takeEffects(): Effect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** Sends a message of a swarm under this side's slot for it. */
  slot(remote: Remote, swarm: SwarmId): number {
    const slot = remote.mySlots.get(swarm)
    assert(slot !== undefined, 'a message of a swarm goes to a peer it was attached to')
    return slot
  }
}

/** The earlier of two instants, either of which may be missing. */
export const earlier = (a: number, b: number | undefined): number => (b === undefined || a < b ? a : b)
