import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  type ClientMessage,
  parseClientMessage,
  parseTrackerMessage,
  refusalCodes,
  type TrackerMessage,
  tiers,
} from '../../shared/tracker-messages.ts'
import { damagedJson, oddText } from './json-arbitrary.ts'

// Thousands of runs a test: half a second when the machine is idle, several when it is not.
vi.setConfig({ testTimeout: 60_000 })

const digits = (alphabet: string, length: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length }).map((list) => list.join(''))
const swarm = digits('0123456789abcdef', 40) as fc.Arbitrary<never>
const peer = digits('ABCxyz019-_', 22) as fc.Arbitrary<never>
const tier = fc.constantFrom(...tiers)
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0)

const signal = fc.record(
  {
    session: fc.string({ minLength: 1, maxLength: 16 }),
    description: fc.record({
      type: fc.constantFrom('offer' as const, 'answer' as const),
      sdp: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    }),
    candidates: fc.array(
      fc.record(
        { candidate: fc.string({ maxLength: 100 }), sdpMid: fc.string({ maxLength: 16 }), sdpMLineIndex: fc.nat(7) },
        { requiredKeys: ['candidate'] },
      ),
      { maxLength: 16 },
    ),
    busy: fc.constant(true as const),
  },
  { requiredKeys: ['session'] },
)

const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ type: fc.constant('join' as const), swarm, have: share, want: fc.nat(20) }),
  fc.record({ type: fc.constant('leave' as const), swarm }),
  fc.record({ type: fc.constant('signal' as const), to: peer, signal }),
)

const iceServer = fc.oneof(
  fc.record({ urls: fc.subarray(['stun:stun.example.org', 'stuns:192.0.2.1:5349'], { minLength: 1 }) }),
  fc.record({
    urls: fc.subarray(['turn:192.0.2.1:3478?transport=udp', 'turns:[2001:db8::1]:5349', 'turn:turn'], { minLength: 1 }),
    username: fc.string({ minLength: 1, maxLength: 128 }),
    credential: fc.string({ minLength: 1, maxLength: 256 }),
  }),
)
const servers = {
  stunPort: fc.integer({ min: 1, max: 65535 }),
  iceServers: fc.array(iceServer, { maxLength: 4 }),
  edges: fc.subarray(['https://eu.example.org/', 'http://[2001:db8::1]:8080/files/', 'https://us/']),
}

const trackerMessage: fc.Arbitrary<TrackerMessage> = fc.oneof(
  fc.record({ type: fc.constant('welcome' as const), id: peer, ...servers }, { requiredKeys: ['type', 'id'] }),
  fc.record({ type: fc.constant('servers' as const), ...servers }, { requiredKeys: ['type'] }),
  fc.record({
    type: fc.constant('peers' as const),
    swarm,
    peers: fc.array(fc.record({ id: peer, tier }), { maxLength: 20 }),
    size: fc.nat(),
    ahead: fc.nat(8),
  }),
  fc.record({ type: fc.constant('signal' as const), from: peer, tier, signal }),
  fc.record(
    {
      type: fc.constant('refused' as const),
      code: fc.constantFrom(...refusalCodes),
      message: fc.string({ maxLength: 500 }),
      to: peer,
      swarm,
    },
    { requiredKeys: ['type', 'code', 'message'] },
  ),
)

describe.each([
  ['a client', parseClientMessage, clientMessage],
  ['a tracker', parseTrackerMessage, trackerMessage],
] as const)('a text from %s', (_, parse, valid: fc.Arbitrary<ClientMessage | TrackerMessage>) => {
  it('[T8] of any valid message reads back as that message', () => {
    fc.assert(
      fc.property(valid, (message) => {
        const plain = JSON.parse(JSON.stringify(message)) as object
        expect(parse(JSON.stringify(message))).toEqual({ ok: true, value: plain })
      }),
      { numRuns: 500 },
    )
  })

  it('[T8] of any kind gives a violation, nothing, or a message that says the same when printed and read again', () => {
    fc.assert(
      fc.property(fc.oneof(oddText, damagedJson(valid)), (text) => {
        const read = parse(text)
        if (!read.ok) expect(read.violation).toMatch(/\w/)
        else if (read.value !== undefined) {
          expect(Object.getPrototypeOf(read.value)).toBe(Object.prototype)
          expect(JSON.stringify(read.value).length).toBeLessThanOrEqual(text.length + numberGrowthMax)
          expect(parse(JSON.stringify(read.value))).toEqual(read)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

/** `1e5` is printed as `100000`: a message has one number or index in each of a few places, and each can grow. */
const numberGrowthMax = 16 * 8
