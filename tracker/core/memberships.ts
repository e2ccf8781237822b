/**
 * Which peers are in which swarms: swarms come with their first member and go with their last. Peers whose scopes differ
 * are in different swarms of one name, so that nothing done with a swarm can bring them together.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Membership, Peer } from './peer.ts'
import type { Place } from './place.ts'
import { Swarm } from './swarm.ts'

export class Memberships {
  readonly #swarms = new Map<string, Swarm>()
  /** Peers counted once, and once for each swarm that they are in. */
  peerCount = 0
  count = 0

  get swarmCount(): number {
    return this.#swarms.size
  }

  get swarms(): Iterable<Swarm> {
    return this.#swarms.values()
  }

  find(id: SwarmId, scope: string): Swarm | undefined {
    return this.#swarms.get(id + scope)
  }

  enter(peer: Peer, id: SwarmId): Membership {
    const { scope } = peer.place
    let swarm = this.#swarms.get(id + scope)
    if (swarm === undefined) {
      swarm = new Swarm(id, scope)
      this.#swarms.set(id + scope, swarm)
    }
    const membership = swarm.add(peer)
    if (peer.memberships.size === 0) this.peerCount++
    this.count++
    for (const account of peer.accounts) account.swarmCount++
    peer.memberships.set(id, membership)
    membership.older = peer.newest
    peer.newest = membership
    return membership
  }

  quit(membership: Membership): void {
    const { peer, swarm } = membership
    swarm.remove(membership)
    if (swarm.size === 0) this.#swarms.delete(swarm.id + swarm.scope)
    peer.memberships.delete(swarm.id)
    unlink(membership)
    for (const account of peer.accounts) account.swarmCount--
    this.count--
    if (peer.memberships.size === 0) this.peerCount--
  }

  /** More is known of where the peer is: from now on it is found there, and nowhere else. */
  relocate(peer: Peer, place: Place): void {
    const former = [...peer.memberships.values()]
    for (const membership of former) this.quit(membership)
    peer.place = place
    for (const { swarm, have, gives } of former) {
      const membership = this.enter(peer, swarm.id)
      membership.swarm.update(membership, have, gives)
    }
  }
}

function unlink(membership: Membership): void {
  const { peer, older } = membership
  if (peer.newest === membership) peer.newest = older
  for (let one = peer.newest; one !== undefined; one = one.older) if (one.older === membership) one.older = older
}
