/** A map of the operator's from address ranges to names; the longest prefix wins. Knows bytes, not CIDR texts. */
import { prefixKey, unmapped } from './place.ts'

export interface Prefix {
  readonly address: Uint8Array
  readonly bits: number
}

export class NamedRanges {
  /** By address length and prefix length; looked up from the longest, so a lookup costs one step per length in use. */
  readonly #byLength: { addressBytes: number; bits: number; names: Map<string, string> }[] = []

  /** @returns the name that already has this very prefix, which then stays */
  add(prefix: Prefix, name: string): string | undefined {
    const { address, bits } = prefix
    let length = this.#byLength.find((entry) => entry.addressBytes === address.length && entry.bits === bits)
    if (length === undefined) {
      length = { addressBytes: address.length, bits, names: new Map() }
      this.#byLength.push(length)
      this.#byLength.sort((a, b) => b.bits - a.bits)
    }
    const key = prefixKey(address, bits)
    const taken = length.names.get(key)
    if (taken === undefined) length.names.set(key, name)
    return taken
  }

  nameOf(address: Uint8Array): string | undefined {
    const bytes = unmapped(address)
    for (const { addressBytes, bits, names } of this.#byLength) {
      const name = addressBytes === bytes.length ? names.get(prefixKey(bytes, bits)) : undefined
      if (name !== undefined) return name
    }
    return undefined
  }
}
