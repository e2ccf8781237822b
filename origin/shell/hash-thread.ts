/**
 * Hashing on a thread of its own, so that serving never waits for it. Owns the thread's life: started with the first
 * file, started anew when it died, and no reason for the process to stay.
 */
import { Worker } from 'node:worker_threads'
import type { HashFile, HashOutcome } from '../ports.ts'
import type { HashReply, HashRequest } from './hash-worker.ts'

// A thread takes plain JavaScript only, so sources that run as they are (in tests) use the built worker.
const workerFile = import.meta.url.endsWith('.ts') ? '../../dist/origin/shell/hash-worker.js' : './hash-worker.js'

export class HashThread {
  #worker: Worker | undefined
  #closed = false
  #lastId = 0
  readonly #waiting = new Map<number, (outcome: HashOutcome) => void>()

  readonly hash: HashFile = (path, signal) => {
    if (this.#closed || signal.aborted) return Promise.resolve({ kind: 'failed', reason: 'hashing was stopped' })
    return new Promise((resolve) => {
      const id = ++this.#lastId
      const abort = () => this.#post({ id, abort: true })
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.set(id, (outcome) => {
        signal.removeEventListener('abort', abort)
        this.#waiting.delete(id)
        if (this.#waiting.size === 0) this.#worker?.unref()
        resolve(outcome)
      })
      this.#worker ??= this.#start()
      this.#worker.ref()
      this.#post({ id, path })
    })
  }

  #post(request: HashRequest): void {
    this.#worker?.postMessage(request)
  }

  #start(): Worker {
    const worker = new Worker(new URL(workerFile, import.meta.url), { name: 'nearcast-hash' })
    let reason = 'the hash worker stopped'
    worker.on('message', ({ id, outcome }: HashReply) => this.#waiting.get(id)?.(outcome))
    worker.on('error', (error) => {
      reason = `the hash worker died: ${error.message}`
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      for (const settle of [...this.#waiting.values()]) settle({ kind: 'failed', reason })
    })
    return worker
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }
}
