/** How an operator writes whom to keep out: an address of IPv4 or a /64 of IPv6, or a network, /24 or /48. */
import { payerBits, prefixKey } from '../core/place.ts'
import { addressText, parsePrefix } from './addresses.ts'

export function rangeOf(key: string): string {
  const bits = payerBits.get(key.length)!
  const bytes = new Uint8Array(bits > 32 || key.length > 4 ? 16 : 4)
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i)
  return bits === 32 ? addressText(bytes) : `${addressText(bytes)}/${bits}`
}

/** @returns undefined for what is no such range; of one address of IPv6 its /64 */
export function keyOf(text: string): string | undefined {
  const prefix = parsePrefix(text)
  if (prefix === undefined) return undefined
  const { address } = prefix
  const bits = Math.min(prefix.bits, address.length === 4 ? 32 : text.includes('/') ? 128 : 64)
  return [...payerBits.values()].includes(bits) && isOfLength(address, bits) ? prefixKey(address, bits) : undefined
}

/** 32 bits are an address of IPv4, and no network of IPv6. */
const isOfLength = (address: Uint8Array, bits: number): boolean => (address.length === 4) === bits <= 32
