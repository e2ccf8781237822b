import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CandidateScreen, candidatePolicies } from './candidate-policy.ts'
import type { Introduction } from './introductions.ts'
import { trackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { placeOf, subscriberKey } from './place.ts'
import { screenWritten } from './written-sdp.ts'

const address = Uint8Array.of(84, 210, 1, 2)
const peer = (bytes = address) =>
  ({
    place: placeOf(bytes),
    subscriber: subscriberKey(bytes),
    origin: 'public',
    foreignAddresses: undefined,
  }) as unknown as Peer

/** A description screened in both ways: as it is written, and decoded. */
function both(sdp: string, policy: (typeof candidatePolicies)[number] = 'public') {
  const screen = new CandidateScreen(policy, () => false, trackerLimits)
  const introduction = () => ({ candidates: new Map() }) as unknown as Introduction
  const [from, to, again] = [peer(), peer(Uint8Array.of(91, 1, 2, 3)), peer()]
  const rules = { keep: screen.keeper(from, to, introduction()), hidesOthers: screen.hidesOthers }
  const written = screenWritten(JSON.stringify(sdp).slice(1, -1), rules)
  const decoded = screen.screened({ session: '', description: { type: 'offer', sdp } }, again, to, introduction())
  return {
    written: written === undefined || written === 'sections' ? written : (JSON.parse(`"${written}"`) as string),
    decoded: typeof decoded === 'string' ? 'sections' : decoded.description!.sdp,
  }
}

const candidate = (host: string, type = 'host', tail = '') =>
  `a=candidate:1 1 udp 2113937151 ${host} 54321 typ ${type}${tail}`

const lines = [
  'v=0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 203.0.113.7',
  'c=IN IP6 2001:db8::1',
  'a=rtcp:9 IN IP4 203.0.113.7',
  'a=remote-candidates:1 203.0.113.7 9',
  'a=rtcp-mux',
  'a=mid:0',
  'a=setup:actpass',
  'a=end-of-candidates',
  'a=crypto:1',
  candidate('84.210.1.2'),
  candidate('10.0.0.1'),
  candidate('8.8.8.8', 'srflx', ' raddr 10.0.0.1 rport 9 generation 0'),
  candidate('5b1a7b3c-9f5c-4c57-8d07-6f8c4c33d7f1.local'),
  'a=candidate:junk',
]

const oddLines = [
  'A=candidate:x',
  ' a=candidate:x',
  'a=Candidate:1',
  'a=cANDIDATE:1',
  'a= candidate:1',
  'quote " here',
  'a=x\tb',
  '\r',
  'b\\c',
]

describe('a description that is screened as it is written', () => {
  it('[T246] loses and keeps what a decoded one does', () => {
    const sdp = `${lines.slice(0, 3).join('\r\n')}\r\n${lines.slice(4).join('\r\n')}\r\n`
    const { written, decoded } = both(sdp)
    expect(written).toBe(decoded)
    expect(written).toContain('84.210.1.2')
    expect(written).not.toMatch(/203\.0\.113\.7|10\.0\.0\.1|junk/)
    expect(both(sdp, 'any').written).toContain('203.0.113.7')
  })

  it('[T246] is decoded when its lines are not as everybody writes them', () => {
    for (const line of oddLines) expect(both(`v=0\r\n${line}\r\n`).written, line).toBeUndefined()
    expect(both(`v=0\r${candidate('10.0.0.1')}`).written).toBeUndefined()
  })

  it('[T246] of more than one section reaches nobody', () => {
    expect(both('v=0\r\nm=audio\r\nm=video\r\n')).toEqual({ written: 'sections', decoded: 'sections' })
  })

  it('[T246] comes to the same in every order of lines', () => {
    const line = fc.constantFrom(...lines, ...lines, ...oddLines)
    const end = fc.constantFrom('\r\n', '\r\n', '\n')
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end)), fc.constantFrom(...candidatePolicies), (parts, policy) => {
        const { written, decoded } = both(parts.flat().join(''), policy)
        if (written !== undefined) expect(written.replaceAll('\r\n', '\n')).toBe(decoded.replaceAll('\r\n', '\n'))
      }),
    )
  })
})
