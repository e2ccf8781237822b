/** Looks whether edges are well, each by a request every few seconds. Knows nobody who is told. */

export interface EdgeChecksOptions {
  urls: readonly string[]
  /** Answered with 200 by an edge that takes requests. */
  path: string
  /** Between two looks at one edge that is well. */
  everyMs: number
  heard(index: number, isWell: boolean): void
}

/** An edge that takes longer to say that it is well is no use to anybody who waits. */
const patienceMs = 2_000

/** One that failed is looked at again soon: it has gone, or only a packet was lost. */
const againMs = 500

export class EdgeChecks {
  readonly #options: EdgeChecksOptions
  readonly #timers = new Map<number, NodeJS.Timeout>()
  readonly #ended = new AbortController()

  constructor(options: EdgeChecksOptions) {
    this.#options = options
    for (const index of options.urls.keys()) void this.#look(index)
  }

  async #look(index: number): Promise<void> {
    const { urls, path, everyMs, heard } = this.#options
    const isWell = await this.#isWell(new URL(path, urls[index]))
    if (this.#ended.signal.aborted) return
    heard(index, isWell)
    const timer = setTimeout(() => void this.#look(index), isWell ? everyMs : Math.min(againMs, everyMs))
    timer.unref()
    this.#timers.set(index, timer)
  }

  async #isWell(url: URL): Promise<boolean> {
    try {
      const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(patienceMs)])
      // An answer from elsewhere would say nothing of this edge.
      const response = await fetch(url, { signal, redirect: 'error', cache: 'no-store' })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }

  stop(): void {
    this.#ended.abort()
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }
}
