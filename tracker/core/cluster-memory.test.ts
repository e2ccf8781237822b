import { describe, expect, it } from 'vitest'
import { right, saidTo } from '../../test/fakes/token-crowd.ts'
import { swarmA } from '../../test/fakes/tracker-crowd.ts'
import { type TrackerNode, TrackerNodes } from '../../test/fakes/tracker-nodes.ts'

const minuteMs = 60_000

function tokenNodes(count = 2, limits = {}) {
  const nodes = new TrackerNodes(0, limits)
  for (let i = 0; i < count; i++) nodes.add({ needsToken: true })
  return nodes
}

/** A newcomer shows a token with limited uses. @returns the codes and types that it is told */
function show(nodes: TrackerNodes, node: TrackerNode, usesMax: number, id = 'one'): string[] {
  const peer = node.connect(`203.0.113.${1 + nodes.peerCount}`)
  const [asked] = node.machine.receive(peer, JSON.stringify({ type: 'authorize', token: 'token' }), nodes.now)
  if (asked?.type !== 'verify') throw new Error('the token was not looked at')
  const verification = right({ bearer: `sub ${peer}`, use: { id, usesMax }, leftMs: minuteMs })
  const said = saidTo(node.machine.verified(asked.verification, verification, nodes.now), peer)
  nodes.settle()
  return said
}

describe('a token with limited uses', () => {
  it('[T286] that was used at one tracker is not used again at another', () => {
    const nodes = tokenNodes(3)
    const [a, b, c] = nodes.nodes as [TrackerNode, TrackerNode, TrackerNode]
    expect(show(nodes, a, 2)).toEqual(['authorized'])
    expect(show(nodes, b, 2)).toEqual(['authorized'])
    for (const node of [a, b, c]) expect(show(nodes, node, 2)).toEqual(['bad-token'])
    expect(show(nodes, c, 1, 'another')).toEqual(['authorized'])
  })

  it('[T286] is counted by each alone while the bus is down, and forgotten when it has run out', () => {
    const nodes = tokenNodes()
    const [a, b] = nodes.nodes as [TrackerNode, TrackerNode]
    nodes.isBusDown = true
    for (const node of [a, b]) expect(show(nodes, node, 1)).toEqual(['authorized'])
    nodes.isBusDown = false
    expect(show(nodes, a, 1, 'another')).toEqual(['authorized'])
    expect(show(nodes, b, 1, 'another')).toEqual(['bad-token'])
    nodes.pass(5 * minuteMs)
    expect(show(nodes, b, 1, 'another')).toEqual(['authorized'])
  })

  it('[T286] [T165] is remembered no longer, and of no more tokens, than this tracker would by itself', () => {
    const nodes = tokenNodes(2, { usedTokensMax: 2, tokenLifetimeMaxMs: minuteMs, tokenGraceMs: 1_000 })
    const [a, liar] = nodes.nodes as [TrackerNode, TrackerNode]
    for (let i = 0; i < 5; i++) liar.machine.cluster!.used({ id: `said ${i}`, endMs: 1e9 }, nodes.now)
    nodes.settle()
    expect(show(nodes, a, 9, 'said 1')).toEqual(['authorized'])
    expect(show(nodes, a, 9, 'said 4')).toEqual(['bad-token'])
    nodes.pass(3 * minuteMs)
    expect(show(nodes, a, 9, 'said 4')).toEqual(['authorized'])
  })
})

