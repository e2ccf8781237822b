/** A13, A15 and what comes of complaints: liars that are banned, and liars who would have others banned. */
import { afterEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { type Guest, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

/** All of loopback is one machine, and many networks. */
async function accusedOf(localAddress: string) {
  server = await startTracker()
  const { guest, id } = await server.guest({ localAddress })
  await guest.join({ have: 1 })
  return { guest, id }
}

/** A client that was introduced to the accused. */
async function introduced(localAddress: string, accused: PeerId) {
  const { guest } = await server.guest({ localAddress })
  const { peers } = await guest.join({ want: 20 })
  return { guest, ticket: peers.find(({ id }) => id === accused)?.ticket }
}

const complain = (guest: Guest, about: PeerId, ticket: string | undefined) =>
  guest.say({ type: 'complain', about, reason: 'wrong-bytes', ticket })

describe('a peer that sends wrong bytes', () => {
  it('[T41] [T43] is banned by the complaints of three networks: closed, and not let in again', async () => {
    const accused = await accusedOf('127.0.9.1')
    for (const address of ['127.0.1.1', '127.0.2.1', '127.0.3.1']) {
      const { guest, ticket } = await introduced(address, accused.id)
      complain(guest, accused.id, ticket)
    }
    expect(await accused.guest.hears('refused')).toMatchObject({ code: 'banned' })
    expect((await accused.guest.closed).code).toBe(1013)
    await expect(server.guest({ localAddress: '127.0.9.77' })).rejects.toThrow('closed before a welcome came')
    const other = await server.guest({ localAddress: '127.0.8.1' })
    expect((await other.guest.join({ want: 20 })).peers.map(({ id }) => id)).not.toContain(accused.id)
  })
})

describe('an attacker who would have another peer banned', () => {
  it('[T41] cannot, with fifty clients in one network', async () => {
    const accused = await accusedOf('127.0.9.1')
    for (let i = 0; i < 50; i++) {
      const { guest, ticket } = await introduced(`127.0.1.${i + 1}`, accused.id)
      complain(guest, accused.id, ticket)
      await guest.join()
    }
    expect(server.tracker.stats()).toMatchObject({ bans: 0 })
    await accused.guest.join({ have: 1 })
  })

  it('[T40] cannot, from many networks, without being introduced: a ticket is of its pair alone', async () => {
    const accused = await accusedOf('127.0.9.1')
    const { ticket } = await introduced('127.0.1.1', accused.id)
    for (let i = 2; i < 12; i++) {
      const { guest } = await server.guest({ localAddress: `127.0.${i}.1` })
      complain(guest, accused.id, ticket)
      expect(await guest.hears('refused')).toMatchObject({ code: 'bad-ticket', to: accused.id })
    }
    expect(server.tracker.stats()).toMatchObject({ bans: 0, complaints: 0 })
  })
})
