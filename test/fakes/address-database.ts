/** A small encoder of MaxMind's MMDB format (version 2.0), for databases that hold what a test says and nothing else. */
import { parsePrefix } from '../../tracker/shell/addresses.ts'

type Value = string | number | readonly Value[] | { readonly [key: string]: Value }

/** A record of the tree: another node, a place in the data, or nothing. */
type Child = number | { offset: number } | undefined

const metadataMarker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')

const types = { string: 2, uint32: 6, map: 7, array: 11 }

/** @param entries ranges such as `203.0.113.0/24`, none inside another one, with what is known of them */
export function addressDatabase(
  entries: Readonly<Record<string, Value>>,
  { ipVersion = 6, databaseType = 'Nearcast-Test' }: { ipVersion?: 4 | 6; databaseType?: string } = {},
): Buffer {
  const nodes: [Child, Child][] = [[undefined, undefined]]
  const data: Buffer[] = []
  let dataBytes = 0
  for (const [range, value] of Object.entries(entries)) {
    const encoded = encode(value)
    insert(nodes, bitsOf(range, ipVersion), { offset: dataBytes })
    data.push(encoded)
    dataBytes += encoded.length
  }
  const tree = Buffer.alloc(nodes.length * 6)
  for (const [i, [left, right]] of nodes.entries()) {
    tree.writeUIntBE(recordOf(left, nodes.length), i * 6, 3)
    tree.writeUIntBE(recordOf(right, nodes.length), i * 6 + 3, 3)
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: databaseType,
    description: { en: 'made by a test' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, metadataMarker, metadata])
}

function bitsOf(range: string, ipVersion: 4 | 6): number[] {
  const { address, bits } = parsePrefix(range)!
  const padding = ipVersion === 6 && address.length === 4 ? 96 : 0
  const own = Array.from({ length: bits }, (_, i) => (address[i >> 3]! >> (7 - (i & 7))) & 1)
  return [...Array.from({ length: padding }, () => 0), ...own]
}

function insert(nodes: [Child, Child][], bits: readonly number[], value: { offset: number }): void {
  let at = 0
  for (const bit of bits.slice(0, -1)) {
    const child = nodes[at]![bit]
    if (typeof child === 'number') {
      at = child
      continue
    }
    nodes.push([undefined, undefined])
    nodes[at]![bit] = nodes.length - 1
    at = nodes.length - 1
  }
  nodes[at]![bits.at(-1)!] = value
}

function recordOf(child: Child, nodeCount: number): number {
  if (child === undefined) return nodeCount
  return typeof child === 'number' ? child : nodeCount + 16 + child.offset
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([control(types.string, bytes.length), bytes])
  }
  if (typeof value === 'number') return encodeNumber(value)
  if (Array.isArray(value)) return Buffer.concat([control(types.array, value.length), ...value.map(encode)])
  const pairs = Object.entries(value).flatMap(([key, item]) => [encode(key), encode(item)])
  return Buffer.concat([control(types.map, pairs.length / 2), ...pairs])
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return Buffer.concat([control(types.uint32, 4), bytes])
}

/** Types above 7 are told in a byte of their own, sizes from 29 on too. */
function control(type: number, size: number): Buffer {
  const short = Math.min(size, 29)
  const head = type > 7 ? [short, type - 7] : [(type << 5) | short]
  return Buffer.from(size < 29 ? head : [...head, size - 29])
}
