/** A file's bytes [from, to) as a stream: in order, verified, fetched as they are read and a little ahead. */
import type { NearcastError } from '../api.ts'
import type { OpenFile } from './open-file.ts'
import type { Begun, Opened } from './opening.ts'
import type { Runtime } from './runtime.ts'

/** Bytes that wait in the stream itself for a reader that is slow: a chunk or two. */
const queueBytesMax = 128 * 1024

let nextWant = 1

/** A number for a want: unique in this script. */
export const takeWant = (): number => nextWant++

export function openReader(
  runtime: Runtime,
  file: OpenFile,
  range: { from: number; to: number },
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  const want = takeWant()
  let position = range.from
  const over = new AbortController()
  let stop = () => {}
  const end = () => {
    if (over.signal.aborted) return
    stop()
    over.abort()
    runtime.input({ type: 'unwant', swarm: file.id, want })
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // One that was left stays so.
        if (runtime.fileOf(file.id) === file) file.retry()
        runtime.input({ type: 'want', swarm: file.id, want, from: range.from, to: range.to, order: 'stream' })
        const abort = () => {
          end()
          controller.error(signal?.reason)
        }
        if (signal?.aborted) abort()
        else signal?.addEventListener('abort', abort, { once: true })
        stop = () => signal?.removeEventListener('abort', abort)
      },
      async pull(controller) {
        if (position >= range.to) {
          end()
          return controller.close()
        }
        const piece = await nextPiece(file, position, over.signal)
        if (over.signal.aborted) return
        if (!(piece instanceof Uint8Array)) {
          end()
          return controller.error(piece)
        }
        const bytes = piece.subarray(0, range.to - position)
        position += bytes.length
        runtime.input({ type: 'reading', swarm: file.id, want, position })
        // A copy: the chunk itself stays with the vault, and a page may change or transfer what it reads.
        controller.enqueue(bytes.slice())
        if (position < range.to) return
        end()
        controller.close()
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: queueBytesMax }),
  )
}

/** What was opened, as far as it was asked for. */
export function openBody(
  runtime: Runtime,
  opened: Begun | Extract<Opened, { kind: 'file' }>,
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  if (opened.kind === 'begun') return openBegun(runtime, opened, signal)
  const { file, range } = opened
  return openReader(runtime, file, range ?? { from: 0, to: file.manifest.geometry.fileBytes }, signal)
}

/** The same of an answer whose first leaf comes ahead of everything else. */
export function openBegun(runtime: Runtime, { leaf, rest }: Begun, signal?: AbortSignal): ReadableStream<Uint8Array> {
  // Opened at once: what is read ahead is on its way while the page looks at the first bytes.
  const reader = Promise.all([leaf, rest]).then(([first, opened]) => {
    const from = first?.length ?? 0
    if (opened.kind === 'plain') return opened.body!.stream(from).getReader()
    const { file } = opened
    return openReader(runtime, file, { from, to: file.manifest.geometry.fileBytes }, signal).getReader()
  })
  return leafAndRest(leaf, reader)
}

/** @param leaf is missing where the rest has all bytes */
export function leafAndRest(
  leaf: Promise<Uint8Array | undefined>,
  rest: Promise<ReadableStreamDefaultReader<Uint8Array>>,
): ReadableStream<Uint8Array> {
  rest.catch(() => {}) // whoever reads hears of it
  let isFirst = true
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = isFirst && (await leaf)
        isFirst = false
        if (first) return controller.enqueue(first)
        const { done, value } = await (await rest).read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: async (reason) => (await rest).cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

async function nextPiece(
  file: OpenFile,
  position: number,
  over: AbortSignal,
): Promise<Uint8Array | NearcastError | undefined> {
  for (;;) {
    const { version } = file
    const piece = await file.piece(position)
    if (piece || over.aborted) return piece
    // Missing, or lost since: the engine fetches it, and tells.
    if (file.failure) return file.failure
    if (file.version === version) await changed(file, over)
  }
}

function changed(file: OpenFile, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop()
      over.removeEventListener('abort', done)
      resolve()
    }
    const stop = file.onChange(done)
    over.addEventListener('abort', done, { once: true })
  })
}
