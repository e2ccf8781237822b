/**
 * Requests that were taken back and whose bytes may still come: those are no fault, and the chunk is not asked of the
 * same peer again until they are over. Links keep order, so a ping sent after the `cancel` is answered after the last
 * of those bytes.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Core } from './core.ts'
import type { Remote } from './remote.ts'

/** A peer that leaves the ping unanswered is not waited for longer than this. */
const withdrawnMs = 60_000

const keyOf = (id: SwarmId, index: number) => `${id}/${index}`

export const isWithdrawn = (remote: Remote, id: SwarmId, index: number): boolean =>
  remote.withdrawn.size > 0 && remote.withdrawn.has(keyOf(id, index))

/** Notes that a request was taken back; a `cancel` for it has been sent just now, or the peer has refused it. */
export function withdraw(core: Core, remote: Remote, id: SwarmId, index: number, now: number): void {
  const key = keyOf(id, index)
  // Last in order, also when it was there before.
  remote.withdrawn.delete(key)
  remote.withdrawn.set(key, { at: now, number: ++remote.withdrawnCount })
  if (!remote.fence) sendFence(core, remote)
}

function sendFence(core: Core, remote: Remote): void {
  remote.fence = { nonce: core.rng.uint32(), number: remote.withdrawnCount }
  core.emit({ type: 'send', peer: remote.id, message: { type: 'ping', nonce: remote.fence.nonce } })
}

/** @returns whether the answer was to a ping of this kind: what was taken back before it may be asked for again */
export function passFence(core: Core, remote: Remote, nonce: number): boolean {
  const { fence } = remote
  if (fence?.nonce !== nonce) return false
  remote.fence = undefined
  for (const [key, { number }] of remote.withdrawn) {
    if (number > fence.number) break
    remote.withdrawn.delete(key)
  }
  if (remote.withdrawn.size > 0) sendFence(core, remote)
  else remote.lateBytes = 0
  return true
}

export function expireWithdrawals(remote: Remote, now: number): void {
  if (remote.withdrawn.size > 0) {
    for (const [key, { at }] of remote.withdrawn) {
      if (now - at < withdrawnMs) return
      remote.withdrawn.delete(key)
    }
  }
  remote.fence = undefined
  remote.lateBytes = 0
}
