/** A tracker machine with a clock and a handful of verbs, for tests that say what each peer sees. */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { createRng, type Rng } from '../../shared/rng.ts'
import type { Signal, TrackerMessage } from '../../shared/tracker-messages.ts'
import type { TrackerEffect } from '../../tracker/core/effects.ts'
import type { TrackerLimits } from '../../tracker/core/limits.ts'
import type { Location } from '../../tracker/core/location.ts'
import type { Hmac } from '../../tracker/core/tickets.ts'
import { TrackerMachine, type TrackerMachineOptions } from '../../tracker/core/tracker-machine.ts'

type Of<T extends TrackerMessage['type']> = TrackerMessage & { type: T }

export const swarmA = 'a'.repeat(40) as SwarmId
export const swarmB = 'b'.repeat(40) as SwarmId

export const offer: Signal = { session: 's1', description: { type: 'offer', sdp: 'v=0\r\n' } }
export const answer: Signal = { session: 's1', description: { type: 'answer', sdp: 'v=0\r\n' } }

/** `203.0.113.5`, or groups of IPv6 without `::` shortening (`2001:db8:0:0:0:0:0:1`). */
export function addressBytes(text: string): Uint8Array {
  if (text.includes('.')) return Uint8Array.from(text.split('.').map(Number))
  return Uint8Array.from(
    text.split(':').flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    }),
  )
}

/** A distinct IPv4 address in a /16 of its own. */
export const farAddress = (i: number): string => `${1 + (i >> 8)}.${i & 0xff}.1.1`

export class TrackerCrowd {
  readonly machine: TrackerMachine
  now = 0
  #count = 0

  constructor(
    limits: Partial<TrackerLimits> = {},
    rng: Rng = createRng([1, 2, 3, 4]),
    hmac?: Hmac,
    more: Partial<TrackerMachineOptions> = {},
  ) {
    const all = { connectionsPerAddressMax: 100_000, busyConnectionsPerAddressMax: 100_000, ...limits }
    this.machine = new TrackerMachine({ rng, limits: all, ...(hmac && { hmac }), ...more })
  }

  /** The id of a new peer that was let in. */
  connect(address: string, location?: Location): PeerId {
    const id = String(++this.#count).padStart(22, 'p') as PeerId
    const effects = this.machine.connect(id, addressBytes(address), location, this.now)
    if (effects.some((effect) => effect.type === 'close')) throw new Error('refused')
    return id
  }

  say(id: PeerId, message: object): TrackerEffect[] {
    return this.machine.receive(id, JSON.stringify(message), this.now)
  }

  join(id: PeerId, { swarm = swarmA, have = 0, want = 0, gives = true } = {}): Of<'peers'> {
    return only(this.say(id, { type: 'join', swarm, have, want, ...(!gives && { gives }) }), 'peers', id)
  }

  /** A new peer in the swarm, who asked for nobody. */
  member(
    address: string,
    { swarm = swarmA, have = 0, ...location }: { swarm?: SwarmId; have?: number } & Location = {},
  ) {
    const id = this.connect(address, location)
    this.join(id, { swarm, have })
    return id
  }

  signal(from: PeerId, to: PeerId, signal: Signal = offer): TrackerEffect[] {
    return this.say(from, { type: 'signal', to, signal })
  }

  leave(id: PeerId): void {
    this.machine.disconnect(id)
  }
}

/** The one message that the tracker sends, which must be of this type and to this peer. */
export function only<T extends TrackerMessage['type']>(effects: TrackerEffect[], type: T, to: PeerId): Of<T> {
  const [effect] = effects
  if (effects.length !== 1 || effect?.type !== 'send' || effect.to !== to || effect.message.type !== type) {
    throw new Error(`not one ${type} to ${to}: ${JSON.stringify(effects)}`)
  }
  return effect.message as Of<T>
}

export const refusal = (effects: TrackerEffect[], to: PeerId): Of<'refused'> => only(effects, 'refused', to)
