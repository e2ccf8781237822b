import { describe, expect, it } from 'vitest'
import { answer, offer, swarmA, swarmB } from '../../test/fakes/tracker-crowd.ts'
import { hmacOf, serviceKey, type TrackerNode, TrackerNodes } from '../../test/fakes/tracker-nodes.ts'
import { createBusCipher } from '../shell/bus-cipher.ts'
import { Envelopes } from './bus-envelope.ts'
import type { NodeId } from './node-ids.ts'
import { Tickets } from './tickets.ts'

/** One peer on each of two trackers; the second was told of the first. */
function couple(nodes = new TrackerNodes()) {
  const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
  const first = here.member('203.0.113.1')
  nodes.pass(1_000)
  const second = there.member('203.0.113.2', { want: 8 })
  expect(there.peersOf(second).map(({ id }) => id)).toEqual([first])
  here.heardBy(first)
  return { nodes, here, there, first, second }
}

/** The last thing that a node gave to the bus for another. */
function lastPublished({ said }: TrackerNode): string {
  const published = said.filter((effect) => effect.type === 'publish')
  return published.at(-1)!.text
}

describe('peers of one swarm at two trackers', () => {
  it('[T161] find each other and signal both ways, each stamped with the sender', () => {
    const { here, there, first, second } = couple()
    there.signal(second, first, offer)
    expect(here.heardBy(first)).toMatchObject([{ type: 'signal', from: second, tier: 'network', signal: offer }])
    here.signal(first, second, answer)
    expect(there.heardBy(second)).toMatchObject([{ type: 'signal', from: first, tier: 'network', signal: answer }])
  })

  it('[T161] are told how near they are, by the address and by what else is known of the place', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const oslo = here.member('203.0.113.1', { location: { region: 'oslo' } })
    const near = here.member('198.51.100.7')
    nodes.pass(1_000)
    const asker = there.member('198.51.100.8', { want: 8, location: { region: 'oslo' } })
    const tiers = new Map(there.peersOf(asker).map(({ id, tier }) => [id, tier]))
    expect([tiers.get(oslo), tiers.get(near)]).toEqual(['region', 'network'])
  })

  it('[T161] who just missed each other meet at their next join', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const first = here.member('203.0.113.1', { want: 8 })
    const second = there.member('203.0.113.2', { want: 8 })
    expect([here.peersOf(first), there.peersOf(second)]).toEqual([[], []])
    nodes.pass(4_000)
    there.say(second, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(there.peersOf(second).map(({ id }) => id)).toEqual([first])
  })

  it('[T161] are told of each other again when the call came to nothing, if there is nobody else', () => {
    const { nodes, there, first, second } = couple()
    nodes.pass(4_000)
    there.say(second, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(there.peersOf(second).map(({ id }) => id)).toEqual([first])
  })

  it('[T161] of another swarm are not named', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    here.member('203.0.113.1', { swarm: swarmB })
    nodes.pass(1_000)
    expect(there.peersOf(there.member('203.0.113.2', { want: 8 }))).toEqual([])
  })

  it('[T161] count together, and those that came before elsewhere are ahead', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    for (let i = 0; i < 5; i++) here.member(`203.0.${i}.1`)
    here.member('203.0.9.1', { have: 1 })
    nodes.pass(1_000)
    const id = there.member('198.51.100.1', { want: 2 })
    expect(there.heardBy(id).at(-1)).toMatchObject({ type: 'peers', size: 7, ahead: 5 })
  })

  it('[T162] hears at once of those here, and then of those elsewhere, never of more than it wanted', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    for (let i = 0; i < 20; i++) here.member(`203.0.${i}.1`)
    for (let i = 0; i < 3; i++) there.member(`198.51.${i}.1`)
    nodes.pass(1_000)
    const id = there.connect('192.0.2.1')
    there.heardBy(id)
    there.say(id, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    const answers = there.heardBy(id).map((message) => (message.type === 'peers' ? message.peers.length : 0))
    expect(answers).toEqual([3, 5])
    // From now on it is known whom there is, and one answer is enough.
    const next = there.connect('192.0.2.2')
    there.heardBy(next)
    there.say(next, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    const again = there.heardBy(next).map((message) => (message.type === 'peers' ? message.peers : []))
    expect(again.map((peers) => peers.length)).toEqual([8])
    expect(new Set(again[0]!.map((peer) => peer.id)).size).toBe(8)
  })

  it('[T162] nearer ones elsewhere come before farther ones here', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const neighbours = [1, 2, 3].map((i) => here.member(`203.0.113.${i}`))
    for (let i = 0; i < 40; i++) there.member(`${10 + i}.1.1.1`)
    nodes.pass(1_000)
    there.member('192.0.2.2', { want: 1 })
    const asker = there.member('203.0.113.9', { want: 8 })
    const told = there.peersOf(asker).map(({ id }) => id)
    expect(told).toEqual(expect.arrayContaining(neighbours))
    expect(told).toHaveLength(8)
  })

  it('[T162] the random ones are drawn from all trackers, so that the mesh is one', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    for (let i = 0; i < 60; i++) {
      here.member(`${10 + i}.1.1.1`)
      there.member(`${110 + i}.1.1.1`)
    }
    nodes.pass(1_000)
    there.member('192.0.2.2', { want: 1 })
    let elsewhere = 0
    let random = 0
    for (let i = 0; i < 100; i++) {
      const asker = there.member(`${20 + i}.2.2.2`, { want: 8 })
      for (const { id, tier } of there.peersOf(asker)) {
        if (tier !== 'anywhere') continue
        random++
        if (id.startsWith(here.id)) elsewhere++
      }
      there.machine.disconnect(asker)
    }
    // Two of eight are drawn from all; half of all are elsewhere.
    expect(elsewhere / random).toBeGreaterThan(0.06)
    expect(elsewhere / random).toBeLessThan(0.3)
  })

  it('[T162] a thousand peers at each of three trackers are one mesh, and nobody is called by all', () => {
    const nodes = new TrackerNodes(3, { connectionsMax: 10_000 })
    const neighbours = new Map<string, Set<string>>()
    const link = (a: string, b: string) => neighbours.set(a, (neighbours.get(a) ?? new Set()).add(b))
    for (let i = 0; i < 3_000; i++) {
      const node = nodes.nodes[i % 3]!
      const id = node.member(`${1 + (i >> 8)}.${i & 255}.1.1`, { want: 8 })
      for (const { id: other } of node.peersOf(id)) {
        link(id, other)
        link(other, id)
      }
      if (i % 100 === 99) nodes.pass(2_000)
    }
    const reached = new Set<string>()
    for (const queue = [neighbours.keys().next().value!]; queue.length > 0; ) {
      const id = queue.pop()!
      if (reached.has(id)) continue
      reached.add(id)
      queue.push(...(neighbours.get(id) ?? []))
    }
    expect(reached.size).toBe(3_000)
    const [busiest] = [...neighbours.values()].map(({ size }) => size).sort((a, b) => b - a)
    expect(busiest).toBeLessThan(120)
    const across = [...neighbours].flatMap(([id, others]) =>
      [...others].filter((other) => !other.startsWith(id.slice(0, 6))),
    )
    expect(across.length).toBeGreaterThan(3_000)
  })

  it('[T162] one that has something of the file is named, wherever it is', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const holder = here.member('203.0.113.1', { have: 1 })
    for (let i = 0; i < 30; i++) there.member(`${10 + i}.1.1.1`)
    nodes.pass(1_000)
    there.member('192.0.2.2', { want: 1 })
    for (let i = 0; i < 10; i++) {
      const asker = there.member(`${60 + i}.1.1.1`, { want: 4 })
      expect(there.peersOf(asker).map(({ id }) => id)).toContain(holder)
    }
  })

  it('[T163] one that is gone is not called for long: the caller hears of it', () => {
    const { here, there, first, second } = couple()
    here.machine.disconnect(first)
    there.signal(second, first)
    expect(there.heardBy(second)).toMatchObject([{ type: 'refused', code: 'not-introduced', to: first }])
  })

  it('[T163] the called side takes as many callers as from here, and few of one network', () => {
    const nodes = new TrackerNodes(2, { introductionsPerPeerMax: 8, introductionsBurst: 1_000 })
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const first = here.member('203.0.113.1')
    nodes.pass(1_000)
    const callers = Array.from({ length: 20 }, (_, i) => there.member(`198.51.100.${i}`, { want: 1 }))
    const named = callers.filter((id) => there.peersOf(id).some((peer) => peer.id === first))
    expect(named.length).toBe(2)
    for (const id of named) there.signal(id, first)
    expect(here.heardBy(first).filter(({ type }) => type === 'signal')).toHaveLength(2)
  })

  it('[T163] spend what one introduction allows, wherever they are', () => {
    const { here, there, first, second } = couple(new TrackerNodes(2, { signalsPerIntroductionMax: 3 }))
    for (let i = 0; i < 5; i++) there.signal(second, first)
    expect(here.heardBy(first)).toHaveLength(3)
    expect(there.heardBy(second).map((message) => message.type)).toEqual(['refused', 'refused'])
  })

  it('[T163] may signal for as long as the introduction lasts, and no longer', () => {
    const { nodes, here, there, first, second } = couple()
    nodes.pass(31_000)
    there.signal(second, first)
    expect(there.heardBy(second)).toMatchObject([{ code: 'not-introduced' }])
    expect(here.heardBy(first)).toEqual([])
  })

  it('[T163] of different scopes never meet', () => {
    const nodes = new TrackerNodes(0)
    const here = nodes.add({ scope: 'region' })
    const there = nodes.add({ scope: 'region' })
    const oslo = here.member('203.0.113.1', { location: { region: 'oslo' } })
    here.member('203.0.113.2', { location: { region: 'rome' } })
    nodes.pass(1_000)
    const asker = there.member('203.0.113.3', { want: 8, location: { region: 'oslo' } })
    expect(there.peersOf(asker).map(({ id }) => id)).toEqual([oslo])
  })
})

