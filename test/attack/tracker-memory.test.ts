/** A20: sockets by the hundred that fill the tracker with junk swarms, never read, and send what is too long. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { frame, rawUpgrade, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.stop()
})

const text = 0x81
const socketCount = 200
const swarmsEach = 8

it('[T20] [T23] [T33] leave nothing behind, and the others are served meanwhile', async () => {
  server = await startTracker({ trustedProxies: ['loopback'], connectionsPerSecond: 100_000 })
  const honest = (await server.guest()).guest
  for (let i = 0; i < socketCount; i++) {
    const socket = await rawUpgrade(server.port, { headers: { 'X-Forwarded-For': `84.${i}.1.1` } })
    sockets.push(socket)
    await once(socket, 'readable')
    for (let n = 0; n < swarmsEach; n++) {
      const swarm = (i * swarmsEach + n).toString(16).padStart(40, '0')
      socket.write(frame(text, Buffer.from(JSON.stringify({ type: 'join', swarm, have: 1, want: 20 }))))
    }
    // Half of a message, for which memory could be kept.
    socket.write(frame(text, Buffer.alloc(16 * 1024, 'x')).subarray(0, 8_000))
  }
  await expect.poll(() => server.tracker.stats().memberships).toBe(socketCount * swarmsEach)
  expect((await honest.join()).size).toBe(1)
  for (const socket of sockets) socket.destroy()
  await expect
    .poll(() => server.tracker.stats())
    .toMatchObject({ connections: 1, swarms: 1, memberships: 1, peers: 1, introductionsOpen: 0 })
})
