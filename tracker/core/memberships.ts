/** Which peers are in which swarms: swarms come with their first member and go with their last. */
import type { SwarmId } from '../../shared/ids.ts'
import type { Membership, Peer } from './peer.ts'
import { Swarm } from './swarm.ts'

export class Memberships {
  readonly #swarms = new Map<SwarmId, Swarm>()
  /** Peers counted once, and once for each swarm that they are in. */
  peerCount = 0
  count = 0

  get swarmCount(): number {
    return this.#swarms.size
  }

  enter(peer: Peer, id: SwarmId): Membership {
    let swarm = this.#swarms.get(id)
    if (swarm === undefined) {
      swarm = new Swarm(id)
      this.#swarms.set(id, swarm)
    }
    const membership = swarm.add(peer)
    if (peer.memberships.size === 0) this.peerCount++
    this.count++
    peer.memberships.set(id, membership)
    return membership
  }

  quit(membership: Membership): void {
    const { peer, swarm } = membership
    swarm.remove(membership)
    if (swarm.size === 0) this.#swarms.delete(swarm.id)
    peer.memberships.delete(swarm.id)
    this.count--
    if (peer.memberships.size === 0) this.peerCount--
  }
}
