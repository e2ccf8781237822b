/** A running hash over all that happens in a world: two runs of one seed have the same. */

const prime = 0x01000193

export class Trace {
  hash = 0x811c9dc5
  readonly #instant = new Float64Array(1)
  readonly #words = new Uint32Array(this.#instant.buffer)

  mark(now: number, node: number, what: string): void {
    this.#instant[0] = now
    let hash = this.hash
    hash = Math.imul(hash ^ this.#words[0]!, prime)
    hash = Math.imul(hash ^ this.#words[1]!, prime)
    hash = Math.imul(hash ^ node, prime)
    for (let i = 0; i < what.length; i++) hash = Math.imul(hash ^ what.charCodeAt(i), prime)
    this.hash = (hash ^ (hash >>> 15)) >>> 0
  }
}
