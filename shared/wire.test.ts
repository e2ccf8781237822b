import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import { frameBytesMax, haveIndexesMax } from './limits.ts'
import { dataHeaderBytes, decodeWire, encodeWire, type WireMessage } from './wire.ts'

const hex = (text: string) => fromHex(text.replaceAll(' ', ''))!
const decode = (text: string) => decodeWire(hex(text))
const swarm = Uint8Array.from({ length: 20 }, (_, i) => i)
const u32Max = 4_294_967_295

const samples: WireMessage[] = [
  { type: 'hello', version: 1, instance: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), frameBytesMax: 262_144 },
  { type: 'attach', slot: 65_535, swarm, have: Uint8Array.of(0xff, 0x80) },
  { type: 'attach', slot: 0, swarm, have: new Uint8Array(0) },
  { type: 'detach', slot: 3 },
  { type: 'decline', slot: 3 },
  { type: 'have', slot: 3, indexes: [0, 1, u32Max] },
  { type: 'have', slot: 3, indexes: [] },
  { type: 'lost', slot: 3, indexes: [7] },
  { type: 'claim', slot: 3, first: 7, count: u32Max, withinMs: 2000 },
  { type: 'request', slot: 3, parts: [{ index: u32Max, offset: u32Max, length: u32Max }] },
  { type: 'cancel', slot: 3, index: 9 },
  { type: 'refuse', slot: 3, index: 9, reason: 'off' },
  { type: 'ping', nonce: u32Max },
  { type: 'pong', nonce: 0, clock: 2 ** 32 - 1 },
  { type: 'bye', reason: 'idle' },
  { type: 'data', slot: 65_535, index: u32Max, offset: u32Max, payload: Uint8Array.of(42) },
]

describe('a frame', () => {
  it.each(samples)('[W2] of $type decodes to what was encoded', (message) => {
    expect(decodeWire(encodeWire(message))).toEqual({ ok: true, value: message })
  })

  it.each(samples)('[W2] of $type decodes from the middle of a larger buffer', (message) => {
    const frame = encodeWire(message)
    const buffer = new Uint8Array(frame.length + 20).fill(0xee)
    buffer.set(frame, 13)
    expect(decodeWire(buffer.subarray(13, 13 + frame.length))).toEqual({ ok: true, value: message })
  })

  it('[W1] begins with its type, and its numbers are big-endian', () => {
    const parts = [{ index: 2, offset: 0x0304_0506, length: 0x1_0000 }]
    expect(toHex(encodeWire({ type: 'request', slot: 1, parts }))).toBe('06000100000002' + '0304050600010000')
    expect(decode('10 0102 03040506 0708090a ff')).toEqual({
      ok: true,
      value: { type: 'data', slot: 0x0102, index: 0x0304_0506, offset: 0x0708_090a, payload: Uint8Array.of(0xff) },
    })
  })

  it('[W5] of data gives its payload as a view: no byte is copied', () => {
    const frame = encodeWire({ type: 'data', slot: 1, index: 2, offset: 3, payload: Uint8Array.of(1, 2, 3) })
    const read = decodeWire(frame)
    if (!read.ok || read.value.type !== 'data') throw new Error('no data')
    expect(read.value.payload.buffer).toBe(frame.buffer)
    expect(read.value.payload.byteOffset).toBe(dataHeaderBytes)
  })

  it('[W5] of any other type gives bytes of its own, so that no frame is kept in memory by them', () => {
    const frame = encodeWire({ type: 'attach', slot: 1, swarm, have: Uint8Array.of(0xf0) })
    const read = decodeWire(frame)
    frame.fill(0)
    expect(read).toEqual({ ok: true, value: { type: 'attach', slot: 1, swarm, have: Uint8Array.of(0xf0) } })
    if (!read.ok || read.value.type !== 'attach') throw new Error('no attach')
    expect(read.value.have.buffer.byteLength).toBe(1)
  })

  it('[W2] of data is taken up to the longest frame', () => {
    const payload = new Uint8Array(frameBytesMax - dataHeaderBytes)
    expect(decodeWire(encodeWire({ type: 'data', slot: 0, index: 0, offset: 0, payload })).ok).toBe(true)
  })
})