describe('what comes from the bus', () => {
  const dropped = ({ machine }: TrackerNode) => machine.stats().cluster!.dropped

  it('[T164] a signal is taken once, however often it comes', () => {
    const { here, there, first, second } = couple()
    there.signal(second, first)
    expect(here.heardBy(first)).toHaveLength(1)
    const text = lastPublished(there)
    for (let i = 0; i < 3; i++) here.hear(text)
    expect(here.heardBy(first)).toEqual([])
    expect(dropped(here).repeated).toBe(3)
  })

  it('[T164] late, or from a clock that is far off, is dropped; a clock a little off does no harm', () => {
    const nodes = new TrackerNodes(1)
    nodes.add({ name: 'fast', aheadMs: 9_000 })
    const { here, there, first, second } = couple(nodes)
    there.signal(second, first)
    expect(here.heardBy(first)).toHaveLength(1)

    const late = couple()
    late.there.signal(late.second, late.first)
    const text = lastPublished(late.there)
    late.here.heardBy(late.first)
    const other = late.nodes.add({ name: 'other', aheadMs: 600_000 })
    other.machine.cluster!.leave(late.nodes.now)
    late.nodes.settle()
    expect(dropped(late.here).late).toBe(1)
    late.nodes.now += 31_000
    late.here.hear(text)
    expect(dropped(late.here).late).toBe(2)
  })

  it('[T164] without the key nothing is believed, and nothing can be read', () => {
    const { nodes, here, there, first, second } = couple()
    there.signal(second, first)
    expect(here.heardBy(first)).toHaveLength(1)
    for (const effect of [...here.said, ...there.said]) {
      if (effect.type === 'readDigests') continue
      for (const secret of ['203', 'candidate', 'sdp', first, swarmA]) expect(effect.text).not.toContain(secret)
    }
    const stranger = nodes.add({ name: 'evil', key: Buffer.alloc(32, 9) })
    stranger.machine.cluster!.leave(nodes.now)
    nodes.settle()
    expect(dropped(here).forged).toBe(1)
    const text = lastPublished(there)
    const changed = text.slice(0, -3) + (text.endsWith('AAA') ? 'BBB' : 'AAA')
    const [from, purpose, at, sealed] = text.split('.') as [string, string, string, string]
    const later = (Number.parseInt(at, 36) + 1).toString(36)
    for (const forged of [`${from}.${purpose}.${later}.${sealed}`, `node-9.${purpose}.${at}.${sealed}`, changed]) {
      here.hear(forged)
    }
    expect(here.heardBy(first)).toEqual([])
    expect(dropped(here)).toMatchObject({ forged: 3, repeated: 1 })
  })

  it('[T164] what is for one tracker is of no use at another, nor a digest as a message', () => {
    const { nodes, there, first, second } = couple()
    const third = nodes.add()
    there.signal(second, first)
    third.hear(lastPublished(there))
    nodes.pass(1_000)
    const digest = there.said.find((effect) => effect.type === 'putDigest')!
    third.hear(digest.type === 'putDigest' ? digest.text : '')
    expect(dropped(third).malformed).toBe(2)
  })

  it.each([
    '',
    '.',
    'a.b.c.d',
    'node-2.all.1.AAAA',
    'node-2.all.zzzzzzzzzzz.AAAA',
    'x'.repeat(1_000_000),
    '{"type":"ban"}',
  ])('[T164] junk is dropped and counted: %s', (text) => {
    const { here } = couple()
    here.hear(text)
    const counts = dropped(here)
    expect(counts.malformed + counts.late).toBe(1)
  })

  /** A tracker that has the key and says what it likes. */
  function liar(nodes: TrackerNodes, target: TrackerNode) {
    const node = 'liar__' as NodeId
    const envelopes = new Envelopes(node, createBusCipher(serviceKey))
    const epoch = () => 1_795_000_000_000 + nodes.now
    return {
      say: (message: unknown) => target.hear(envelopes.wrap(target.id, JSON.stringify(message), epoch())),
      ticket: (a: string, b: string) =>
        new Tickets(hmacOf(serviceKey), 3_600_000).issue(a as never, b as never, epoch()),
      digest: (topic: string, digest: unknown) => {
        const bus = nodes.hub.connect()
        bus.open(node, { message() {}, digests() {}, unheard() {} })
        bus.putDigest(topic as never, envelopes.wrap(topic, JSON.stringify(digest), epoch()), 30_000)
      },
    }
  }

  const at = { address: '\xc0\x00\x02\x01' }

  it('[T165] a tracker that lies reaches nobody without a ticket of the two, nor speaks for a peer that is here', () => {
    const { nodes, here, first } = couple()
    const { say, ticket } = liar(nodes, here)
    const from = 'liar__'.padEnd(22, 'x')
    const signal = { type: 'signal', from, to: first, swarm: swarmA, signal: offer, at, ticket: 'none.none' }
    say(signal)
    say({ ...signal, ticket: ticket(from, from) })
    say({ ...signal, ticket: ticket(from, first), swarm: swarmB })
    const other = here.member('203.0.113.77')
    say({ ...signal, from: other, ticket: ticket(other, first) })
    say({ type: 'absent', peer: from, to: first })
    expect(here.heardBy(first)).toEqual([])
    expect(dropped(here)['not-introduced']).toBe(5)
  })

  it('[T165] a tracker that lies may be malformed in any way', () => {
    const { nodes, here, first } = couple()
    const { say } = liar(nodes, here)
    const signal = { type: 'signal', from: 'x', to: first, swarm: swarmA, signal: offer, at, ticket: 't' }
    for (const message of [null, 7, 'x', [], {}, { type: 'ban' }, { type: 'ban', network: 'x'.repeat(99), forMs: 1 }]) {
      say(message)
    }
    // Keys of other lengths stand for no address that anybody could lift a ban of.
    say({ type: 'ban', network: 'five5', forMs: 1 })
    say({ type: 'kept-out', network: 'abc', subscriber: 'abcde', count: 1, forMs: 1 })
    say(signal)
    say({ ...signal, from: 'y'.repeat(22), at: { address: 'long'.repeat(9) } })
    say({ ...signal, from: 'y'.repeat(22), at: { address: 'abc' } })
    say({ type: 'dance' })
    expect(dropped(here).malformed).toBe(12)
  })

  it('[T165] one tracker that floods costs its peers and nobody else', () => {
    const { nodes, here, there, first, second } = couple()
    const { say } = liar(nodes, here)
    for (let i = 0; i < 10_000; i++) say({ type: 'leaving' })
    expect(dropped(here)['too-fast']).toBe(2_000)
    there.signal(second, first)
    expect(here.heardBy(first)).toHaveLength(1)
  })

  it('[T165] what a digest says is kept within bounds', () => {
    const { nodes, here } = couple()
    const reading = here.said.find((effect) => effect.type === 'putDigest')!
    const topic = reading.type === 'putDigest' ? reading.topic : ''
    const { digest } = liar(nodes, here)
    const peer = (i: number) => ({ id: `liar__${i}`.padEnd(22, 'x'), have: 1, at })
    const peers = (count: number) => Array.from({ length: count }, (_, i) => peer(i))
    const right = { size: 40, downloading: 3, forMs: 30_000, peers: peers(32) }
    nodes.pass(5_000)
    for (const wrong of [{ ...right, peers: peers(33) }, { ...right, size: -1 }, { ...right, forMs: 1e9 }, 'x']) {
      digest(topic, wrong)
      nodes.pass(2_500)
      here.member('203.0.113.8', { want: 20 })
    }
    expect(dropped(here).malformed).toBe(4)
    expect(here.machine.stats().cluster!.remotePeers).toBe(1)
  })
})

