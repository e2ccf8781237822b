import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { farAddress, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

const patient = {
  introductionsPerPeerMax: 100_000,
  introductionsBurst: 100_000,
  joinsBurst: 100_000,
  messagesBurst: 100_000,
  reportsBurst: 100_000,
}

type Link = {
  peer: PeerId
  result: 'connected' | 'failed'
  roundTripMs?: number
  bytesPerSecond?: number
  bytes?: number
}

class Witnesses extends TrackerCrowd {
  report(from: PeerId, ...links: Link[]) {
    return this.say(from, { type: 'report', links })
  }

  /** Asks for everyone, and says of whom it reached and whom not. */
  judge(id: PeerId, result: (peer: PeerId) => Link['result'], want = 20) {
    const { peers } = this.join(id, { want })
    const links = peers.map((peer) => ({ peer: peer.id, result: result(peer.id) }))
    this.report(id, ...links.sort((a, b) => a.result.localeCompare(b.result)).slice(0, 16))
    return peers.map((peer) => peer.id)
  }

  /** How often each of many newcomers is told of this peer, beside how often it would be if all were alike. */
  shareOf(peer: PeerId, address: (i: number) => string, rounds = 400, want = 4): number {
    let count = 0
    let size = 0
    for (let i = 0; i < rounds; i++) {
      const asker = this.connect(address(i))
      const told = this.join(asker, { want })
      size = told.size - 1
      if (told.peers.some(({ id }) => id === peer)) count++
      this.leave(asker)
    }
    return count / ((rounds * want) / size)
  }
}

const stranger = (i: number) => farAddress(5_000 + i)

/** A swarm of so many, the first of whom nobody of the witnesses reaches, each of whom speaks from an address of its own. */
function accused(witnesses: readonly string[], { reach = true } = {}) {
  const crowd = new Witnesses(patient)
  const victim = crowd.member(farAddress(0))
  for (let i = 1; i < 16; i++) crowd.member(farAddress(i))
  for (const address of witnesses) {
    const id = crowd.connect(address)
    expect(crowd.judge(id, (peer) => (peer === victim || !reach ? 'failed' : 'connected'))).toContain(victim)
    crowd.leave(id)
  }
  return { crowd, victim }
}

describe('what peers report of their introductions', () => {
  it('[T107] is counted once for each introduction, by how near the two are', () => {
    const crowd = new Witnesses(patient)
    const near = crowd.member('203.0.113.2')
    const far = crowd.member('198.51.100.1')
    const id = crowd.connect('203.0.113.1')
    crowd.join(id, { want: 8 })
    expect(
      crowd.report(id, { peer: near, result: 'connected', roundTripMs: 12 }, { peer: far, result: 'failed' }),
    ).toEqual([])
    crowd.report(id, { peer: near, result: 'failed' }, { peer: far, result: 'failed' })
    crowd.report(near, { peer: id, result: 'connected' })
    const { outcomes, roundTripMs } = crowd.machine.stats()
    expect(outcomes.network).toEqual({ connected: 1, failed: 0 })
    expect(outcomes.anywhere).toEqual({ connected: 0, failed: 1 })
    expect(roundTripMs.network).toEqual({ count: 1, sum: 12 })
  })

  it('[T107] counts for nothing where there was no introduction, and is dropped in silence', () => {
    const crowd = new Witnesses(patient)
    const stranger = crowd.member('203.0.113.2')
    const id = crowd.member('198.51.100.1')
    const nobody = 'n'.repeat(22) as PeerId
    for (const peer of [stranger, nobody, id]) {
      expect(crowd.report(id, { peer, result: 'connected', bytes: 1e9 }, { peer, result: 'failed' })).toEqual([])
    }
    const { outcomes, bytes } = crowd.machine.stats()
    expect(Object.values(outcomes)).toEqual(Array.from({ length: 5 }, () => ({ connected: 0, failed: 0 })))
    expect(Object.values(bytes)).toEqual([0, 0, 0, 0, 0])
  })

  it('[T108] counts the bytes of a link long after its introduction, and after the other is gone', () => {
    const crowd = new Witnesses(patient)
    const near = crowd.member('203.0.113.2')
    const id = crowd.connect('203.0.113.1')
    crowd.join(id, { want: 1 })
    crowd.now = 2_000
    crowd.report(id, { peer: near, result: 'connected' })
    crowd.now = 300_000
    crowd.report(id, { peer: near, result: 'connected', bytes: 5_000_000, bytesPerSecond: 1_000_000 })
    crowd.leave(near)
    crowd.now = 400_000
    crowd.report(id, { peer: near, result: 'connected', bytes: 250 })
    const { bytes, bytesPerSecond, outcomes } = crowd.machine.stats()
    expect(bytes.network).toBe(5_000_250)
    expect(bytesPerSecond.network).toEqual({ count: 1, sum: 1_000_000 })
    expect(outcomes.network.connected).toBe(1)
  })

  it('[T108] believes no more bytes than a line could carry in the time', () => {
    const crowd = new Witnesses(patient)
    const near = crowd.member('203.0.113.2')
    const id = crowd.connect('203.0.113.1')
    crowd.join(id, { want: 1 })
    crowd.now = 1_000
    for (let i = 0; i < 10; i++) crowd.report(id, { peer: near, result: 'connected', bytes: Number.MAX_SAFE_INTEGER })
    expect(crowd.machine.stats().bytes.network).toBe(1_250_000_000)
  })

  it('[T107] has a rate: what is over it is refused, and a flood closes the connection', () => {
    const crowd = new Witnesses({ messagesPerSecond: 1_000, messagesBurst: 1_000 })
    const id = crowd.member('203.0.113.1')
    const said = Array.from({ length: 200 }, () => crowd.report(id)).flat()
    expect(said[0]).toMatchObject({ type: 'send', message: { type: 'refused', code: 'too-fast' } })
    expect(said.at(-1)).toMatchObject({ type: 'close', code: 1008 })
  })
})

describe('whom reports make the tracker name', () => {
  const threeNetworks = [stranger(1), stranger(2), stranger(3)]

  it('[T109] names a peer less, and still sometimes, whom three networks could not reach', () => {
    const { crowd, victim } = accused(threeNetworks)
    const share = crowd.shareOf(victim, (i) => farAddress(6_000 + i))
    expect(share).toBeLessThan(0.5)
    expect(share).toBeGreaterThan(0.05)
  })

  it('[T109] forgets it after ten minutes', () => {
    const { crowd, victim } = accused(threeNetworks)
    crowd.now += 600_000
    expect(crowd.shareOf(victim, (i) => farAddress(6_000 + i))).toBeGreaterThan(0.7)
  })

  it.each([
    ['two networks', [stranger(1), stranger(2)], {}],
    ['one network that plays many', Array.from({ length: 30 }, (_, i) => `198.51.100.${i}`), {}],
    ['those who reach nobody at all', Array.from({ length: 10 }, (_, i) => stranger(i)), { reach: false }],
  ])('[T110] names it as often as others after the failures of %s', (_, witnesses, how) => {
    const { crowd, victim } = accused(witnesses, how)
    expect(crowd.shareOf(victim, (i) => farAddress(6_000 + i))).toBeGreaterThan(0.7)
  })

  it('[T110] weighs those who reached it against those who did not', () => {
    const { crowd, victim } = accused(threeNetworks)
    for (const address of [stranger(11), stranger(12)]) {
      const id = crowd.connect(address)
      crowd.judge(id, () => 'connected')
      crowd.leave(id)
    }
    expect(crowd.shareOf(victim, (i) => farAddress(6_000 + i))).toBeGreaterThan(0.7)
  })

  it('[T111] names those of a provider less to those of another when the two cannot link, and to no one else', () => {
    const crowd = new Witnesses(patient)
    const walled = [1, 2, 3].map((i) => crowd.member(`10.1.${i}.1`))
    for (let i = 0; i < 13; i++) crowd.member(farAddress(i))
    const isWalled = (id: PeerId) => walled.includes(id)
    for (let i = 0; i < 3; i++) {
      const id = crowd.connect(`20.2.${i}.1`)
      crowd.judge(id, (peer) => (isWalled(peer) ? 'failed' : 'connected'))
      crowd.leave(id)
    }
    // Others reach them, so that it is the pair alone that is doubted.
    for (let i = 0; i < 3; i++) {
      const id = crowd.connect(stranger(i))
      crowd.judge(id, () => 'connected')
      crowd.leave(id)
    }
    expect(crowd.shareOf(walled[0]!, (i) => `20.2.${10 + (i % 200)}.1`)).toBeLessThan(0.5)
    expect(crowd.shareOf(walled[0]!, (i) => farAddress(6_000 + i))).toBeGreaterThan(0.7)
  })

  it('[T109] names a peer all the same where there is no other, or no other that has anything', () => {
    const { crowd, victim } = accused(threeNetworks)
    crowd.join(victim, { have: 1 })
    for (let i = 0; i < 30; i++) {
      const id = crowd.connect(farAddress(7_000 + i))
      expect(crowd.join(id, { want: 2 }).peers.map((peer) => peer.id)).toContain(victim)
      crowd.leave(id)
    }
  })
})
