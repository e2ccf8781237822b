/** What the tracker's machine is made with. */
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Rng } from '../../shared/rng.ts'
import type { Servers } from '../../shared/servers.ts'
import type { Door } from './admission.ts'
import type { Bans } from './bans.ts'
import type { CandidatePolicy } from './candidate-policy.ts'
import type { ClusterOptions } from './cluster.ts'
import type { Exposure } from './exposure.ts'
import type { TrackerLimits } from './limits.ts'
import type { Load } from './load.ts'
import type { Location } from './location.ts'
import type { Scope } from './place.ts'
import type { Hmac } from './tickets.ts'

export interface TrackerMachineOptions {
  rng: Rng
  limits?: Partial<TrackerLimits>
  /** Which swarms this tracker serves; all by default. */
  serves?: (swarm: SwarmId) => boolean
  /** Whether a swarm can be joined only with a token; no by default, and then a token that is shown says nothing. */
  needsToken?: boolean
  /** Whom peers may meet at all; everyone by default. */
  scope?: Scope
  /**
   * Under the key that all trackers of one service share. Without it there are no tickets, no complaint is heard, and
   * who comes back is somebody else.
   */
  hmac?: Hmac
  /** How much there is to do, which others measure. */
  load?: Load
  /** What makes of this machine's time that of all trackers: added to `now`. */
  epochMs?: number
  /** Which addresses peers may name to each other; `public` by default. */
  candidates?: CandidatePolicy
  /** Whether an address is a relay's that clients were told of; none by default. */
  isRelay?: (address: Uint8Array) => boolean
  /** What a welcome says of servers; nothing by default. */
  serversOf?: (id: PeerId, location: Location, now: number) => Servers
  /** Who may connect, who was told of whom, and who is kept out, where another protocol's clients count too. */
  door?: Door
  exposure?: Exposure
  bans?: Bans
  /** The other trackers of the service, and this one's name among them. Only with `hmac`. */
  cluster?: ClusterOptions
}
