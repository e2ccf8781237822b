/** The numbers that a tracker shows: those of its machine, and of what stands around it. */
import type { LoadLevel } from '../core/load.ts'
import type { TrackerMachineStats } from '../core/machine-stats.ts'
import type { StunStats } from './stun-server.ts'
import type { WebTorrentEndpointStats } from './webtorrent-endpoint.ts'

export interface TrackerStats extends Omit<TrackerMachineStats, 'refused'> {
  /** What was refused since the start, by why: the codes of the protocol, and what the sockets refused by themselves. */
  refused: Record<string, number>
  /** How much there is to do: from `warm` on answers are cheaper, at `full` nobody is let in. */
  load: LoadLevel
  loopLagMs: number
  /** Edges in all, and those that clients are told of. */
  edges: { count: number; well: number }
  /** What the STUN responder did; absent while there is none. */
  stun?: StunStats
  /** What clients of the WebTorrent protocol did, where they are served. */
  webTorrent?: WebTorrentEndpointStats
  /** Undefined for a tracker alone. */
  bus: { isUp: boolean; droppedCount: number } | undefined
}
