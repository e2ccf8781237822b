import { describe, expect, it } from 'vitest'
import type { Dialer, LinkSignal } from '../ports.ts'
import { Lane } from './lane.ts'

/** A lane that the other side opened, and what of its signals gets as far as WebRTC. */
function takenLane() {
  const signals: LinkSignal[] = []
  const dialer: Dialer = {
    dial: () => ({ roomBytes: 0, signal: (signal) => void signals.push(signal), send() {}, close() {} }),
  }
  const lane = new Lane(dialer, 1, false, { signal() {}, opened() {}, frame() {}, drained() {}, closed() {} })
  return { lane, signals }
}

const line = (i: number, transport = 'udp') => `candidate:1 1 ${transport} 1 192.0.2.9 ${40_000 + i} typ srflx`

describe('a lane', () => {
  it('[T144] takes eight candidates of the other side, inside its description and beside it together', () => {
    const { lane, signals } = takenLane()
    const inside = Array.from({ length: 5 }, (_, i) => `a=${line(i)}\r\n`).join('')
    lane.signal({ description: { type: 'offer', sdp: `v=0\r\n${inside}` } })
    for (let i = 5; i < 500; i++) lane.signal({ candidate: { candidate: line(i), sdpMid: '0' } })
    expect(signals).toHaveLength(1 + 3)
    expect(signals[0]).toEqual({ description: { type: 'offer', sdp: `v=0\r\n${inside}` } })
    lane.close()
  })

  it('[T144] takes none that would have it open connections over TCP', () => {
    const { lane, signals } = takenLane()
    lane.signal({ description: { type: 'offer', sdp: `v=0\r\na=${line(1, 'tcp')} tcptype passive\r\n` } })
    lane.signal({ candidate: { candidate: `${line(2, 'TCP')} tcptype passive`, sdpMid: '0' } })
    lane.signal({ candidate: { candidate: 'nonsense', sdpMid: '0' } })
    expect(signals).toEqual([{ description: { type: 'offer', sdp: 'v=0\r\n' } }])
    lane.close()
  })
})
