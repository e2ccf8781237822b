import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { FrameOrder } from '../../client/core/frame-order.ts'
import { Bitfield } from '../../shared/bitfield.ts'
import { decodeLaneFrame } from '../../shared/lane-frames.ts'
import { requestPartsMax } from '../../shared/limits.ts'
import { decodeWire, encodeWire, type WireMessage } from '../../shared/wire.ts'
import { allocatedBytes } from './allocation.ts'

// Thousands of runs a test: half a second when the machine is idle, several when it is not.
vi.setConfig({ testTimeout: 60_000 })

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength })

const message: fc.Arbitrary<WireMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version: fc.integer({ min: 0, max: 255 }),
    instance: bytes(8),
    frameBytesMax: u32,
  }),
  fc.record({ type: fc.constant('attach' as const), slot: u16, swarm: bytes(20), have: bytes(0, 300) }),
  fc.record({ type: fc.constantFrom('detach' as const, 'decline' as const), slot: u16 }),
  fc.record({ type: fc.constantFrom('have' as const, 'lost' as const), slot: u16, indexes: fc.array(u32) }),
  fc.record({ type: fc.constant('claim' as const), slot: u16, first: u32, count: u32, withinMs: u32 }),
  fc.record({
    type: fc.constant('request' as const),
    slot: u16,
    parts: fc.array(fc.record({ index: u32, offset: u32, length: u32 }), { minLength: 1, maxLength: requestPartsMax }),
  }),
  fc.record({ type: fc.constant('cancel' as const), slot: u16, index: u32 }),
  fc.record({
    type: fc.constant('refuse' as const),
    slot: u16,
    index: u32,
    reason: fc.constantFrom('missing' as const, 'busy' as const, 'off' as const),
  }),
  fc.record({ type: fc.constant('ping' as const), nonce: u32 }),
  fc.record({ type: fc.constant('pong' as const), nonce: u32, clock: u32 }),
  fc.record({
    type: fc.constant('bye' as const),
    reason: fc.constantFrom('leaving' as const, 'full' as const, 'duplicate' as const, 'violation' as const),
  }),
  fc.record({ type: fc.constant('data' as const), slot: u16, index: u32, offset: u32, payload: bytes(1, 300) }),
)

/** Bytes with a first byte that is likely a type, so that most runs get past it. */
const frame = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 0, max: 255 })), bytes(0, 400))
  .map(([code, rest]) => Uint8Array.of(code, ...rest))

/** A valid frame with bytes turned, taken away or put in. */
const damaged = fc
  .tuple(message, fc.array(fc.tuple(fc.constantFrom('turn', 'cut', 'insert'), fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([sent, damages]) => {
    const out = [...encodeWire(sent)]
    for (const [kind, place, byte] of damages) {
      const at = place % (out.length + 1)
      if (kind === 'turn' && at < out.length) out[at]! ^= byte
      if (kind === 'cut') out.splice(at)
      if (kind === 'insert') out.splice(at, 0, byte)
    }
    return Uint8Array.from(out)
  })

/** At a random place in a larger buffer, as a stack may deliver it. */
const placed = (input: fc.Arbitrary<Uint8Array>) =>
  fc.tuple(input, fc.nat(20), fc.nat(20)).map(([inner, before, after]) => {
    const buffer = new Uint8Array(before + inner.length + after).fill(0xa5)
    buffer.set(inner, before)
    return buffer.subarray(before, before + inner.length)
  })

describe('peer frames', () => {
  it('[W2] of any message decode to that message', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeWire(encodeWire(sent))).toEqual({ ok: true, value: sent })
      }),
      { numRuns: 500 },
    )
  })

  it('[W3] of any bytes give a violation, or a message that encodes to exactly these bytes', () => {
    fc.assert(
      fc.property(placed(fc.oneof(frame, damaged)), (input) => {
        const read = decodeWire(input)
        if (read.ok) expect(Buffer.from(encodeWire(read.value)).equals(input)).toBe(true)
        else expect(read.violation).toMatch(/\w/)
      }),
      { numRuns: 3000 },
    )
  })

  it('[W3] of any bytes allocate no more than their own length', () => {
    fc.assert(
      fc.property(placed(fc.oneof(frame, damaged)), (input) => {
        expect(allocatedBytes(() => decodeWire(input))).toBeLessThanOrEqual(input.length)
        const read = decodeWire(input)
        if (read.ok && 'indexes' in read.value) expect(read.value.indexes.length * 4).toBeLessThanOrEqual(input.length)
      }),
      { numRuns: 1500 },
    )
  })

  it('[W3] the count of allocations sees copies and lengths, and no views', () => {
    const view = new Uint8Array(64)
    expect(allocatedBytes(() => new Uint8Array(10))).toBe(10)
    expect(allocatedBytes(() => new Uint8Array(view.buffer, 2, 20))).toBe(0)
    expect(allocatedBytes(() => new Uint8Array(view.buffer, 2, 20).slice())).toBe(20)
  })
})

