import { describe, expect, it } from 'vitest'
import { crc32, mappedEndpoint, readStunAnswer, stunDatagram, transaction } from '../../test/fakes/stun-datagrams.ts'
import { bindingAnswer, type Endpoint, readBindingRequest, stunRequestBytesMax } from './stun.ts'

const v4: Endpoint = { address: Uint8Array.of(192, 0, 2, 1), port: 32853 }
const v6: Endpoint = { address: Buffer.from('20010db8123456780011223344556677', 'hex'), port: 32853 }

function answer(datagram: Uint8Array, from = v4): Buffer | undefined {
  const request = readBindingRequest(datagram)
  return request && Buffer.from(bindingAnswer(request, from))
}

const changeRequest = { type: 0x0003, value: Uint8Array.of(0, 0, 0, 6) }

describe('a Binding request', () => {
  it('[T220] hears its own address and port, as in the samples of RFC 5769', () => {
    const request = stunDatagram()
    expect(answer(request)?.toString('hex')).toBe(
      '0101000c2112a442b7e7a701bc34d686fa87dfae' + '002000080001a147e112a643',
    )
    expect(answer(request, v6)?.toString('hex')).toBe(
      '010100182112a442b7e7a701bc34d686fa87dfae' + '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9',
    )
  })

  it('[T221] with a fingerprint has one in its answer, with a wrong one no answer', () => {
    const request = stunDatagram({ isFingerprinted: true })
    const said = answer(request)!
    expect(mappedEndpoint(said)).toEqual({ address: Buffer.from(v4.address), port: v4.port })
    const mark = readStunAnswer(said).attributes.get(0x8028)!
    expect(mark.readUInt32BE()).toBe((crc32(said.subarray(0, -8)) ^ 0x5354554e) >>> 0)
    request[request.length - 1]! ^= 1
    expect(answer(request)).toBeUndefined()
  })

  it('[T221] of RFC 5769 has the fingerprint that the RFC says', () => {
    const sample = Buffer.from(
      '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74' +
        '002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020' +
        '000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
      'hex',
    )
    expect(readBindingRequest(sample)).toMatchObject({ unknown: [0x0024], isFingerprinted: true })
    sample[30]! ^= 0x20
    expect(readBindingRequest(sample)).toBeUndefined()
  })

  it('[T222] with an attribute that must be understood and is not hears 420 with its number', () => {
    const attributes = [changeRequest, { type: 0x8022, value: Buffer.from('a client') }, { type: 0x0027 }]
    for (const isFingerprinted of [false, true]) {
      const said = readStunAnswer(answer(stunDatagram({ attributes, isFingerprinted }))!)
      expect(said.type).toBe(0x0111)
      expect(said.transaction).toEqual(transaction)
      expect(said.attributes.get(0x0009)).toEqual(Buffer.of(0, 0, 4, 20))
      expect(said.attributes.get(0x000a)).toEqual(Buffer.of(0x00, 0x03, 0x00, 0x27))
      expect(said.attributes.has(0x8028)).toBe(isFingerprinted)
    }
  })

  it('[T222] may carry attributes that need not be understood, and those of credentials, which mean nothing here', () => {
    const attributes = [
      { type: 0x8022, value: Buffer.from('software') },
      { type: 0xc057, value: Uint8Array.of(0, 0, 3, 231) },
      { type: 0x0006, value: Buffer.from('user') },
      { type: 0x0008, value: new Uint8Array(20) },
      changeRequest, // after the seal: as if it were not there
    ]
    expect(mappedEndpoint(answer(stunDatagram({ attributes }))!)?.port).toBe(v4.port)
  })
})

describe('no answer', () => {
  const right = stunDatagram()
  const damaged = (at: number, byte: number) => {
    const copy = Buffer.from(right)
    copy[at] = byte
    return copy
  }
  it.each([
    ['an empty datagram', Buffer.alloc(0)],
    ['a header cut short', right.subarray(0, 19)],
    ['a classic request of RFC 3489', stunDatagram({ cookie: Buffer.alloc(4) })],
    ['an indication', stunDatagram({ type: 0x0011 })],
    ['a success', stunDatagram({ type: 0x0101 })],
    ['an error', stunDatagram({ type: 0x0111 })],
    ['another method', stunDatagram({ type: 0x0003 })],
    ['RTP', damaged(0, 0x80)],
    ['a length beyond the end', damaged(3, 4)],
    ['bytes after the end', Buffer.concat([right, Buffer.alloc(4)])],
    ['an attribute beyond the end', Buffer.concat([stunDatagram({ attributes: [{ type: 0x8022 }] })]).fill(9, 22, 24)],
    ['a length that is no multiple of four', Buffer.concat([damaged(3, 2), Buffer.alloc(2)])],
    ['something after the fingerprint', withTail()],
    ['a fingerprint of the wrong length', stunDatagram({ attributes: [{ type: 0x8028, value: new Uint8Array(3) }] })],
    ['a datagram longer than any', stunDatagram({ attributes: [{ type: 0x8022, value: new Uint8Array(1212) }] })],
  ])('[T223] is given to %s', (_, datagram) => {
    expect(answer(datagram)).toBeUndefined()
  })

  it('[T223] is not what the longest request hears', () => {
    const longest = stunDatagram({ attributes: [{ type: 0x8022, value: new Uint8Array(stunRequestBytesMax - 24) }] })
    expect(longest.length).toBe(stunRequestBytesMax)
    expect(answer(longest)).toBeDefined()
  })
})

/** A right fingerprint, and one more attribute that it does not cover. */
function withTail(): Buffer {
  const whole = stunDatagram({ attributes: [], isFingerprinted: true })
  const tailed = Buffer.concat([whole, Buffer.from('80220000', 'hex')])
  tailed.writeUInt16BE(12, 2)
  // Its checksum is that of the longer message, so that only the place is wrong.
  tailed.writeUInt32BE((crc32(tailed.subarray(0, 20)) ^ 0x5354554e) >>> 0, 24)
  return tailed
}
