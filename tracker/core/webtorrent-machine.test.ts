import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createRng } from '../../shared/rng.ts'
import { farAddress, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'
import {
  hashA,
  hashB,
  nameOf,
  offerIdOf,
  offersOf,
  outcomes,
  sdpOf,
  WebTorrentCrowd,
} from '../../test/fakes/webtorrent-crowd.ts'
import { Bans } from './bans.ts'
import { bannedText } from './conduct.ts'
import { trackerLimits } from './limits.ts'
import { Load } from './load.ts'

const only = <T>(list: T[]): T => {
  expect(list).toHaveLength(1)
  return list[0]!
}

describe('an announce', () => {
  it('[T241] is answered with how many have everything, how many do not, and when to come again', () => {
    const crowd = new WebTorrentCrowd()
    crowd.member('192.0.2.1', { left: 0 })
    crowd.member('192.0.2.2', { left: 5, downloaded: 5 })
    const number = crowd.connect('192.0.2.3')
    const { to, told } = only(crowd.announce(number, { event: 'started', left: 10 }, hashA))
    expect(to).toBe(number)
    expect(told).toEqual({ action: 'announce', info_hash: hashA, complete: 1, incomplete: 2, interval: 120 })
    expect(only(crowd.announce(number, { event: 'completed' })).told).toMatchObject({ complete: 2, incomplete: 1 })
    expect(only(crowd.announce(number, { left: null, numwant: null })).told).toMatchObject({ complete: 1 })
  })

  it('[T241] that stops takes the client out of the swarm, and the last one takes the swarm away', () => {
    const crowd = new WebTorrentCrowd()
    const [a, b] = [crowd.member('192.0.2.1', { left: 0 }), crowd.member('192.0.2.2')]
    expect(only(crowd.announce(a, { event: 'stopped' })).told).toMatchObject({ complete: 0, incomplete: 1 })
    expect(only(crowd.announce(b, { offers: offersOf(1) })).to).toBe(b)
    crowd.announce(b, { event: 'stopped' })
    expect(crowd.machine.stats()).toMatchObject({ swarms: 0, peers: 0, connections: 2 })
  })

  it('[T241] may have numbers beyond all that there are, and leaves nothing behind', () => {
    const crowd = new WebTorrentCrowd()
    const honest = [1, 2].map((i) => crowd.member(farAddress(i)))
    const liars = [3, 4, 5, 6].map((i) => crowd.member(farAddress(i), { left: 5, downloaded: 5 }))
    for (const liar of liars) {
      const text = JSON.stringify({ action: 'announce', info_hash: hashA, peer_id: nameOf(liar) })
      expect(only(crowd.say(liar, text.replace('}', ',"left":1e999,"downloaded":1e999}'))).told).toMatchObject({
        complete: 0,
        incomplete: 6 - liars.indexOf(liar),
      })
      crowd.leave(liar)
    }
    const [answered, ...relayed] = crowd.announce(honest[0]!, { offers: offersOf(5) })
    expect(answered!.told).toMatchObject({ complete: 0, incomplete: 2 })
    expect(relayed.map(({ to }) => to)).toEqual([honest[1]])
  })

  it('[T241] ends with the connection, and nothing of it is kept', () => {
    const crowd = new WebTorrentCrowd()
    const members = [crowd.member('192.0.2.1', { left: 0 }), crowd.member('192.0.2.2')]
    crowd.announce(members[1]!, { offers: offersOf(1) })
    for (const member of members) crowd.leave(member)
    expect(crowd.machine.stats()).toMatchObject({ connections: 0, swarms: 0, peers: 0, offersPending: 0 })
    expect(crowd.door.count).toBe(0)
  })
})

describe('offers', () => {
  it('[T242] go to one peer each, as they were written, under the name of who made them', () => {
    const crowd = new WebTorrentCrowd()
    const members = [1, 2, 3].map((i) => crowd.member(farAddress(i)))
    const caller = crowd.connect('192.0.2.1')
    const [answered, ...relayed] = crowd.announce(caller, { numwant: 5, offers: offersOf(5) })
    expect(answered!.to).toBe(caller)
    expect(relayed.map(({ to }) => to).sort()).toEqual(members)
    expect(relayed.map(({ told }) => told)).toEqual(
      [0, 1, 2].map((i) => ({
        action: 'announce',
        info_hash: hashA,
        peer_id: nameOf(caller),
        offer_id: offerIdOf(i),
        offer: { type: 'offer', sdp: sdpOf(`offer ${i}`) },
      })),
    )
  })

  it('[T242] go to the nearest, and some to others', () => {
    const crowd = new WebTorrentCrowd()
    const near = Array.from({ length: 60 }, (_, i) => crowd.member(`198.51.100.${i}`))
    for (let i = 0; i < 300; i++) crowd.member(farAddress(i))
    const caller = crowd.connect('198.51.100.200')
    const [, ...relayed] = crowd.announce(caller, { offers: offersOf(10) })
    const nearCount = relayed.filter(({ to }) => near.includes(to)).length
    expect(relayed).toHaveLength(10)
    expect(nearCount).toBeGreaterThanOrEqual(5)
    expect(nearCount).toBeLessThan(10)
    expect(crowd.machine.stats().offers).toMatchObject({ network: nearCount, anywhere: 10 - nearCount })
  })

  it('[T242] are no more than were wanted, and none of who stops or completes without any', () => {
    const crowd = new WebTorrentCrowd()
    for (let i = 0; i < 10; i++) crowd.member(farAddress(i))
    const caller = crowd.connect('192.0.2.1')
    expect(crowd.announce(caller, { numwant: 2, offers: offersOf(5) })).toHaveLength(3)
    expect(crowd.announce(caller, { numwant: 0, offers: offersOf(5) })).toHaveLength(1)
    expect(crowd.announce(caller, { event: 'stopped', offers: offersOf(5) })).toHaveLength(1)
  })

  it('[T242] go to nobody of another swarm', () => {
    const crowd = new WebTorrentCrowd()
    const other = crowd.connect(farAddress(1))
    crowd.announce(other, {}, hashB)
    const caller = crowd.connect('192.0.2.1')
    expect(crowd.announce(caller, { offers: offersOf(1) })).toHaveLength(1)
    expect(crowd.announce(caller, { offers: offersOf(1) }, hashB)).toHaveLength(2)
  })

  it('[T247] reach a limited number of peers of one connection', () => {
    const crowd = new WebTorrentCrowd({ introductionsBurst: 3 })
    for (let i = 0; i < 10; i++) crowd.member(farAddress(i))
    const caller = crowd.connect('192.0.2.1')
    expect(crowd.announce(caller, { offers: offersOf(5) })).toHaveLength(1 + 3)
  })
})

describe('an answer', () => {
  const paired = (options: ConstructorParameters<typeof WebTorrentCrowd>[0] = {}) => {
    const crowd = new WebTorrentCrowd(options)
    const callee = crowd.member(farAddress(1))
    const caller = crowd.connect('192.0.2.1')
    crowd.announce(caller, { offers: offersOf(1) })
    return { crowd, callee, caller }
  }

  it('[T244] passes to who made the offer, once', () => {
    const { crowd, callee, caller } = paired()
    expect(only(crowd.answer(callee, caller, offerIdOf(0)))).toEqual({
      to: caller,
      told: {
        action: 'announce',
        info_hash: hashA,
        peer_id: nameOf(callee),
        offer_id: offerIdOf(0),
        answer: { type: 'answer', sdp: sdpOf('answer') },
      },
    })
    expect(crowd.answer(callee, caller, offerIdOf(0))).toEqual([])
    expect(crowd.machine.stats()).toMatchObject({ answers: 1, offersPending: 0 })
  })

  it('[T244] to no offer, to one of another peer, or by who was not given it, reaches nobody', () => {
    const { crowd, callee, caller } = paired()
    const stranger = crowd.member(farAddress(2))
    expect(crowd.answer(callee, caller, offerIdOf(7))).toEqual([])
    expect(crowd.answer(callee, stranger, offerIdOf(0))).toEqual([])
    expect(crowd.answer(stranger, caller, offerIdOf(0))).toEqual([])
    expect(crowd.answer(stranger, caller, offerIdOf(0), { peer_id: nameOf(callee) })).toEqual([])
    expect(crowd.machine.stats().refused['not-introduced']).toBe(4)
    expect(crowd.answer(callee, caller, offerIdOf(0))).toHaveLength(1)
  })

  it('[T244] that comes too late, or after one of the two left, reaches nobody, and nothing waits any more', () => {
    const late = paired()
    late.crowd.now = 60_000
    expect(late.crowd.answer(late.callee, late.caller, offerIdOf(0))).toEqual([])
    expect(late.crowd.machine.stats().offersPending).toBe(0)
    const left = paired()
    left.crowd.leave(left.caller)
    expect(left.crowd.answer(left.callee, left.caller, offerIdOf(0))).toEqual([])
  })

  it('[T244] belongs to the offer that came first when two have one id', () => {
    const crowd = new WebTorrentCrowd()
    const callee = crowd.member(farAddress(1))
    const [first, second] = [crowd.connect('192.0.2.1'), crowd.connect('198.51.100.1')]
    crowd.announce(first, { event: 'started', offers: offersOf(1) })
    crowd.announce(first, { event: 'stopped' })
    crowd.announce(second, { offers: offersOf(1) })
    expect(crowd.answer(callee, second, offerIdOf(0))).toEqual([])
  })

  it('[T244] waits for a bounded number of offers', () => {
    const crowd = new WebTorrentCrowd({ introductionsPerPeerMax: 8, joinsBurst: 1_000 })
    crowd.member(farAddress(0))
    for (let i = 1; i <= 40; i++) {
      const caller = crowd.connect(farAddress(i))
      crowd.announce(caller, { offers: offersOf(20, i * 20) })
      crowd.announce(caller, { event: 'stopped' })
    }
    expect(crowd.machine.stats().offersPending).toBeLessThanOrEqual(40)
    crowd.now = 60_000
    crowd.machine.expire(crowd.now)
    expect(crowd.machine.stats().offersPending).toBe(0)
  })
})

describe('a name', () => {
  it('[T243] cannot be taken, spoken for or ended by another connection while its own is there', () => {
    const crowd = new WebTorrentCrowd()
    const owner = crowd.member(farAddress(1))
    const thief = crowd.connect(farAddress(2))
    for (const event of ['started', 'completed', 'stopped']) {
      const { to, told } = only(crowd.announce(thief, { peer_id: nameOf(owner), event }))
      expect(to).toBe(thief)
      expect(told).toMatchObject({ info_hash: hashA, 'failure reason': expect.stringContaining('taken') })
    }
    const caller = crowd.connect(farAddress(3))
    expect(crowd.announce(caller, { offers: offersOf(1) })[1]!.to).toBe(owner)
    expect(crowd.answer(owner, caller, offerIdOf(0))).toHaveLength(1)
  })

  it('[T243] is free again when its connection is gone', () => {
    const crowd = new WebTorrentCrowd()
    const owner = crowd.member(farAddress(1))
    crowd.leave(owner)
    const next = crowd.connect(farAddress(2))
    expect(only(crowd.announce(next, { peer_id: nameOf(owner) })).told).toMatchObject({ incomplete: 1 })
  })

  it('[T243] may be one of two of a connection in a swarm, and each hears what is for it', () => {
    const crowd = new WebTorrentCrowd()
    const page = crowd.member(farAddress(1))
    const other = nameOf(99)
    crowd.announce(page, { peer_id: other })
    expect(only(crowd.announce(page, { peer_id: nameOf(98) })).told).toHaveProperty(['failure reason'])
    const caller = crowd.connect(farAddress(2))
    const [, first, second] = crowd.announce(caller, { offers: offersOf(2) })
    expect([first!.to, second!.to]).toEqual([page, page])
    const answers = [nameOf(page), other].flatMap((name) =>
      [0, 1].flatMap((i) => crowd.answer(page, caller, offerIdOf(i), { peer_id: name })),
    )
    expect(answers.map(({ told }) => told!.peer_id).sort()).toEqual([nameOf(page), other].sort())
  })

  it('[T248] is the same in whatever way JSON writes it', () => {
    const crowd = new WebTorrentCrowd()
    const callee = crowd.connect(farAddress(1))
    const escaped = (text: string) =>
      [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    const names = `"info_hash":"${escaped(hashB)}","peer_id":"${escaped(nameOf(callee))}"`
    crowd.say(callee, `{"action":"announce",${names}}`)
    const caller = crowd.connect(farAddress(2))
    const [answered, relayed] = crowd.announce(caller, { offers: offersOf(1) }, hashB)
    expect(answered!.told).toMatchObject({ info_hash: hashB, incomplete: 2 })
    expect(relayed!.told).toMatchObject({ info_hash: hashB, offer_id: offerIdOf(0) })
    const to = `"to_peer_id":"${escaped(nameOf(caller))}","offer_id":"${escaped(offerIdOf(0))}"`
    const answer = `{"action":"announce",${names},${to},"answer":{"sdp":"v=0","type":"answer"}}`
    expect(only(crowd.say(callee, answer)).told).toMatchObject({ info_hash: hashB, peer_id: nameOf(callee) })
  })
})

describe('a scrape', () => {
  it('[T245] tells of the swarms that the connection is in, and of no other', () => {
    const crowd = new WebTorrentCrowd()
    crowd.member(farAddress(1), { left: 0 })
    const number = crowd.member(farAddress(2))
    const stranger = crowd.connect(farAddress(3))
    crowd.announce(stranger, {}, hashB)
    const scrape = (of: number, hashes: unknown) => only(crowd.say(of, { action: 'scrape', info_hash: hashes })).told!
    expect(scrape(number, hashA)).toMatchObject({
      action: 'scrape',
      files: { [hashA]: { complete: 1, incomplete: 1, downloaded: 1 } },
    })
    expect(Object.keys(scrape(number, [hashA, hashB, hashA]).files)).toEqual([hashA])
    expect(Object.keys(scrape(stranger, hashA).files)).toEqual([])
    expect(only(crowd.say(number, { action: 'scrape' })).told!['failure reason']).toBe('invalid info_hash')
  })
})

describe('limits', () => {
  it('[T247] hold for announces, answers and messages: first a failure, then the connection is closed', () => {
    const crowd = new WebTorrentCrowd({ joinsBurst: 3, faultsBurst: 2 })
    const number = crowd.member(farAddress(1))
    const said = Array.from({ length: 12 }, () => crowd.announce(number)).flat()
    expect(said.slice(0, 2).map(({ told }) => told!.interval)).toEqual([120, 120])
    expect(said[2]!.told).toMatchObject({
      info_hash: hashA,
      'failure reason': 'at most 3 announces at once and 2 a second',
    })
    expect(said.at(-1)!.code).toBe(1008)
    expect(crowd.announce(number)).toEqual([])
    expect(crowd.machine.stats()).toMatchObject({ connections: 0, peers: 0, expelled: 1 })
  })

  it.each([
    ['not JSON', '{'],
    ['invalid action', { action: 'dance' }],
    ['invalid info_hash', { action: 'announce', peer_id: nameOf(0) }],
    ['info_hash and peer_id are 20 bytes each', { action: 'announce', info_hash: 'short', peer_id: nameOf(0) }],
    ['invalid event', { action: 'announce', info_hash: hashA, peer_id: nameOf(0), event: 'paused?' }],
    [
      'invalid offer',
      { action: 'announce', info_hash: hashA, peer_id: nameOf(0), offers: [{ offer_id: offerIdOf(0) }] },
    ],
    ['more than 20 offers', { action: 'announce', info_hash: hashA, peer_id: nameOf(0), offers: offersOf(21) }],
    [
      'invalid answer',
      { action: 'announce', info_hash: hashA, peer_id: nameOf(0), answer: { type: 'offer', sdp: 'v=0' } },
    ],
  ])('[T247] refuse with the reason: %s', (reason, message) => {
    const crowd = new WebTorrentCrowd()
    const number = crowd.connect(farAddress(1))
    expect(only(crowd.say(number, message)).told).toMatchObject({ action: 'announce', 'failure reason': reason })
  })

  it('[T247] are one number of swarms on a connection, and only those that are served', () => {
    const hashes = Array.from({ length: 3 }, (_, i) => String(i).repeat(20))
    const crowd = new WebTorrentCrowd({ swarmsPerConnectionMax: 2 }, { serves: (swarm) => !swarm.startsWith('31') })
    const number = crowd.connect(farAddress(1))
    const told = hashes.map((hash) => only(crowd.announce(number, {}, hash)).told!)
    expect(told[0]).toHaveProperty('interval')
    expect(told[1]!['failure reason']).toBe('this tracker does not serve the swarm')
    expect(told[2]).toHaveProperty('interval')
    expect(only(crowd.announce(number, {}, '3'.repeat(20))).told!['failure reason']).toBe(
      'too many swarms on one connection',
    )
  })

  it('[T247] withhold a swarm that is too small, and how small it is', () => {
    const crowd = new WebTorrentCrowd({ swarmSizeMin: 3 })
    crowd.member(farAddress(1), { left: 0 })
    const number = crowd.connect(farAddress(2))
    const [answered, ...relayed] = crowd.announce(number, { offers: offersOf(2) })
    expect(answered!.told).toMatchObject({ complete: 0, incomplete: 1 })
    expect(relayed).toEqual([])
    expect(only(crowd.say(number, { action: 'scrape', info_hash: hashA })).told!.files[hashA]).toMatchObject({
      incomplete: 1,
    })
    crowd.member(farAddress(3))
    expect(crowd.announce(number, { offers: offersOf(2) })).toHaveLength(3)
  })

  it('[T247] take those out of a swarm that is served no longer', () => {
    const served = new Set(['61'.repeat(20)])
    const crowd = new WebTorrentCrowd({}, { serves: (swarm) => served.has(swarm) })
    const number = crowd.member(farAddress(1))
    served.clear()
    const told = only(outcomes(crowd.machine.servesAnew()))
    expect(told).toMatchObject({ to: number, told: { info_hash: hashA } })
    expect(crowd.machine.stats()).toMatchObject({ swarms: 0, peers: 0 })
  })

  it('[T249] of connections are counted together with those of our own clients, and bans are the same', () => {
    const crowd = new WebTorrentCrowd(
      { connectionsMax: 2 },
      { bannedBecause: (network) => (network === '\x09\x09\x09' ? 'banned' : undefined) },
    )
    crowd.door.enter('somebody of our own', 'their network', 0)
    const banned = crowd.machine.connect('x' as never, Uint8Array.of(9, 9, 9, 1), undefined, 0)
    expect(outcomes(banned).map(({ told, code }) => told?.['failure reason'] ?? code)).toEqual(['banned', 1013])
    crowd.connect(farAddress(1))
    expect(() => crowd.connect(farAddress(2))).toThrow('refused')
  })

  it('[T249] has what a network has open closed when our own clients complained about it', () => {
    const bans = new Bans(trackerLimits)
    const crowd = new WebTorrentCrowd({}, { bans })
    const [banned, other] = [crowd.member('9.9.9.1'), crowd.member('9.9.8.1')]
    expect(crowd.machine.turnOut()).toEqual([])
    const hmac = (text: string) => createHmac('sha256', 'key').update(text).digest('base64url')
    const court = new TrackerCrowd({}, createRng([1, 2, 3, 4]), hmac, { bans })
    const accused = court.member('9.9.9.2', { have: 1 })
    for (let i = 0; i < 3; i++) {
      const victim = court.connect(farAddress(i))
      const ticket = court.join(victim, { want: 20 }).peers.find(({ id }) => id === accused)!.ticket!
      court.say(victim, { type: 'complain', about: accused, reason: 'wrong-bytes', ticket })
    }
    const told = outcomes(crowd.machine.turnOut())
    expect(told).toMatchObject([
      { to: banned, told: { 'failure reason': bannedText } },
      { to: banned, code: 1013 },
    ])
    expect(crowd.announce(other)[0]!.told!.incomplete).toBe(1)
    expect(crowd.machine.turnOut()).toEqual([])
  })

  it('[T249] in swarms count for their address, which has a limited number of them', () => {
    const crowd = new WebTorrentCrowd({ swarmsPerConnectionMax: 4, busyConnectionsPerAddressMax: 2 })
    const entered = [0, 1, 2].flatMap((n) => {
      const number = crowd.connect('9.9.9.1')
      return [0, 1, 2].map((i) => crowd.announce(number, { info_hash: String(n * 3 + i).padStart(20, 'x') })[0]!.told!)
    })
    expect(entered.filter((told) => told['failure reason'] === undefined)).toHaveLength(8)
    expect(entered.at(-1)!['failure reason']).toContain('too many swarms')
  })

  it('[T247] are fewer peers and longer waits when there is much to do', () => {
    const load = new Load(trackerLimits)
    const crowd = new WebTorrentCrowd({}, { load })
    for (let i = 0; i < 10; i++) crowd.member(farAddress(i))
    for (let i = 0; i < 20; i++) load.sample({ lagMs: 0, busyShare: 0.9 }, i * 100)
    const caller = crowd.connect('192.0.2.1')
    expect(crowd.announce(caller, { offers: offersOf(5) })).toHaveLength(1 + 4)
    for (let i = 0; i < 20; i++) load.sample({ lagMs: 1e6, busyShare: 1 }, 2_000 + i * 100)
    const [answered, ...relayed] = crowd.announce(caller, { offers: offersOf(5, 5) })
    expect(answered!.told!.interval).toBe(300)
    expect(relayed).toHaveLength(1)
  })
})
