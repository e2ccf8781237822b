/** Which swarms somebody may be in: names, and prefixes of names. Knows neither whose list it is nor where it lies. */
import { isSwarmId, type SwarmId } from '../../shared/ids.ts'

/** A shorter prefix is nobody's: it covers swarms of one site in every sixteen. */
const prefixLengthMin = 4

/** A name has 40 digits; a prefix of all of them is the name. */
const nameLength = 40

export const isSwarmPrefix = (text: unknown): text is string =>
  typeof text === 'string' && text.length >= prefixLengthMin && text.length < nameLength && /^[0-9a-f]+$/.test(text)

export interface SwarmEntries {
  names: readonly SwarmId[]
  prefixes: readonly string[]
}

/** Reads `ea266b…` (40 digits) as a name and `ea266b*` (at least 4 digits) as a prefix. */
export function parseSwarmEntry(text: string): { name: SwarmId } | { prefix: string } | undefined {
  if (isSwarmId(text)) return { name: text }
  const prefix = text.endsWith('*') ? text.slice(0, -1) : ''
  return isSwarmPrefix(prefix) ? { prefix } : undefined
}

export class SwarmList {
  readonly #names: ReadonlySet<string>
  /** By their length: a name is looked up once for each length that there is. */
  readonly #prefixes = new Map<number, Set<string>>()

  constructor({ names, prefixes }: SwarmEntries) {
    this.#names = new Set(names)
    for (const prefix of prefixes) {
      const ofLength = this.#prefixes.get(prefix.length)
      if (ofLength === undefined) this.#prefixes.set(prefix.length, new Set([prefix]))
      else ofLength.add(prefix)
    }
  }

  /** Names and prefixes. */
  get size(): number {
    let size = this.#names.size
    for (const prefixes of this.#prefixes.values()) size += prefixes.size
    return size
  }

  has(swarm: SwarmId): boolean {
    if (this.#names.has(swarm)) return true
    for (const [length, prefixes] of this.#prefixes) if (prefixes.has(swarm.slice(0, length))) return true
    return false
  }
}
