/** A19, A20: who floods, is closed and comes back; and those who share an address with such a one. */
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { trackerLimits } from '../../tracker/core/limits.ts'
import { frame, Guest, rawUpgrade, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

const from = (localAddress: string) => ({ localAddress })
const culprit = from('127.0.9.1')

async function flood(): Promise<void> {
  const { guest } = await server.guest(culprit)
  for (let i = 0; i < 1_000; i++) guest.say('nonsense')
  expect((await guest.closed).code).toBe(1008)
}

describe('a client that floods, is closed, and comes back', () => {
  it('[T148] is kept out after the third time, hears why, and may come again in ten seconds', async () => {
    let now = 0
    server = await startTracker({ now: () => now })
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) await flood()
    const refused = new Guest(server.url, culprit)
    expect(await refused.hears('refused')).toMatchObject({
      code: 'banned',
      message: expect.stringContaining('closed for'),
    })
    expect((await refused.closed).code).toBe(1013)
    expect(server.tracker.stats()).toMatchObject({ addressBans: 1, bans: 0, connections: 0 })
    now += trackerLimits.strikeBanMs
    await server.guest(culprit)
  })

  it('[T148] takes away nothing from others at its address that are connected, nor from its neighbours', async () => {
    server = await startTracker()
    const housemate = (await server.guest(culprit)).guest
    await housemate.join()
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) await flood()
    await expect(server.guest(culprit)).rejects.toThrow('closed before a welcome came')
    const neighbour = (await server.guest(from('127.0.9.2'))).guest
    expect((await neighbour.join()).size).toBe(2)
    expect((await housemate.join({ want: 8 })).peers).toHaveLength(1)
  })

  it('[T148] is kept out as well when what it sends is no WebSocket', async () => {
    server = await startTracker()
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) {
      const socket = await rawUpgrade(server.port)
      await once(socket, 'data')
      socket.write(frame(0x81, Buffer.of(0xff, 0xfe)))
      socket.resume()
      await once(socket, 'close')
    }
    await expect(server.guest()).rejects.toThrow('closed before a welcome came')
  })

  it('[T148] is not, while most of those at its address behave', async () => {
    server = await startTracker()
    for (let i = 0; i < 40; i++) await server.guest(culprit)
    for (let i = 0; i < trackerLimits.strikesPerBan; i++) await flood()
    await server.guest(culprit)
  })
})

it('[T149] whoever has a /48 of IPv6, and takes another /64 of it each time, is kept out with all of it', async () => {
  server = await startTracker({ trustedProxies: ['loopback'] })
  const at = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
  const floodFrom = async (address: string) => {
    const { guest } = await server.guest(at(address))
    for (let i = 0; i < 1_000; i++) guest.say('nonsense')
    expect((await guest.closed).code).toBe(1008)
  }
  for (let i = 0; i < 8; i++) {
    for (let n = 0; n < trackerLimits.strikesPerBan; n++) await floodFrom(`2001:db8:77:${i}::${n + 1}`)
    await expect(server.guest(at(`2001:db8:77:${i}:ffff::1`))).rejects.toThrow('closed before a welcome came')
  }
  await expect(server.guest(at('2001:db8:77:abcd::1'))).rejects.toThrow('closed before a welcome came')
  await server.guest(at('2001:db8:78::1'))
})
