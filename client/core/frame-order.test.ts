import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import { encodeWire } from '../../shared/wire.ts'
import { FrameOrder } from './frame-order.ts'

const data = (index: number, offset = 0, length = 1) =>
  encodeWire({ type: 'data', slot: 0, index, offset, payload: new Uint8Array(length) })
const ping = (nonce: number) => encodeWire({ type: 'ping', nonce })

describe('frames that come by several ways', () => {
  it('[S62] are passed on as they come while they come in order', () => {
    const order = new FrameOrder()
    const frames = [ping(1), data(0), data(0, 64), ping(2)]
    for (const [number, frame] of frames.entries()) expect(order.take(number, frame)).toEqual([frame])
  })

  it('[S62] wait for what went before them, but for the first bytes of a chunk', () => {
    const order = new FrameOrder()
    const [early, rest, word, late] = [data(1), data(1, 64), ping(1), data(0)]
    expect(order.take(2, rest)).toEqual([])
    expect(order.take(3, word)).toEqual([])
    expect(order.take(1, early)).toEqual([early])
    expect(order.take(0, late)).toEqual([late, rest, word])
  })

  it('[S62] that come twice, or under a number that is over or far off, are refused', () => {
    const order = new FrameOrder()
    order.take(0, ping(0))
    expect(order.take(0, ping(0))).toBeUndefined()
    for (const frame of [data(3), ping(3)]) {
      order.take(3, data(3))
      expect(order.take(3, frame)).toBeUndefined()
    }
    expect(order.take(4_000_000_000, data(9))).toBeUndefined()
  })

  it('[S62] may not wait without end', () => {
    const order = new FrameOrder()
    const frame = data(0, 64, 256 * KiB)
    let count = 1
    while (order.take(count, frame)) count++
    expect((count * frame.length) / KiB).toBeLessThan(9 * KiB)
    expect(count).toBeGreaterThan(16)
  })

  it('[S62] leave behind what was said, when the bytes before it come no more', () => {
    const order = new FrameOrder()
    const bye = encodeWire({ type: 'bye', reason: 'leaving' })
    order.take(5, bye)
    order.take(2, data(1, 64))
    order.take(1, data(1))
    order.take(3, ping(1))
    expect(order.lastWords()).toEqual([ping(1), bye])
  })
})
