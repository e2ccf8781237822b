/** The public statistics, read off the engine and the open files, with what came of those that were left. */
import type { BytesBySource, PeerStats, Stats } from '../api.ts'
import type { Remote } from '../core/remote.ts'
import type { Permission } from './permission.ts'
import type { Runtime } from './runtime.ts'

type Permitted = Pick<Permission, 'consent' | 'resting'>

export function readStats(runtime: Runtime, leftBytes: BytesBySource, { consent, resting }: Permitted): Stats {
  const { engine, now } = runtime
  const bytes = { ...leftBytes, uploaded: engine.uploads.uploadedBytes }
  const files: Stats['files'] = []
  for (const file of runtime.files) {
    bytes.peers += file.bytes.peers
    bytes.origin += file.bytes.origin
    bytes.store += file.bytes.store
    const { name, root, geometry } = file.manifest
    const swarmSize = engine.core.swarms.get(file.id)?.size ?? 0
    const { url, heldBytes } = file
    files.push({
      url,
      root,
      name,
      fileBytes: geometry.fileBytes,
      heldBytes,
      bytes: { ...file.bytes },
      swarmSize,
    })
  }
  const delivered = bytes.peers + bytes.origin
  return {
    bytes,
    ...(Number.isFinite(engine.uploads.yieldingBytesPerSecond) && {
      yieldingBytesPerSecond: engine.uploads.yieldingBytesPerSecond,
    }),
    wastedBytes: engine.core.wastedBytes,
    offload: delivered === 0 ? 0 : bytes.peers / delivered,
    consent,
    ...(resting && { resting }),
    tracker: engine.session.state,
    peers: [...engine.core.remotes.values()].map((remote) => peerStats(remote, now)),
    files,
  }
}

function peerStats(remote: Remote, now: number): PeerStats {
  return {
    id: remote.id,
    tier: remote.tier,
    state: remote.state === 'open' ? 'open' : 'connecting',
    downloaded: remote.downloadedBytes,
    uploaded: remote.uploadedBytes,
    refused: remote.refusedBytes,
    downBytesPerSecond: remote.downRate.perSecond(now),
    upBytesPerSecond: remote.upRate.perSecond(now),
    roundTripMs: remote.roundTrip.smoothedMs,
  }
}
