/** Ties a tracker to a bus: what its machine asks of it, what comes of it, and the passing of time. */
import { randomBytes } from 'node:crypto'
import { assertNever } from '../../shared/assert.ts'
import type { Log } from '../../shared/log.ts'
import type { Distribution } from '../../shared/metric.ts'
import type { Cluster, ClusterOptions } from '../core/cluster.ts'
import type { BusEffect, TrackerEffect } from '../core/effects.ts'
import { checkSetting } from '../core/limits.ts'
import { type NodeId, nodeIdBytes } from '../core/node-ids.ts'

import type { Bus } from '../ports.ts'
import { createBusCipher } from './bus-cipher.ts'
import { RedisBus } from './redis-bus.ts'
import type { SharedDoor } from './shared-door.ts'

/** Digests of a swarm are several seconds apart; of a swarm that is new others hear within one. */
const tickMs = 500

/** A bus that hangs is noticed by its silence (redis-bus.ts): what was said so long before may not have been heard. */
const unnoticedMsMax = 15_000

export interface BusOptions {
  /** What joins this tracker to the others of its service, who have the same `key`. Alone by default. */
  bus?: Bus | RedisAddress
  /** How this tracker calls itself at Redis. */
  nodeName?: string
  /** What counts the connections of each address together with other processes of this machine. */
  sharedDoor?: SharedDoor
}

export interface RedisAddress {
  /** `redis://` or, with TLS, `rediss://`. */
  url: string
  /** In place of one in the address. */
  password?: string
}

export interface Joined {
  /** This run of this tracker, alone or not. */
  readonly node: NodeId
  readonly bus: Bus | undefined
  readonly cluster: ClusterOptions | undefined
}

/** @throws Error that names a wrong setting, its value and what would be right */
export function joinBus(options: BusOptions & { key?: Uint8Array }, key: Uint8Array, log: Log): Joined {
  const node = randomBytes(nodeIdBytes).toString('base64url') as NodeId
  if (options.bus !== undefined) {
    checkSetting('key', 'none', options.key !== undefined, 'the one that all trackers on the bus share')
  }
  const bus = busOf(options, log)
  return { node, bus, cluster: bus && { node, cipher: createBusCipher(key), emit: busRunner(bus) } }
}

function busOf({ bus, nodeName: name }: BusOptions, log: Log): Bus | undefined {
  if (bus === undefined) return undefined
  if (!('url' in bus)) return bus
  const isRedis = URL.canParse(bus.url) && ['redis:', 'rediss:'].includes(new URL(bus.url).protocol)
  // What was given is not repeated: there may be a password in it.
  checkSetting('bus', 'the value given', isRedis, 'an address such as redis://127.0.0.1:6379')
  return new RedisBus({ ...bus, ...(name !== undefined && { name }), log })
}

/** Carries out what the machine asks of a bus. */
const busRunner = (bus: Bus) => (effect: BusEffect) => {
  switch (effect.type) {
    case 'publish':
      return bus.publish(effect.node, effect.text)
    case 'putDigest':
      return bus.putDigest(effect.topic, effect.text, effect.lifetimeMs)
    case 'readDigests':
      return bus.readDigests(effect.topic)
    default:
      return assertNever(effect)
  }
}

export interface BusStats {
  isUp: boolean
  droppedCount: number
  /** From handing a message over until the bus has it. */
  publishSeconds: Distribution
}

export interface ClusterLinkParts {
  bus: Bus
  node: NodeId
  cluster: Cluster
  /** Carries out what the machine gives back. */
  run: (effects: readonly TrackerEffect[]) => void
  now: () => number
}

export class ClusterLink {
  readonly #parts: ClusterLinkParts
  readonly #timer: NodeJS.Timeout
  #hasLeft = false
  /** When the bus was last seen to be up. */
  #upMs = Number.NEGATIVE_INFINITY
  #wasUp = false

  constructor(parts: ClusterLinkParts) {
    this.#parts = parts
    const { bus, node, cluster, run, now } = parts
    bus.open(node, {
      message: (text) => run(cluster.receive(text, now())),
      digests: (topic, texts) => run(cluster.digests(topic, texts, now())),
      unheard: (other) => run(cluster.unheard(other, now())),
    })
    this.#timer = setInterval(() => this.#tick(), tickMs)
  }

  #tick(): void {
    const { bus, cluster, now } = this.#parts
    const { isUp } = bus
    if (isUp && !this.#wasUp) cluster.bans.arrive(this.#upMs - unnoticedMsMax, now())
    if (isUp) this.#upMs = now()
    this.#wasUp = isUp
    cluster.wake(now(), Date.now())
  }

  stats(): BusStats {
    const { isUp, droppedCount, publishTimes } = this.#parts.bus
    return { isUp, droppedCount, publishSeconds: publishTimes.read() }
  }

  /** Nobody elsewhere is told of this tracker's peers any more; those that are here can still be signalled with. */
  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#parts.cluster.leave(this.#parts.now())
  }

  async close(): Promise<void> {
    this.leave()
    clearInterval(this.#timer)
    await this.#parts.bus.close()
  }
}
