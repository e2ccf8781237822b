/** STUN as a mirror: what anyone can send from anybody's address must not become more, nor cost the tracker anything. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bindingAnswer, readBindingRequest } from '../../tracker/core/stun.ts'
import { mappedEndpoint, readStunAnswer, stunDatagram } from '../fakes/stun-datagrams.ts'
import { startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

/** What a datagram is on the wire beside its payload: an IP header without options, and UDP's. */
const headerBytes = { 4: 20 + 8, 16: 40 + 8 }

const attribute = fc.record({
  // A fingerprint is put there by the datagram itself, where it is right.
  type: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).filter((type) => type !== 0x8028),
    fc.constantFrom(0x0003, 0x0008, 0x0006, 0x8022, 0x0024),
  ),
  value: fc.uint8Array({ maxLength: 60 }),
})
const request = fc
  .record({ attributes: fc.array(attribute, { maxLength: 12 }), isFingerprinted: fc.boolean() })
  .map((datagram): Uint8Array => stunDatagram(datagram))
const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
) as fc.Arbitrary<Uint8Array>
const endpoint = fc.record({ address, port: fc.integer({ min: 0, max: 65535 }) })

describe('any datagram', () => {
  it('[T224] is read or left without ever throwing, and its answer is at most twice its packet', () => {
    const any = fc.oneof(request, fc.uint8Array({ maxLength: 1400 }), damaged())
    fc.assert(
      fc.property(any, endpoint, (datagram, from) => {
        const read = readBindingRequest(datagram)
        if (read === undefined) return
        const answer = bindingAnswer(read, from)
        const header = headerBytes[from.address.length as 4 | 16]
        expect(answer.length + header).toBeLessThanOrEqual(2 * (datagram.length + header))
        // Over IPv4, and whenever something is not understood, that holds for the payload alone too.
        if (from.address.length === 4 || read.unknown.length > 0) {
          expect(answer.length).toBeLessThanOrEqual(2 * datagram.length)
        }
      }),
      { numRuns: 5_000 },
    )
  })

  it('[T220] that is a request has an answer of the same transaction with its sender in it', () => {
    fc.assert(
      fc.property(request, endpoint, (datagram, from) => {
        const read = readBindingRequest(datagram)!
        const answer = Buffer.from(bindingAnswer(read, from))
        const said = readStunAnswer(answer)
        expect(said.length).toBe(answer.length - 20)
        expect(said.transaction).toEqual(Buffer.from(datagram.subarray(8, 20)))
        if (read.unknown.length > 0) expect(said.type).toBe(0x0111)
        else expect(mappedEndpoint(answer)).toEqual({ address: Buffer.from(from.address), port: from.port })
      }),
      { numRuns: 2_000 },
    )
  })
})

function damaged(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(request, fc.nat(), fc.nat(255), fc.nat(40)).map(([bytes, at, byte, cut]) => {
    const copy = Uint8Array.from(bytes.subarray(0, bytes.length - cut))
    if (copy.length > 0) copy[at % copy.length] = byte
    return copy
  })
}

describe('the responder', () => {
  let server: TrackerServer
  let socket: Socket
  let now = 1_000

  beforeEach(async () => {
    now = 1_000
    server = await startTracker({ stunAnswersPerSecond: 50, stunAnswersPerNetworkPerSecond: 20, now: () => now })
    socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })
  afterEach(async () => {
    socket.close()
    await server.stop()
  })

  const seen = () => {
    const { answered, refused, ignored, limited } = server.tracker.stats().stun!
    return answered + refused + ignored + limited
  }

  it('[T225] gives a flood from one network no more than its part, and answers again the second after', async () => {
    const port = await server.tracker.openStun(0, '127.0.0.1')
    let answers = 0
    let bytesBack = 0
    socket.on('message', (answer) => {
      answers++
      bytesBack += answer.length
    })
    const flood = stunDatagram()
    // Few enough at a time for the kernel's queue: what it drops shows nothing.
    for (let sent = 0; sent < 2_000; sent += 50) {
      for (let i = 0; i < 50; i++) socket.send(flood, port, '127.0.0.1')
      await expect.poll(seen, { interval: 1 }).toBe(sent + 50)
    }
    expect(server.tracker.stats().stun).toEqual({ answered: 20, refused: 0, ignored: 0, limited: 1_980 })
    await expect.poll(() => answers).toBe(20)
    expect(bytesBack).toBe(20 * 32)
    now += 1_000
    socket.send(flood, port, '127.0.0.1')
    await expect.poll(() => answers).toBe(21)
  })

  it('[T223] is left by junk as it was, and goes on', async () => {
    const port = await server.tracker.openStun(0, '127.0.0.1')
    const junk = [
      Buffer.alloc(0),
      Buffer.alloc(1_400, 0xff),
      stunDatagram({ type: 0x0101 }),
      Buffer.from('GET / HTTP/1.1'),
    ]
    for (const datagram of junk) socket.send(datagram, port, '127.0.0.1')
    await expect.poll(seen).toBe(junk.length)
    expect(server.tracker.stats().stun).toMatchObject({ ignored: junk.length, answered: 0 })
    const answered = once(socket, 'message')
    socket.send(stunDatagram(), port, '127.0.0.1')
    const [answer] = await answered
    expect(mappedEndpoint(answer)?.port).toBe(socket.address().port)
  })

  it('[T223] answers no answer, so that two responders never talk to each other', async () => {
    const port = await server.tracker.openStun(0, '127.0.0.1')
    const other = await startTracker({ now: () => now })
    const otherPort = await other.tracker.openStun(0, '127.0.0.1')
    const answered = once(socket, 'message')
    socket.send(stunDatagram(), otherPort, '127.0.0.1')
    const [answer] = await answered
    socket.send(answer, port, '127.0.0.1')
    await expect.poll(() => server.tracker.stats().stun).toMatchObject({ ignored: 1, answered: 0 })
    await other.stop()
  })
})
