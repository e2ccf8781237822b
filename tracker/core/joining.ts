/** Peers enter swarms, are told of others in them, and leave. Knows no socket, and nothing of what peers say to each other. */
import { zeroCounts } from '../../shared/counts.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { aheadCountMax } from '../../shared/limits.ts'
import type { Rng } from '../../shared/rng.ts'
import { type ClientMessage, type Tier, type TrackerMessage, tiers } from '../../shared/tracker-messages.ts'
import { take } from './admission.ts'
import type { Authorization } from './authorization.ts'
import type { Cluster } from './cluster.ts'
import type { Conduct } from './conduct.ts'
import type { TrackerEffect } from './effects.ts'
import type { Exposure } from './exposure.ts'
import type { Introductions } from './introductions.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import type { Load } from './load.ts'
import { announces, type TrackerMachineStats } from './machine-stats.ts'
import type { Memberships } from './memberships.ts'
import type { Outcomes } from './outcomes.ts'
import type { Membership, Peer } from './peer.ts'
import { tierOf } from './place.ts'
import { selectPeers } from './selection.ts'
import type { Trust } from './trust.ts'

export interface JoiningParts {
  limits: TrackerLimits
  rng: Rng
  /** Which swarms this tracker serves. */
  serves: (swarm: SwarmId) => boolean
  load: Load
  memberships: Memberships
  introductions: Introductions
  outcomes: Outcomes
  exposure: Exposure
  /** Where tokens are needed. */
  authorization: Authorization | undefined
  trust: Trust
  conduct: Conduct
  /** The other trackers, if there are any. */
  cluster: Cluster | undefined
}

export class Joining {
  readonly #parts: JoiningParts
  readonly #introduced = zeroCounts(tiers)
  readonly #announces = zeroCounts(announces)

  constructor(parts: JoiningParts) {
    this.#parts = parts
  }

  join(peer: Peer, message: ClientMessage & { type: 'join' }, now: number): TrackerEffect[] {
    const { swarm } = message
    const { limits, conduct } = this.#parts
    const taker = take(peer, 'joins', 1, now)
    if (taker !== undefined) {
      return conduct.tooFast(peer, { message: rateText(limits, 'joins'), swarm }, now, taker)
    }
    return this.admit(peer, message, now)
  }

  /** A join that came before it was known whose token the peer has: the others who pay for it were charged then. */
  charge(peer: Peer, message: ClientMessage & { type: 'join' }, now: number): TrackerEffect[] {
    const { limits, conduct } = this.#parts
    const account = peer.bearer?.account
    if (account === undefined || account.take('joins', 1, now)) return this.admit(peer, message, now)
    const { swarm } = message
    return conduct.tooFast(peer, { message: rateText(limits, 'joins'), swarm }, now, account.ledger.noun)
  }

  /** A join that was counted already: it is carried out, waits for a token, or is refused for want of one. */
  admit(peer: Peer, message: ClientMessage & { type: 'join' }, now: number): TrackerEffect[] {
    const { authorization, conduct } = this.#parts
    const gate = authorization?.gate(peer, message, now) ?? 'open'
    if (gate === 'waiting') return []
    return gate === 'open' ? this.#enter(peer, message, now) : conduct.refuse(peer, { ...gate, swarm: message.swarm })
  }

  #enter(peer: Peer, said: ClientMessage & { type: 'join' }, now: number): TrackerEffect[] {
    const { swarm, have, want, gives } = said
    const { limits, serves, load, memberships, introductions, outcomes, exposure, rng, conduct, cluster } = this.#parts
    if (!serves(swarm)) {
      return conduct.refuse(peer, { code: 'unknown-swarm', message: 'this tracker does not serve the swarm', swarm })
    }
    const former = peer.memberships.get(swarm)
    if (former === undefined && peer.memberships.size >= limits.swarmsPerConnectionMax) {
      const message = `at most ${limits.swarmsPerConnectionMax} swarms on one connection`
      return conduct.refuse(peer, { code: 'too-many-swarms', message, swarm })
    }
    const crowded = former === undefined ? peer.accounts.find((account) => !account.hasSwarmsLeft) : undefined
    if (crowded !== undefined) {
      const { noun, limits } = crowded.ledger
      const message = `at most ${limits.swarmsMax} swarms on all connections of one ${noun}`
      return conduct.refuse(peer, { code: 'too-many-swarms', message, swarm })
    }
    this.#announces[former === undefined ? 'entered' : 'updated']++
    const membership = former ?? memberships.enter(peer, swarm)
    membership.swarm.update(membership, have, gives ?? true)
    cluster?.note(membership, now)
    const granted = load.grant(want)
    if (this.#isWithheld(membership, now)) {
      cluster?.ask(membership, granted, now)
      peer.balance.pays(answerBytes)
      // How few there are is withheld as well.
      return [{ type: 'send', to: peer.id, message: { type: 'peers', swarm, peers: [], size: 1, ahead: 0 } }]
    }
    const local = selectPeers(membership, granted, { introductions, outcomes, exposure, rng, now })
    const others = cluster?.pick(membership, granted, local, now) ?? local.map((member) => member.peer)
    const told = this.#introduce(membership, others, now)
    if (granted > 0) cluster?.ask(membership, granted - told.length, now)
    return [this.#answer(membership, told, now)]
  }

