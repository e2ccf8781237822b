/**
 * Where a peer is, as prefixes of its address, and how near two places are. No database: two addresses of one /20 share
 * their network's owner 96 times in 100, of one /16 85 times. Knows bytes, not the text form of addresses.
 */
import { assert } from '../../shared/assert.ts'
import type { Tier } from '../../shared/tracker-messages.ts'

/** Keys are byte strings; those of IPv4 and IPv6 differ in length within each tier, so they never meet. */
export interface Place {
  readonly address: string
  readonly network: string
  readonly isp: string
  readonly wide: string
  readonly region: string | undefined
}

const bitsV4 = { network: 24, isp: 20, wide: 16 }

/** IPv6 /29 is what a provider can extend its /32 to; wider prefixes join strangers. */
const bitsV6 = { network: 48, isp: 32, wide: 29 }

/** A household or a server gets a /64, and every address in it for nothing. */
const subscriberBitsV6 = 64

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** Gives 4 bytes for an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`), and other addresses as they are. */
export function unmapped(address: Uint8Array): Uint8Array {
  assert(address.length === 4 || address.length === 16, `address of ${address.length} bytes`)
  if (address.length === 16 && mappedPrefix.every((byte, i) => address[i] === byte)) return address.subarray(12)
  return address
}

/** The first `bits` of an address as a byte string; spare bits are zero. */
export function prefixKey(address: Uint8Array, bits: number): string {
  let key = ''
  for (let at = 0; at < bits; at += 8) {
    const spareBits = Math.max(0, at + 8 - bits)
    key += String.fromCharCode(address[at >> 3]! & (0xff << spareBits))
  }
  return key
}

/** @param address 4 or 16 bytes, as in a packet's header */
export function placeOf(address: Uint8Array, region?: string): Place {
  const bytes = unmapped(address)
  const bits = bytes.length === 4 ? bitsV4 : bitsV6
  return {
    address: prefixKey(bytes, bytes.length * 8),
    network: prefixKey(bytes, bits.network),
    isp: prefixKey(bytes, bits.isp),
    wide: prefixKey(bytes, bits.wide),
    region,
  }
}

/** What one subscriber has of the address space: the unit of the limits per address. */
export function subscriberKey(address: Uint8Array): string {
  const bytes = unmapped(address)
  return prefixKey(bytes, bytes.length === 4 ? 32 : subscriberBitsV6)
}

export function tierOf(a: Place, b: Place): Tier {
  if (a.address === b.address) return 'address'
  if (a.network === b.network) return 'network'
  if (a.isp === b.isp) return 'isp'
  if (a.wide === b.wide || (a.region !== undefined && a.region === b.region)) return 'region'
  return 'anywhere'
}
