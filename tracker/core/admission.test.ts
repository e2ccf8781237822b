import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import { farAddress, offer, refusal, swarmA, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import { TrackerMachine } from './tracker-machine.ts'

const stranger = 'stranger'.padEnd(22, '-') as PeerId

/** Two members of one swarm; the second was told of the first. */
function couple(crowd = new TrackerCrowd()): { crowd: TrackerCrowd; first: PeerId; second: PeerId } {
  const first = crowd.member('203.0.113.1')
  const second = crowd.connect('203.0.113.2')
  expect(crowd.join(second, { want: 8 }).peers).toEqual([{ id: first, tier: 'network' }])
  return { crowd, first, second }
}

describe('a connection', () => {
  it('[T9] is told its id first', () => {
    const crowd = new TrackerCrowd()
    const id = 'x'.repeat(22) as PeerId
    const effects = crowd.machine.connect(id, Uint8Array.of(203, 0, 113, 1), undefined, 0)
    expect(effects).toEqual([{ type: 'send', to: id, message: { type: 'welcome', id } }])
  })

  it('[T24] is refused with a reason and closed with 1013 beyond the limit for one address, until another leaves', () => {
    const crowd = new TrackerCrowd({ connectionsPerAddressMax: 2 })
    const connect = (name: string) =>
      crowd.machine.connect(name.repeat(22) as PeerId, Uint8Array.of(203, 0, 113, 1), undefined, crowd.now)
    connect('a')
    connect('b')
    expect(connect('c')).toEqual([
      {
        type: 'send',
        to: 'c'.repeat(22),
        message: { type: 'refused', code: 'too-many-connections', message: 'at most 2 connections from one address' },
      },
      { type: 'close', to: 'c'.repeat(22), code: 1013, reason: 'at most 2 connections from one address' },
    ])
    crowd.connect('203.0.113.2')
    crowd.leave('a'.repeat(22) as PeerId)
    expect(connect('d')).toMatchObject([{ message: { type: 'welcome' } }])
    expect(crowd.machine.stats()).toMatchObject({ connections: 3, refused: { 'too-many-connections': 1 } })
  })

  it('[T24] is refused beyond the limit for all', () => {
    const crowd = new TrackerCrowd({ connectionsMax: 2 })
    crowd.connect('203.0.113.1')
    crowd.connect('203.0.113.2')
    expect(() => crowd.connect('203.0.113.3')).toThrow('refused')
  })

  it('[T24] gains no fresh allowance by reconnecting again and again', () => {
    const crowd = new TrackerCrowd({ connectionsPerAddressMax: 5 })
    const reconnect = () => crowd.leave(crowd.connect('203.0.113.1'))
    for (let i = 0; i < 10; i++) reconnect()
    expect(reconnect).toThrow('refused')
    crowd.now += 10_000
    expect(reconnect).not.toThrow()
  })

  it('that is gone, or was never there, moves nothing', () => {
    const { crowd, first, second } = couple()
    crowd.leave(second)
    expect(crowd.signal(second, first)).toEqual([])
    expect(crowd.say(stranger, { type: 'join', swarm: swarmA, have: 0, want: 8 })).toEqual([])
    expect(crowd.machine.stats()).toMatchObject({ connections: 1, peers: 1, signals: 0 })
  })
})

describe('a client that asks too much', () => {
  it('[T22] is told so for joins beyond the rate, and served again later', () => {
    const crowd = new TrackerCrowd({ joinsBurst: 3, joinsPerSecond: 2 })
    const id = crowd.connect('203.0.113.1')
    for (let i = 0; i < 3; i++) crowd.join(id)
    const effects = crowd.say(id, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(refusal(effects, id)).toMatchObject({ code: 'too-fast', swarm: swarmA })
    crowd.now += 500
    expect(crowd.join(id).size).toBe(1)
  })

  it('[T22] is told so for signals beyond the rate', () => {
    const { crowd, first, second } = couple(new TrackerCrowd({ signalsBurst: 2 }))
    crowd.signal(second, first)
    crowd.signal(second, first)
    expect(refusal(crowd.signal(second, first), second)).toMatchObject({ code: 'too-fast', to: first })
  })

  it('[T22] is told of malformed messages, then closed with 1008 and forgotten at once', () => {
    const { crowd, first, second } = couple()
    const junk = (now: number) => crowd.machine.receive(second, '{"type":"join"}', now)
    for (let i = 0; i < 20; i++) {
      expect(refusal(junk(0), second)).toMatchObject({
        code: 'malformed',
        message: expect.stringContaining('malformed join'),
      })
    }
    const last = junk(0)
    expect(last).toEqual([{ type: 'close', to: second, code: 1008, reason: 'too many faults, the last: malformed' }])
    expect(junk(0)).toEqual([])
    expect(crowd.join(first, { want: 8 })).toMatchObject({ peers: [], size: 1 })
    expect(crowd.machine.stats()).toMatchObject({ connections: 1, expelled: 1, refused: { malformed: 21 } })
  })

  it('[T22] is forgiven a fault now and then', () => {
    const crowd = new TrackerCrowd()
    const id = crowd.connect('203.0.113.1')
    for (let i = 0; i < 100; i++) {
      crowd.now += 5000
      refusal(crowd.machine.receive(id, 'junk'.repeat(20), crowd.now), id)
    }
  })

  it('[T22] may open many files at once: the surplus is refused and the connection stays', () => {
    const crowd = new TrackerCrowd()
    const id = crowd.connect('203.0.113.1')
    const answers = Array.from({ length: 64 }, (_, i) => {
      const [effect] = crowd.say(id, { type: 'join', swarm: String(i).padStart(40, '0'), have: 0, want: 0 })
      return effect?.type === 'send' ? effect.message.type : effect?.type
    })
    expect(answers).toEqual([...Array(20).fill('peers'), ...Array(44).fill('refused')])
    crowd.now += 1000
    expect(crowd.join(id).size).toBe(1)
  })

  it.each([
    ['joins', JSON.stringify({ type: 'join', swarm: swarmA, have: 0, want: 20 })],
    ['signals to strangers', JSON.stringify({ type: 'signal', to: stranger, signal: offer })],
    ['messages of an unknown type', '{"type":"dance"}'],
    ['junk', '}'],
  ])('[T22] earns few answers for a flood of %s before it is closed', (_, text) => {
    const crowd = new TrackerCrowd()
    for (let i = 0; i < 100; i++) crowd.member(farAddress(i))
    const id = crowd.connect('203.0.113.1')
    let answers = 0
    let bytesIn = 0
    let bytesOut = 0
    let closed = false
    for (let i = 0; i < 10_000 && !closed; i++) {
      crowd.now += 0.1
      bytesIn += text.length
      for (const effect of crowd.machine.receive(id, text, crowd.now)) {
        if (effect.type === 'close') closed = true
        else if (effect.type === 'send') bytesOut += JSON.stringify(effect.message).length
        answers++
      }
    }
    expect(closed).toBe(true)
    expect(answers).toBeLessThanOrEqual(250)
    expect(bytesOut).toBeLessThan(50_000)
    expect(bytesIn).toBeGreaterThan(0)
  })

  it('[T1] is not charged for messages of a newer version that come now and then', () => {
    const crowd = new TrackerCrowd()
    const id = crowd.connect('203.0.113.1')
    for (let i = 0; i < 100; i++) expect(crowd.say(id, { type: 'dance' })).toEqual([])
    expect(crowd.join(id).size).toBe(1)
  })

  it('[T22] is closed for a flood of pings', () => {
    const crowd = new TrackerCrowd()
    const id = crowd.connect('203.0.113.1')
    const effects = Array.from({ length: 1000 }, () => crowd.machine.control(id, 0)).flat()
    expect(effects.at(-1)).toMatchObject({ type: 'close', code: 1008 })
  })
})

describe('a limit', () => {
  it.each([
    [
      { connectionsPerAddressMax: 0 },
      'tracker setting connectionsPerAddressMax: 0 is not a whole number of at least 1',
    ],
    [{ joinsPerSecond: -1 }, 'tracker setting joinsPerSecond: -1 is not a number above 0'],
    [{ signalsBurst: 2.5 }, 'tracker setting signalsBurst: 2.5 is not a whole number of at least 1'],
    [{ connectionsMax: Number.NaN }, 'tracker setting connectionsMax: NaN is not a whole number of at least 1'],
    [{ faultsPerSecond: '1' as unknown as number }, 'tracker setting faultsPerSecond: "1" is not a number above 0'],
  ])('[T30] that cannot be is refused by name: %j', (limits, message) => {
    expect(() => new TrackerMachine({ rng: createRng([1, 2, 3, 4]), limits })).toThrow(message)
  })
})
