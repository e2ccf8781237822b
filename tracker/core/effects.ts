/** What the machine asks its shell to do. */
import type { PeerId } from '../../shared/ids.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import type { NodeId } from './node-ids.ts'
import type { Topic } from './topics.ts'

export type TrackerEffect =
  | { type: 'send'; to: PeerId; message: TrackerMessage }
  /** The token of this connection: the answer comes back as `verified`, under the same number. */
  | { type: 'verify'; to: PeerId; verification: number; token: string }
  | { type: 'close'; to: PeerId; code: number; reason: string }

/**
 * What the machine asks of the bus (ports.ts), beside what it gives back: the bus may be down, and nobody waits for it.
 */
export type BusEffect =
  /** For all other trackers when no node is named. */
  | { type: 'publish'; node: NodeId | undefined; text: string }
  | { type: 'putDigest'; topic: Topic; text: string; lifetimeMs: number }
  /** Comes back by TrackerMachine.digests. */
  | { type: 'readDigests'; topic: Topic }
