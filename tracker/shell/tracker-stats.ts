/** The numbers that a tracker shows: those of its machine, and of what stands around it. */
import type { Distribution } from '../../shared/metric.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { LoadLevel } from '../core/load.ts'
import type { TrackerMachineStats } from '../core/machine-stats.ts'
import type { BusStats, ClusterLink } from './cluster-link.ts'
import type { JoinClock } from './join-clock.ts'
import type { GeoLookups, Locator } from './locator.ts'
import type { SocketServer } from './socket-server.ts'
import type { StunServer, StunStats } from './stun-server.ts'
import type { WebTorrentEndpointStats } from './webtorrent-endpoint.ts'

export interface TrackerStats extends Omit<TrackerMachineStats, 'refused'> {
  /** What was refused since the start, by why: the codes of the protocol, and what the sockets refused by themselves. */
  refused: Record<string, number>
  /** Connections that ended since the start, by the WebSocket's close code; those that nobody registered are `other`. */
  disconnects: Record<string, number>
  /** Bytes that wait for clients to take them. */
  sendQueueBytes: number
  /** From a join's arrival until its answer is handed to the socket. */
  joinSeconds: Distribution
  /** Whether clients are sent away, because the tracker is about to end. */
  isDraining: boolean
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
  bus: BusStats | undefined
  /** What each source of places was asked, of those that are set. */
  geoLookups: GeoLookups
}

/** Where the numbers are kept that are not the machine's. */
export interface StatsParts {
  server: SocketServer
  lifecycle: Lifecycle
  edges: { readonly count: number; readonly wellCount: number }
  joinClock: JoinClock
  locator: Locator
  link: ClusterLink | undefined
  stun: StunServer | undefined
  webTorrent: { stats(): WebTorrentEndpointStats } | undefined
}

export function statsOf(machine: TrackerMachineStats, parts: StatsParts): TrackerStats {
  const { server, lifecycle, edges, joinClock, locator, link, stun, webTorrent } = parts
  return {
    ...machine,
    refused: { ...machine.refused, ...server.refused, busy: lifecycle.busyCount },
    disconnects: server.disconnects.counts(),
    sendQueueBytes: server.queuedBytes,
    joinSeconds: joinClock.read(),
    isDraining: !lifecycle.isReady,
    load: lifecycle.load.level,
    loopLagMs: lifecycle.load.lagMs,
    edges: { count: edges.count, well: edges.wellCount },
    bus: link?.stats(),
    geoLookups: locator.lookups(),
    ...(stun && { stun: { ...stun.stats } }),
    ...(webTorrent && { webTorrent: webTorrent.stats() }),
  }
}
