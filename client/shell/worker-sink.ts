/**
 * A download of the browser's own whose bytes the page gives to its service worker: no faster than they are written, and
 * never all in memory. Knows nothing of what the bytes are.
 */
import { type PageSave, type StayAwake, savePath } from './page-save.ts'
import { writeTo } from './port-stream.ts'

/** The worker asks for the first bytes at once; one that is not ours never does. */
const beginPatienceMs = 3_000

/** Browsers stop a worker that hears nothing for half a minute. */
const awakeEveryMs = 10_000

/** A frame that asked for a download shows nothing, and can go. */
const frameGoesAfterMs = 60_000

/** @returns undefined where no worker of ours answers */
export async function openWorkerSink(name: string, fileBytes: number): Promise<WritableStream<Uint8Array> | undefined> {
  const worker = navigator.serviceWorker?.controller
  if (!worker) return undefined
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const { port1, port2 } = new MessageChannel()
  const writer = writeTo(port1, readable)
  const path = savePath(crypto.randomUUID())
  worker.postMessage({ nearcast: 'save', path, name, fileBytes } satisfies PageSave, [port2])
  // A frame: to follow a link with `download` asks no worker.
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = path
  document.body.append(frame)
  setTimeout(() => frame.remove(), frameGoesAfterMs)
  const awake = setInterval(() => worker.postMessage({ nearcast: 'stay' } satisfies StayAwake), awakeEveryMs)
  void writer.over.then(() => clearInterval(awake))
  const isBegun = await Promise.race([
    writer.begun.then(() => true),
    new Promise<false>((resolve) => setTimeout(resolve, beginPatienceMs, false)),
  ])
  if (isBegun) return writable
  writer.end()
  return undefined
}
