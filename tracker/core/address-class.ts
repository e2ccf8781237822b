/** What an address is for, by the registries of special ones (RFC 6890), and how it is spelled. Knows nobody's own. */
import { unmapped } from './place.ts'

/** `never`: no peer can be there, like a multicast group. */
export type AddressClass = 'public' | 'private' | 'link-local' | 'loopback' | 'never'

const groupCount = 8

const digitZero = 0x30

/** @returns 4 or 16 bytes, IPv4-mapped ones as 4; undefined for what is no address, a name or one with a zone, say */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIpV4(text)
  const bytes = parseIpV6(text)
  return bytes && unmapped(bytes)
}

function parseIpV4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4)
  let count = 0
  let part = 0
  let digits = 0
  for (let at = 0; at <= text.length; at++) {
    const digit = text.charCodeAt(at) - digitZero
    if (digit >= 0 && digit <= 9) {
      // A leading zero is octal to some.
      if (digits > 0 && part === 0) return undefined
      part = part * 10 + digit
      digits++
      if (part > 255) return undefined
    } else if (digits > 0 && count < 4 && (at === text.length || text[at] === '.')) {
      bytes[count++] = part
      part = 0
      digits = 0
    } else {
      return undefined
    }
  }
  return count === 4 ? bytes : undefined
}

function parseIpV6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [front, back] = halves.map((half, i) => groupsOf(half, i === halves.length - 1))
  if (front === undefined || (halves.length === 2 && back === undefined)) return undefined
  const missing = groupCount - front.length - (back?.length ?? 0)
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...front, ...new Array<number>(missing).fill(0), ...(back ?? [])]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** @param isEnd of the address: its last groups may be written as IPv4 */
function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const v4 = isEnd && i === parts.length - 1 && part.includes('.') ? parseIpV4(part) : undefined
    if (v4 !== undefined) groups.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** @param address 4 or 16 bytes */
export function addressClass(address: Uint8Array): AddressClass {
  const bytes = unmapped(address)
  return bytes.length === 4 ? classOfV4(bytes) : classOfV6(bytes)
}

function classOfV4([a, b]: Uint8Array): AddressClass {
  if (a === 127) return 'loopback'
  if (a === 169 && b === 254) return 'link-local'
  // Of one household or company; behind a carrier's gateway (RFC 6598); and for tests of networks, which VPNs use.
  if (a === 10 || (a === 172 && (b! & 0xf0) === 16) || (a === 192 && b === 168)) return 'private'
  if ((a === 100 && (b! & 0xc0) === 64) || (a === 198 && (b! & 0xfe) === 18)) return 'private'
  return a === 0 || a! >= 224 ? 'never' : 'public'
}

/** Well-known prefixes with an IPv4 address inside (RFC 6052, RFC 3056), and where in them it is. */
const embedded: readonly [prefix: readonly number[], at: number][] = [
  [[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 12],
  [[0x20, 0x02], 2],
]

function classOfV6(bytes: Uint8Array): AddressClass {
  if (bytes.subarray(0, 15).every((byte) => byte === 0)) return bytes[15] === 1 ? 'loopback' : 'never'
  for (const [prefix, at] of embedded) {
    if (prefix.every((byte, i) => bytes[i] === byte)) return classOfV4(bytes.subarray(at, at + 4))
  }
  const [a, b] = bytes
  if ((a! & 0xfe) === 0xfc || (a === 0xfe && (b! & 0xc0) === 0xc0)) return 'private'
  if (a === 0xfe && (b! & 0xc0) === 0x80) return 'link-local'
  return (a! & 0xe0) === 0x20 ? 'public' : 'never'
}