describe('a tracker that goes', () => {
  it('[T166] with a farewell is named no more from now on', () => {
    const { nodes, here, there } = couple()
    here.machine.cluster!.leave(nodes.now)
    nodes.settle()
    expect(there.peersOf(there.member('198.51.100.1', { want: 8 })).filter(({ id }) => id.startsWith(here.id))).toEqual(
      [],
    )
  })

  it('[T166] without one is noticed by the first who calls, and its peers are named no more', async () => {
    const { here, there, first, second } = couple()
    await here.die()
    there.signal(second, first)
    expect(there.heardBy(second)).toMatchObject([{ type: 'refused', code: 'not-introduced', to: first }])
    const next = there.member('198.51.100.1', { want: 8 })
    expect(there.peersOf(next).map(({ id }) => id)).toEqual([second])
  })

  it('[T166] without one is forgotten in half a minute though nobody calls', async () => {
    const { nodes, here, there, second } = couple()
    await here.die()
    nodes.pass(31_000)
    const next = there.member('198.51.100.1', { want: 8 })
    expect(there.peersOf(next).map(({ id }) => id)).toEqual([second])
    expect(there.machine.stats().cluster).toMatchObject({ remotePeers: 0, nodes: 0 })
  })

  it('[T166] when its peers come back elsewhere as who they were, they are found there', () => {
    const { nodes, here, there, first, second } = couple()
    here.machine.disconnect(first)
    const third = nodes.add()
    third.machine.connect(first, Uint8Array.of(203, 0, 113, 1), undefined, nodes.now)
    third.say(first, { type: 'join', swarm: swarmA, have: 0.5, want: 0 })
    nodes.pass(8_000)
    nodes.pass(31_000)
    there.say(second, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(there.peersOf(second).map(({ id }) => id)).toContain(first)
    third.heardBy(first)
    there.signal(second, first)
    expect(third.heardBy(first)).toMatchObject([{ type: 'signal', from: second }])
  })
})

describe('a peer that comes back at another tracker', () => {
  it('[T166] is one peer: what is left of it at the first is closed, but not by an older connection', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const id = here.connect('203.0.113.1')
    const welcome = here.heardBy(id)[0]!
    const token = welcome.type === 'welcome' ? welcome.resume! : ''
    nodes.now += 10
    const { issue } = there.machine.resumed(token, nodes.now)!
    there.machine.connect(id, Uint8Array.of(203, 0, 113, 1), undefined, nodes.now, { issue })
    nodes.settle()
    expect(here.closed.has(id)).toBe(true)
    expect(there.machine.stats().connections).toBe(1)
    expect(here.machine.stats().connections).toBe(0)
    expect(there.closed.has(id)).toBe(false)
  })
})

