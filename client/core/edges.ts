/**
 * Where the origin is asked: at the edges that the tracker named, the best first, and at the file's own address when
 * none of them will do; at the file's mirrors only while that does not answer. An edge that fails rests; one that has
 * another file, or none, is not asked for it again. Knows no address but as a name.
 */
import { keepNewest } from '../../shared/newest.ts'
import type { RunFailure } from './origin-failures.ts'
import { runStallMs } from './settings.ts'
import type { Run, Swarm } from './swarm.ts'

/** A restarted server is back in seconds; one that is gone costs a request now and then. */
const restMinMs = 5_000
const restMaxMs = 300_000

/** Hosts that failed, more than a visitor's files have: of one that is not remembered a request tells again. */
const restsMax = 64

/** Where there is another host, one that has fallen silent is not waited for so long. */
const stallSoonMs = 5_000

interface Rest {
  until: number
  failures: number
}

export class Edges {
  #order: readonly string[] = []
  readonly #rests = new Map<string, Rest>()

  /** The tracker's order from now on. What is known of those that are still in it stays. */
  use(order: readonly string[]): void {
    for (const edge of this.#order) if (!order.includes(edge)) this.#rests.delete(edge)
    this.#order = order
  }

  /** Those that are not resting, the best first. */
  awake(now: number): string[] {
    return this.#order.filter((edge) => (this.#rests.get(edge)?.until ?? 0) <= now)
  }

  /** The edge or mirror to ask next for a file; undefined for the file's own address. */
  pick(swarm: Swarm, now: number): string | undefined {
    const isUsable = (name: string) => !swarm.edgesGone.has(name) && (this.#rests.get(name)?.until ?? 0) <= now
    const edge = swarm.hasEdges ? this.#order.find(isUsable) : undefined
    const isOwnAnswering = swarm.originGone === undefined && now >= swarm.runNotBefore
    return edge ?? (isOwnAnswering ? undefined : swarm.mirrors.find(isUsable))
  }

  /** How long an answer may bring nothing. */
  stallMs(swarm: Swarm): number {
    return swarm.mirrors.length > 0 ? stallSoonMs : runStallMs
  }

  /** An answer of an edge came to nothing. Whatever it said of the file, only the file's own address can be believed. */
  failed(swarm: Swarm, edge: string, { retry, changed, retryAfterMs }: RunFailure, now: number): void {
    if (!retry || changed) swarm.edgesGone.add(edge)
    else {
      const failures = (this.#rests.get(edge)?.failures ?? 0) + 1
      const restMs = Math.min(restMaxMs, Math.max(retryAfterMs, restMinMs * 2 ** Math.min(failures - 1, 10)))
      const isKnown = this.#order.includes(edge) || swarm.mirrors.includes(edge)
      if (isKnown) keepNewest(this.#rests, edge, { until: now + restMs, failures }, restsMax)
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