describe('what one tracker keeps out', () => {
  const days = 24 * 60 * minuteMs

  it('[T294] the others do too, however long it is and however often in a row it was', () => {
    const nodes = new TrackerNodes(2, { banMs: 3 * days, tokenLifetimeMaxMs: 90 * days, strikeBanLongestMs: 5 * days })
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    const [network, address] = [String.fromCharCode(198, 51, 100), String.fromCharCode(203, 0, 113, 8)]
    here.machine.cluster!.bans.ban(network, nodes.now)
    const ban = { network: address.slice(0, 3), subscriber: address, why: '', count: 1_000, endsOpen: true }
    here.machine.cluster!.bans.keepOut({ ...ban, untilMs: nodes.now + 5 * days, isOurs: true }, nodes.now)
    nodes.settle()
    const bans = there.machine.banning.list(nodes.now).map(({ key, cause }) => ({ key, cause }))
    expect(bans).toEqual([
      { key: network, cause: 'complaints' },
      { key: address, cause: 'faults' },
    ])
  })

  it('[T294] and so with a token that was used, however long it holds', () => {
    const nodes = tokenNodes(2, { tokenLifetimeMaxMs: 90 * days })
    const [a, b] = nodes.nodes as [TrackerNode, TrackerNode]
    a.machine.cluster!.used({ id: 'long', endMs: nodes.now + 80 * days }, nodes.now)
    nodes.settle()
    expect(show(nodes, b, 1, 'long')).toEqual(['bad-token'])
  })
})

describe('a tracker that starts among others', () => {
  /** What a node said to another. */
  const saidBy = (node: TrackerNode) => node.said.filter(({ type }) => type === 'publish').length

  it('[T287] keeps out whom they keep out, for as long as they do, whatever the cause', () => {
    const nodes = new TrackerNodes(2)
    const [here] = nodes.nodes as [TrackerNode]
    const untilMs = nodes.now + 10 * minuteMs
    const bans = [
      { key: String.fromCharCode(203, 0, 113, 9), cause: 'operator', count: 1, untilMs },
      { key: String.fromCharCode(203, 0, 113, 8), cause: 'faults', count: 3, untilMs },
      { key: String.fromCharCode(198, 51, 100), cause: 'complaints', count: 1, untilMs },
    ] as const
    for (const ban of bans) here.machine.banning.restore(ban, nodes.now)
    const late = nodes.add()
    late.machine.cluster!.bans.arrive(0, nodes.now)
    nodes.settle()
    expect(late.machine.banning.list(nodes.now)).toEqual(expect.arrayContaining([...bans]))
    for (const address of ['203.0.113.9', '203.0.113.8', '198.51.100.77']) {
      const id = late.connect(address)
      expect(late.heardBy(id)).toMatchObject([{ type: 'refused', code: 'banned' }])
    }
    const neighbour = late.member('203.0.113.7', { swarm: swarmA })
    expect(late.heardBy(neighbour)).toMatchObject([{ type: 'welcome' }, { type: 'peers' }])
    nodes.pass(11 * minuteMs)
    expect(late.machine.banning.list(nodes.now)).toEqual([])
  })

  it('[T287] [T165] is told of so many, and one that starts again and again is not told each time', () => {
    const nodes = new TrackerNodes(2)
    const [here, liar] = nodes.nodes as [TrackerNode, TrackerNode]
    for (let i = 0; i < 3_000; i++) {
      const key = String.fromCharCode(10, i >> 8, i & 255, 1)
      here.machine.banning.restore({ key, cause: 'faults', count: 1, untilMs: nodes.now + minuteMs }, nodes.now)
    }
    const before = saidBy(here)
    liar.machine.cluster!.bans.arrive(0, nodes.now)
    nodes.settle()
    expect(saidBy(here) - before).toBe(1_000)
    for (let i = 0; i < 200; i++) liar.machine.cluster!.bans.arrive(0, nodes.now)
    nodes.settle()
    expect(saidBy(here) - before).toBeLessThanOrEqual(32_000)
    expect(here.machine.cluster!.stats().dropped['too-fast']).toBeGreaterThan(100)
  })
})

