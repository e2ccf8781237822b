/** Tells a page how its download goes on: at once what is news, and the rest a few times a second. */
import type { DownloadProgress } from '../api.ts'
import type { Clock } from '../ports.ts'

/** Progress is told at most this often. */
const tellEveryMs = 200

type Listener = (progress: DownloadProgress) => void

export class ProgressNews {
  readonly #clock: Clock
  readonly #progress: () => DownloadProgress
  readonly #listeners = new Set<Listener>()
  #toldAt = Number.NEGATIVE_INFINITY
  #laterTell: (() => void) | undefined

  constructor(clock: Clock, progress: () => DownloadProgress) {
    this.#clock = clock
    this.#progress = progress
  }

  on(callback: Listener): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }

  tell(isNews: boolean): void {
    const dueAt = this.#toldAt + tellEveryMs
    if (!isNews && this.#clock.now() < dueAt) {
      this.#laterTell ??= this.#clock.at(dueAt, () => {
        this.#laterTell = undefined
        this.tell(true)
      })
      return
    }
    this.#laterTell?.()
    this.#laterTell = undefined
    this.#toldAt = this.#clock.now()
    const progress = this.#progress()
    for (const listener of [...this.#listeners]) this.#call(listener, progress)
  }

  /** What a page's callback throws is the page's to hear of, and must not stop the engine that is at work. */
  #call(listener: Listener, progress: DownloadProgress): void {
    try {
      listener(progress)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
