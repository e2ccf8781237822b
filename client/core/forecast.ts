/**
 * When a source would have brought a chunk, as far as can be told from what it brought before. Cautious: a source that
 * varies is expected late, one that has fallen silent for as long again. Asks nobody and decides nothing.
 */
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Swarm } from './swarm.ts'
import type { Transfer } from './transfer.ts'

/** A source of which nothing is known yet is expected after this: a few round trips. */
const guessMs = 500

/** So many variations are added to what is expected (RFC 6298 has four for a timer that must not fire in vain). */
const caution = 2

/** When a peer would have brought `bytes` more than it was asked for, in milliseconds from now. */
export function peerMs(remote: Remote, bytes: number, now: number): number {
  const expectedMs = remote.service.isKnown
    ? (remote.roundTrip.smoothedMs ?? 0) + remote.service.msFor(remote.inFlightBytes + bytes, caution)
    : guessMs
  return Math.max(expectedMs, silentMs(remote, now))
}

/** For how long a peer has owed bytes and brought none. */
function silentMs(remote: Remote, now: number): number {
  return remote.inFlightBytes > 0 ? now - remote.lastByteAt : 0
}

/** When the first of those that were asked for a chunk would have brought it. */
export function flightMs(core: Core, swarm: Swarm, index: number, now: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const transfer of swarm.flights.get(index) ?? []) {
    const remote = core.remoteOf(transfer.source)
    if (remote) least = Math.min(least, transferMs(remote, swarm, transfer, now))
  }
  return least
}

function transferMs(remote: Remote, swarm: Swarm, transfer: Transfer, now: number): number {
  const ageMs = now - transfer.startedAt
  if (!remote.service.isKnown) return Math.max(guessMs - ageMs, silentMs(remote, now))
  let bytes = 0
  for (const other of remote.transfers.get(swarm.id)?.values() ?? []) {
    bytes += other.length - other.receivedBytes
    if (other === transfer) break
  }
  const wayMs = Math.max(0, (remote.roundTrip.smoothedMs ?? 0) - ageMs)
  return Math.max(wayMs + remote.service.msFor(bytes, caution), silentMs(remote, now))
}

/** Whether a peer has brought nothing for longer than one chunk should have taken it. */
function isOverdue(remote: Remote, swarm: Swarm, now: number): boolean {
  const { isKnown } = remote.service
  const chunkMs = isKnown ? remote.service.msFor(swarm.geometry.chunkBytes, caution) : guessMs
  return silentMs(remote, now) > chunkMs + (remote.roundTrip.smoothedMs ?? 0)
}

/** Whether all peers that were asked for a chunk have fallen behind what was expected of them. */
export function isFlightOverdue(core: Core, swarm: Swarm, index: number, now: number): boolean {
  for (const { source } of swarm.flights.get(index) ?? []) {
    const remote = core.remoteOf(source)
    if (remote && !isOverdue(remote, swarm, now)) return false
  }
  return true
}

/** When the origin would have brought `bytes`, asked now. */
export function originMs(swarm: Swarm, bytes: number): number {
  if (!swarm.originService.isKnown) return guessMs
  const { smoothedMs = 0, variationMs } = swarm.originTrip
  return smoothedMs + caution * variationMs + swarm.originService.msFor(bytes, caution)
}
