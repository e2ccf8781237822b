/**
 * What a contract is made of: named cases that run anywhere, under a test runner or in a page, so that a fake and
 * the real adapter pass the same ones. A case fails by throwing.
 */
export interface ContractCase {
  name: string
  run(): Promise<void>
}

export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** By value: numbers, texts, byte strings, and arrays and plain objects of them. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [print(actual), print(expected)]
  check(seen === wanted, `${what}: ${shorten(seen)} in place of ${shorten(wanted)}`)
}

const print = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? `bytes ${[...part].join(' ')}` : part)) ??
  'undefined'

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** Long enough for the busiest machine; a case that waits longer says what it waited for. */
const waitMsMax = 20_000

/** What came, in order, for cases that wait for the next of it. */
export class Inbox<T> {
  readonly all: T[] = []
  readonly #name: string
  readonly #story: () => string
  #waiting: { count: number; resolve(): void }[] = []

  /** @param story what else happened, for the message of a case that waits in vain */
  constructor(name: string, story: () => string = () => '') {
    this.#name = name
    this.#story = story
  }

  readonly push = (item: T): void => {
    this.all.push(item)
    const ready = this.#waiting.filter(({ count }) => count <= this.all.length)
    this.#waiting = this.#waiting.filter(({ count }) => count > this.all.length)
    for (const { resolve } of ready) resolve()
  }

  /** Fulfilled once `count` items are here. */
  async reach(count: number): Promise<T[]> {
    if (this.all.length >= count) return this.all
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`${this.#name}: ${this.all.length} of ${count} came; ${this.#story()}`))
      const timer = setTimeout(late, waitMsMax)
      this.#waiting.push({
        count,
        resolve() {
          clearTimeout(timer)
          resolve()
        },
      })
    })
    return this.all
  }
}

/** Bytes that differ at each place and for each seed. */
export function patternBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = (seed * 2654435761 + 1) >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