  /** Peers at other trackers became known after a member was told of too few: it hears of these too. */
  tellMore(membership: Membership, missing: number, now: number): TrackerEffect[] {
    if (this.#isWithheld(membership, now)) return []
    const others = this.#parts.cluster?.pickMore(membership, missing, now) ?? []
    const told = this.#introduce(membership, others, now)
    return told.length === 0 ? [] : [this.#answer(membership, told, now)]
  }

  #isWithheld({ swarm }: Membership, now: number): boolean {
    const { limits, cluster } = this.#parts
    return !swarm.hasAddresses(limits.swarmSizeMin, () => cluster?.subscribersElsewhere(swarm, now) ?? [])
  }

  #answer(membership: Membership, peers: Introduced[], now: number): TrackerEffect {
    const { swarm, peer, aheadElsewhere = 0 } = membership
    const { cluster, load } = this.#parts
    const size = swarm.size + (cluster?.sizeElsewhere(swarm, now) ?? 0)
    const ahead = Math.min(aheadCountMax, swarm.aheadOf(membership, aheadCountMax) + aheadElsewhere)
    const message: TrackerMessage = { type: 'peers', swarm: swarm.id, peers, size, ahead }
    if (load.intervalMs !== undefined) message.intervalMs = load.intervalMs
    peer.balance.pays(answerBytes)
    return { type: 'send', to: peer.id, message }
  }

  leave(peer: Peer, swarm: SwarmId): TrackerEffect[] {
    const { memberships, authorization, conduct } = this.#parts
    if (authorization?.forgo(peer, swarm)) return []
    const membership = peer.memberships.get(swarm)
    if (membership === undefined) {
      return conduct.refuse(peer, { code: 'unknown-swarm', message: 'this peer is not in the swarm', swarm })
    }
    this.#announces.left++
    memberships.quit(membership)
    return []
  }

  /** Other swarms are served than before: who is in one that no longer is, leaves it. */
  leaveUnserved(peers: Iterable<Peer>): TrackerEffect[] {
    const { serves, memberships, conduct } = this.#parts
    const message = 'this tracker does not serve the swarm any more'
    return [...peers].flatMap((peer) =>
      [...peer.memberships].flatMap(([swarm, membership]) => {
        if (serves(swarm)) return []
        memberships.quit(membership)
        return conduct.refuse(peer, { code: 'unknown-swarm', message, swarm })
      }),
    )
  }

  stats(): Pick<TrackerMachineStats, 'introductions' | 'announces'> {
    return { introductions: { ...this.#introduced }, announces: { ...this.#announces } }
  }

  #introduce({ peer }: Membership, others: readonly Peer[], now: number): Introduced[] {
    const { introductions, exposure, trust } = this.#parts
    const told: Introduced[] = []
    for (const other of others) {
      // Those before it in this answer may have taken the last room.
      if (!exposure.permits(peer, other, now)) continue
      const tier = tierOf(peer.place, other.place)
      const isNew = introductions.between(peer, other, now) === undefined
      if (peer.balance.leftBytes < answerBytes + introducedBytesMax) break
      if (isNew && take(peer, 'introductions', 1, now) !== undefined) break
      if (isNew) this.#introduced[tier]++
      const ticket = trust.introduce(peer, other, isNew, now)
      introductions.introduce(peer, other, tier, ticket, now)
      exposure.note(peer, other, now)
      const introduced: Introduced = ticket === undefined ? { id: other.id, tier } : { id: other.id, tier, ticket }
      peer.balance.pays(bytesOf(introduced))
      told.push(introduced)
    }
    return told
  }
}

/** An answer without peers, its numbers as long as they may be, and its frame. */
const answerBytes = 165

/** One peer of an answer, with its ticket, in JSON. */
const introducedBytesMax = 120

const bytesOf = ({ id, tier, ticket = '' }: Introduced): number => id.length + tier.length + ticket.length + 35

type Introduced = { id: PeerId; tier: Tier; ticket?: string }