describe('a tracker that was cut off', () => {
  const addressOf = (last: number) => String.fromCharCode(203, 0, 113, last)
  const exclude = (node: TrackerNode, key: string, now: number, forMs = 30 * minuteMs) => {
    if (forMs > 0) node.machine.banning.exclude(key, forMs, now)
    else node.machine.banning.lift(key, now)
    node.machine.cluster!.bans.exclude(key, forMs, now)
  }
  const lift = (node: TrackerNode, key: string, now: number) => exclude(node, key, now, 0)
  const keptOut = (nodes: TrackerNodes, node: TrackerNode) =>
    node.machine.banning.list(nodes.now).map(({ key, cause }) => `${key.charCodeAt(3)} ${cause}`)
  const comeBack = (nodes: TrackerNodes, node: TrackerNode, downMs: number) => {
    node.machine.cluster!.bans.arrive(downMs, nodes.now)
    nodes.settle()
  }

  it('[T295] and the others hear of each other what was decided meanwhile, in whatever order they come back', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const nodes = new TrackerNodes(2)
      const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
      exclude(here, addressOf(1), nodes.now)
      exclude(here, addressOf(2), nodes.now)
      exclude(here, addressOf(3), nodes.now, minuteMs)
      nodes.pass(30_000)
      const downMs = nodes.now
      nodes.isBusDown = true
      lift(here, addressOf(1), nodes.now)
      exclude(here, addressOf(4), nodes.now)
      const ban = { network: addressOf(5).slice(0, 3), subscriber: addressOf(5), why: '', count: 2, endsOpen: true }
      const untilMs = nodes.now + 10 * minuteMs
      there.machine.banning.restore({ key: addressOf(5), cause: 'faults', count: 2, untilMs }, nodes.now)
      there.machine.cluster!.bans.keepOut({ ...ban, untilMs, isOurs: true }, nodes.now)
      lift(there, addressOf(2), nodes.now)
      nodes.pass(minuteMs)
      nodes.isBusDown = false
      for (const index of order) comeBack(nodes, nodes.nodes[index]!, downMs)
      for (const node of [here, there]) expect(keptOut(nodes, node).sort()).toEqual(['4 operator', '5 faults'])
    }
  })

  it('[T295] tells no ban of before that others have lifted since, and keeps none', () => {
    const nodes = new TrackerNodes(2)
    const [here, there] = nodes.nodes as [TrackerNode, TrackerNode]
    exclude(here, addressOf(1), nodes.now)
    nodes.settle()
    nodes.pass(minuteMs)
    const downMs = nodes.now
    nodes.isBusDown = true
    lift(there, addressOf(1), nodes.now)
    nodes.isBusDown = false
    // Only this one was cut off: the other one has told whoever heard it.
    comeBack(nodes, here, downMs)
    expect([here, there].flatMap((node) => keptOut(nodes, node))).toEqual([])
  })

  it('[T295] takes the last word: who was let in here is kept out again when another tracker says so later', () => {
    const nodes = new TrackerNodes(3)
    const [here, there, third] = nodes.nodes as [TrackerNode, TrackerNode, TrackerNode]
    lift(here, addressOf(1), nodes.now)
    nodes.settle()
    exclude(there, addressOf(1), nodes.now)
    nodes.settle()
    comeBack(nodes, third, 0)
    for (const node of nodes.nodes) expect(keptOut(nodes, node)).toEqual(['1 operator'])
    lift(third, addressOf(1), nodes.now)
    nodes.settle()
    comeBack(nodes, there, 0)
    for (const node of nodes.nodes) expect(keptOut(nodes, node)).toEqual([])
  })

  it('[T295] [T165] tells of no more than so many decisions', () => {
    const nodes = new TrackerNodes(2)
    const [here] = nodes.nodes as [TrackerNode]
    for (let i = 0; i < 3_000; i++) exclude(here, String.fromCharCode(10, i >> 8, i & 255, 1), nodes.now)
    const before = here.said.length
    comeBack(nodes, here, 0)
    expect(here.said.length - before).toBe(1_001)
  })
})
