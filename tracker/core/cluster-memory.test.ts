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
    late.machine.cluster!.bans.arrive(nodes.now)
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
    liar.machine.cluster!.bans.arrive(nodes.now)
    nodes.settle()
    expect(saidBy(here) - before).toBe(1_000)
    for (let i = 0; i < 200; i++) liar.machine.cluster!.bans.arrive(nodes.now)
    nodes.settle()
    expect(saidBy(here) - before).toBeLessThanOrEqual(32_000)
    expect(here.machine.cluster!.stats().dropped['too-fast']).toBeGreaterThan(100)
  })
})
