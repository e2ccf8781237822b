/** What the origin tells of itself, and the same as metrics. Paths are in the stats only: a label has few values. */
import { counter, counterBy, gauge, type Metric } from '../../shared/metric.ts'

export interface OriginStats {
  requests: number
  /** Bytes of bodies that sockets have taken. */
  bytesSent: number
  /** The same by URL path; past a thousand paths, and for answers that are no file's, under `*`. */
  bytesSentByPath: Record<string, number>
  activeResponses: number
  manifests: { served: number; hashed: number; fromDisk: number }
}

export const originMetrics: readonly Metric<OriginStats>[] = [
  counter('origin_requests_total', 'Requests for files, manifests and hash pages.', (stats) => stats.requests),
  counter('origin_sent_bytes_total', 'Bytes of bodies that sockets have taken.', (stats) => stats.bytesSent),
  gauge('origin_active_responses', 'Responses that are under way.', (stats) => stats.activeResponses),
  counter('origin_manifests_served_total', 'Manifests sent to clients.', (stats) => stats.manifests.served),
  counterBy('source', 'origin_manifests_made_total', 'Manifests made, by hashing or from the disk.', (stats) => ({
    hashed: stats.manifests.hashed,
    disk: stats.manifests.fromDisk,
  })),
]
