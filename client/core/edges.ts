/**
 * Where the origin is asked: at the edges that the tracker named, the best first, and at the file's own address when
 * none of them will do. An edge that fails rests; one that has another file, or none, is not asked for it again. Knows
 * no address but as a name.
 */
import type { RunFailure } from './origin-failures.ts'
import type { Run, Swarm } from './swarm.ts'

/** A restarted server is back in seconds; one that is gone costs a request now and then. */
const restMinMs = 5_000
const restMaxMs = 300_000

interface Rest {
  until: number
  failures: number
}

export class Edges {
  #order: readonly string[] = []
  readonly #rests = new Map<string, Rest>()

  /** The tracker's order from now on. What is known of those that are still in it stays. */
  use(order: readonly string[]): void {
    this.#order = order
    for (const edge of this.#rests.keys()) if (!order.includes(edge)) this.#rests.delete(edge)
  }

  /** Those that are not resting, the best first. */
  awake(now: number): string[] {
    return this.#order.filter((edge) => (this.#rests.get(edge)?.until ?? 0) <= now)
  }

  /** The edge to ask next for a file; undefined for the file's own address. */
  pick(swarm: Swarm, now: number): string | undefined {
    if (!swarm.hasEdges) return undefined
    return this.#order.find((edge) => !swarm.edgesGone.has(edge) && (this.#rests.get(edge)?.until ?? 0) <= now)
  }

  /** An answer of an edge came to nothing. Whatever it said of the file, only the file's own address can be believed. */
  failed(swarm: Swarm, edge: string, { retry, changed, retryAfterMs }: RunFailure, now: number): void {
    if (!retry || changed) swarm.edgesGone.add(edge)
    else {
      const failures = (this.#rests.get(edge)?.failures ?? 0) + 1
      const restMs = Math.min(restMaxMs, Math.max(retryAfterMs, restMinMs * 2 ** Math.min(failures - 1, 10)))
      if (this.#order.includes(edge)) this.#rests.set(edge, { until: now + restMs, failures })
    }
  }

  /** A chunk of an edge was verified. */
  proved(edge: string): void {
    this.#rests.delete(edge)
  }
}

/** The answers of edges that are not asked for this file any more: one of them sent something else. */
export function runsOfGone(swarm: Swarm): Run[] {
  if (swarm.edgesGone.size === 0) return []
  return [...swarm.runs.values()].filter(({ edge }) => edge !== undefined && swarm.edgesGone.has(edge))
}
