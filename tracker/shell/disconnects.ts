/** How connections ended, by WebSocket close code. Knows no connection. */

/** IANA's close codes; a client may send any other, and does not make a label of it. Ours are 4401 and 4403. */
const knownCodes: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 4401, 4403,
])

export class Disconnects {
  readonly #counts: Record<string, number> = {}

  add(code: number): void {
    const key = knownCodes.has(code) ? String(code) : 'other'
    this.#counts[key] = (this.#counts[key] ?? 0) + 1
  }

  counts(): Record<string, number> {
    return { ...this.#counts }
  }
}