describe('a violation', () => {
  it.each([
    ['an empty frame', '', 'empty frame'],
    ['an unknown type', '00', 'unknown type 0'],
    ['an unknown type', '0f 0001', 'unknown type 15'],
    ['an unknown type', 'ff', 'unknown type 255'],
    ['a hello cut short', '01 01 0102030405060708 000400', 'malformed hello'],
    ['a hello with a byte too many', '01 01 0102030405060708 00040000 00', '1 bytes after hello'],
    ['an attach without its swarm', '02 0001 00010203', 'malformed attach'],
    ['a detach without slot', '03 00', 'malformed detach'],
    ['a have that ends within an index', '04 0001 000000', 'malformed have'],
    ['a request cut short', '06 0001 00000002 00000003 000000', 'malformed request'],
    ['a request for nothing', '06 0001', 'malformed request'],
    ['a request for more than 64 parts', `06 0001 ${'00'.repeat(65 * 12)}`, 'malformed request'],
    ['a refuse with a reason that does not exist', '08 0001 00000002 03', 'malformed refuse'],
    ['a bye with a reason that does not exist', '0b ff', 'malformed bye'],
    ['a bye without reason', '0b', 'malformed bye'],
    ['a ping with more than its nonce', '09 00000001 0000', '2 bytes after ping'],
    ['data cut within its header', '10 0001 00000002 000000', 'data without payload'],
    ['data without payload', '10 0001 00000002 00000003', 'data without payload'],
  ])('[W4] is %s', (_, frame, violation) => {
    expect(decode(frame)).toEqual({ ok: false, violation })
  })

  it('[W4] is a frame over 256 KiB, whatever its type', () => {
    for (const type of [0x02, 0x10]) {
      const frame = new Uint8Array(frameBytesMax + 1)
      frame[0] = type
      expect(decodeWire(frame)).toEqual({ ok: false, violation: 'frame of 262145 bytes' })
    }
  })

  it.each([
    [0x04, 'have'],
    [0x05, 'lost'],
  ])('[W6] is type %i with more than 1,024 indexes', (code, type) => {
    const frameOf = (count: number) => {
      const frame = new Uint8Array(3 + count * 4)
      frame[0] = code
      return frame
    }
    expect(decodeWire(frameOf(haveIndexesMax))).toMatchObject({ ok: true, value: { type } })
    expect(decodeWire(frameOf(haveIndexesMax + 1))).toEqual({ ok: false, violation: `malformed ${type}` })
  })
})

describe('what does not fit a frame', () => {
  it.each<[string, WireMessage]>([
    ['a slot of 65,536', { type: 'detach', slot: 65_536 }],
    ['a negative slot', { type: 'detach', slot: -1 }],
    ['an index of 2^32', { type: 'cancel', slot: 0, index: 4_294_967_296 }],
    ['half an index', { type: 'cancel', slot: 0, index: 0.5 }],
    ['no number', { type: 'ping', nonce: Number.NaN }],
    ['a swarm of 19 bytes', { type: 'attach', slot: 0, swarm: swarm.subarray(1), have: new Uint8Array(1) }],
    ['an instance of 9 bytes', { type: 'hello', version: 1, instance: new Uint8Array(9), frameBytesMax: 1 }],
    ['an index of 2^32 in a list', { type: 'have', slot: 0, indexes: [4_294_967_296] }],
    ['1,025 indexes', { type: 'have', slot: 0, indexes: Array(1025).fill(0) }],
  ])('[W8] is never sent cut to size: %s', (_, message) => {
    expect(() => encodeWire(message)).toThrow('assertion failed')
  })
})
