import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Envelopes } from '../../tracker/core/bus-envelope.ts'
import { parseBusMessage, parseDigest } from '../../tracker/core/bus-messages.ts'
import type { NodeId } from '../../tracker/core/node-ids.ts'
import { createBusCipher } from '../../tracker/shell/bus-cipher.ts'
import { serviceKey, TrackerNodes } from '../fakes/tracker-nodes.ts'
import { damagedJson, oddText } from './json-arbitrary.ts'

vi.setConfig({ testTimeout: 60_000 })

const now = 1_795_000_000_000
const ids = ['liar__'.padEnd(22, 'x'), 'node-1ppppppppppppppp1', 'node-9'.padEnd(22, '-')]

const message = fc.oneof(
  fc.record({
    type: fc.constant('signal'),
    from: fc.constantFrom(...ids),
    to: fc.constantFrom(...ids),
    swarm: fc.constantFrom('a'.repeat(40), 'b'.repeat(40)),
    signal: fc.record({ session: fc.string({ minLength: 1, maxLength: 16 }), busy: fc.constant(true) }),
    ticket: fc.string({ minLength: 1, maxLength: 40 }),
    at: fc.record({ address: fc.constantFrom('abcd', '\u00ff\u0000\u0001\u0002', 'x'.repeat(16)) }),
  }),
  fc.record({ type: fc.constant('absent'), peer: fc.constantFrom(...ids), to: fc.constantFrom(...ids) }),
  fc.record({ type: fc.constant('ban'), network: fc.string({ minLength: 1, maxLength: 16 }), forMs: fc.nat() }),
  fc.record({ type: fc.constant('exclude'), key: fc.string({ maxLength: 9 }), forMs: fc.nat() }),
  fc.record({ type: fc.constant('resumed'), id: fc.constantFrom(...ids), issue: fc.nat() }),
  fc.record({ type: fc.constant('leaving') }),
)

describe('what comes from the bus', () => {
  it('[T164] is a message or none, whatever it is, and never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(oddText, damagedJson(message)), (text) => {
        const read = parseBusMessage(text)
        if (typeof read === 'object') expect(parseBusMessage(JSON.stringify(read))).toEqual(read)
        parseDigest(text)
      }),
      { numRuns: 3_000 },
    )
  })

  it('[T164] in no envelope of ours is a fault, and never an exception', () => {
    const parts = fc.tuple(
      fc.oneof(fc.constantFrom('node-1', 'liar__', ''), fc.string()),
      fc.oneof(fc.constantFrom('node-1', 'all', 'topic'), fc.string()),
      fc.oneof(fc.constant((now * 1_000).toString(36)), fc.string()),
      fc.oneof(fc.base64String(), fc.string({ unit: 'binary' })),
    )
    const envelopes = new Envelopes('node-2' as NodeId, createBusCipher(serviceKey))
    fc.assert(
      fc.property(
        fc.oneof(
          oddText,
          parts.map((list) => list.join('.')),
        ),
        (text) => {
          expect(typeof envelopes.openMessage(text, now)).toBe('string')
          expect(typeof envelopes.openDigest('topic', text, now)).toBe('string')
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('[T165] from a tracker that lies in any order breaks nothing, and little is kept of it', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        const nodes = new TrackerNodes(1)
        const [node] = nodes.nodes
        const id = node!.member('203.0.113.1', { want: 8 })
        const liar = new Envelopes('liar__' as NodeId, createBusCipher(serviceKey))
        for (const one of messages) node!.hear(liar.wrap(node!.id, JSON.stringify(one), now))
        nodes.pass(1_000)
        const { introductionsOpen, connections, peers, cluster } = node!.machine.stats()
        expect({ introductionsOpen, connections, peers }).toEqual({ introductionsOpen: 0, connections: 1, peers: 1 })
        expect(cluster!.remotePeers).toBe(0)
        expect(node!.closed.has(id)).toBe(false)
      }),
      { numRuns: 200 },
    )
  })
})
