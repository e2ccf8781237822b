import { describe, expect, it } from 'vitest'
import { FairLine, type Flow, type Load } from './fair-line.ts'
import { VirtualTime } from './virtual-time.ts'

function sharedLine(bytesPerSecond: number) {
  const time = new VirtualTime()
  const line = new FairLine<Load>(time, bytesPerSecond)
  const left: [name: string, at: number][] = []
  const flow = (name: string): Flow<Load> => ({
    queue: [],
    endsAt: 0,
    sent: () => left.push([name, Math.round(time.now)]),
  })
  return { time, line, left, flow }
}

describe('a line that flows share', () => {
  it('gives a flow alone all of it, one frame after another', () => {
    const { time, line, left, flow } = sharedLine(1_000)
    const a = flow('a')
    for (const bytes of [100, 200]) line.push(a, { bytes })
    time.run(10_000)
    expect(left).toEqual([
      ['a', 100],
      ['a', 300],
    ])
  })

  it('lets a short frame through beside a long one: it waits for its share and not for the other', () => {
    const { time, line, left, flow } = sharedLine(1_000)
    line.push(flow('long'), { bytes: 1_000 })
    time.at(100, () => line.push(flow('short'), { bytes: 10 }))
    time.run(10_000)
    expect(left).toEqual([
      ['short', 120],
      ['long', 1_010],
    ])
  })

  it('divides equally however much each has queued', () => {
    const { time, line, left, flow } = sharedLine(3_000)
    const flows = ['a', 'b', 'c'].map(flow)
    for (const [i, each] of flows.entries()) for (let n = 0; n <= 3 * i; n++) line.push(each, { bytes: 100 })
    time.run(100)
    expect(left.map(([name]) => name).sort()).toEqual(['a', 'b', 'c'])
    time.run(10_000)
    // 12 frames of 100 bytes through 3,000 bytes a second: the line was never idle.
    expect(left.at(-1)![1]).toBe(400)
    expect(line.sentBytes).toBe(1_200)
    expect(line.busyMs).toBeCloseTo(400)
  })

  it('gives to the others what a dropped flow would have had', () => {
    const { time, line, left, flow } = sharedLine(1_000)
    const [a, b] = [flow('a'), flow('b')]
    line.push(a, { bytes: 1_000 })
    line.push(b, { bytes: 500 })
    time.at(200, () => line.drop(a))
    time.run(10_000)
    expect(left).toEqual([['b', 600]])
  })
})