describe('complaints and bans', () => {
  it('[T167] complaints at several trackers count together, and a ban holds at all of them', () => {
    const nodes = new TrackerNodes(3)
    const [home, b, c] = nodes.nodes as [TrackerNode, TrackerNode, TrackerNode]
    const liar = home.member('198.51.100.66')
    const abettor = c.member('198.51.100.67')
    nodes.pass(1_000)
    const victims = [b.connect('203.0.1.1'), b.connect('203.0.2.1'), c.connect('203.0.3.1')]
    for (const [i, id] of victims.entries()) {
      const node = i < 2 ? b : c
      node.heardBy(id)
      node.say(id, { type: 'join', swarm: swarmA, have: 0, want: 8 })
      const ticket = node.peersOf(id).find((peer) => peer.id === liar)!.ticket!
      expect(home.closed.has(liar)).toBe(false)
      node.say(id, { type: 'complain', about: liar, reason: 'wrong-bytes', ticket })
    }
    expect(home.closed.has(liar)).toBe(true)
    expect(home.heardBy(liar).at(-1)).toMatchObject({ type: 'refused', code: 'banned' })
    expect(c.closed.has(abettor)).toBe(true)
    const back = b.connect('198.51.100.68')
    expect(b.heardBy(back)).toMatchObject([{ type: 'refused', code: 'banned' }])
  })

  it('[T167] one network at several trackers has one voice', () => {
    const nodes = new TrackerNodes(4)
    const [home, ...others] = nodes.nodes as [TrackerNode, ...TrackerNode[]]
    const accused = home.member('198.51.100.66')
    nodes.pass(1_000)
    for (const node of others) {
      const id = node.member('203.0.113.5', { want: 8 })
      const ticket = node.peersOf(id).find((peer) => peer.id === accused)!.ticket!
      node.say(id, { type: 'complain', about: accused, reason: 'wrong-bytes', ticket })
    }
    expect(home.closed.size).toBe(0)
    expect(home.machine.stats().bans).toBe(0)
  })
})

