import { describe, expect, it } from 'vitest'
import { trackerMessageBytesMax } from './limits.ts'
import { parseClientMessage, parseTrackerMessage, refusalCodes, tiers } from './tracker-messages.ts'

const swarm = '9410a0bf0797cf7650fe1f90f5b5c87d1bc90c9e'
const peer = 'AZaz09-_AZaz09-_AZaz09'
const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 5000 typ host', sdpMid: '0', sdpMLineIndex: 0 }
const signal = { session: 's1', description: { type: 'offer', sdp: 'v=0' }, candidates: [candidate] }

const client = (message: unknown) => parseClientMessage(JSON.stringify(message))
const tracker = (message: unknown) => parseTrackerMessage(JSON.stringify(message))
const refusalOf = (result: ReturnType<typeof client> | ReturnType<typeof tracker>) =>
  result.ok ? 'taken' : result.violation

describe('what a client says', () => {
  it.each([
    { type: 'join', swarm, have: 0, want: 0 },
    { type: 'join', swarm, have: 1, want: 20 },
    { type: 'join', swarm, have: 0.5, want: 8, gives: false },
    { type: 'leave', swarm },
    { type: 'signal', to: peer, signal },
    { type: 'signal', to: peer, signal: { session: 's', busy: true } },
    { type: 'signal', to: peer, signal: { session: 's', candidates: [] } },
    { type: 'signal', to: peer, signal: { session: 's', candidates: [{ candidate: '' }] } },
  ])('[T8] is taken as it is: %j', (message) => {
    expect(client(message)).toEqual({ ok: true, value: message })
  })

  it.each<[string, unknown]>([
    ['join: swarm', { type: 'join', have: 0, want: 1 }],
    ['join: swarm', { type: 'join', swarm: swarm.toUpperCase(), have: 0, want: 1 }],
    ['join: have', { type: 'join', swarm, have: 1.5, want: 1 }],
    ['join: have', { type: 'join', swarm, have: null, want: 1 }],
    ['join: want', { type: 'join', swarm, have: 0, want: 21 }],
    ['join: want', { type: 'join', swarm, have: 0, want: 0.5 }],
    ['join: gives', { type: 'join', swarm, have: 0, want: 1, gives: 0 }],
    ['leave: swarm', { type: 'leave', swarm: 7 }],
    ['signal: to', { type: 'signal', to: '../..', signal }],
    ['signal: signal', { type: 'signal', to: peer, signal: 'v=0' }],
    ['signal: signal.session', { type: 'signal', to: peer, signal: {} }],
    ['signal: signal.session', { type: 'signal', to: peer, signal: { session: 's'.repeat(17) } }],
    ['signal: signal.busy', { type: 'signal', to: peer, signal: { session: 's', busy: false } }],
    [
      'signal: signal.description.type',
      { type: 'signal', to: peer, signal: { session: 's', description: { type: 'x', sdp: 'v' } } },
    ],
    [
      'signal: signal.description.sdp',
      { type: 'signal', to: peer, signal: { session: 's', description: { type: 'offer', sdp: '' } } },
    ],
    [
      'signal: signal.candidates',
      { type: 'signal', to: peer, signal: { session: 's', candidates: [{ candidate: 1 }] } },
    ],
  ])('[T2] is refused, with the field at fault: %s', (fault, message) => {
    expect(refusalOf(client(message))).toBe(`malformed ${fault}`)
  })

  it('[T4] is refused past its limits', () => {
    const sdp = (length: number) => ({
      type: 'signal',
      to: peer,
      signal: { session: 's', description: { type: 'offer', sdp: 'x'.repeat(length) } },
    })
    const lines = (count: number, length = 20) => ({
      type: 'signal',
      to: peer,
      signal: { session: 's', candidates: Array(count).fill({ candidate: 'x'.repeat(length) }) },
    })
    expect(refusalOf(client(sdp(8192)))).toBe('taken')
    expect(refusalOf(client(sdp(8193)))).toBe('malformed signal: signal.description.sdp')
    expect(refusalOf(client(lines(16)))).toBe('taken')
    expect(refusalOf(client(lines(17)))).toBe('malformed signal: signal.candidates')
    expect(refusalOf(client(lines(1, 512)))).toBe('taken')
    expect(refusalOf(client(lines(1, 513)))).toBe('malformed signal: signal.candidates')
  })

  it('[T4] is refused past 16 KiB, before it is read', () => {
    const long = JSON.stringify({ type: 'leave', swarm }).padEnd(trackerMessageBytesMax)
    expect(parseClientMessage(long)).toMatchObject({ ok: true, value: { type: 'leave' } })
    expect(parseClientMessage(`${long} `)).toEqual({ ok: false, violation: 'message of 16385 characters' })
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '7',
    '"join"',
    '{}',
    '{"type":7}',
    '{"type":null}',
    '[{"type":"leave"}]',
    '{"__proto__":{"type":"leave"}}',
  ])('[T2] is refused when it has no type at all: %s', (json) => {
    expect(refusalOf(parseClientMessage(json))).toMatch(/^not JSON$|^no type$/)
  })

  it.each(['wave', '', 'Join', 'welcome', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    '[T1] is ignored when its type is %j, which no client of this version sends',
    (type) => {
      expect(client({ type, swarm })).toEqual({ ok: true, value: undefined })
    },
  )

  it('[T3] may hold fields of a newer version, and they go no further', () => {
    expect(client({ type: 'signal', from: 'forged', to: peer, signal: { session: 's', ip: '::1' } })).toEqual({
      ok: true,
      value: { type: 'signal', to: peer, signal: { session: 's' } },
    })
  })

  it('[T6] gives no way to reach a prototype', () => {
    const json = `{"type":"join","swarm":"${swarm}","have":0,"want":1,"__proto__":{"admin":true},"constructor":1}`
    const result = parseClientMessage(json)
    expect(result).toEqual({ ok: true, value: { type: 'join', swarm, have: 0, want: 1 } })
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
  })
})

describe('what a tracker says', () => {
  it.each([
    { type: 'welcome', id: peer },
    { type: 'peers', swarm, peers: [], size: 0, ahead: 0 },
    { type: 'peers', swarm, peers: tiers.map((tier) => ({ id: peer, tier })), size: 5, ahead: 0 },
    { type: 'signal', from: peer, tier: 'network', signal },
    { type: 'refused', code: 'malformed', message: 'no type' },
    { type: 'refused', code: 'not-introduced', message: '', to: peer },
    { type: 'refused', code: 'unknown-swarm', message: '', swarm },
  ])('[T8] is taken as it is: %j', (message) => {
    expect(tracker(message)).toEqual({ ok: true, value: message })
  })

  it.each(refusalCodes)('[T8] may be a refusal with code %s', (code) => {
    expect(tracker({ type: 'refused', code, message: 'because' })).toMatchObject({ ok: true, value: { code } })
  })

  it.each<[string, unknown]>([
    ['welcome: id', { type: 'welcome', id: 7 }],
    ['peers: peers', { type: 'peers', swarm, peers: [{ id: peer, tier: 'near' }], size: 1, ahead: 0 }],
    ['peers: peers', { type: 'peers', swarm, peers: Array(21).fill({ id: peer, tier: 'isp' }), size: 21, ahead: 0 }],
    ['peers: size', { type: 'peers', swarm, peers: [], size: -1 }],
    ['peers: ahead', { type: 'peers', swarm, peers: [], size: 17, ahead: 17 }],
    ['signal: tier', { type: 'signal', from: peer, signal }],
    ['refused: code', { type: 'refused', code: 'because', message: '' }],
    ['refused: message', { type: 'refused', code: 'malformed', message: 'x'.repeat(501) }],
  ])('[T2] is refused, with the field at fault: %s', (fault, message) => {
    expect(refusalOf(tracker(message))).toBe(`malformed ${fault}`)
  })

  it('[T1] is ignored when its type is of a newer version', () => {
    expect(tracker({ type: 'purge' })).toEqual({ ok: true, value: undefined })
  })

  it('[T7] can be the relay of the longest signal that a client may send', () => {
    const message = (sdpLength: number) => {
      const description = { type: 'offer' as const, sdp: 'x'.repeat(8192) }
      const candidates = Array.from({ length: 15 }, () => ({ candidate: 'x'.repeat(500) }))
      return {
        type: 'signal',
        to: peer,
        signal: { session: 's', description, candidates: [...candidates, { candidate: 'x'.repeat(sdpLength) }] },
      }
    }
    let length = 0
    while (JSON.stringify(message(length + 1)).length <= trackerMessageBytesMax) length++
    const sent = client(message(length))
    expect(JSON.stringify(message(length)).length).toBe(trackerMessageBytesMax)
    if (!sent.ok || sent.value?.type !== 'signal') throw new Error(refusalOf(sent))
    expect(tracker({ type: 'signal', from: peer, tier: 'anywhere', signal: sent.value.signal })).toMatchObject({
      ok: true,
    })
  })
})
