/** A6: a visitor who would have the addresses of all others. */
import { afterEach, describe, expect, it } from 'vitest'
import { secret, token } from '../fakes/tokens.ts'
import { startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

const roomSize = 100

/** Everyone in the room is at an address and has a token of their own. */
async function room(): Promise<void> {
  server = await startTracker({
    admission: 'token',
    tokenSecret: secret,
    peersPerTokenMax: 8,
    peersPerAddressMax: 8,
    joinsPerSecond: 1_000,
    // An introduction is over at once, so that asking again could bring somebody else.
    introductionLifetimeMs: 1,
  })
  for (let i = 0; i < roomSize; i++) await enter(`127.0.${i + 1}.1`, `visitor ${i}`, 0)
}

async function enter(localAddress: string, sub: string, want: number) {
  const { guest, id } = await server.guest({ localAddress })
  guest.say({ type: 'authorize', token: token({ sub }) })
  const { peers } = await guest.join({ have: 0.5, want })
  return { guest, id, peers }
}

/** Asks again and again. */
async function harvest(localAddress: string, sub: string): Promise<Set<string>> {
  const { guest, peers } = await enter(localAddress, sub, 20)
  const seen = new Set<string>(peers.map(({ id }) => id))
  for (let i = 0; i < 10; i++) for (const { id } of (await guest.join({ have: 0.5, want: 20 })).peers) seen.add(id)
  return seen
}

const together = (...sets: Set<string>[]) => new Set(sets.flatMap((set) => [...set])).size

describe('a visitor who asks again and again', () => {
  it('[T124] learns of eight peers and no more, also with a second connection of the same token', async () => {
    await room()
    const first = await harvest('127.9.0.1', 'harvester')
    const second = await harvest('127.9.1.1', 'harvester')
    expect(together(first, second)).toBe(8)
  })

  it('[T124] learns no more with other tokens from the same address', async () => {
    await room()
    const first = await harvest('127.9.0.1', 'harvester')
    const second = await harvest('127.9.0.1', 'accomplice')
    const both = together(first, second)
    // Beside them each may be told of the other, whose address is its own.
    expect(both).toBeGreaterThanOrEqual(8)
    expect(both).toBeLessThanOrEqual(9)
  })

  it('[T124] learns no more as a seed whom everybody calls', async () => {
    await room()
    const seed = await enter('127.9.0.1', 'harvester', 0)
    await seed.guest.join({ have: 1 })
    let told = 0
    for (let i = 0; i < 30; i++) {
      const { peers } = await enter(`127.0.${i + 1}.2`, `newcomer ${i}`, 20)
      if (peers.some(({ id }) => id === seed.id)) told++
    }
    expect(told).toBeLessThanOrEqual(8)
  })
})
