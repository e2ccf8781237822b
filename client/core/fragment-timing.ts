/**
 * How long a fragment of a film counts as having taken, so that a player that chooses its quality by that chooses what the
 * network can go on bringing. What is stored says nothing of the network, and peers may not have the next quality. Knows
 * no player.
 */

export interface BroughtFragment {
  /** Of the fragment, and of these what came from peers and from the server now; the rest was here before. */
  bytes: number
  peerBytes: number
  originBytes: number
  /** From the request to the last byte. */
  ms: number
  /** What it plays for, where that is known. */
  playsMs: number | undefined
}

/** Peers count for as much as this many servers: a quality up to twice as good is tried, and peers may have it too. */
const peersInServersMax = 2

/** How much of what is known of the server the newest fragment is. */
const newestShare = 0.3

/** Where the server has brought nothing yet, what was stored counts as if it came twice as fast as it plays. */
const storedSpeedUnknown = 2

export class FragmentTiming {
  /** Milliseconds a byte takes from the server; 0 until it brought something. */
  #serverMsPerByte = 0

  /** @returns at least `ms` */
  countedMs({ bytes, peerBytes, originBytes, ms, playsMs = 0 }: BroughtFragment): number {
    if (bytes <= 0) return ms
    const storedBytes = Math.max(0, bytes - peerBytes - originBytes)
    if (originBytes * 2 >= bytes) this.#learn(ms / (peerBytes + originBytes))
    const known = this.#serverMsPerByte
    const storedMs = storedBytes * (known || playsMs / storedSpeedUnknown / bytes)
    const fromPeersMs = (peerBytes * known) / peersInServersMax
    // One that comes slower than it plays is no quality to stay at: more than that need not be said.
    return Math.max(ms, fromPeersMs) + Math.min(storedMs, playsMs || storedMs)
  }

  #learn(msPerByte: number): void {
    const before = this.#serverMsPerByte
    this.#serverMsPerByte = before === 0 ? msPerByte : before + (msPerByte - before) * newestShare
  }
}
