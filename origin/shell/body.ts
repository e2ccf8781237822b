/**
 * Sends a body: bytes of an open file, or bytes in memory. Takes what the client takes, holds two slices at most, and
 * never sends bytes of a file that is no longer the version whose headers were sent.
 */
import type { FileHandle } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type FileVersion, sameContent } from '../core/file-version.ts'
import type { Lane } from './egress.ts'
import { readFully } from './file-hash.ts'
import { versionOf } from './stat-version.ts'

/** `closed`: the client went away. `changed`: the file did; the answer must be broken off. */
export type Sent = 'all' | 'closed' | 'changed'

/** Gives `bytes` bytes from `from` on, in the spare buffer if it needs one; undefined when they are gone. */
export type Source = (from: number, bytes: number, spare: () => Buffer) => Promise<Uint8Array | undefined>

export function fileSource(handle: FileHandle, version: FileVersion): Source {
  return async (from, bytes, spare) => {
    const read = await readFully(handle, spare().subarray(0, bytes), from)
    // Looked at after reading: had these bytes been written since the headers went, the stat would say so by now.
    return read && sameContent(version, versionOf(await handle.stat({ bigint: true }))) ? read : undefined
  }
}

export const memorySource =
  (content: Uint8Array): Source =>
  async (from, bytes) =>
    content.subarray(from, from + bytes)

/** Sends bytes [from, to) and ends the response. Rejects when the source does. */
export async function sendBody(
  response: ServerResponse,
  source: Source,
  [from, to]: readonly [from: number, to: number],
  lane: Lane,
  onSent: (bytes: number) => void,
): Promise<Sent> {
  const socket = new Outflow(response, onSent, () => lane.leave())
  // Two buffers in turn: one is read into while the other one is on its way into the socket.
  const buffers: Buffer[] = []
  const flushes: Promise<void>[] = []
  try {
    for (let at = from, turn = 0; at < to; turn = 1 - turn) {
      const bytes = Math.min(lane.sliceBytes, to - at)
      await flushes[turn]
      await lane.turn(bytes)
      if (socket.closed) return 'closed'
      // The first slice of a buffer is its longest: only a body's last one is short.
      const spare = () => {
        const buffer = buffers[turn] ?? Buffer.allocUnsafeSlow(bytes)
        buffers[turn] = buffer
        return buffer
      }
      const slice = await source(at, bytes, spare)
      if (slice === undefined) return 'changed'
      at += bytes
      flushes[turn] = socket.write(slice, at === to)
    }
    await Promise.all(flushes)
    return socket.closed && !response.writableFinished ? 'closed' : 'all'
  } finally {
    socket.release()
    lane.leave()
  }
}

/** A response's way out, where waiting for a write ends with the connection at the latest. */
class Outflow {
  closed: boolean
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #onSent: (bytes: number) => void
  readonly #unflushed = new Set<() => void>()
  readonly #close: () => void

  constructor(response: ServerResponse, onSent: (bytes: number) => void, onClose: () => void) {
    this.#response = response
    this.#onSent = onSent
    // A response that waits behind another one on its connection hears nothing of that connection's end by itself.
    this.#socket = response.req.socket
    this.closed = response.destroyed || this.#socket.destroyed
    this.#close = () => {
      this.closed = true
      onClose()
      for (const resolve of this.#unflushed) resolve()
    }
    response.once('close', this.#close)
    this.#socket.once('close', this.#close)
  }

  /** Fulfilled when the socket has taken the bytes, so that their buffer is free again. */
  write(bytes: Uint8Array, last: boolean): Promise<void> {
    if (this.closed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#unflushed.add(resolve)
      const flushed = (error?: Error | null) => {
        this.#unflushed.delete(resolve)
        if (!error) this.#onSent(bytes.length)
        resolve()
      }
      if (last) this.#response.end(bytes, flushed)
      else this.#response.write(bytes, flushed)
    })
  }

  release(): void {
    this.#response.off('close', this.#close)
    this.#socket.off('close', this.#close)
  }
}
