/**
 * Where a peer is, as a ring of neighbours around it for each degree of nearness, and how near two places are. No
 * database is needed: two addresses of one /20 share their provider 96 times in 100, of one /16 85 times. Knows bytes,
 * not the text form of addresses.
 */
import { assert } from '../../shared/assert.ts'
import type { Tier } from '../../shared/tracker-messages.ts'
import { type Location, mergeLocations, nowhere } from './location.ts'

/**
 * Degrees of nearness, nearest first. Where more is known than the address, it stands in place of what the address lets
 * guess: a zone in place of /20, the provider's number and country in place of /16.
 */
export const rings = ['address', 'network', 'zone', 'provider', 'region', 'country', 'continent'] as const
export type Ring = (typeof rings)[number]

/** As near as clients are told. */
const tierOfRing: Readonly<Record<Ring, Tier>> = {
  address: 'address',
  network: 'network',
  zone: 'isp',
  provider: 'isp',
  region: 'region',
  country: 'region',
  continent: 'anywhere',
}

/**
 * Whom a peer may meet at all: everyone, those of its region (else country, else provider), or those of its zone (else
 * /24, or /48 of IPv6).
 */
export const scopes = ['anywhere', 'region', 'network'] as const
export type Scope = (typeof scopes)[number]

/** What stands for the neighbours of one ring. */
export type RingKey = string | number

/** A key for each ring: who has the same one is in it. Those of IPv4, of IPv6 and of names differ in length. */
export interface Place extends Readonly<Record<Ring, string | undefined>> {
  readonly address: string
  readonly network: string
  readonly zone: string
  readonly provider: string
  /** The address as a number, of IPv4: to compare two costs no look at where their keys lie. */
  readonly v4: number | undefined
  readonly isZoneNamed: boolean
  readonly asn: number | undefined
  /** Peers of another one never meet. */
  readonly scope: string
  readonly location: Location
}

const bitsV4 = { network: 24, zone: 20, provider: 16 }

/** IPv6 /29 is what a provider can extend its /32 to; wider prefixes join strangers. */
const bitsV6 = { network: 48, zone: 32, provider: 29 }

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
export function placeOf(address: Uint8Array, location: Location = nowhere, scope: Scope = 'anywhere'): Place {
  const bytes = unmapped(address)
  const bits = bytes.length === 4 ? bitsV4 : bitsV6
  const { zone, asn, country, subdivision, continent } = location
  const network = prefixKey(bytes, bits.network)
  const provider = asn === undefined ? prefixKey(bytes, bits.provider) : `asn:${asn} ${country ?? ''}`
  return {
    address: prefixKey(bytes, bytes.length * 8),
    network,
    zone: zone === undefined ? prefixKey(bytes, bits.zone) : `zone:${zone}`,
    provider,
    region:
      location.region ?? (subdivision !== undefined && country !== undefined ? `${country} ${subdivision}` : undefined),
    country,
    continent,
    isZoneNamed: zone !== undefined,
    asn,
    v4: bytes.length === 4 ? (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]! : undefined,
    scope: scopeKey(scope, location, network, provider),
    location,
  }
}

function scopeKey(scope: Scope, { zone, region, country }: Location, network: string, provider: string): string {
  if (scope === 'anywhere') return ''
  if (scope === 'network') return zone === undefined ? network : `zone:${zone}`
  if (region !== undefined) return `region:${region}`
  return country === undefined ? provider : `country:${country}`
}

/** The bytes of a place's address, 4 or 16. */
export const addressOf = ({ address }: { readonly address: string }): Uint8Array =>
  Uint8Array.from(address, (byte) => byte.charCodeAt(0))

/** The same place once something more trusted has said more about it. */
export function placeWith(place: Place, location: Location, scope: Scope): Place {
  return placeOf(addressOf(place), mergeLocations(location, place.location), scope)
}

/** What one subscriber has of the address space: the unit of the limits per address. */
export function subscriberKey(address: Uint8Array): string {
  const bytes = unmapped(address)
  return prefixKey(bytes, bytes.length === 4 ? 32 : subscriberBitsV6)
}

/** Whether two places differ within the last so many bits of their addresses alone; undefined where one is no IPv4. */
function isSharedV4(a: Place, b: Place, lastBits: number): boolean | undefined {
  return a.v4 === undefined || b.v4 === undefined ? undefined : (a.v4 ^ b.v4) >>> lastBits === 0
}

export const isSameAddress = (a: Place, b: Place): boolean => isSharedV4(a, b, 0) ?? a.address === b.address

export const isSameNetwork = (a: Place, b: Place): boolean => isSharedV4(a, b, 8) ?? a.network === b.network

function isSameZone(a: Place, b: Place): boolean {
  return (a.isZoneNamed || b.isZoneNamed ? undefined : isSharedV4(a, b, 12)) ?? a.zone === b.zone
}

function isSameProvider(a: Place, b: Place): boolean {
  if (a.asn !== b.asn) return false
  return (a.asn === undefined ? isSharedV4(a, b, 16) : undefined) ?? a.provider === b.provider
}

/** As the place's own key of a ring, and a number where one does: numbers are found sooner than texts. */
export function ringKey(place: Place, ring: Ring): RingKey | undefined {
  const { v4 } = place
  if (v4 !== undefined) {
    if (ring === 'address') return v4
    if (ring === 'network') return v4 >> (32 - bitsV4.network)
    if (ring === 'zone' && !place.isZoneNamed) return v4 >> (32 - bitsV4.zone)
    if (ring === 'provider' && place.asn === undefined) return v4 >> (32 - bitsV4.provider)
  }
  return place[ring]
}

/** The nearest ring that the two share. */
export function ringOf(a: Place, b: Place): Ring | undefined {
  if (isSameAddress(a, b)) return 'address'
  if (isSameNetwork(a, b)) return 'network'
  if (isSameZone(a, b)) return 'zone'
  if (isSameProvider(a, b)) return 'provider'
  if (a.region !== undefined && a.region === b.region) return 'region'
  if (a.country !== undefined && a.country === b.country) return 'country'
  return a.continent !== undefined && a.continent === b.continent ? 'continent' : undefined
}

/** Keys of those whose connections are counted together: they differ in length, so that none is another's. */
export interface Payers {
  readonly address: string
  readonly network: string
}

/** How much of an address such a key is, in bits, by its length in bytes: of IPv4 and of IPv6. */
export const payerBits: ReadonlyMap<number, number> = new Map(
  [bitsV4.network, 32, bitsV6.network, subscriberBitsV6].map((bits) => [bits / 8, bits]),
)

/** The network of a payer's key: the key itself, where it is a network's. */
export const networkOfPayer = (key: string): string => key.slice(0, (key.length * 8 > 32 ? bitsV6 : bitsV4).network / 8)

export function payersAt(address: Uint8Array): Payers {
  const bytes = unmapped(address)
  const bits = bytes.length === 4 ? bitsV4 : bitsV6
  return { address: subscriberKey(bytes), network: prefixKey(bytes, bits.network) }
}

export function tierOf(a: Place, b: Place): Tier {
  const ring = ringOf(a, b)
  return ring === undefined ? 'anywhere' : tierOfRing[ring]
}
