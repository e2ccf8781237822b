import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createRng } from '../../shared/rng.ts'
import { farAddress, refusal, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

const hmac = (text: string) => createHmac('sha256', 'key').update(text).digest('base64url')
const crowdOf = (count: number) => {
  const crowd = new TrackerCrowd({}, createRng([1, 2, 3, 4]), hmac)
  for (let i = 0; i < count; i++) crowd.member(farAddress(i), { have: 1 })
  return crowd
}

describe('a connection', () => {
  it('[T145] is told of nearly twenty peers and their tickets at first, and of more when it has called them', () => {
    const crowd = crowdOf(60)
    const id = crowd.connect('203.0.113.1')
    const first = crowd.join(id, { want: 20 }).peers
    expect(first.length).toBeGreaterThanOrEqual(16)
    expect(crowd.join(id, { want: 20 }).peers.length).toBeLessThan(3)
    const sdp = 'v=0\\r\\n'.padEnd(800, 'x')
    for (const { id: to } of first) crowd.signal(id, to, { session: 's', description: { type: 'offer', sdp } })
    expect(crowd.join(id, { want: 20 }).peers).toHaveLength(20)
  })

  it('[T145] that gave nothing hears nothing more, until it gives', () => {
    const crowd = crowdOf(0)
    const id = crowd.connect('203.0.113.1')
    let answerCount = 0
    while (crowd.machine.receive(id, '?', crowd.now).length > 0) {
      answerCount++
      crowd.now += 10_000
    }
    expect(answerCount).toBeLessThan(30)
    refusal(crowd.machine.receive(id, '?'.repeat(60), crowd.now), id)
  })
})
