/** The buses: memory, a pipe to another process, and Redis. All keep the same contract. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { silentLog } from '../../shared/log.ts'
import type { NodeId } from '../../tracker/core/node-ids.ts'
import { MemoryHub } from '../../tracker/shell/memory-bus.ts'
import { type Pipe, PipeBus, servePipe } from '../../tracker/shell/pipe-bus.ts'
import { RedisBus } from '../../tracker/shell/redis-bus.ts'
import { SharedConnections } from '../../tracker/shell/shared-door.ts'
import { RedisServer } from '../fakes/redis-server.ts'
import { busContract } from './bus.ts'
import { Inbox } from './contract.ts'

describe('the bus in memory', () => {
  const hub = new MemoryHub()
  for (const { name, run } of busContract(() => hub.connect())) it(`[T160] ${name}`, run)
})

/** Two ends of a channel that copies what it carries, as between processes. */
function pipes(): [Pipe, Pipe] {
  const { port1, port2 } = new MessageChannel()
  const end = (port: MessagePort): Pipe => ({
    isOpen: true,
    send(message, sent) {
      port.postMessage(message)
      sent()
    },
    listen: (listener) => port.on('message', listener),
  })
  for (const port of [port1, port2]) port.unref()
  return [end(port1), end(port2)]
}

describe('the bus over a pipe to the process that has it', () => {
  const hub = new MemoryHub()
  const connections = new SharedConnections(2)
  const connect = () => {
    const [worker, primary] = pipes()
    const end = servePipe(hub, connections, primary)
    return { bus: new PipeBus(worker), end }
  }
  for (const { name, run } of busContract(() => connect().bus)) it(`[T160] ${name}`, run)

  it('[T170] an address has as many connections at all workers together as at one, and the last one goes', async () => {
    const [one, two] = [connect(), connect()]
    const full = new Inbox<string>('those that must go')
    for (const { bus } of [one, two]) {
      bus.open(bus === one.bus ? ('one___' as NodeId) : ('two___' as NodeId), {
        message() {},
        digests() {},
        unheard() {},
      })
      bus.onFull(full.push)
    }
    const ids = ['a', 'b', 'c', 'd'].map((name) => name.repeat(22) as PeerId) as [PeerId, PeerId, PeerId, PeerId]
    one.bus.enter(ids[0], 'address')
    one.bus.enter(ids[1], 'address')
    await expect.poll(() => connections.addressCount).toBe(1)
    two.bus.enter(ids[2], 'address')
    expect(await full.reach(1)).toEqual([ids[2]])
    two.bus.enter(ids[3], 'elsewhere')
    await expect.poll(() => connections.addressCount).toBe(2)
    // A worker that dies takes nobody's place for good.
    one.end()
    two.bus.leave(ids[3])
    two.bus.enter(ids[2], 'address')
    await expect.poll(() => connections.addressCount).toBe(1)
    two.end()
    expect(connections.addressCount).toBe(0)
    expect(full.all).toHaveLength(1)
  })
})

describe('the bus over Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server?.kill())
  for (const { name, run } of busContract(() => new RedisBus({ url: server.url, log: silentLog }))) {
    it(`[T160] ${name}`, run)
  }
})
