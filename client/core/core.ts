/** What the parts of one engine share: its files, its peers, chance, and where effects go. */
import { assert } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import { Edges } from './edges.ts'
import type { Effect, Source } from './engine-events.ts'
import type { Remote } from './remote.ts'
import { type EngineSettings, hashingBytesMax } from './settings.ts'
import type { Swarm } from './swarm.ts'

export class Core {
  readonly settings: EngineSettings
  readonly rng: Rng
  readonly swarms = new Map<SwarmId, Swarm>()
  readonly remotes = new Map<PeerId, Remote>()
  readonly edges = new Edges()
  /** Whether this client uploads at all. One that does not announces nothing: what cannot be had from it is no copy. */
  isGiving = true
  /** True while verified bytes wait for the store. */
  #isFullDownstream = false
  /** Bytes of whole chunks that wait for their hashes. */
  hashingBytes = 0
  /** True while peers may yet be found: there is consent, a tracker, and a file. */
  seeksPeers = false
  /** Bytes that came and were of no use. */
  wastedBytes = 0
  /** Where this side's clock begins, as peers see it: they need not know how old the page is. */
  readonly #clockStart: number
  #effects: Effect[] = []

  constructor(settings: EngineSettings, rng: Rng) {
    this.settings = settings
    this.rng = rng
    this.#clockStart = rng.uint32()
  }

  /** True when no more is to be asked for until what is here has been dealt with. */
  get isPressed(): boolean {
    return this.#isFullDownstream || this.hashingBytes >= hashingBytesMax
  }

  /** Whoever takes the chunks can take no more, or can again. */
  press(on: boolean): void {
    this.#isFullDownstream = on
  }

  /** The peer that a chunk comes from, while it is linked; the origin is none. */
  remoteOf(source: Source): Remote | undefined {
    return source === 'origin' ? undefined : this.remotes.get(source)
  }

  /** The clock that pongs show. */
  clockAt(now: number): number {
    return (this.#clockStart + Math.floor(now)) >>> 0
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
