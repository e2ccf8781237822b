import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { addressClass, parseIp } from './address-class.ts'
import { type CandidatePolicy, CandidateScreen, candidatePolicies } from './candidate-policy.ts'
import type { Introduction } from './introductions.ts'
import { trackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { placeOf, subscriberKey } from './place.ts'

function peerAt(address: string): Peer {
  const bytes = parseIp(address)!
  const peer: Partial<Peer> = {
    id: address as PeerId,
    place: placeOf(bytes),
    subscriber: subscriberKey(bytes),
    origin: addressClass(bytes),
    foreignAddresses: undefined,
  }
  return peer as Peer
}

const here = '203.0.113.5'
const there = '198.51.100.7'
const relay = '192.0.2.3'
const localName = '1f4712db-ea17-4bcf-a596-105139dfd8bf.local'

type Type = 'host' | 'srflx' | 'prflx' | 'relay'

const line = (address: string, type: Type = 'host', port = 50_000) =>
  `candidate:1 1 udp 2122260223 ${address} ${port} typ ${type}`

/** A pair that was just introduced, and what passes of candidates that `from` names to `to`. */
function pair({ from = here, to = there, policy = 'public' as CandidatePolicy } = {}) {
  const screen = new CandidateScreen(policy, (address) => address.join('.') === relay, trackerLimits)
  const [sender, receiver] = [peerAt(from), peerAt(to)]
  let introduction = { candidates: new Map() } as unknown as Introduction
  const signal = (said: Signal) => screen.screened(said, sender, receiver, introduction)
  return {
    signal,
    beside(...lines: string[]): string[] {
      const passed = signal({ session: 's', candidates: lines.map((candidate) => ({ candidate, sdpMid: '0' })) })
      return (passed as Signal).candidates!.map(({ candidate }) => candidate)
    },
    inside(...lines: string[]): string {
      const sdp = ['v=0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', ...lines.map((one) => `a=${one}`), '']
      const passed = signal({ session: 's', description: { type: 'offer', sdp: sdp.join('\r\n') } })
      return (passed as Signal).description!.sdp
    },
    meetAgain() {
      introduction = { candidates: new Map() } as unknown as Introduction
    },
  }
}

describe('the candidates of one side', () => {
  it('[T140] are eight at most, inside its description and beside it together; what else it says still passes', () => {
    const { inside, beside } = pair()
    const sdp = inside(...Array.from({ length: 500 }, (_, i) => line(here, 'srflx', 40_000 + i)))
    expect(sdp.match(/^a=candidate:/gm)).toHaveLength(8)
    expect(sdp).toMatch(/^v=0\r\nm=application/)
    expect(beside(line(here, 'srflx'))).toEqual([])
  })

  it('[T140] leave room for what STUN and TURN found, however many interfaces a host has', () => {
    const { beside } = pair()
    const hosts = Array.from({ length: 20 }, (_, i) => line(here, 'host', 40_000 + i))
    expect(beside(...hosts, line(here, 'srflx'), line(relay, 'relay'))).toEqual([
      ...hosts.slice(0, 6),
      line(here, 'srflx'),
      line(relay, 'relay'),
    ])
  })

  it('[T140] count for each side alone', () => {
    const screen = new CandidateScreen('public', () => false, trackerLimits)
    const introduction = { candidates: new Map() } as unknown as Introduction
    const [a, b] = [peerAt(here), peerAt(there)]
    const many = (address: string): Signal => ({
      session: 's',
      candidates: Array.from({ length: 16 }, () => ({ candidate: line(address, 'srflx') })),
    })
    expect((screen.screened(many(here), a, b, introduction) as Signal).candidates).toHaveLength(8)
    expect((screen.screened(many(there), b, a, introduction) as Signal).candidates).toHaveLength(8)
  })
})

describe("addresses that are nobody's business", () => {
  it.each([
    '127.0.0.9',
    '::1',
    '10.0.0.1',
    '192.168.1.1',
    '169.254.169.254',
    'fe80::1',
    'fd00::1',
    '224.0.0.251',
    '0.0.0.0',
  ])('[T141] %s passes neither inside a description nor beside it, from a peer on the Internet', (address) => {
    const { inside, beside } = pair()
    expect(inside(line(address), line(here))).not.toContain(address)
    expect(beside(line(address), line(here))).toEqual([line(here)])
  })

  it.each([
    ['127.0.0.1', '127.0.0.1', '127.0.0.9', true],
    ['127.0.0.1', '127.0.0.1', '192.168.1.7', true],
    ['192.168.1.5', '192.168.1.6', '192.168.1.7', true],
    ['192.168.1.5', '192.168.1.6', '127.0.0.1', false],
    ['192.168.1.5', '192.168.1.6', '224.0.0.251', false],
    [here, here, '192.168.1.7', true],
    [here, here, '169.254.169.254', false],
    [here, here, '127.0.0.1', false],
  ])('[T141] from %s to %s, %s passes: %s', (from, to, address, isPassed) => {
    expect(pair({ from, to }).beside(line(address))).toEqual(isPassed ? [line(address)] : [])
  })

  it('[T141] names that browsers give their own network pass; other names, other kinds and junk do not', () => {
    const { beside } = pair()
    const tcp = `candidate:1 1 tcp 1518280447 ${here} 9 typ host tcptype active`
    const junk = [
      'candidate:1 1 udp 1 printer.local 1 typ host',
      line('example.org'),
      tcp,
      'nonsense',
      '',
      line(here, 'host', 0),
    ]
    const twoLines = `${line(here)}\r\na=${line('127.0.0.9')}`
    expect(beside(line(localName), ...junk, twoLines, line(localName, 'srflx'))).toEqual([line(localName)])
  })

  it('[T141] where a candidate was found from stays with its owner, and so does the rest of a description', () => {
    const { beside, signal } = pair()
    const found = `${line(here, 'srflx')} raddr 192.168.1.7 rport 4711 generation 0`
    expect(beside(found)).toEqual([`${line(here, 'srflx')} raddr 0.0.0.0 rport 0 generation 0`])
    const sdp = 'v=0\r\nc=IN IP4 192.168.1.7\r\na=remote-candidates:1 127.0.0.9 53\r\na=x-nearcast-lanes:1\r\n'
    const passed = signal({ session: 's', description: { type: 'offer', sdp } }) as Signal
    expect(passed.description!.sdp).toBe('v=0\r\nc=IN IP4 0.0.0.0\r\na=x-nearcast-lanes:1\r\n')
  })

  it.each(['\r', '\n', '\r\n', '\n\r', ' \r\n '])('[T141] no line end hides one (%j)', (end) => {
    const sdp = `v=0${end}a=${line('127.0.0.9')}${end}A=${line('127.0.0.9')}${end}`
    const passed = pair().signal({ session: 's', description: { type: 'offer', sdp } }) as Signal
    expect(passed.description!.sdp).not.toContain('127.0.0.9 50000 typ')
  })
})

describe('addresses of others', () => {
  it('[T142] are few: a VPN or the other family of addresses, and no port of a service', () => {
    const { beside } = pair()
    const other = '192.0.2.77'
    const ports = Array.from({ length: 8 }, (_, i) => line(other, 'srflx', 40_000 + i))
    expect(beside(line(other, 'srflx', 53), ...ports)).toEqual(ports.slice(0, 4))
    expect(pair().beside(line('2001:db8::7'), line(other, 'srflx'), line(here, 'srflx'))).toHaveLength(3)
  })

  it('[T142] are the same few as long as a connection lasts, whoever is called', () => {
    const { beside, meetAgain } = pair()
    const passed = new Set<string>()
    for (let i = 0; i < 40; i++) {
      for (const one of beside(line(`192.0.2.${i}`, 'srflx'))) passed.add(one)
      meetAgain()
    }
    expect(passed.size).toBe(4)
    expect(beside(line('192.0.2.0', 'srflx'), line('192.0.2.9', 'srflx'))).toEqual([line('192.0.2.0', 'srflx')])
  })

  it('[T142] pass not at all under `own`, but for the relays that clients were told of', () => {
    const { beside } = pair({ policy: 'own' })
    const all = [line('192.0.2.77', 'srflx'), line('192.0.2.77', 'relay'), line('10.0.0.1'), line('2001:db8::7')]
    expect(beside(...all, line(here), line(localName), line(relay, 'relay'))).toEqual([
      line(here),
      line(localName),
      line(relay, 'relay'),
    ])
  })

  it('[T142] pass as they are under `any`, eight of them', () => {
    const { beside, inside } = pair({ policy: 'any' })
    expect(inside(line('127.0.0.9'))).toContain('127.0.0.9')
    expect(beside(...Array.from({ length: 16 }, () => line('10.0.0.1', 'srflx')))).toHaveLength(7)
  })

  it("[T142] in the same /64 of IPv6 are the sender's own", () => {
    const own = '2001:db8:1:2:aaaa::1'
    expect(pair({ from: '2001:db8:1:2::9', policy: 'own' }).beside(line(own))).toEqual([line(own)])
  })
})

it('[T7] a signal becomes no longer by this, whatever it is made of', () => {
  const parts = fc.constantFrom(
    ...['\r', '\n', '\r\n', 'c=IN IP4 ', 'c=', ' ', 'a=', 'm=x', `a=${line(here)}`, line(here)],
    ...[' raddr 1.1.1.1 rport 1', ' raddr :: rport 1', ' raddr x rport 1', 'a=rtcp:1', 'A=CANDIDATE:', 'x'],
  )
  const text = fc.array(parts, { maxLength: 40 }).map((list) => list.join(''))
  fc.assert(
    fc.property(
      text,
      fc.array(text, { maxLength: 12 }),
      fc.constantFrom(...candidatePolicies),
      (sdp, lines, policy) => {
        const said: Signal = {
          session: 's',
          description: { type: 'offer', sdp },
          candidates: lines.map((candidate) => ({ candidate })),
        }
        const passed = pair({ policy }).signal(said)
        const growthMax = 'c=IN IP4 0.0.0.0'.length - 'c='.length
        if (typeof passed === 'object') {
          expect(JSON.stringify(passed).length).toBeLessThanOrEqual(JSON.stringify(said).length + growthMax)
        }
      },
    ),
  )
})

it('[T143] a description of more than one section is refused', () => {
  const section = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'
  const sdp = `v=0\r\n${section}${section}`
  expect(pair().signal({ session: 's', description: { type: 'offer', sdp } })).toBe(
    'a description of more than one section',
  )
})
