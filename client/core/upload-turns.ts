/**
 * Whose turn it is to be sent something: deficit round robin (Shreedhar and Varghese 1995), fair by bytes and not by
 * frames, in shares. Who asks for more than others only waits longer; who is alone has the whole line.
 */
import { KiB } from '../../shared/limits.ts'
import type { Remote } from './remote.ts'

/** What one share is given each round: 16 shares are a frame of 64 KiB. */
const shareBytes = 4 * KiB

/** What became of an attempt to send a frame. */
export type Sent = 'sent' | 'blocked' | 'wait'

type Turn = 'over' | 'blocked' | 'wait'

export interface Frames {
  /** The next frame's payload for this peer; undefined when there is none to send now. */
  nextBytes(remote: Remote): number | undefined
  /** `blocked` when this peer can take no more now, `wait` when nobody can. */
  send(remote: Remote, bytes: number): Sent
  sharesOf(remote: Remote): number
}

export class UploadTurns {
  /** Whose turn was broken off, with what credit it had: it goes on from there. */
  #current: Remote | undefined

  /** Sends until every peer is served, blocked, or the rate is used up. */
  run(remotes: readonly Remote[], frames: Frames): void {
    let place = this.#current ? Math.max(0, remotes.indexOf(this.#current)) : 0
    let isResumed = this.#current !== undefined && remotes[place] === this.#current
    this.#current = undefined
    for (let blockedCount = 0; blockedCount < remotes.length; place = (place + 1) % remotes.length) {
      const remote = remotes[place]!
      if (!isResumed) remote.creditBytes += frames.sharesOf(remote) * shareBytes
      isResumed = false
      const outcome = this.#serve(remote, frames)
      if (outcome === 'wait') {
        this.#current = remote
        return
      }
      blockedCount = outcome === 'blocked' ? blockedCount + 1 : 0
    }
    this.#current = remotes[place]
  }

  /** A link is gone. */
  forget(remote: Remote): void {
    if (this.#current === remote) this.#current = undefined
  }

  /** @returns `blocked` when nothing is to be sent to this peer, whatever its credit */
  #serve(remote: Remote, frames: Frames): Turn {
    for (let bytes = frames.nextBytes(remote); bytes !== undefined; bytes = frames.nextBytes(remote)) {
      if (remote.creditBytes < bytes) return 'over'
      const outcome = frames.send(remote, bytes)
      if (outcome === 'wait') return outcome
      if (outcome === 'blocked') break
      remote.creditBytes -= bytes
    }
    // Who has nothing to be sent saves nothing up for later.
    remote.creditBytes = 0
    return 'blocked'
  }
}
