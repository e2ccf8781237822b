/**
 * The body that a request gets through the worker: from the page while it brings bytes, and from the next byte on from
 * the server when it does not. Never a byte twice, none left out, none of another version.
 */
import { type AnsweredRange, continuationOf, isContinuation } from '../core/interception.ts'
import type { PortReader } from '../shell/port-stream.ts'
import { answerFacts } from './fetch-facts.ts'

/** A page that says nothing for two looks in a row is gone or hangs. It says something twice a second. */
const lookEveryMs = 1_000

/** A server that breaks off is asked again so often; then the request fails as it would without a worker. */
const attemptCountMax = 3

export interface RelayOptions {
  page: PortReader
  range: AnsweredRange
  /** The ETag of the answer that began, and the root by which the page verifies. */
  etag: string | undefined
  root: string
  /** Asks the server for the rest. */
  ask: (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>
  /** Whether the page is still open. */
  isOpen: () => Promise<boolean>
  /** Called once, when the page is needed no more. */
  left: () => void
}

export function relayedBody(options: RelayOptions): ReadableStream<Uint8Array> {
  const { page, range, left } = options
  const over = new AbortController()
  let position = range.from
  let source: AsyncIterator<Uint8Array> | undefined
  let isFromPage = true
  const leave = () => {
    if (!isFromPage) return
    isFromPage = false
    page.cancel()
    left()
  }
  const next = async (): Promise<Uint8Array> => {
    if (isFromPage) {
      const piece = await pieceOf(options)
      if (piece) return piece
      leave()
    }
    source ??= restOf(options, () => position, over.signal)
    const { value, done } = await source.next()
    if (done) throw new Error('the server broke off')
    return value
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = (await next()).subarray(0, range.to - position)
        position += bytes.length
        controller.enqueue(bytes)
        if (position < range.to) return
        leave()
        over.abort()
        controller.close()
      },
      cancel() {
        leave()
        over.abort()
      },
    },
    { highWaterMark: 0 },
  )
}

/** The page's next bytes; undefined when it has none any more, says nothing, or is closed. */
async function pieceOf({ page, isOpen }: RelayOptions): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let heardCount = page.heardCount
  const silence = new Promise<undefined>((resolve) => {
    const look = async () => {
      if (page.heardCount === heardCount || !(await isOpen())) return resolve(undefined)
      heardCount = page.heardCount
      timer = setTimeout(look, lookEveryMs)
    }
    timer = setTimeout(look, lookEveryMs)
  })
  // One whose answer broke off is one that has no more.
  const piece = page.read().catch(() => undefined)
  return Promise.race([piece, silence]).finally(() => clearTimeout(timer))
}

/** From the server, what is missing; asked again from where it broke off. */
async function* restOf(
  { range, etag, root, ask }: RelayOptions,
  position: () => number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let attempt = 0; attempt < attemptCountMax && !signal.aborted; attempt++) {
    const wanted = { ...range, from: position() }
    const fields = continuationOf(etag, root, wanted)
    if (!fields) throw new Error('the ETag does not tell this version from another: the rest cannot be asked for')
    try {
      const response = await ask(fields, signal)
      if (!isContinuation(answerFacts(response), wanted, root)) throw new Error('the file is another one by now')
      // The bodies of all browsers can be read by a reader, not of all by iteration.
      const reader = response.body!.getReader()
      for (let read = await reader.read(); read.value; read = await reader.read()) yield read.value
    } catch (error) {
      if (attempt === attemptCountMax - 1) throw error
    }
  }
}
