/**
 * An answer that is here before the engine is: the page reads it at once, as plain HTTP's own, and its bytes are kept
 * for the engine, which may bring what follows (start-takeover.ts).
 */
import { MiB } from '../../shared/limits.ts'
import { answerLike } from '../shell/answer-like.ts'

/** What is kept for the engine: more than a home's line brings before it is here. Beyond, all is plain. */
export const givenBytesMax = 16 * MiB

export interface PlainStart {
  readonly response: Response
  /** The whole body, for the engine. */
  readonly offered: ReadableStream<Uint8Array>
  /** What the page reads of it. */
  readonly plain: ReadableStreamDefaultReader<Uint8Array>
  /** What the page has of it; undefined once nobody may take it over any more. */
  given: Uint8Array[] | undefined
  /** Brings the page's next bytes; undefined at the end. Is replaced by who takes over. */
  next: () => Promise<Uint8Array | undefined>
  /** Aborted when the engine has nothing more to do with it. */
  readonly over: AbortSignal
  /** Ends the request. */
  cancel(reason?: unknown): void
}

export interface PlainStartOptions {
  signal: AbortSignal | undefined
  cancel(reason?: unknown): void
  /** Rejects where it stays plain. */
  takeOver(start: PlainStart): Promise<void>
}

/** @param response has a body that nobody has looked at */
export function plainStart(response: Response, { signal, cancel, takeOver }: PlainStartOptions): Response {
  const [own, offered] = response.body!.tee()
  const plain = own.getReader()
  const over = new AbortController()
  const read = async () => (await plain.read()).value
  const start: PlainStart = { response, offered, plain, given: [], next: read, over: over.signal, cancel }
  let givenBytes = 0
  /** Also where it is in the engine's hands: that hears of it by the signal. */
  const stayPlain = (reason?: unknown) => {
    start.given = undefined
    over.abort(reason)
    void offered.cancel(reason).catch(() => {})
  }
  const end = (reason?: unknown) => {
    signal?.removeEventListener('abort', abort)
    stayPlain(reason)
    void plain.cancel(reason).catch(() => {})
  }
  const abort = () => {
    // Others may read by now what the engine brings.
    if (start.next === read) cancel(signal?.reason)
    end(signal?.reason)
  }
  signal?.addEventListener('abort', abort)
  takeOver(start).catch(stayPlain)
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    let next: PlainStart['next']
    let bytes: Uint8Array | undefined
    do {
      next = start.next
      bytes = await next().catch((error: unknown) => {
        // What came, or failed, while another took over, the other brings.
        if (next === start.next) throw error
        return undefined
      })
    } while (next !== start.next)
    signal?.throwIfAborted()
    if (!bytes) {
      end()
      return controller.close()
    }
    givenBytes += bytes.length
    if (start.given && givenBytes > givenBytesMax) stayPlain()
    // A copy: the page may change what it reads.
    start.given?.push(bytes.slice())
    controller.enqueue(bytes)
  }
  return answerLike(response, new ReadableStream({ pull, cancel: end }, { highWaterMark: 0 }))
}
