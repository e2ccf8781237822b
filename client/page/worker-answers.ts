/** What a page brings for its service worker: verified bytes of what the worker's own request began. */
import { NearcastError } from '../api.ts'
import type { EngineClient } from '../client.ts'
import { PortReader, type PortWriter, writeTo } from '../shell/port-stream.ts'
import type { AskAnswer, AskNews, WorkerAsk } from '../worker/worker-messages.ts'

/** A worker whose server answers later than this has been stopped meanwhile, or nobody waits any more. */
const headPatienceMs = 60_000

/** The worker waits for the page a little longer than this once it has the head. */
const manifestPatienceMs = 100

/** Bodies under way, which end with the page: the worker then goes on from the server at once. */
const writers = new Set<PortWriter>()

addEventListener('pagehide', () => {
  for (const writer of writers) writer.end()
  writers.clear()
})

export async function answerWorker(client: EngineClient, { url, range }: WorkerAsk, port: MessagePort): Promise<void> {
  const abort = new AbortController()
  let body: PortReader | undefined
  let isCancelled = false
  const head = new Promise<Response>((resolve) => {
    port.onmessage = ({ data, ports: [bytes] }: MessageEvent<AskNews>) => {
      clearTimeout(late)
      if (data.type === 'over' || !bytes) return abort.abort()
      body = new PortReader(bytes)
      if (isCancelled) body.cancel()
      resolve(new Response(body.stream(), { status: data.status, headers: data.headers }))
    }
  })
  const over = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason))
  })
  const late = setTimeout(() => abort.abort(new Error('the worker is gone')), headPatienceMs)
  /** Stands for the request that the worker makes. */
  const begun = {
    response: Promise.race([head, over]),
    cancel() {
      isCancelled = true
      body?.cancel()
    },
  }
  begun.response.catch(() => {}) // whoever takes it hears of it
  const say = (message: AskAnswer, transfer: Transferable[] = []) => port.postMessage(message, transfer)
  try {
    const headers = new Headers(range === undefined ? {} : { range })
    const taken = await client.takeOver({
      url,
      headers,
      begun,
      signal: abort.signal,
      patienceMs: manifestPatienceMs,
    })
    if (!taken) return say({ type: 'pass' })
    const { port1, port2 } = new MessageChannel()
    const writer = writeTo(port1, taken.body)
    for (const other of writers) if (other.isOver) writers.delete(other)
    writers.add(writer)
    say({ type: 'take', root: taken.root }, [port2])
  } catch (error) {
    const isRefused = error instanceof NearcastError && error.code === 'untrusted'
    if (isRefused) console.warn(error.message)
    say({ type: isRefused ? 'refuse' : 'pass' })
  }
}
