/**
 * How many connections the link to a peer is worth. Over a long way one carries no more than its window each round trip,
 * whatever the line: a few together carry more. Decides, from rates and round trips alone; opening them is the link's.
 */
import { KiB, laneCountMax, laneEarnedBytes, MiB } from '../../shared/limits.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'

/** Nearer than this a window is no limit: 64 KiB each round trip are 4 MB/s and more. */
const farMs = 15

/** Less under way each round trip is what a thin line holds, not what a window does: every connection begins with as much. */
const windowBytesLeast = 32 * KiB

/**
 * Connections that a download is brought by, over all peers: so many peers need one each. In bench/delay.ts (50 ms, six
 * seeders, two busy cores) 12 and 24 of them bring less than 8 do: each packet of each costs both ends processor time.
 */
const connectionAim = 8

/** Beyond this many a link with several gives some up. */
const tooMany = 12

/** Less than this to come is there sooner than a lane. */
const leftBytesMin = 2 * MiB

/** How often links are looked at; how soon a peer that brings nothing is none of those that do. */
const lookMs = 250
const quietMs = 1_000

/** After this long the rate must be so many times what it was, or the lanes are of no use and closed, for so long. */
const trialMs = 5_000
const gainMin = 1.2
const uselessMs = 60_000

/** Nothing came for this long: the lanes are closed. */
const idleMs = 10_000

export class Lanes {
  readonly #core: Core
  #lookAt = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** Looks at all links, if it is time. */
  look(now: number): void {
    if (now < this.#lookAt) return
    this.#lookAt = now + lookMs
    const remotes = [...this.#core.remotes.values()]
    // Who is being called may soon bring something too.
    const peerCount = remotes.filter((remote) => remote.state !== 'open' || isBringing(remote, now)).length
    for (const remote of remotes) {
      const { lanes } = remote
      if (lanes.connectionCount > 1) this.#review(remote, now)
      if (now < lanes.restUntil) continue
      const count = Math.max(1, Math.min(1 + laneCountMax, Math.floor(connectionAim / peerCount)))
      // Others have come since: what is much too much together is less than the aim.
      if (count < lanes.connectionCount && peerCount * lanes.connectionCount > tooMany) this.#set(remote, count)
      if (count > lanes.connectionCount && this.#isWorthIt(remote, now)) this.#widen(remote, count, now)
    }
  }

  #isWorthIt(remote: Remote, now: number): boolean {
    const { leastMs } = remote.roundTrip
    if (leastMs === undefined || leastMs < farMs || !isBringing(remote, now)) return false
    if (remote.downRate.perSecond(now) * leastMs < windowBytesLeast * 1_000) return false
    return remote.receivedBytes >= laneCountMax * laneEarnedBytes && this.#leftBytes(remote) >= leftBytesMin
  }

  /** What the peer could still bring. */
  #leftBytes(remote: Remote): number {
    let bytes = 0
    for (const id of remote.holdings.keys()) {
      const swarm = this.#core.swarms.get(id)
      if (!swarm || swarm.wants.size === 0) continue
      bytes += (swarm.geometry.chunkCount - swarm.have.count) * swarm.geometry.chunkBytes
    }
    return bytes
  }

  #widen(remote: Remote, connectionCount: number, now: number): void {
    const { lanes } = remote
    if (lanes.connectionCount === 1) {
      lanes.trialEndsAt = now + trialMs
      lanes.rateBefore = remote.downRate.perSecond(now)
    }
    this.#set(remote, connectionCount)
  }

  #review(remote: Remote, now: number): void {
    const { lanes } = remote
    if (now - remote.receivedAt >= idleMs) return this.#set(remote, 1)
    if (now < lanes.trialEndsAt) return
    lanes.trialEndsAt = Number.POSITIVE_INFINITY
    // Who brings nothing now is asked for nothing: that says nothing of the way.
    if (!isBringing(remote, now) || remote.downRate.perSecond(now) >= lanes.rateBefore * gainMin) return
    lanes.restUntil = now + uselessMs
    this.#set(remote, 1)
  }

  #set(remote: Remote, connectionCount: number): void {
    remote.lanes.connectionCount = connectionCount
    this.#core.emit({ type: 'widen', peer: remote.id, connectionCount })
  }
}

const isBringing = (remote: Remote, now: number): boolean =>
  remote.state === 'open' && remote.inFlightBytes > 0 && now - remote.receivedAt < quietMs
