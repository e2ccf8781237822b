/**
 * Requests that wait at a busy peer while another one that holds the same is idle: while many ask a few for what is
 * new, those that have it too would have nothing to do. They are recalled, and asked anew once it is certain that they
 * do not come: what was already on its way counts, so nothing comes twice.
 */
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'
import type { Holdings, Swarm } from './swarm.ts'
import { isWithdrawn, withdraw } from './withdrawals.ts'

/** A chunk may be recalled once it has waited this long, and twice the way there. */
const recallAfterMs = 100

/** Recalls the chunk that has waited longest elsewhere, of which nothing has come yet, for an idle peer. */
export function recall(core: Core, swarm: Swarm, idle: Remote, holdings: Holdings, now: number): void {
  // One from which nothing came since the last recall is slow itself.
  if (idle.inFlightBytes > 0 || idle.recalls > 0) return
  for (const [index, [transfer, second]] of swarm.flights) {
    if (!transfer || second || transfer.source === 'origin' || transfer.receivedBytes > 0) continue
    if (transfer.isRecalled || !holdings.have.has(index) || isWithdrawn(idle, swarm.id, index)) continue
    const other = core.remotes.get(transfer.source)
    const waitedMs = now - transfer.startedAt
    if (!other || other === idle || waitedMs < recallAfterMs + 2 * (other.roundTrip.leastMs ?? 0)) continue
    transfer.isRecalled = true
    other.recalls++
    sendCancel(core, other, swarm, index)
    withdraw(core, other, swarm.id, index, now)
    return
  }
}

export function sendCancel(core: Core, remote: Remote, swarm: Swarm, index: number): void {
  const slot = core.slot(remote, swarm.id)
  core.emit({ type: 'send', peer: remote.id, message: { type: 'cancel', slot, index } })
}

/** A peer has answered the ping that followed: what was recalled from it and has not come will not come any more. */
export function settleRecalls(core: Core, remote: Remote, now: number): void {
  for (const [id, transfers] of remote.transfers) {
    const swarm = core.swarms.get(id)
    for (const transfer of [...transfers.values()]) {
      if (!swarm || !transfer.isRecalled || isWithdrawn(remote, id, transfer.index)) continue
      swarm.removeTransfer(transfer)
      transfers.delete(transfer.index)
      remote.inFlightBytes -= transfer.requestedBytes - transfer.receivedBytes
      remote.waitedMs = now - remote.lastByteAt
      core.wastedBytes += transfer.receivedBytes
    }
  }
}
