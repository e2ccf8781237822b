/** One connection as the core sees it, and its memberships in swarms. */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { type AddressClass, addressClass } from './address-class.ts'
import { type Allowance, createAllowance } from './admission.ts'
import type { Arrival } from './arrivals.ts'
import type { Access } from './authorization.ts'
import { Balance } from './balance.ts'
import type { Bearer } from './bearers.ts'
import type { Introduction } from './introductions.ts'
import type { Account } from './ledger.ts'
import type { TrackerLimits } from './limits.ts'
import { FadingCount } from './neighbourhood.ts'
import type { NodeId } from './node-ids.ts'
import type { Said } from './outcomes.ts'
import { addressOf, type Place, subscriberKey } from './place.ts'
import type { Swarm } from './swarm.ts'
import type { Voices } from './voices.ts'

/** What is known of whoever is connected, by either protocol. */
export interface Client {
  readonly id: PeerId
  readonly place: Place
  /** The key of the limits per address (place.ts, subscriberKey). */
  readonly subscriber: string
  /** What kind of address it comes from. */
  readonly origin: AddressClass
  /** Subscribers that it named in candidates and is not (candidate-policy.ts). */
  foreignAddresses: Set<string> | undefined
  readonly allowance: Allowance
  /** Who pays for what it takes beside itself: its address, its network, and whoever its token names. */
  readonly accounts: Account[]
  readonly balance: Balance
}

export interface Peer extends Client {
  /** Which of the peer's connections this is (resumption.ts). */
  readonly issue: number
  /** The tracker that it is connected to, if that is another one. */
  node?: NodeId | undefined
  /** Changes only with its memberships (memberships.ts, relocate). */
  place: Place
  readonly memberships: Map<SwarmId, Membership>
  /** The last of them, from which the others can be reached without a look at the map. */
  newest: Membership | undefined
  /** Of the last half-minute, made for this peer or to it; nothing while there are none, as for most of a quiet swarm. */
  introductions: Map<Peer, Introduction> | undefined
  /** How many of them are with each network, while there are many (introductions.ts). */
  introducedNetworks: Map<string, number> | undefined
  /** To how many peers, as time goes by. */
  readonly introduced: FadingCount
  /** What it reported of others, and what they reported of it. Most of what is connected says and hears nothing. */
  said: Said | undefined
  heard: Voices | undefined
  /** What a token gave it, where tokens are needed. */
  access: Access | undefined
  /** For whom it is counted, once it has shown a token. */
  bearer: Bearer | undefined
}

/** @param accounts none for a peer of another tracker: that one counts what it takes */
export function createPeer(
  { id, issue = 0, node }: { id: PeerId; issue?: number; node?: NodeId },
  place: Place,
  limits: TrackerLimits,
  accounts: Account[] = [],
): Peer {
  const address = addressOf(place)
  return {
    id,
    issue,
    node,
    place,
    subscriber: subscriberKey(address),
    origin: addressClass(address),
    foreignAddresses: undefined,
    allowance: createAllowance(limits),
    accounts,
    balance: new Balance(),
    memberships: new Map(),
    newest: undefined,
    introductions: undefined,
    introducedNetworks: undefined,
    introduced: new FadingCount(limits.complaintWindowMs),
    said: undefined,
    heard: undefined,
    access: undefined,
    bearer: undefined,
  }
}

export const introductionCountOf = ({ introductions }: Peer): number => introductions?.size ?? 0

export interface Membership {
  readonly peer: Peer
  readonly swarm: Swarm
  /** The one that the peer entered before. */
  older: Membership | undefined
  /** The fraction of the file that the peer says it has: a hint, never proof. */
  have: number
  /** Whether it uploads at all: one that does not is of no use to anybody. */
  gives: boolean
  /** How many that download and give were at other trackers when it came; undefined until that is known. */
  aheadElsewhere: number | undefined
  /** Its place among those that download and give (arrivals.ts). */
  arrival: Arrival | undefined
  /** Where the swarm's columns have it (member-table.ts). */
  slot: number
}
