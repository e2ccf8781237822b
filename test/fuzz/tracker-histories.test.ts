/** Two trackers through random histories: nothing breaks, and of those who left nothing is kept. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { parseTrackerMessage } from '../../shared/tracker-messages.ts'
import { swarmA, swarmB } from '../fakes/tracker-crowd.ts'
import { type TrackerNode, TrackerNodes } from '../fakes/tracker-nodes.ts'
import { sdpOf } from '../fakes/webtorrent-crowd.ts'
import { addresses, at, history, longMs, oddNumber, settings, some, step, written } from './histories.ts'

// A few seconds when the machine is idle, several times as long when it is not.
vi.setConfig({ testTimeout: 60_000 })

describe('two joined trackers', () => {
  class Play {
    readonly nodes: TrackerNodes
    readonly clients: { id: PeerId; node: TrackerNode }[] = []
    /** Who was told of whom. */
    readonly met: { by: PeerId; about: PeerId; ticket: string | undefined }[] = []

    constructor(limits: object, aheadMs: number) {
      this.nodes = new TrackerNodes(1, limits)
      this.nodes.add({ aheadMs })
      for (const [node, address] of addresses.slice(0, 4).entries()) this.connect(node, address)
    }

    connect(node: number, address: string): void {
      const there = at(this.nodes.nodes, node)!
      this.clients.push({ id: there.connect(address), node: there })
    }

    /** Two who met, as long as the first is here; or else any two. */
    two(who: number, whom: number): { who: number; to: PeerId | undefined; ticket: string | undefined } {
      const met = at(this.met, whom)
      const index = this.clients.findIndex(({ id }) => id === met?.by)
      if (met !== undefined && index >= 0 && who % 4 > 0) return { who: index, to: met.about, ticket: met.ticket }
      return { who, to: at(this.clients, whom)?.id, ticket: met?.ticket }
    }

    say(who: number, text: string): void {
      const client = at(this.clients, who)
      client?.node.say(client.id, text)
      this.hear()
    }

    leave(who: number): void {
      const client = at(this.clients, who)
      if (client === undefined) return
      client.node.leave(client.id)
      this.clients.splice(this.clients.indexOf(client), 1)
    }

    /** What goes out is what a client takes. */
    hear(): void {
      for (const { id, node } of this.clients) {
        for (const message of node.heardBy(id)) {
          expect(parseTrackerMessage(JSON.stringify(message))).toEqual({ ok: true, value: message })
          if (message.type !== 'peers') continue
          for (const { id: about, ticket } of message.peers) this.met.push({ by: id, about, ticket })
        }
      }
    }
  }

  const swarm = fc.constantFrom<string>(swarmA, swarmB)
  const connecting = step('connect', fc.tuple(some, fc.constantFrom(...addresses)), (play: Play, [node, address]) =>
    play.connect(node, address),
  )
  const usual = (...numbers: string[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...numbers) }, { weight: 1, arbitrary: oddNumber })
  const joining = step(
    'join',
    fc.tuple(some, swarm, usual('0', '0.5', '1'), usual('0', '8'), fc.boolean()),
    (play: Play, [who, swarm, have, want, gives]) =>
      play.say(who, written({ type: 'join', swarm, have: '@0', want: '@1', ...(!gives && { gives }) }, have, want)),
  )
  const quitting = step('leave a swarm', fc.tuple(some, swarm), (play: Play, [who, swarm]) =>
    play.say(who, written({ type: 'leave', swarm })),
  )
  const said = fc.oneof(
    fc.constantFrom('offer', 'answer').map((type) => ({ description: { type, sdp: sdpOf(type) } })),
    fc.constant({ busy: true }),
    fc.constant({ candidates: [{ candidate: 'candidate:1 1 udp 1 203.0.113.1 9 typ host', sdpMLineIndex: '@0' }] }),
  )
  const signalling = step(
    'signal',
    fc.tuple(some, fc.nat(), said, usual('0')),
    (play: Play, [who, whom, signal, number]) => {
      const { who: from, to } = play.two(who, whom)
      play.say(from, written({ type: 'signal', to, signal: { session: 's', ...signal } }, number))
    },
  )
  const reporting = step(
    'report',
    fc.tuple(some, fc.nat(), fc.constantFrom('connected', 'failed'), usual('7'), usual('7'), usual('7')),
    (play: Play, [who, whom, result, ...numbers]) => {
      const { who: by, to: peer } = play.two(who, whom)
      const links = [{ peer, result, roundTripMs: '@0', bytesPerSecond: '@1', bytes: '@2' }]
      play.say(by, written({ type: 'report', links }, ...numbers))
    },
  )
  const complaining = step('complain', fc.tuple(some, fc.nat()), (play: Play, [who, whom]) => {
    const { who: by, to: about, ticket } = play.two(who, whom)
    play.say(by, written({ type: 'complain', about, ticket, reason: 'wrong-bytes' }))
  })
  const leaving = step('leave', some, (play: Play, who) => play.leave(who))
  const waiting = step('wait', fc.constantFrom(500, 3_000, 31_000), ({ nodes }: Play, ms) => nodes.pass(ms))
  const cutting = step('cut the bus', fc.boolean(), ({ nodes }: Play, isBusDown) => {
    nodes.isBusDown = isBusDown
  })
  const happenings = history<Play>(
    [4, connecting],
    [10, joining],
    [6, signalling],
    [2, leaving],
    [1, quitting],
    [1, reporting],
    [1, complaining],
    [1, waiting],
    [1, cutting],
  )

  it('[T297] hold through whatever their clients do, say nothing that is no message, and keep nothing of who left', () => {
    const clock = fc.constantFrom(0, 9_000, -9_000, 60_000)
    fc.assert(
      fc.property(settings, clock, happenings, (limits, aheadMs, steps) => {
        const play = new Play(limits, aheadMs)
        for (const { run } of steps) run(play)
        while (play.clients.length > 0) play.leave(0)
        play.nodes.pass(longMs)
        for (const { machine } of play.nodes.nodes) {
          const { connections, swarms, peers, memberships, introductionsOpen, cluster } = machine.stats()
          const left = { connections, swarms, peers, memberships, introductionsOpen, known: cluster!.remotePeers }
          expect(left).toEqual({
            connections: 0,
            swarms: 0,
            peers: 0,
            memberships: 0,
            introductionsOpen: 0,
            known: 0,
          })
        }
      }),
      { numRuns: 300 },
    )
  })
})
