/**
 * A stream's bytes over a MessagePort, no faster than they are taken: each piece is asked for, and few are under way. So
 * neither side holds more than a megabyte, however large the file is. Knows nothing of what the bytes are.
 */
import { KiB } from '../../shared/limits.ts'

/** Long enough that a message costs less than its copy, short enough that four of them are little. */
export const pieceBytesMax = 256 * KiB

/** Pieces asked for ahead of the reader: what hides the way there and back between two threads. */
export const pieceCountAhead = 4

/** Tells the reader that a writer without bytes is still there. */
export const aliveEveryMs = 500

type ToWriter = { type: 'pull' } | { type: 'cancel' }
type ToReader =
  | { type: 'bytes'; bytes: Uint8Array<ArrayBuffer> }
  | { type: 'alive' }
  | { type: 'end' }
  | { type: 'broken'; reason: string }

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

export interface PortWriter {
  /** Ends it from this side. A stream of which nothing was asked for is left as it is. */
  end(): void
  /** Whether any of it was asked for. */
  readonly isBegun: boolean
  readonly isOver: boolean
  /** Fulfilled once any of it is asked for. */
  readonly begun: Promise<void>
  /** Fulfilled once it is over, whoever ended it. */
  readonly over: Promise<void>
}

/** Serves the other end of a port from a stream, which is touched only once the other end asks for bytes. */
export function writeTo(port: MessagePort, body: ReadableStream<Uint8Array>): PortWriter {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let tellOver!: () => void
  const over = new Promise<void>((resolve) => {
    tellOver = resolve
  })
  let tellBegun!: () => void
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve
  })
  let owed = 0
  let rest: Uint8Array | undefined
  let state: 'idle' | 'reading' | 'over' = 'idle'
  const say = (message: ToReader, transfer: Transferable[] = []) => port.postMessage(message, transfer)
  const end = (last?: ToReader) => {
    if (state === 'over') return
    state = 'over'
    tellOver()
    clearInterval(pulse)
    if (last) say(last)
    void reader?.cancel().catch(() => {}) // it may be over already
    port.close()
  }
  const pulse = setInterval(() => owed > 0 && say({ type: 'alive' }), aliveEveryMs)
  const serve = async () => {
    if (state !== 'idle') return
    state = 'reading'
    try {
      reader ??= body.getReader()
      while (owed > 0) {
        const bytes: Uint8Array | undefined = rest ?? (await reader.read()).value
        if ((state as string) === 'over') return
        if (!bytes) return end({ type: 'end' })
        // A copy: the stream's own buffer may be larger, and whoever made it may look at it again.
        const piece = bytes.slice(0, pieceBytesMax)
        rest = bytes.length > piece.length ? bytes.subarray(piece.length) : undefined
        if (piece.length === 0) continue
        owed--
        say({ type: 'bytes', bytes: piece }, [piece.buffer])
      }
      state = 'idle'
    } catch (error) {
      end({ type: 'broken', reason: textOf(error) })
    }
  }
  port.onmessage = ({ data }: MessageEvent<ToWriter>) => {
    if (data.type === 'cancel') return end()
    tellBegun()
    owed = Math.min(owed + 1, pieceCountAhead)
    void serve()
  }
  return {
    end: () => end({ type: 'broken', reason: 'ended by the writer' }),
    get isBegun() {
      return reader !== undefined
    },
    get isOver() {
      return state === 'over'
    },
    begun,
    over,
  }
}

/** The reading end of a port. */
export class PortReader {
  readonly #port: MessagePort
  readonly #pieces: Uint8Array<ArrayBuffer>[] = []
  #end: { error: Error | undefined } | undefined
  #isAsked = false
  #wake: (() => void) | undefined
  /** How often anything was heard: whoever waits can see whether the other end lives. */
  heardCount = 0

  constructor(port: MessagePort) {
    this.#port = port
    port.onmessage = ({ data }: MessageEvent<ToReader>) => this.#hear(data)
  }

  #hear(message: ToReader): void {
    this.heardCount++
    if (message.type === 'alive' || this.#end) return
    if (message.type === 'bytes') this.#pieces.push(message.bytes)
    else this.#end = { error: message.type === 'broken' ? new Error(message.reason) : undefined }
    this.#wake?.()
  }

  /** The next bytes; undefined at the end. Rejects when the other end broke off. One call at a time. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#isAsked) {
      this.#isAsked = true
      for (let i = 0; i < pieceCountAhead; i++) this.#say({ type: 'pull' })
    }
    while (this.#pieces.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const piece = this.#pieces.shift()
    if (piece) this.#say({ type: 'pull' })
    else if (this.#end?.error) throw this.#end.error
    return piece
  }

  #say(message: ToWriter): void {
    this.#port.postMessage(message)
  }

  /** Nothing more is wanted; a `read` that waits ends as at the end. */
  cancel(): void {
    if (!this.#end) this.#say({ type: 'cancel' })
    this.#end = { error: undefined }
    this.#pieces.length = 0
    this.#wake?.()
    this.#port.close()
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const bytes = await this.read()
          if (bytes) controller.enqueue(bytes)
          else controller.close()
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0 },
    )
  }
}
