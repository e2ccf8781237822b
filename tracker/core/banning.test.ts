import { describe, expect, it } from 'vitest'
import { addressBytes, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import { TrackerNodes } from '../../test/fakes/tracker-nodes.ts'
import { payersAt } from './place.ts'

const keysOf = (text: string) => payersAt(addressBytes(text))

describe('whom the operator keeps out', () => {
  it('[T256] goes at once, hears why, and comes back when its time is over', () => {
    const crowd = new TrackerCrowd()
    const bad = crowd.member('203.0.113.9')
    crowd.member('203.0.113.8')
    crowd.machine.banning.exclude(keysOf('203.0.113.9').address, 60_000, crowd.now)
    expect(crowd.machine.entrance.turnOut(undefined, crowd.now)).toMatchObject([
      { type: 'send', to: bad, message: { type: 'refused', code: 'banned' } },
      { type: 'close', to: bad },
    ])
    expect(crowd.machine.stats().connections).toBe(1)
    expect(() => crowd.connect('203.0.113.9')).toThrow('refused')
    crowd.connect('203.0.113.10')
    crowd.now = 60_000
    crowd.connect('203.0.113.9')
  })

  it('[T256] may be a whole network, and be let in again', () => {
    const crowd = new TrackerCrowd()
    for (let i = 1; i < 5; i++) crowd.member(`203.0.113.${i}`)
    crowd.member('198.51.100.1')
    const { network } = keysOf('203.0.113.1')
    crowd.machine.banning.exclude(network, 60_000, crowd.now)
    expect(crowd.machine.entrance.turnOut(undefined, crowd.now)).toHaveLength(8)
    expect(crowd.machine.stats()).toMatchObject({ connections: 1 })
    expect(crowd.machine.banning.list(1_000)).toMatchObject([{ key: network, cause: 'operator', untilMs: 60_000 }])
    expect(() => crowd.connect('203.0.113.77')).toThrow('refused')
    expect(crowd.machine.banning.lift(network, 1_000)).toBe(true)
    expect(crowd.machine.banning.lift(network, 1_000)).toBe(false)
    expect(crowd.machine.banning.list(1_000)).toEqual([])
    crowd.connect('203.0.113.77')
  })

  it('[T256] is let in again though complaints or faults kept it out', () => {
    const crowd = new TrackerCrowd({ strikesPerBan: 1, faultsBurst: 1 })
    const bad = crowd.connect('203.0.113.9')
    for (let i = 0; i < 5; i++) crowd.machine.malformed(bad, 'nonsense', 0)
    const { address } = keysOf('203.0.113.9')
    expect(crowd.machine.banning.list(0)).toMatchObject([{ key: address, cause: 'faults' }])
    expect(() => crowd.connect('203.0.113.9')).toThrow('refused')
    crowd.machine.banning.lift(address, 0)
    crowd.connect('203.0.113.9')
  })

  it('[T256] is kept out, and let in again, by every tracker of the service', () => {
    const nodes = new TrackerNodes(3)
    const [here, there] = nodes.nodes
    const bad = there!.member('203.0.113.9')
    const { address } = keysOf('203.0.113.9')
    here!.machine.cluster!.bans.exclude(address, 60_000, nodes.now)
    nodes.settle()
    const { entrance, cluster } = there!.machine
    expect(entrance.turnOut(cluster, nodes.now)).toMatchObject([{ to: bad }, { type: 'close', to: bad }])
    expect(there!.machine.banning.list(nodes.now)).toMatchObject([{ key: address, cause: 'operator' }])
    here!.machine.cluster!.bans.exclude(address, 0, nodes.now)
    nodes.settle()
    expect(there!.machine.banning.list(nodes.now)).toEqual([])
  })
})
