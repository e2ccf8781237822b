import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, flattenedVerify, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { signatureTools } from '../origin/shell/manifest-signer.ts'
import { fromHex, toBase64Url, toHex } from '../shared/bytes.ts'
import { firstLeafField, printFirstLeaf } from '../shared/first-leaf.ts'
import { Geometry } from '../shared/geometry.ts'
import { keyedSwarmIdOf, type Root, sitePrefixOf, swarmIdOf } from '../shared/ids.ts'
import {
  decodeLaneFrame,
  encodeLaneEnd,
  encodeLaneSignal,
  encodeNumbered,
  type LaneFrame,
} from '../shared/lane-frames.ts'
import * as limits from '../shared/limits.ts'
import {
  ChunkHashes,
  createManifest,
  manifestSuffix,
  pagesSuffix,
  parseManifest,
  printManifest,
} from '../shared/manifest.ts'
import { checkSignature, manifestType } from '../shared/manifest-signature.ts'
import { readPublicKey } from '../shared/public-key.ts'
import {
  type ClientMessage,
  parseClientMessage,
  parseTrackerMessage,
  refusalCodes,
  type TrackerMessage,
  tiers,
  trackerSubprotocol,
} from '../shared/tracker-messages.ts'
import { dataHeaderBytes, decodeWire, encodeWire, type WireMessage, wireVersion } from '../shared/wire.ts'
import { Envelopes } from '../tracker/core/bus-envelope.ts'
import { type BusMessage, parseBusMessage, parseDigest } from '../tracker/core/bus-messages.ts'
import type { NodeId } from '../tracker/core/node-ids.ts'
import { createBusCipher } from '../tracker/shell/bus-cipher.ts'
import { buildTree, sha256 } from './fakes/sample-file.ts'
import { repository } from './house/modules.ts'

const busTypes: Record<BusMessage['type'], true> = {
  signal: true,
  absent: true,
  complaint: true,
  ban: true,
  'kept-out': true,
  exclude: true,
  used: true,
  arrived: true,
  resumed: true,
  leaving: true,
}

const document = readFileSync(join(repository, 'docs/PROTOCOL.md'), 'utf8')

/** Every type that the code knows; the compiler asks for each, and for no other. */
const wireTypes: Record<WireMessage['type'], true> = {
  hello: true,
  attach: true,
  decline: true,
  detach: true,
  have: true,
  lost: true,
  claim: true,
  request: true,
  cancel: true,
  refuse: true,
  ping: true,
  pong: true,
  twin: true,
  bye: true,
  data: true,
}
const clientTypes: Record<ClientMessage['type'], true> = {
  authorize: true,
  join: true,
  leave: true,
  signal: true,
  report: true,
  complain: true,
}
const trackerTypes: Record<TrackerMessage['type'], true> = {
  welcome: true,
  servers: true,
  authorized: true,
  peers: true,
  signal: true,
  drain: true,
  busy: true,
  refused: true,
}

function section(heading: string): string {
  const [, after] = document.split(`\n${heading}\n`)
  if (after === undefined) throw new Error(`PROTOCOL.md has no ${heading}`)
  const level = heading.split(' ')[0]!.length
  return after.split(new RegExp(`\n#{1,${level}} `))[0]!
}

/** A number itself, or the numbers of a record in the order in which it is printed. */
const numbersOf = (item: number | Record<string, number>) => (typeof item === 'number' ? item : Object.values(item))

const word = (item: number) => item.toString(16).padStart(8, '0')

const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block]) => block!)

const cells = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'))

/** The rows of the table with these column names, as texts without backticks. */
function rows(text: string, ...columns: string[]): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('|') && cells(line).join('|') === columns.join('|'))
  if (start < 0) throw new Error(`PROTOCOL.md has no table of ${columns.join(', ')}`)
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'))
  return lines.slice(start + 2, end < 0 ? undefined : end).map(cells)
}

const bytesOf = (text: string) => fromHex(text.replaceAll(/\s/g, ''))!
const number = (text: string) => Number(text.replaceAll(',', ''))

