/** A19: a peer that was introduced sends the longest signals that a tracker relays. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createWebTrackerDialer } from '../../client/shell/web-tracker-dialer.ts'
import { candidateLengthMax, descriptionLengthMax, trackerMessageBytesMax } from '../../shared/limits.ts'
import { parseTrackerMessage, type TrackerMessage } from '../../shared/tracker-messages.ts'
import { Inbox } from '../contract/contract.ts'
import { swarmA } from '../fakes/tracker-crowd.ts'
import { startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

/** As long as a tracker takes, in JSON. */
function longestSignal(to: string): string {
  const candidate = { candidate: 'c'.repeat(candidateLengthMax), sdpMid: '0' }
  const signal = { session: 's', description: { type: 'offer', sdp: 'v'.repeat(descriptionLengthMax) }, candidates: [] }
  const message = { type: 'signal', to, signal: { ...signal, candidates: [candidate] } }
  while (JSON.stringify(message).length < trackerMessageBytesMax) message.signal.candidates.push({ ...candidate })
  const excess = JSON.stringify(message).length - trackerMessageBytesMax
  const last = message.signal.candidates.at(-1)!
  last.candidate = last.candidate.slice(excess)
  return JSON.stringify(message)
}

describe('an attacker that was introduced', () => {
  it('[T11] cannot cut a visitor off from the tracker with a signal that is as long as signals may be', async () => {
    server = await startTracker()
    const heard = new Inbox<TrackerMessage | 'closed'>('messages')
    const take = (text: string) => {
      const message = parseTrackerMessage(text)
      if (message.ok && message.value) heard.push(message.value)
    }
    const dialer = createWebTrackerDialer(WebSocket as unknown as typeof globalThis.WebSocket)
    const victim = dialer.connect(server.url, { open() {}, message: take, closed: () => heard.push('closed') })
    const [welcome] = await heard.reach(1)
    victim.send(JSON.stringify({ type: 'join', swarm: swarmA, have: 1, want: 0 }))
    await heard.reach(2)
    const { guest } = await server.guest()
    await guest.join({ want: 8 })
    const text = longestSignal((welcome as TrackerMessage & { type: 'welcome' }).id)
    expect(text).toHaveLength(trackerMessageBytesMax)
    guest.say(text)
    expect((await heard.reach(3))[2]).toMatchObject({ type: 'signal', signal: { session: 's' } })
    victim.close()
  })
})
