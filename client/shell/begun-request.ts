/**
 * A plain request that was begun before there was anybody who could do more with it: whoever comes takes it over, so that
 * no page's first byte waits for the engine. Knows nothing of what is asked for.
 */
export class BegunRequest {
  /** Rejects like `fetch`. */
  readonly response: Promise<Response>
  readonly #over = new AbortController()

  constructor(url: string, headers: HeadersInit | undefined) {
    this.response = fetch(url, { signal: this.#over.signal, ...(headers && { headers }) })
    this.response.catch(() => {}) // whoever takes it hears of it
  }

  cancel(reason?: unknown): void {
    this.#over.abort(reason)
  }

  /** From now on the request ends when the signal says so. */
  endBy(signal: AbortSignal | undefined): void {
    if (signal?.aborted) this.cancel(signal.reason)
    else signal?.addEventListener('abort', () => this.cancel(signal.reason), { once: true })
  }
}
