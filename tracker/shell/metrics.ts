/**
 * What the tracker tells of itself as metrics: one line each, drawn from its stats when somebody asks. No label has a
 * swarm, an address or anything else that a client chooses.
 */
import { counter, counterBy, counters, gauge, gaugeBy, gauges, histogram, type Metric } from '../../shared/metric.ts'
import { noDurations } from '../core/durations.ts'
import { loadLevels } from '../core/load.ts'
import type { TrackerStats } from './tracker-stats.ts'

export const trackerMetrics: readonly Metric<TrackerStats>[] = [
  gaugeBy('transport', 'tracker_connections', 'Open connections, by the protocol that they speak.', (stats) => ({
    nearcast: stats.connections,
    ...(stats.webTorrent && { webtorrent: stats.webTorrent.connections }),
  })),
  counter('tracker_connections_total', 'Connections that were let in.', (stats) => stats.accepted),
  counter('tracker_resumed_total', 'Connections whose peer came back under its name.', (stats) => stats.resumed),
  counterBy(
    'code',
    'tracker_disconnects_total',
    'Connections that ended, by WebSocket close code.',
    (stats) => stats.disconnects,
  ),
  gauge('tracker_swarms', 'Swarms with a peer in them.', (stats) => stats.swarms),
  gauge('tracker_peers', 'Connections that are in a swarm.', (stats) => stats.peers),
  gauge('tracker_memberships', 'Peers, counted once for each swarm that they are in.', (stats) => stats.memberships),
  counterBy(
    'event',
    'tracker_announces_total',
    'What peers said of their swarms: entered, updated, left.',
    (stats) => stats.announces,
  ),
  histogram('tracker_announce_duration_seconds', 'From a join to its answer.', (stats) => stats.joinSeconds),
  counterBy(
    'tier',
    'tracker_introductions_total',
    'Pairs of peers introduced, by how near they are.',
    (stats) => stats.introductions,
  ),
  counters(
    ['tier', 'result'],
    'tracker_connect_outcomes_total',
    'What came of introductions, as peers report it.',
    ({ outcomes }) =>
      Object.entries(outcomes).flatMap(([tier, results]) =>
        Object.entries(results).map(([result, value]) => ({ labels: { tier, result }, value })),
      ),
  ),
  counterBy(
    'tier',
    'tracker_p2p_bytes_total',
    'Verified bytes from peers, as those who received them report.',
    (stats) => stats.bytes,
  ),
  gauge(
    'tracker_introductions_open',
    'Pairs of peers that may signal each other now.',
    (stats) => stats.introductionsOpen,
  ),
  counters(
    ['route', 'type'],
    'tracker_signals_total',
    'Signals relayed, by what they carry; out to another tracker and in from one are the same signals.',
    ({ signalsByRoute }) =>
      Object.entries(signalsByRoute).flatMap(([route, counts]) =>
        Object.entries(counts).map(([type, value]) => ({ labels: { route, type }, value })),
      ),
  ),
  counterBy('reason', 'tracker_refusals_total', 'Messages and connections refused, by code.', (stats) => stats.refused),
  counter('tracker_expelled_total', 'Connections closed for what they sent.', (stats) => stats.expelled),
  counter('tracker_complaints_total', 'Complaints about wrong bytes that were heard.', (stats) => stats.complaints),
  gauge('tracker_bans', 'Networks that are banned now after complaints.', (stats) => stats.bans),
  gauge(
    'tracker_address_bans',
    'Addresses and networks that are kept out now for what they sent.',
    (stats) => stats.addressBans,
  ),
  gauge('tracker_send_queue_bytes', 'Bytes that wait for clients to take them.', (stats) => stats.sendQueueBytes),
  counter(
    'tracker_slow_consumers_total',
    'Connections dropped because they read too slowly.',
    (stats) => stats.refused['slow-reader'] ?? 0,
  ),
  gauge(
    'tracker_loop_lag_seconds',
    'How late the event loop comes to what is due.',
    (stats) => stats.loopLagMs / 1000,
    'max',
  ),
  gauge(
    'tracker_load_level',
    '0 calm, 1 warm, 2 hot: answers get cheaper; 3 full: nobody is let in.',
    (stats) => loadLevels.indexOf(stats.load),
    'max',
  ),
  counters(
    ['source', 'result'],
    'tracker_geo_lookups_total',
    'Questions where a client is, to each source that is set, by whether it knew anything.',
    ({ geoLookups }) =>
      Object.entries(geoLookups).flatMap(([source, { known, unknown }]) => [
        { labels: { source, result: 'known' }, value: known },
        { labels: { source, result: 'unknown' }, value: unknown },
      ]),
  ),
  gauge('tracker_edges', 'Edges that the tracker was given.', (stats) => stats.edges.count, 'max'),
  gauge('tracker_edges_well', 'Edges that are well, which clients are told of.', (stats) => stats.edges.well, 'min'),
  gauge(
    'tracker_draining',
    '1 while clients are sent away before the end.',
    (stats) => Number(stats.isDraining),
    'max',
  ),
  counterBy(
    'result',
    'tracker_stun_requests_total',
    'Datagrams to the STUN port, by what came of them.',
    ({ stun }) => ({
      ...stun,
    }),
  ),
  counter(
    'tracker_webtorrent_announces_total',
    'Announces of clients of the WebTorrent protocol.',
    ({ webTorrent }) => webTorrent?.announces ?? 0,
  ),
  counterBy(
    'tier',
    'tracker_webtorrent_offers_total',
    'Offers passed on between them, by how near they are.',
    ({ webTorrent }) => webTorrent?.offers ?? {},
  ),
  counter(
    'tracker_webtorrent_answers_total',
    'Answers passed on between them.',
    ({ webTorrent }) => webTorrent?.answers ?? 0,
  ),
  counterBy(
    'reason',
    'tracker_webtorrent_refusals_total',
    'What of theirs was refused, by code.',
    ({ webTorrent }) => webTorrent?.refused ?? {},
  ),
  gauges(
    'tracker_bus_up',
    '1 while the bus to other trackers is there; nothing for a tracker alone.',
    ({ bus }) => (bus === undefined ? [] : [{ value: Number(bus.isUp) }]),
    'min',
  ),
  gauge('tracker_bus_nodes', 'Other trackers that were heard of lately.', ({ cluster }) => cluster?.nodes ?? 0, 'max'),
  gauge(
    'tracker_bus_peers',
    'Peers at other trackers that are known here.',
    ({ cluster }) => cluster?.remotePeers ?? 0,
  ),
  counterBy(
    'dir',
    'tracker_bus_messages_total',
    'Messages to other trackers, and from them.',
    ({ cluster }): Record<string, number> => (cluster ? { out: cluster.sent, in: cluster.received } : {}),
  ),
  counterBy(
    'reason',
    'tracker_bus_refused_total',
    'What came over the bus and was not taken, by why.',
    ({ cluster }): Record<string, number> => cluster?.dropped ?? {},
  ),
  histogram(
    'tracker_bus_publish_seconds',
    'From a message’s handing over to the bus having it.',
    ({ bus }) => bus?.publishSeconds ?? noDurations,
  ),
  counter(
    'tracker_bus_dropped_total',
    'Messages to other trackers that were lost.',
    ({ bus }) => bus?.droppedCount ?? 0,
  ),
]
