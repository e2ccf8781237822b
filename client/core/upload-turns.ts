/**
 * Whose turn it is to be sent something: deficit round robin (Shreedhar and Varghese 1995), fair by bytes and not by
 * frames, in shares; what is begun and small is finished on credit. Who asks for more than others only waits longer; who
 * is alone has the whole line.
 */
import { KiB } from '../../shared/limits.ts'
import type { Remote } from './remote.ts'

/** What one share is given each round: an eighth of a frame, so that half as much again is felt. */
const shareBytes = 8 * KiB

/**
 * What became of an attempt to send a frame: `blocked` when this peer can take no more now, `held` when nobody of its
 * kind can, `wait` when nobody at all.
 */
export type Sent = 'sent' | 'blocked' | 'held' | 'wait'

type Turn = 'over' | Exclude<Sent, 'sent'>

export interface Frames {
  /** The next frame's payload for this peer; undefined when there is none to send now. */
  nextBytes(remote: Remote): number | undefined
  send(remote: Remote, bytes: number): Sent
  /** Whether it is better finished than left for others now: half a chunk is of use to nobody. */
  isMidway(remote: Remote): boolean
  sharesOf(remote: Remote): number
  /** Whether it is of the kind that can be held together. */
  isFar(remote: Remote): boolean
}

export class UploadTurns {
  /** Whose turn was broken off, with what credit it had: it goes on from there. */
  #current: Remote | undefined

  /**
   * Sends until every peer is served, blocked, or the rates are used up.
   * @returns what kept these peers from being sent more: `blocked` when the line would take it
   */
  run(remotes: readonly Remote[], frames: Frames): Exclude<Sent, 'sent'> {
    let place = Math.max(0, this.#current ? remotes.indexOf(this.#current) : 0)
    let resumed = remotes[place] === this.#current ? this.#current : undefined
    let held: Remote | undefined
    for (let idleCount = 0; idleCount < remotes.length; place = (place + 1) % remotes.length) {
      const remote = remotes[place]!
      // Who cannot be sent anything now saves nothing up meanwhile.
      if (held && frames.isFar(remote)) {
        idleCount++
        continue
      }
      if (remote !== resumed) remote.creditBytes += frames.sharesOf(remote) * shareBytes
      resumed = undefined
      const turn = this.#serve(remote, frames)
      if (turn === 'wait') {
        this.#current = remote
        return 'wait'
      }
      if (turn === 'held') held = remote
      idleCount = turn === 'over' ? 0 : idleCount + 1
    }
    this.#current = held ?? remotes[place]
    return held ? 'held' : 'blocked'
  }

  /** A link is gone. */
  forget(remote: Remote): void {
    if (this.#current === remote) this.#current = undefined
  }

  /** @returns why nothing more is sent to this peer; `over` when its credit is used up */
  #serve(remote: Remote, frames: Frames): Turn {
    for (let bytes = frames.nextBytes(remote); bytes !== undefined; bytes = frames.nextBytes(remote)) {
      if (remote.creditBytes < bytes && !frames.isMidway(remote)) return 'over'
      const sent = frames.send(remote, bytes)
      if (sent === 'wait' || sent === 'held') return sent
      if (sent === 'blocked') break
      remote.creditBytes -= bytes
    }
    // What was finished on credit is owed still.
    remote.creditBytes = Math.min(0, remote.creditBytes)
    return 'blocked'
  }
}
