/**
 * The origin's edges: which of them are well, and in which order a client should ask them. Knows where they are and
 * where the client is, by names; not how anybody found out.
 */
import type { Location } from './location.ts'

export interface EdgeSetting {
  /** How the addresses of the files begin there, like `https://eu.example.org/`. */
  url: string
  /** A zone, region, country or continent, as clients' places have them; the name decides, not the address. */
  region?: string
}

/** One look that fails may be a lost packet; two are a server that is gone, or does not want anybody. */
const failuresMax = 2

export class Edges {
  #edges: readonly EdgeSetting[]
  #failures: number[]
  /** Grows with every change of what clients are told. */
  version = 0

  constructor(edges: readonly EdgeSetting[]) {
    this.#edges = edges
    this.#failures = edges.map(() => 0)
  }

  /** Others from now on. What was seen of those that stay is still known. */
  use(edges: readonly EdgeSetting[]): void {
    const known = new Map(this.#edges.map(({ url }, index) => [url, this.#failures[index]!]))
    this.#edges = edges
    this.#failures = edges.map(({ url }) => known.get(url) ?? 0)
    this.version++
  }

  get urls(): string[] {
    return this.#edges.map(({ url }) => url)
  }

  get count(): number {
    return this.#edges.length
  }

  get wellCount(): number {
    return this.#failures.filter((failures) => failures < failuresMax).length
  }

  /** What a look at an edge found. @returns whether clients are to be told */
  looked(index: number, isWell: boolean): boolean {
    const wasWell = this.#isWell(index)
    this.#failures[index] = isWell ? 0 : this.#failures[index]! + 1
    if (this.#isWell(index) === wasWell) return false
    this.version++
    return true
  }

  #isWell(index: number): boolean {
    return this.#failures[index]! < failuresMax
  }

  /**
   * The edges that are well, the nearest first. Of those that are equally near every client begins with another one.
   * @param share any number of the client's own
   */
  orderFor(location: Location, share: number): string[] {
    const names = placeNames(location)
    const byDistance = new Map<number, string[]>()
    for (const [index, { url, region }] of this.#edges.entries()) {
      if (!this.#isWell(index)) continue
      const at = region === undefined ? -1 : names.indexOf(region.toLowerCase())
      const distance = at < 0 ? names.length : at
      byDistance.set(distance, [...(byDistance.get(distance) ?? []), url])
    }
    return [...byDistance]
      .sort(([a], [b]) => a - b)
      .flatMap(([, urls]) => [...urls.slice(share % urls.length), ...urls.slice(0, share % urls.length)])
  }
}

/** What a place is called, from the smallest to the largest. */
function placeNames({ zone, region, subdivision, country, continent }: Location): string[] {
  const part = country !== undefined && subdivision !== undefined ? `${country}-${subdivision}` : undefined
  return [zone, region, part, country, continent].filter((name) => name !== undefined).map((name) => name.toLowerCase())
}
