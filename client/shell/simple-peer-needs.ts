/**
 * What simple-peer needs of Node, as far as a link uses it: it tells by events, and its data channel is worked directly
 * (simple-peer-dialer.ts). The browser's bundles have these in place of seven packages that weigh five times as much as
 * simple-peer itself; Node has the packages.
 */

type Listener = (...values: never[]) => void

/** Events alone: nothing is ever written to the stream nor read from it. */
export class Duplex {
  readonly #listeners = new Map<string, Listener[]>()
  // With these simple-peer takes the stream for one that has ended already, and leaves it alone.
  readonly _readableState = { ended: true }
  readonly _writableState = { finished: true }

  on(type: string, listener: Listener): this {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
    return this
  }

  once(type: string, listener: Listener): this {
    const first: Listener = (...values) => {
      this.removeListener(type, first)
      listener(...values)
    }
    return this.on(type, first)
  }

  removeListener(type: string, listener: Listener): this {
    this.#listeners.set(
      type,
      (this.#listeners.get(type) ?? []).filter((other) => other !== listener),
    )
    return this
  }

  emit(type: string, ...values: unknown[]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(...(values as never[]))
  }

  /** A message that came before the link took the channel over: it has none, for the other side waits for a hello. */
  push(): void {}
}

export const Buffer = { from: (bytes: ArrayBuffer): Uint8Array => new Uint8Array(bytes) }

/** Only for a name in its debug output and for channels without one: ours has one. */
export const randombytes = (): string => ''

/** The browser's own errors have a `code` already, which cannot be set; nobody reads this one. */
export const errCode = (error: Error): Error => error

/** The browser's own classes, where it has WebRTC. */
export const getBrowserRTC = (): typeof globalThis | null => ('RTCPeerConnection' in globalThis ? globalThis : null)

/** Called by the platform's own name, which must not be taken from `window`. */
export const queueMicrotask = (callback: () => void): void => globalThis.queueMicrotask(callback)
