/**
 * The conversation about tokens: shown, verified elsewhere, answered, run out. What a token opens is carried out by
 * others; how it is verified is the shell's.
 */
import type { PeerId } from '../../shared/ids.ts'
import type { Servers } from '../../shared/servers.ts'
import type { ClientMessage } from '../../shared/tracker-messages.ts'
import type { Authorization } from './authorization.ts'
import type { Cluster } from './cluster.ts'
import type { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { Verification } from './grant.ts'
import type { Introductions } from './introductions.ts'
import type { Joining } from './joining.ts'
import { type Location, locationOf } from './location.ts'
import type { Memberships } from './memberships.ts'
import type { Peer } from './peer.ts'
import { placeWith, type Scope } from './place.ts'

export interface AuthorizingParts {
  authorization: Authorization
  memberships: Memberships
  introductions: Introductions
  joining: Joining
  conduct: Conduct
  cluster: Cluster | undefined
  /** Whom peers may meet at all. */
  scope: Scope
  /** The servers that a client may use. */
  serversOf: (id: PeerId, location: Location, now: number) => Servers
}

/** Close codes of our own (RFC 6455 §7.4.2), after HTTP's 401 and 403: to come again just so is of no use. */
const unauthorizedClose = 4401
export const forbiddenClose = 4403

export class Authorizing {
  readonly #parts: AuthorizingParts

  constructor(parts: AuthorizingParts) {
    this.#parts = parts
  }

  show(peer: Peer, { token }: ClientMessage & { type: 'authorize' }, now: number): TrackerEffect[] {
    const { authorization, conduct } = this.#parts
    const shown = authorization.show(peer, token, now)
    if (typeof shown === 'number') return [{ type: 'verify', to: peer.id, verification: shown, token }]
    const { code, message } = shown
    return code === 'too-fast' ? conduct.tooFast(peer, { message }, now) : conduct.refuse(peer, { code, message })
  }

  verified(number: number, verification: Verification, now: number): TrackerEffect[] {
    const { authorization, memberships, conduct, joining, scope, serversOf } = this.#parts
    const peer = authorization.settle(number)
    if (peer === undefined) return []
    const outcome = authorization.take(peer, verification, now)
    if ('code' in outcome) {
      const { code, message } = outcome
      // A wrong token is a fault; one that is merely late or meets a full house is not.
      return code === 'bad-token' ? conduct.fault(peer, outcome, now) : conduct.refuse(peer, { code, message })
    }
    const { leftMs, joins, lost, region, isFirst, isBorneAnew, used } = outcome
    if (used !== undefined) this.#parts.cluster?.used(used, now)
    if (region !== undefined && region !== peer.place.location.region) {
      // What the site signed is worth more than what an address lets guess.
      memberships.relocate(peer, placeWith(peer.place, locationOf({ region }), scope))
    }
    return [
      { type: 'send', to: peer.id, message: { type: 'authorized', forMs: Math.floor(leftMs) } },
      ...(isFirst ? serversSaid(peer.id, serversOf(peer.id, peer.place.location, now)) : []),
      ...lost.flatMap((swarm) => {
        this.#quit(peer, swarm)
        return conduct.refuse(peer, { code: 'unauthorized', message: 'the token is not for this swarm', swarm })
      }),
      ...joins.flatMap((join) => (isBorneAnew ? joining.charge(peer, join, now) : joining.admit(peer, join, now))),
    ]
  }

  /** Ends what tokens that ran out had opened, and closes who never showed one. */
  expire(now: number): TrackerEffect[] {
    const { authorization, introductions, conduct } = this.#parts
    const { ended, overdue } = authorization.due(now)
    return [
      ...ended.flatMap((peer) => {
        for (const swarm of [...peer.memberships.keys()]) this.#quit(peer, swarm)
        introductions.forget(peer)
        return conduct.refuse(peer, { code: 'token-expired', message: 'the token has run out: show another' })
      }),
      ...overdue.flatMap((peer) =>
        conduct.expel(peer, 'unauthorized', 'this tracker wants a token', unauthorizedClose),
      ),
    ]
  }

  #quit(peer: Peer, swarm: Parameters<typeof peer.memberships.get>[0]): void {
    const membership = peer.memberships.get(swarm)
    if (membership !== undefined) this.#parts.memberships.quit(membership)
  }
}

const serversSaid = (to: PeerId, servers: Servers): TrackerEffect[] =>
  Object.keys(servers).length === 0 ? [] : [{ type: 'send', to, message: { type: 'servers', ...servers } }]
