/**
 * Which URLs may have chunks in the store, known without waiting for it: then the manifest is asked for first, and
 * nothing that is here is fetched again. Only a hint: a wrong one costs a round trip or a few bytes.
 */

const key = 'nearcast.files'

/** The latest are remembered; a visitor with more large files than this only loses the hint. */
const countMax = 200

export interface ResumeHints {
  has(url: string): boolean
  add(url: string): void
  clear(): void
}

/** @param storage where they are kept: localStorage, where it is allowed */
export function createResumeHints(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined,
): ResumeHints {
  const read = (): string[] => {
    try {
      const value: unknown = JSON.parse(storage?.getItem(key) ?? '[]')
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
    } catch {
      return [] // not ours, or not allowed: no hints
    }
  }
  const write = (urls: string[]) => {
    try {
      storage?.setItem(key, JSON.stringify(urls))
    } catch {
      // full or not allowed: no hints
    }
  }
  return {
    has: (url) => read().includes(url),
    add: (url) => write([...read().filter((other) => other !== url), url].slice(-countMax)),
    clear: () => write([]),
  }
}
