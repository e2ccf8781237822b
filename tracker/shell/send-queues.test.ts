import { describe, expect, it } from 'vitest'
import { SendQueues } from './send-queues.ts'

class SlowSocket {
  bufferedAmount = 0

  queue(queues: SendQueues<SlowSocket>, bytes: number): SlowSocket | undefined {
    this.bufferedAmount += bytes
    return queues.sent(this, bytes)
  }
}

describe('what waits for all clients together', () => {
  it('[T153] is bounded: the one for whom most waits is dropped, and the others are sent on', () => {
    const queues = new SendQueues<SlowSocket>(1_000, 2_000)
    const slowest = new SlowSocket()
    const others = Array.from({ length: 5 }, () => new SlowSocket())
    expect(slowest.queue(queues, 900)).toBeUndefined()
    for (const other of others.slice(0, 4)) expect(other.queue(queues, 250)).toBeUndefined()
    expect(others[4]!.queue(queues, 250)).toBe(slowest)
    expect(others[4]!.queue(queues, 250)).toBeUndefined()
  })

  it('[T153] counts no more what was read since', () => {
    const queues = new SendQueues<SlowSocket>(1_000, 2_000)
    const reader = new SlowSocket()
    for (let i = 0; i < 100; i++) {
      expect(reader.queue(queues, 900)).toBeUndefined()
      reader.bufferedAmount = 0
    }
  })

  it('[T33] is bounded for each by itself', () => {
    const queues = new SendQueues<SlowSocket>(1_000, 2_000)
    const slow = new SlowSocket()
    slow.queue(queues, 1_000)
    expect(queues.isFull(slow)).toBe(false)
    slow.queue(queues, 1)
    expect(queues.isFull(slow)).toBe(true)
  })
})
