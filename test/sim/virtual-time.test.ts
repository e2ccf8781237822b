import { describe, expect, it } from 'vitest'
import { createRng } from '../../shared/rng.ts'
import { VirtualTime } from './virtual-time.ts'

describe('virtual time', () => {
  it('runs events in order of their instant, and those of one instant in the order in which they were planned', () => {
    const time = new VirtualTime()
    const rng = createRng([1, 2, 3, 4])
    const planned = Array.from({ length: 3_000 }, (_, order) => ({ at: rng.below(200), order }))
    const ran: typeof planned = []
    for (const event of planned) time.at(event.at, () => ran.push(event))
    time.run(1_000)
    expect(ran).toEqual([...planned].sort((a, b) => a.at - b.at || a.order - b.order))
  })

  it('runs what is planned for the past now, after what was planned for now', () => {
    const time = new VirtualTime()
    const ran: string[] = []
    time.at(10, () => {
      time.at(3, () => ran.push(`late at ${time.now}`))
      ran.push('first')
    })
    time.at(10, () => ran.push('second'))
    time.run(20)
    expect(ran).toEqual(['first', 'second', 'late at 10'])
  })

  it('stops at the instant or the state that it was told, and goes on from there', () => {
    const time = new VirtualTime()
    let count = 0
    for (let at = 1; at <= 10; at++) time.at(at, () => count++)
    time.run(4)
    expect(count).toBe(4)
    time.run(100, () => count === 7)
    expect([count, time.now]).toEqual([7, 7])
    expect(time.run(100)).toBe(3)
  })
})