describe('the peer messages of PROTOCOL.md', () => {
  const named = [...section('## Peers').matchAll(/^### `(\w+)`$/gm)].map(([, type]) => type!)

  it('are all that the code has', () => {
    expect([...named].sort()).toEqual(Object.keys(wireTypes).sort())
  })

  it.each(named)('[W1] %s: the example decodes to the values beside it and encodes to the same bytes', (type) => {
    const text = section(`### \`${type}\``)
    const frame = bytesOf(blocks(text, 'hex')[0]!)
    const stated = JSON.parse(blocks(text, 'json')[0]!) as Record<string, unknown>
    const read = decodeWire(frame)
    if (!read.ok) throw new Error(read.violation)
    const entries = Object.entries(read.value)
    const printed = entries.map(([key, value]) => [key, value instanceof Uint8Array ? toHex(value) : value])
    expect(Object.fromEntries(printed)).toEqual(stated)
    expect(stated.type).toBe(type)
    expect(toHex(encodeWire(read.value))).toBe(toHex(frame))
  })

  it.each(named)('[W1] %s: the table says where each field stands', (type) => {
    const text = section(`### \`${type}\``)
    const frame = bytesOf(blocks(text, 'hex')[0]!)
    const stated = JSON.parse(blocks(text, 'json')[0]!) as Record<string, unknown>
    const [code, ...fields] = rows(text, 'offset', 'bytes', 'field', 'meaning')
    expect(code).toEqual(['0', '1', 'type', `0x${toHex(frame.subarray(0, 1))}`])
    expect(['type', ...fields.map(([, , field]) => field)]).toEqual(Object.keys(stated))
    let at = 1
    for (const [offset, bytes, field, meaning] of fields as [string, string, string, string][]) {
      expect(Number(offset)).toBe(at)
      const length = bytes === 'rest' ? frame.length - at : Number(bytes)
      const hex = toHex(frame.subarray(at, at + length))
      const value = stated[field]
      if (typeof value === 'string' && /\d `/.test(meaning))
        expect(meaning).toContain(`${Number(`0x${hex}`)} \`${value}\``)
      else if (Array.isArray(value)) expect(value.flatMap(numbersOf).map(word).join('')).toBe(hex)
      else expect(typeof value === 'number' ? value.toString(16).padStart(length * 2, '0') : value).toBe(hex)
      at += length
    }
    expect(at).toBe(frame.length)
  })

  it.each(['refuse', 'bye'])('[W4] %s: the reasons are all that there are', (type) => {
    const text = section(`### \`${type}\``)
    const frame = bytesOf(blocks(text, 'hex')[0]!)
    const reasons = [...text.matchAll(/(\d+) `([a-z]+)`/g)].map(([, code, reason]) => [Number(code), reason])
    expect(reasons.length).toBeGreaterThan(0)
    for (const [code, reason] of [...reasons, [reasons.length, undefined]]) {
      frame[frame.length - 1] = code as number
      const read = decodeWire(frame)
      expect(read.ok && 'reason' in read.value ? read.value.reason : undefined).toBe(reason)
    }
  })

  it('[W4] the frames that are violations are refused as stated', () => {
    const wrong = rows(section('### Frames that are violations'), 'frame', 'why')
    expect(wrong.length).toBeGreaterThan(5)
    for (const [frame, why] of wrong) {
      expect(decodeWire(bytesOf(frame!.replaceAll('`', '')))).toEqual({ ok: false, violation: why })
    }
  })

  it('[W5] the header of data is as long as its table says', () => {
    const payload = rows(section('### `data`'), 'offset', 'bytes', 'field', 'meaning').at(-1)!
    expect(payload.slice(0, 3)).toEqual([String(dataHeaderBytes), 'rest', 'payload'])
  })
})

describe('the frames about lanes of PROTOCOL.md', () => {
  const types: Record<LaneFrame['type'], true> = { numbered: true, signal: true, end: true }
  const encoded = (frame: LaneFrame) => {
    if (frame.type === 'numbered') return encodeNumbered(frame.number, frame.frame, new Uint8Array(64))
    return frame.type === 'signal' ? encodeLaneSignal(frame.lane, frame.signal) : encodeLaneEnd(frame.lane)
  }

  it.each(Object.keys(types))(
    '[W1] %s: the example decodes to the values beside it and encodes to the same bytes',
    (type) => {
      const text = section('## Lanes').split(`\n### \`${type}\`\n`)[1]!
      const frame = bytesOf(blocks(text, 'hex')[0]!)
      const read = decodeLaneFrame(frame)
      if (!read.ok || read.value === undefined) throw new Error('no frame about lanes')
      const entries = Object.entries(read.value)
      const printed = entries.map(([key, value]) => [key, value instanceof Uint8Array ? toHex(value) : value])
      expect(Object.fromEntries(printed)).toEqual(JSON.parse(blocks(text, 'json')[0]!))
      expect(toHex(encoded(read.value))).toBe(toHex(frame))
      expect(rows(text, 'offset', 'bytes', 'field', 'meaning')[0]).toEqual([
        '0',
        '1',
        'type',
        `0x${toHex(frame.subarray(0, 1))}`,
      ])
    },
  )
})

describe('the tracker messages of PROTOCOL.md', () => {
  it.each([
    ['client', parseClientMessage, clientTypes],
    ['tracker', parseTrackerMessage, trackerTypes],
  ] as const)(
    '[T8] from the %s read and print as they are written, one of each type at least',
    (side, parse, types) => {
      const examples = blocks(document, `json ${side}`).map((text) => JSON.parse(text) as { type: string })
      for (const example of examples) {
        const read = parse(JSON.stringify(example))
        expect(read).toEqual({ ok: true, value: example })
        expect(read.ok && JSON.parse(JSON.stringify(read.value))).toEqual(example)
      }
      expect([...new Set(examples.map(({ type }) => type))].sort()).toEqual(Object.keys(types).sort())
    },
  )

  it('[T164] between trackers read and print as they are written, one of each type', () => {
    const examples = blocks(document, 'json bus').map((text) => JSON.parse(text) as { type: string })
    for (const example of examples) expect(parseBusMessage(JSON.stringify(example))).toEqual(example)
    expect(examples.map(({ type }) => type).sort()).toEqual(Object.keys(busTypes).sort())
    const digest = JSON.parse(blocks(document, 'json digest')[0]!)
    expect(parseDigest(JSON.stringify(digest))).toEqual(digest)
  })

  it('[T164] between trackers are in envelopes like the one there', () => {
    const cipher = createBusCipher(Buffer.from(/^`(\w{32})`:$/m.exec(document)![1]!))
    const [sealed, opened] = ['envelope', 'opened'].map((name) => blocks(document, `text ${name}`)[0]!.trim())
    const read = new Envelopes('reader' as NodeId, cipher).openMessage(sealed!, 1_795_000_000_000)
    expect(read).toMatchObject({ from: 'k3Vw0Q', text: opened })
  })

  it('[T8] the codes of refusals are all that the code has', () => {
    expect(rows(section('### From the tracker'), 'code', 'meaning').map(([code]) => code)).toEqual([...refusalCodes])
  })

  it('the tiers are all that the code has, nearest first', () => {
    expect(rows(section('### From the tracker'), 'tier', 'meaning').map(([tier]) => tier)).toEqual([...tiers])
  })
})

describe('the manifest of PROTOCOL.md', () => {
  const example = blocks(document, 'json manifest')[0]!

  it('[M7] is the one that a publisher makes of that file', () => {
    const bytes = new TextEncoder().encode('Hello, Nearcast!\n')
    const geometry = new Geometry(bytes.length)
    const file = { name: 'hello.txt', type: 'text/plain; charset=utf-8', geometry, ...buildTree(bytes, geometry) }
    const manifest = createManifest(file, sha256)
    expect(parseManifest(example, sha256)).toEqual({ ok: true, value: manifest })
    expect(JSON.parse(printManifest(manifest))).toEqual(JSON.parse(example))
  })

  it('[M8] has the fields of the table, and no other', () => {
    const fields = rows(section('## The manifest'), 'field', 'value').map(([field]) => field!)
    const onlyPaged = ['pages', 'swarm', 'mirrors']
    expect(fields.filter((field) => !onlyPaged.includes(field)).sort()).toEqual(Object.keys(JSON.parse(example)).sort())
    expect(fields).toEqual(expect.arrayContaining(onlyPaged))
  })

  it('[M20] [M22] has the signature beside it, which jose verifies too', async () => {
    const text = blocks(section('## Signed manifests'), 'json signed')[0]!
    const publicText = blocks(section('## Signed manifests'), 'text key')[0]!.trim()
    const key = readPublicKey(publicText)!
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key) }
    const { payload, protectedHeader } = await flattenedVerify(JSON.parse(text), await importJWK(jwk, 'EdDSA'))
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: manifestType, kid: await calculateJwkThumbprint(jwk) })
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>
    const named = rows(section('## Signed manifests'), 'field', 'value').map(([field]) => field!)
    expect(Object.keys(claims)).toEqual(expect.arrayContaining(named))
    const manifest = parseManifest(text, sha256)
    if (!manifest.ok) throw new Error(manifest.violation)
    const { signed, ...unsigned } = manifest.value
    expect(unsigned).toEqual((parseManifest(example, sha256) as { value: unknown }).value)
    const terms = { path: '/hello.txt', keys: [key], nowMs: 0 }
    expect(await checkSignature(manifest.value, terms, signatureTools)).toMatchObject({ ok: true, value: { claims } })
    expect(JSON.parse(printManifest(manifest.value))).toEqual(JSON.parse(text))
  })

  it('[M18] has its first leaf in the field beside it', () => {
    const manifest = parseManifest(example, sha256)
    if (!manifest.ok) throw new Error(manifest.violation)
    const [field, value] = blocks(section('## The first leaf'), 'http')[0]!.trim().split(': ')
    expect([field, value]).toEqual([firstLeafField, printFirstLeaf(manifest.value, sha256)])
  })

  it('[M14] has its pages where the table says', () => {
    const geometry = new Geometry(100_000_000_000)
    expect(section('## Hash pages')).toContain('has 23,842 chunks and 47 pages')
    expect([geometry.chunkCount, Math.ceil(geometry.chunkCount / limits.pageChunks)]).toEqual([23_842, 47])
    const none = new Uint8Array(0)
    const manifest = { name: 'a', type: 'a/b', root: '' as Root, geometry, head: none, headProof: none }
    const hashes = new ChunkHashes({ ...manifest, hashes: { kind: 'pages', layer: none } }, sha256)
    for (const [page, range] of rows(section('## Hash pages'), 'page', 'range')) {
      const [from, to] = hashes.pageRange(Number(page))
      expect(range).toBe(`bytes=${from}-${to - 1}`)
    }
  })

  it('[M17] leads to the swarm beside its root', () => {
    const [[root, swarm] = []] = rows(section('## Swarms'), 'root', 'swarm')
    expect(root).toBe((JSON.parse(example) as { root: string }).root)
    expect(swarmIdOf(root as Root, sha256)).toBe(swarm)
  })

  it('[T133] is named under a key as PROTOCOL.md says', () => {
    const [key, root, swarm] = rows(section('## Swarms'), 'key (32 bytes, hex)', 'root', 'swarm')[0]!
    const hmac = (bytes: Uint8Array) => createHmac('sha256', fromHex(key!)!).update(bytes).digest()
    expect(keyedSwarmIdOf(root as Root, hmac)).toBe(swarm)
    expect(swarm!.startsWith(sitePrefixOf(hmac))).toBe(true)
  })
})

describe('the numbers of PROTOCOL.md', () => {
  it('are the limits of the code, all of them', () => {
    const { KiB, MiB, GiB, ...all } = limits
    const stated = rows(section('## Limits'), 'limit', 'value', 'unit').map(([name, value]) => [name!, number(value!)])
    expect(Object.fromEntries(stated)).toEqual(all)
    expect(stated).toHaveLength(Object.keys(all).length)
  })

  it('are its versions', () => {
    const versions = rows(document, 'part', 'version', 'where it is said', 'what a stranger to it does')
    const manifest = JSON.parse(blocks(document, 'json manifest')[0]!) as { nearcast: number }
    expect(versions.map(([, version]) => version)).toEqual([
      String(manifest.nearcast),
      trackerSubprotocol,
      String(wireVersion),
    ])
  })

  it('are its addresses', () => {
    const addresses = rows(section('## Addresses'), 'address', 'what is there').map(([address]) => address)
    expect(addresses).toEqual(expect.arrayContaining([`<path>${manifestSuffix}`, `<path>${pagesSuffix}`]))
  })
})
