import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import {
  decodeLaneFrame,
  encodeLaneEnd,
  encodeLaneSignal,
  encodeNumbered,
  type LaneSignal,
  numberedHeaderBytes,
} from './lane-frames.ts'
import { descriptionLengthMax, frameBytesMax } from './limits.ts'

const decode = (hex: string) => decodeLaneFrame(fromHex(hex.replaceAll(' ', ''))!)
const space = new Uint8Array(16)

describe('a frame about lanes', () => {
  it('[W2] [W5] with a number gives the number and a view of the frame inside', () => {
    for (const length of [1, 11, 12, 100]) {
      const inside = Uint8Array.from({ length }, (_, i) => i + 1)
      const frame = encodeNumbered(4_000_000_000, inside, space)
      const read = decodeLaneFrame(frame)
      if (!read.ok || read.value?.type !== 'numbered') throw new Error('no numbered frame')
      expect(read.value.number).toBe(4_000_000_000)
      expect(toHex(read.value.frame)).toBe(toHex(inside))
      expect(read.value.frame.buffer).toBe(frame.buffer)
    }
  })

  it.each<LaneSignal>([
    { description: { type: 'offer', sdp: 'v=0\r\na="quoted"\r\n' } },
    { description: { type: 'answer', sdp: 'x\n'.repeat(descriptionLengthMax / 2) } },
    { candidate: { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', sdpMid: '0', sdpMLineIndex: 0 } },
  ])('[W2] with a signal decodes to what was encoded', (signal) => {
    expect(decodeLaneFrame(encodeLaneSignal(7, signal))).toEqual({
      ok: true,
      value: { type: 'signal', lane: 7, signal },
    })
  })

  it('[W2] with the end of a lane decodes to what was encoded', () => {
    expect(decodeLaneFrame(encodeLaneEnd(200))).toEqual({ ok: true, value: { type: 'end', lane: 200 } })
  })

  it('[W4] that is malformed is a violation that says so', () => {
    expect(decode('20 00000001')).toEqual({ ok: false, violation: 'numbered frame without a frame' })
    const long = new Uint8Array(numberedHeaderBytes + frameBytesMax + 1).fill(0x20)
    expect(decodeLaneFrame(long)).toEqual({ ok: false, violation: `frame of ${long.length} bytes` })
    for (const end of ['22', '22 01 01']) {
      expect(decode(end)).toEqual({ ok: false, violation: 'malformed end of a lane' })
    }
    const texts = ['', 'nonsense', '1', 'null', '{}', '{"description":{"type":"pranswer","sdp":"v=0"}}']
    texts.push('{"candidate":{"candidate":1}}', '{"__proto__":{"candidate":{"candidate":""}}}')
    for (const text of texts) {
      const frame = Uint8Array.of(0x21, 1, ...new TextEncoder().encode(text))
      expect(decodeLaneFrame(frame)).toEqual({ ok: false, violation: 'malformed signal of a lane' })
    }
  })

  it('[W4] is not any frame of another type', () => {
    for (const hex of ['', '01', '10 0000', '1f', '23 00']) expect(decode(hex)).toEqual({ ok: true, value: undefined })
  })
})
