import { describe, expect, it } from 'vitest'
import type { LinkEvents } from '../ports.ts'
import { iceServersOf } from './ice-servers.ts'
import { createLanedDialer } from './laned-dialer.ts'
import { createSimplePeerDialer, type DialerOptions } from './simple-peer-dialer.ts'

const turn = { urls: ['turn:turn.example.org'], username: 'user', credential: 'secret' }

describe('what a tracker names', () => {
  it.each([
    ['wss://tracker.example.org/.nearcast/tracker', 'stun:tracker.example.org:8080'],
    ['ws://192.0.2.7:9000/', 'stun:192.0.2.7:8080'],
    ['ws://[2001:db8::7]:9000/', 'stun:[2001:db8::7]:8080'],
  ])('[T229] is, for the tracker at %s, STUN at %s and the others behind it', (trackerUrl, stun) => {
    const said = { stunPort: 8080, iceServers: [turn] }
    expect(iceServersOf(said, trackerUrl)).toEqual([{ urls: [stun] }, turn])
  })

  it('[T229] is the others alone without a port', () => {
    expect(iceServersOf({ stunPort: undefined, iceServers: [turn] }, 'ws://localhost/')).toEqual([turn])
  })
})

const noEvents: LinkEvents = { signal() {}, open() {}, frame() {}, drained() {}, closed() {} }

/** What the connections of a dialer are told, one after another; they are never made. */
function configs(options: DialerOptions, act: (dialer: ReturnType<typeof createLanedDialer>) => void) {
  const told: RTCConfiguration[] = []
  class NoConnection {
    constructor(config: RTCConfiguration) {
      told.push(config)
      throw new Error('not here')
    }
  }
  // Of the platform's WebRTC, a dialer that never gets a connection sees this alone.
  const wrtc = { RTCPeerConnection: NoConnection } as unknown as NonNullable<DialerOptions['wrtc']>
  act(createLanedDialer(createSimplePeerDialer({ ...options, wrtc })))
  return told.map(({ iceServers, iceTransportPolicy }) => ({ iceServers, iceTransportPolicy }))
}

describe('a connection', () => {
  it('[T229] is made with the servers that were named last before it', () => {
    const named = [{ urls: ['stun:localhost:8080'] }]
    const told = configs({}, (dialer) => {
      dialer.dial(true, noEvents)
      dialer.useIceServers!(named)
      dialer.dial(true, noEvents)
    })
    expect(told).toEqual([
      { iceServers: [], iceTransportPolicy: 'all' },
      { iceServers: named, iceTransportPolicy: 'all' },
    ])
  })

  it.each([{ iceServers: [] }, { iceServers: [{ urls: 'stun:stun.example.org' }] }])(
    "[T229] is made with its owner's own servers alone: %j",
    ({ iceServers }) => {
      const told = configs({ iceServers, iceTransportPolicy: 'relay' }, (dialer) => {
        dialer.useIceServers!([turn])
        dialer.dial(false, noEvents)
      })
      expect(told).toEqual([{ iceServers, iceTransportPolicy: 'relay' }])
    },
  )
})
