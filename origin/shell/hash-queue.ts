/**
 * Which file is hashed when: few at a time, and a huge one never before everything else. Hashes again when a file
 * changed meanwhile. Knows neither hashes nor manifests.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MiB } from '../../shared/limits.ts'
import type { HashFile, HashOutcome } from '../ports.ts'

/** At once: a second one lets small files pass a huge one; more would only share one thread. */
const runningMax = 2

/** A second or two of hashing. Only one such file is hashed at a time. */
const largeBytes = 1024 * MiB

/** Files that wait: a whole site asked for at once, and each is no more than a path. */
const waitingMax = 4096

/** Tries for a file that changes while it is hashed, and the pause before the next try, doubled each time. */
const triesMax = 4
const retryPauseMs = 50

interface Job {
  path: string
  large: boolean
  settle(outcome: HashOutcome): void
}

export class HashQueue {
  readonly #hashFile: HashFile
  readonly #abort = new AbortController()
  readonly #waiting: Job[] = []
  readonly #running = new Set<Job>()

  constructor(hashFile: HashFile) {
    this.#hashFile = hashFile
  }

  /** @param bytes the file's size, as far as known; it only decides the order */
  hash(path: string, bytes: number): Promise<HashOutcome> {
    if (this.#abort.signal.aborted) return Promise.resolve({ kind: 'failed', reason: 'the origin is closing' })
    if (this.#waiting.length >= waitingMax) {
      return Promise.resolve({ kind: 'failed', reason: `${waitingMax} files already wait to be hashed` })
    }
    return new Promise((settle) => {
      this.#waiting.push({ path, large: bytes > largeBytes, settle })
      this.#runNext()
    })
  }

  #runNext(): void {
    if (this.#running.size >= runningMax) return
    const largeRuns = [...this.#running].some((job) => job.large)
    const index = this.#waiting.findIndex((job) => !(job.large && largeRuns))
    const [job] = index < 0 ? [] : this.#waiting.splice(index, 1)
    if (job === undefined) return
    this.#running.add(job)
    void this.#hashSettled(job.path).then((outcome) => {
      this.#running.delete(job)
      job.settle(outcome)
      this.#runNext()
    })
  }

  async #hashSettled(path: string): Promise<HashOutcome> {
    const { signal } = this.#abort
    for (let tried = 1; ; tried++) {
      const outcome = await this.#hashFile(path, signal)
      if (outcome.kind !== 'changed' || tried === triesMax || signal.aborted) return outcome
      await sleep(retryPauseMs * 2 ** tried, undefined, { signal }).catch(() => undefined)
    }
  }

  close(): void {
    this.#abort.abort()
    for (const job of this.#waiting.splice(0)) job.settle({ kind: 'failed', reason: 'the origin is closing' })
  }
}
