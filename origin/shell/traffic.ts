/** Counts what was asked and sent, and knows which responses are under way. */
import type { ServerResponse } from 'node:http'

/** Paths counted by themselves; beyond them, bytes are counted together under `otherPaths`. */
const pathCountMax = 1000

/** No URL path: those begin with a slash. */
export const otherPaths = '*'

export class Traffic {
  requests = 0
  bytesSent = 0
  manifestsServed = 0
  readonly #bytesByPath = new Map<string, number>()
  readonly #active = new Map<ServerResponse, Promise<void>>()

  /** Bytes of a body that a socket has taken; `path` is undefined where no file is behind them. */
  sent(path: string | undefined, bytes: number): void {
    this.bytesSent += bytes
    const counted = path !== undefined && (this.#bytesByPath.has(path) || this.#bytesByPath.size < pathCountMax)
    const key = counted ? path : otherPaths
    this.#bytesByPath.set(key, (this.#bytesByPath.get(key) ?? 0) + bytes)
  }

  bytesByPath(): Record<string, number> {
    return Object.fromEntries(this.#bytesByPath)
  }

  get activeResponses(): number {
    return this.#active.size
  }

  /** Counts a response as under way until its answer is settled. */
  track(response: ServerResponse, answered: Promise<void>): void {
    this.requests++
    this.#active.set(
      response,
      answered.finally(() => this.#active.delete(response)),
    )
  }

  /** Breaks off every response, and waits until nothing of them is open. */
  async breakOff(): Promise<void> {
    const active = [...this.#active]
    for (const [response] of active) response.destroy()
    await Promise.allSettled(active.map(([, answered]) => answered))
  }
}
