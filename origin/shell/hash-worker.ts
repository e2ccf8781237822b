/** The thread that hashes: takes paths, gives outcomes. Everything about queueing is on the other side. */
import { parentPort } from 'node:worker_threads'
import { assert } from '../../shared/assert.ts'
import type { HashOutcome } from '../ports.ts'
import { hashFileHere } from './file-hash.ts'

export type HashRequest = { id: number; path: string } | { id: number; abort: true }
export interface HashReply {
  id: number
  outcome: HashOutcome
}

assert(parentPort !== null, 'the hash worker runs as a thread')
const port = parentPort
const running = new Map<number, AbortController>()

port.on('message', async (request: HashRequest) => {
  const { id } = request
  if ('abort' in request) {
    running.get(id)?.abort()
    return
  }
  const abort = new AbortController()
  running.set(id, abort)
  const outcome = await hashFileHere(request.path, abort.signal)
  running.delete(id)
  const reply: HashReply = { id, outcome }
  port.postMessage(reply)
})
