/** TURN by Debian's coturn and the WebRTC stack for Node: what the tracker gives opens a relay, and nothing else does. */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadWebRtc, type WebRtc } from '../../client/node/web-rtc.ts'
import type { Dialer, Link, LinkSignal } from '../../client/ports.ts'
import { createLanedDialer } from '../../client/shell/laned-dialer.ts'
import { createSimplePeerDialer } from '../../client/shell/simple-peer-dialer.ts'
import type { PeerId } from '../../shared/ids.ts'
import type { IceServer } from '../../shared/servers.ts'
import { ServerDesk } from '../../tracker/core/server-desk.ts'
import { Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'
import { TurnServer } from '../fakes/turn-server.ts'

let turn: TurnServer
let tracker: TrackerServer
let wrtc: WebRtc

beforeAll(async () => {
  turn = await TurnServer.start()
  tracker = await startTracker({ turnUrls: [turn.url], turnSecret: turn.secret })
  const loaded = await loadWebRtc()
  if (typeof loaded === 'string') throw new Error(loaded)
  wrtc = loaded
})
afterAll(async () => {
  await tracker?.stop()
  await turn?.stop()
})

async function named(): Promise<IceServer[]> {
  const guest = new Guest(tracker.url)
  const { iceServers } = await guest.hears('welcome')
  guest.socket.close()
  return iceServers!
}

/** The candidates that a connection finds with these servers alone, once it has looked everywhere. */
async function relaysOf(iceServers: IceServer[]): Promise<string[]> {
  const connection = new wrtc.RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' })
  const found: string[] = []
  const looked = new Promise<void>((resolve) => {
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) found.push(candidate.candidate)
      else resolve()
    }
  })
  connection.createDataChannel('any')
  await connection.setLocalDescription(await connection.createOffer())
  await looked
  connection.close()
  return found
}

/** Credentials as the tracker would have given them so long ago. */
function credentialsOf(ageMs: number, secret = turn.secret): IceServer[] {
  const passwordOf = (username: string) => createHmac('sha1', secret).update(username).digest('base64')
  const desk = new ServerDesk({ turn: { urls: [turn.url], ttlMs: 600_000, passwordOf } })
  return desk.welcome('A'.repeat(22) as PeerId, {}, 0, Date.now() - ageMs).iceServers!
}

describe('coturn', () => {
  it('[T228] opens a relay for the credentials of the welcome', async () => {
    const found = await relaysOf(await named())
    expect(found.length).toBeGreaterThan(0)
    for (const candidate of found) expect(candidate).toMatch(/ 127\.0\.0\.1 \d+ typ relay /)
  })

  it('[T228] opens none for credentials whose time is over, or that another secret made', async () => {
    expect(await relaysOf(credentialsOf(300_000))).not.toEqual([])
    expect(await relaysOf(credentialsOf(700_000))).toEqual([])
    expect(await relaysOf(credentialsOf(0, 'some other secret'))).toEqual([])
  })
})

/** Two ends that signal each other, with all that they signal. */
function pair(dialer: Dialer) {
  const signals: LinkSignal[] = []
  const links: Link[] = []
  const opened: Promise<void>[] = []
  const frames: Promise<Uint8Array>[] = []
  for (const initiator of [true, false]) {
    let hasOpened!: () => void
    let hasCome!: (frame: Uint8Array) => void
    opened.push(new Promise((resolve) => (hasOpened = resolve)))
    frames.push(new Promise((resolve) => (hasCome = resolve)))
    const link = dialer.dial(initiator, {
      signal(signal) {
        signals.push(signal)
        links[initiator ? 1 : 0]!.signal(signal)
      },
      open: hasOpened,
      frame: hasCome,
      drained() {},
      closed() {},
    })
    links.push(link)
  }
  return { links, signals, opened: Promise.all(opened), frames }
}

describe('two peers that may only go by a relay', () => {
  it('[T229] connect over it, and tell each other no address but those of the relay', async () => {
    const dialer = createLanedDialer(createSimplePeerDialer({ iceTransportPolicy: 'relay', wrtc }))
    dialer.useIceServers!(await named())
    const { links, signals, opened, frames } = pair(dialer)
    await opened
    links[0]!.send(Uint8Array.of(7, 8, 9))
    expect([...(await frames[1]!)]).toEqual([7, 8, 9])
    for (const link of links) link.close()
    const lines = signals.flatMap((signal) =>
      'candidate' in signal ? [signal.candidate.candidate] : (signal.description.sdp.match(/candidate:.*/g) ?? []),
    )
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(line).toMatch(/ typ relay raddr (0\.0\.0\.0|::) rport 0 /)
    const texts = signals.flatMap((signal) => ('description' in signal ? [signal.description.sdp] : []))
    for (const text of texts) expect(text).not.toMatch(/^c=IN IP[46] (?!0\.0\.0\.0|127\.0\.0\.1|::)/m)
  })
})
