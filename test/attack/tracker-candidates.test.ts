/** A21: a peer lists a victim's addresses as its own, so that all whom it is introduced to knock there. */
import { afterEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import type { Signal, TrackerMessage } from '../../shared/tracker-messages.ts'
import type { TrackerOptions } from '../../tracker/main.ts'
import { type Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

const line = (address: string, port: number) => `candidate:1 1 udp 1 ${address} ${port} typ srflx`

/** An attacker on the Internet, and a peer that it is introduced to. */
async function attackerAndReceiver(options: Partial<TrackerOptions> = {}) {
  server = await startTracker({ trustedProxies: ['loopback'], ...options })
  const receiver = await server.guest({ headers: { 'X-Forwarded-For': '198.51.100.7' } })
  await receiver.guest.join({ have: 1 })
  const attacker = await server.guest({ headers: { 'X-Forwarded-For': '203.0.113.5' } })
  await attacker.guest.join({ want: 8 })
  return { attacker: attacker.guest, receiver: receiver.guest, to: receiver.id }
}

/** Everything that gets through of an offer and of as many signals as an introduction carries. */
async function heardOf(addresses: string[], attacker: Guest, receiver: Guest, to: PeerId): Promise<string[]> {
  const heard: string[] = []
  receiver.socket.on('message', (data) => {
    const message = JSON.parse(data.toString()) as TrackerMessage
    if (message.type !== 'signal') return
    const { description, candidates } = message.signal
    heard.push(...(description?.sdp.match(/candidate:.*/g) ?? []), ...(candidates ?? []).map((one) => one.candidate))
  })
  const many = Array.from({ length: 96 }, (_, i) => line(addresses[i % addresses.length]!, 40_000 + i))
  const sdp = `v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n${many.map((one) => `a=${one}\r\n`).join('')}`
  attacker.signal(to, { session: 's', description: { type: 'offer', sdp } })
  for (let i = 0; i < 26; i++) {
    const candidates = many.slice(0, 16).map((candidate) => ({ candidate, sdpMid: '0' }))
    attacker.signal(to, { session: 's', candidates } satisfies Signal)
  }
  attacker.signal(to, { session: 's', busy: true })
  while (!(await receiver.hears('signal')).signal.busy);
  return heard
}

describe('an attacker who lists 500 candidates at a victim', () => {
  it.each(['127.0.0.9', '192.168.1.1', '224.0.0.251', '169.254.169.254'])(
    '[T141] has nobody knock at %s',
    async (victim) => {
      const { attacker, receiver, to } = await attackerAndReceiver()
      expect(await heardOf([victim], attacker, receiver, to)).toEqual([])
    },
  )

  it('[T140] [T142] has nobody knock at more than four doors of others', async () => {
    const { attacker, receiver, to } = await attackerAndReceiver()
    const victims = Array.from({ length: 96 }, (_, i) => `192.0.2.${i}`)
    expect(await heardOf(victims, attacker, receiver, to)).toHaveLength(4)
  })

  it('[T142] has nobody knock at any door but its own, where the operator wants it so', async () => {
    const { attacker, receiver, to } = await attackerAndReceiver({ candidates: 'own', relays: ['198.51.100.0/28'] })
    const heard = await heardOf(['192.0.2.1', '203.0.113.5'], attacker, receiver, to)
    expect(heard).toHaveLength(8)
    expect(heard.join()).not.toContain('192.0.2.1')
  })
})

it('[T30] a wrong policy or range is refused at start by its name', async () => {
  server = await startTracker()
  await expect(startTracker({ candidates: 'all' as 'any' })).rejects.toThrow(
    'candidates: "all" is not one of any, public',
  )
  await expect(startTracker({ relays: ['turn.example.org'] })).rejects.toThrow(
    'tracker setting relays[0]: "turn.example.org" is not a range',
  )
})
