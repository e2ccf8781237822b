/**
 * Addresses as texts: where a request comes from, and the operator's settings that hold addresses. The only file that
 * knows how they are spelled.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import proxyAddr from 'proxy-addr'
import { NamedRanges, type Prefix } from '../core/named-ranges.ts'
import { type Payers, payersAt, unmapped } from '../core/place.ts'

export interface RegionSetting {
  readonly name: string
  readonly cidrs: readonly string[]
}

/** Long enough for any name of a place or a network, short enough for a log line. */
const regionNameLengthMax = 64

const mappedPrefixBits = 96

/** The address as it is usually spelled. */
export const addressText = (address: Uint8Array): string => ipaddr.fromByteArray([...address]).toString()

/** @returns 4 or 16 bytes, IPv4-mapped ones as 4; undefined for what is no address */
export function parseAddress(text: string | undefined): Uint8Array | undefined {
  // Only the usual four decimal parts: `127.1` and `0x7f000001` are spellings that proxies do not send.
  if (text === undefined || !(ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text))) return undefined
  return unmapped(Uint8Array.from(ipaddr.parse(text).toByteArray()))
}

/** Reads `203.0.113.0/24`, `2001:db8::/32`, or one address alone. Bits after the prefix may be set. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const bitsMax = address.length * 8
  if (slash < 0) return { address, bits: bitsMax }
  const digits = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(digits)) return undefined
  const isMapped = address.length === 4 && text.includes(':')
  const bits = Number(digits) - (isMapped ? mappedPrefixBits : 0)
  return bits >= 0 && bits <= bitsMax ? { address, bits } : undefined
}

/** @throws Error that names the wrong setting, its value and what would be right */
export function regionsFrom(settings: readonly RegionSetting[]): NamedRanges {
  const regions = new NamedRanges()
  for (const [i, { name, cidrs }] of settings.entries()) {
    if (typeof name !== 'string' || name.length === 0 || name.length > regionNameLengthMax) {
      throw new Error(
        `tracker setting regions[${i}].name: ${JSON.stringify(name)} is not a text of 1 to ${regionNameLengthMax} characters`,
      )
    }
    for (const [j, cidr] of cidrs.entries()) {
      const setting = `tracker setting regions[${i}].cidrs[${j}]: ${JSON.stringify(cidr)}`
      const prefix = parsePrefix(cidr)
      if (prefix === undefined) throw new Error(`${setting} is not a range such as 203.0.113.0/24 or 2001:db8::/32`)
      const taken = regions.add(prefix, name)
      if (taken !== undefined && taken !== name) throw new Error(`${setting} is already in region ${taken}`)
    }
  }
  return regions
}

/**
 * Tells whether an address is in one of the ranges of a setting.
 * @throws Error that names the wrong setting, its value and what would be right
 */
export function createRangeCheck(setting: string, ranges: readonly string[]): (address: Uint8Array) => boolean {
  const known = new NamedRanges()
  for (const [i, text] of ranges.entries()) {
    const prefix = parsePrefix(text)
    const value = `tracker setting ${setting}[${i}]: ${JSON.stringify(text)}`
    if (prefix === undefined) throw new Error(`${value} is not a range such as 203.0.113.0/24 or 2001:db8::/32`)
    known.add(prefix, setting)
  }
  return (address) => known.nameOf(address) !== undefined
}

/** Whether the other end of a request's own connection is a proxy whose word counts. */
export type ProxyTrust = (request: IncomingMessage) => boolean

/** @throws Error that names the wrong setting, its value and what would be right */
export function createProxyTrust(trustedProxies: readonly string[]): ProxyTrust {
  const isTrusted = trustedBy(trustedProxies)
  return ({ socket: { remoteAddress } }) => remoteAddress !== undefined && isTrusted(remoteAddress, 0)
}

function trustedBy(trustedProxies: readonly string[]): (address: string, hop: number) => boolean {
  for (const [i, proxy] of trustedProxies.entries()) {
    try {
      proxyAddr.compile(proxy)
    } catch (cause) {
      throw new Error(
        `tracker setting trustedProxies[${i}]: ${JSON.stringify(proxy)} is not an address, a range such as 10.0.0.0/8, ` +
          'or one of loopback, linklocal, uniquelocal',
        { cause },
      )
    }
  }
  return proxyAddr.compile([...trustedProxies])
}

/**
 * Where a request comes from: the socket's other end or, when that is a trusted proxy, the first address from the right
 * of X-Forwarded-For that is not one. Whoever is not trusted cannot choose an address.
 * @throws Error that names the wrong setting, its value and what would be right
 */
export function createAddressReader(
  trustedProxies: readonly string[],
): (request: IncomingMessage) => Uint8Array | undefined {
  const isTrusted = trustedBy(trustedProxies)
  if (trustedProxies.length === 0) return (request) => parseAddress(request.socket.remoteAddress)
  return (request) => {
    const forwarded = parseAddress(withoutPort(proxyAddr(request, isTrusted)))
    return forwarded ?? parseAddress(request.socket.remoteAddress)
  }
}

/** Who pays for a connection, by its socket's other end. Nobody does for one of a trusted proxy, which has many clients. */
export function createPayerReader(
  trustedProxies: readonly string[],
): (remoteAddress: string | undefined) => Payers | undefined {
  const isTrusted = trustedBy(trustedProxies)
  return (remoteAddress) => {
    const address = parseAddress(remoteAddress)
    return address === undefined || isTrusted(remoteAddress!, 0) ? undefined : payersAt(address)
  }
}

/** Some proxies write `203.0.113.7:51234` and `[2001:db8::7]:51234`. */
function withoutPort(text: string | undefined): string | undefined {
  const match = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([0-9a-fA-F:.]+)\](?::\d+)?)$/.exec(text ?? '')
  return match?.[1] ?? match?.[2] ?? text
}

/** Names an address in the log so that lines of one address go together, and nobody can tell which it is. */
export function createAddressDigest(): (address: Uint8Array) => string {
  const key = randomBytes(16)
  return (address) => createHmac('sha256', key).update(address).digest('hex').slice(0, 8)
}
