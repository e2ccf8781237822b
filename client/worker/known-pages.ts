/**
 * The pages that said hello to the worker: who can be asked, and what is marked where. Kept in memory alone: when the
 * worker starts anew, pages say it again.
 */

/** A visitor has fewer tabs of one site; of more, the longest silent are forgotten. */
const pageCountMax = 64

/** A page has fewer media; each costs every request a look. */
const pathCountMax = 256

interface KnownPage {
  isReady: boolean
  isStrict: boolean
  paths: ReadonlySet<string>
}

/** What a page said of itself, as far as it was a list at least. */
interface Hello {
  isReady?: unknown
  isStrict?: unknown
  paths: readonly unknown[]
}

export class KnownPages {
  /** The one that said hello last is the last one. */
  readonly #pages = new Map<string, KnownPage>()

  hello(id: string, { isReady, isStrict, paths }: Hello): void {
    const texts = paths.filter((path) => typeof path === 'string')
    this.#pages.delete(id)
    this.#pages.set(id, {
      isReady: isReady === true,
      isStrict: isStrict === true,
      paths: new Set(texts.slice(0, pathCountMax)),
    })
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= pageCountMax) break
      this.#pages.delete(old)
    }
  }

  isMarked(id: string, path: string): boolean {
    return this.#pages.get(id)?.paths.has(path) === true
  }

  /**
   * Who can be asked for what a client wants: the client itself, or whoever said hello last, such as another tab. Media
   * in a page's markup begin before its script does, so there a client that is not known yet is asked as well.
   */
  hostsFor(id: string, destination: string): string[] {
    const ready = [...this.#pages].filter(([, { isReady }]) => isReady).map(([known]) => known)
    if (ready.includes(id)) return [id]
    if (id !== '' && !this.#pages.has(id) && /^(audio|video)$/.test(destination)) return [id, ...ready.reverse()]
    return ready.reverse()
  }

  /** Whether what is asked of it must be signed. */
  isStrict(id: string): boolean {
    return this.#pages.get(id)?.isStrict === true
  }

  gone(id: string): void {
    this.#pages.delete(id)
  }
}