describe('the bus is down', () => {
  it('[T168] each tracker goes on alone, and they are one again when it is back', () => {
    const { nodes, here, there, first, second } = couple()
    nodes.isBusDown = true
    nodes.pass(40_000)
    const join = { type: 'join', swarm: swarmA, have: 0, want: 8 }
    const lonely = there.member('203.0.113.5', { want: 8 })
    expect(there.peersOf(lonely).map(({ id }) => id)).toEqual([second])
    nodes.isBusDown = false
    nodes.pass(10_000)
    there.say(lonely, join)
    expect(there.peersOf(lonely).map(({ id }) => id)).toContain(first)
    there.signal(lonely, first)
    expect(here.heardBy(first)).toMatchObject([{ type: 'signal', from: lonely }])
  })
})

describe('digests', () => {
  it('[T169] cost the bus as much for a swarm of thousands as for one of dozens', () => {
    const sizeWith = (count: number): { writes: number; bytes: number } => {
      const nodes = new TrackerNodes(1, { connectionsMax: 100_000 })
      const [node] = nodes.nodes as [TrackerNode]
      for (let i = 0; i < count; i++) node.member(`${1 + (i >> 8)}.${i & 255}.1.1`)
      nodes.pass(60_000)
      const writes = node.said.filter((effect) => effect.type === 'putDigest')
      return { writes: writes.length, bytes: Math.max(...writes.map(({ text }) => text.length)) }
    }
    const [few, many] = [sizeWith(40), sizeWith(4_000)]
    for (const { writes, bytes } of [few, many]) {
      expect(writes).toBeGreaterThanOrEqual(6)
      expect(writes).toBeLessThanOrEqual(13)
      expect(bytes).toBeLessThan(8_192)
    }
  })

  it('[T169] name others each time, few of one network while there are others', () => {
    const nodes = new TrackerNodes()
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    for (let i = 0; i < 500; i++) here.member(`198.51.100.${i % 250}`)
    for (let i = 0; i < 30; i++) here.member(`${10 + i}.1.1.1`)
    const known = new Set<string>()
    for (let round = 0; round < 20; round++) {
      nodes.pass(11_000)
      const asker = there.member(`${150 + round}.1.1.1`, { want: 20 })
      for (const { id } of there.peersOf(asker)) known.add(id)
    }
    expect(known.size).toBeGreaterThan(60)
  })

  it('[T169] end with the swarm', () => {
    const { nodes, here, there, first } = couple()
    here.machine.disconnect(first)
    nodes.pass(11_000)
    const id = there.member('198.51.100.1', { want: 8 })
    there.say(id, { type: 'join', swarm: swarmA, have: 0, want: 8 })
    expect(there.heardBy(id).at(-1)).toMatchObject({ type: 'peers', size: 2 })
    const before = here.said.length
    nodes.pass(60_000)
    expect(here.said.length).toBe(before)
  })
})
