/** A19, A20: floods of messages, pings and sockets; sockets that never read or answer. */
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { offer, swarmA } from '../fakes/tracker-crowd.ts'
import { frame, Guest, rawUpgrade, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

const swarm = (i: number) => i.toString(16).padStart(40, '0') as SwarmId
const stranger = 'x'.repeat(22) as PeerId

describe('a flood', () => {
  it.each([
    ['joins', { type: 'join', swarm: swarmA, have: 0, want: 20 }],
    ['signals to strangers', { type: 'signal', to: stranger, signal: offer }],
    ['unknown types', { type: 'dance' }],
    ['leaves', { type: 'leave', swarm: swarmA }],
  ])('[T22] of %s ends with 1008, earns at most twice its bytes, and delays nobody else', async (_, message) => {
    server = await startTracker()
    const honest = (await server.guest()).guest
    await honest.join()
    const { guest } = await server.guest()
    const text = JSON.stringify(message)
    let bytesBack = 0
    guest.socket.on('message', (data) => {
      bytesBack += (data as Buffer).length
    })
    const messages = 10_000
    for (let i = 0; i < messages; i++) guest.say(text)
    expect((await guest.closed).code).toBe(1008)
    expect(bytesBack).toBeLessThan(2 * text.length * messages)
    expect(bytesBack).toBeLessThan(100_000)
    expect((await honest.join({ want: 8 })).size).toBe(1)
  })

  it('[T22] of one that does not listen ends all the same, and what it goes on to send is not read', async () => {
    server = await startTracker()
    const deaf = await rawUpgrade(server.port)
    await once(deaf, 'readable')
    const junk = frame(0x81, Buffer.from('x'.repeat(1_000)))
    const flood = setInterval(() => {
      for (let i = 0; i < 100; i++) deaf.write(junk)
    }, 1)
    await expect.poll(() => server.tracker.stats().expelled).toBe(1)
    const { malformed } = server.tracker.stats().refused
    await new Promise((resolve) => deaf.resume().on('close', resolve))
    clearInterval(flood)
    expect(server.tracker.stats()).toMatchObject({ connections: 0, refused: { malformed } })
  })

  it('[T22] [T186] of one that is told to come later, and does not listen, ends at once', async () => {
    server = await startTracker({ connectionsPerSecond: 1 })
    await server.guest()
    const deaf = await rawUpgrade(server.port)
    let heard = ''
    deaf.on('data', (data) => {
      heard += data.toString('latin1')
    })
    // No handshake's end is waited for: nothing but the flood ends it.
    for (let i = 0; i < 100; i++) deaf.write(frame(0x81, Buffer.from('x'.repeat(1_000))))
    const closed = once(deaf, 'close')
    await closed
    expect(heard).toContain('"busy"')
    expect(server.tracker.stats()).toMatchObject({ connections: 1, refused: { malformed: 0 } })
  })

  it('[T22] of pings ends', async () => {
    server = await startTracker()
    const { guest } = await server.guest()
    for (let i = 0; i < 2000; i++) guest.socket.ping()
    await guest.closed
    expect(server.tracker.stats().connections).toBe(0)
  })

  it('[T23] of swarms leaves no more than a connection may have, and nothing when it goes', async () => {
    server = await startTracker({ joinsBurst: 200, messagesBurst: 200 })
    const { guest } = await server.guest()
    for (let i = 0; i < 100; i++) guest.say({ type: 'join', swarm: swarm(i), have: 1, want: 20 })
    expect(await guest.hears('refused')).toMatchObject({ code: 'too-many-swarms', swarm: swarm(64) })
    expect(server.tracker.stats()).toMatchObject({ swarms: 64, memberships: 64 })
    guest.socket.terminate()
    await expect.poll(() => server.tracker.stats()).toMatchObject({ connections: 0, swarms: 0, memberships: 0 })
  })

  it('[T24] of new connections and closed ones from one address ends, and begins anew later', async () => {
    let now = 0
    server = await startTracker({ connectionsPerAddressMax: 4, now: () => now })
    for (let i = 0; i < 8; i++) {
      const { guest } = await server.guest()
      guest.socket.close()
      await guest.closed
    }
    const refused = new Guest(server.url)
    expect(await refused.hears('refused')).toMatchObject({ code: 'too-many-connections' })
    now += 10_000
    await server.guest()
  })

  it('[T24] of connections beyond what the tracker holds is turned away', async () => {
    server = await startTracker({ connectionsMax: 5 })
    for (let i = 0; i < 5; i++) await server.guest({ localAddress: `127.0.0.${i + 2}` })
    const refused = new Guest(server.url)
    expect(await refused.hears('refused')).toMatchObject({
      code: 'too-many-connections',
      message: 'the tracker is full: at most 5 connections',
    })
  })
})

describe('a client that never reads', () => {
  it('[T33] is dropped when too much waits for it; what it was sent is not kept', async () => {
    const unlimited = 1_000_000
    server = await startTracker({
      sendQueueBytesMax: 64 * 1024,
      messagesBurst: unlimited,
      bytesBurst: 1_000 * unlimited,
      signalsBurst: unlimited,
      signalsPerIntroductionMax: unlimited,
      signalBytesPerIntroductionMax: unlimited * 1000,
    })
    const deaf = await rawUpgrade(server.port)
    await once(deaf, 'readable')
    deaf.write(frame(0x81, Buffer.from(JSON.stringify({ type: 'join', swarm: swarmA, have: 0, want: 0 }))))
    await expect.poll(() => server.tracker.stats().peers).toBe(1)
    const { guest } = await server.guest()
    const [victim] = (await guest.join({ want: 1 })).peers
    const large: Signal = { session: 's', description: { type: 'offer', sdp: 'x'.repeat(8000) } }
    const refused = guest.hears('refused')
    // The kernel takes some megabytes for the deaf socket before anything waits in the tracker.
    for (let i = 0; i < 5000 && server.tracker.stats().peers === 2; i++) {
      guest.signal(victim!.id, large)
      if (i % 50 === 0) await setImmediate()
    }
    expect(await refused).toMatchObject({ code: 'not-introduced', to: victim!.id })
    expect(server.tracker.stats()).toMatchObject({ connections: 1, refused: { 'slow-reader': 1 } })
    deaf.destroy()
  })

  it('[T21] and never answers is found dead, though it keeps its connection open', async () => {
    server = await startTracker({ heartbeatMs: 60 })
    const deaf = await rawUpgrade(server.port)
    await once(deaf, 'readable')
    expect(server.tracker.stats().connections).toBe(1)
    await once(deaf.resume(), 'close')
    expect(server.tracker.stats()).toMatchObject({ connections: 0, refused: { 'no-answer': 1 } })
  })
})