describe('frames about lanes', () => {
  it('[W3] of any bytes give one, nothing or a violation', () => {
    const input = fc
      .tuple(
        fc.integer({ min: 0x1f, max: 0x23 }),
        fc.oneof(
          bytes(0, 40),
          fc.json().map((text) => Buffer.from(text)),
        ),
      )
      .map(([code, rest]) => Uint8Array.of(code, 1, ...rest))
    fc.assert(
      fc.property(placed(input), (given) => {
        const read = decodeLaneFrame(given)
        if (!read.ok) expect(read.violation).toMatch(/\w/)
        else expect(read.value === undefined).toBe(given[0] === 0x1f || given[0] === 0x23)
      }),
      { numRuns: 2000 },
    )
  })

  it('[S62] come out once each, words after all before them and chunks in order, however they were mixed', () => {
    // Per frame: a word, or bytes of one of three chunks, whose offset goes on; and how much later than sent it comes.
    const sent = fc.array(fc.tuple(fc.constantFrom('word', 0, 1, 2), fc.nat(12)), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(sent, (plan) => {
        const offsets = [0, 0, 0]
        const frames = plan.map(([kind, late], number) => {
          const payload = Uint8Array.of(number)
          const message: WireMessage =
            kind === 'word'
              ? { type: 'ping', nonce: number }
              : { type: 'data', slot: 0, index: kind as number, offset: offsets[kind as number]!++, payload }
          return { number, kind, comesAt: number + late, frame: encodeWire(message) }
        })
        const order = new FrameOrder()
        const came = frames
          .toSorted((a, b) => a.comesAt - b.comesAt)
          .flatMap((one) => order.take(one.number, one.frame)!)
        const places = frames.map(({ frame }) => came.indexOf(frame))
        expect(came.length).toBe(frames.length)
        expect(new Set(places).size).toBe(frames.length)
        for (const { number, kind } of frames) {
          const before = frames.slice(0, number).filter((other) => kind === 'word' || other.kind === kind)
          for (const other of before) expect(places[other.number]).toBeLessThan(places[number]!)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('bitfields', () => {
  it('[W7] of any bytes and length are refused, or are these bytes again with their bits counted', () => {
    const input = fc.oneof(
      fc.tuple(bytes(0, 64), fc.nat(520)),
      bytes(0, 64).chain((field) => fc.tuple(fc.constant(field), fc.integer({ min: 0, max: field.length * 8 }))),
      bytes(1, 64).chain((field) =>
        fc.tuple(
          fc.constant(field),
          fc.nat(7).map((spare) => field.length * 8 - spare),
        ),
      ),
    )
    fc.assert(
      fc.property(input, ([field, length]) => {
        const read = Bitfield.decode(field, length)
        if (!read.ok) return
        expect(Buffer.from(read.value.bytes).equals(field)).toBe(true)
        const indexes = Array.from({ length }, (_, index) => index).filter((index) => read.value.has(index))
        expect(read.value.count).toBe(indexes.length)
        expect(read.value.isFull).toBe(indexes.length === length)
      }),
      { numRuns: 1000 },
    )
  })

  it('[W3] of any bytes allocate no more than their own length', () => {
    fc.assert(
      fc.property(bytes(0, 64), fc.nat(2 ** 40), (field, length) => {
        expect(allocatedBytes(() => Bitfield.decode(field, length))).toBeLessThanOrEqual(field.length)
      }),
    )
  })
})
