/** The numbers that a tracker shows. */
import type { RefusalCode, Tier } from '../../shared/tracker-messages.ts'
import type { ClusterStats } from './cluster.ts'
import type { OutcomeStats } from './outcomes.ts'

/** What a signal carries: the first of these that it has. */
export const signalTypes = ['offer', 'answer', 'busy', 'candidates'] as const
export type SignalType = (typeof signalTypes)[number]

/** Between two peers that are here, to one at another tracker, or from one: at both of these trackers it is counted. */
export const signalRoutes = ['local', 'out', 'in'] as const
export type SignalRoute = (typeof signalRoutes)[number]

export const announces = ['entered', 'updated', 'left'] as const
export type Announce = (typeof announces)[number]

export interface TrackerMachineStats extends OutcomeStats {
  connections: number
  /** Connections that were let in since the start. */
  accepted: number
  /** Connections since the start whose peer came back. */
  resumed: number
  /** Swarms; where a scope divides one, each of its parts. */
  swarms: number
  /** Connections that are in a swarm. */
  peers: number
  /** Peers counted once for each swarm that they are in. */
  memberships: number
  /** Pairs that may signal each other now. */
  introductionsOpen: number
  /** Introductions made since the start, by how near the two were; the same two within their time count once. */
  introductions: Record<Tier, number>
  signals: number
  signalsByRoute: Record<SignalRoute, Record<SignalType, number>>
  /** What peers said of their swarms since the start; who closes without a word has not `left` in this sense. */
  announces: Record<Announce, number>
  refused: Record<RefusalCode, number>
  /** Connections closed for what they sent. */
  expelled: number
  /** Complaints that were heard, and networks that are banned now. */
  complaints: number
  bans: number
  /** Those who came with tokens, each counted once: here now, or lately. */
  bearers: number
  /** Addresses and networks that are kept out now, for what their connections sent. */
  addressBans: number
  /** Undefined where there are no other trackers. */
  cluster: ClusterStats | undefined
}
