/** Several trackers as one, as docs/guides/cluster.md says: the built program, a real Redis, and workers. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { RedisServer } from '../fakes/redis-server.ts'
import { Guest } from '../fakes/tracker-server.ts'
import { repository } from '../house/modules.ts'
import { createTempFolder } from './harness.ts'
import { type RunningProgram, startProgram } from './running-program.ts'

const folder = createTempFolder()
afterAll(() => folder.remove())

const guide = readFileSync(join(repository, 'docs/guides/cluster.md'), 'utf8')
const blockOf = (name: string) => new RegExp(`\`\`\`sh ${name}\\n(.*?)\`\`\``, 's').exec(guide)![1]!.trim().split('\n')

const swarm = 'c'.repeat(40)
const running: RunningProgram[] = []
const guests: Guest[] = []

afterEach(async () => {
  for (const guest of guests.splice(0)) guest.socket.close()
  for (const { child } of running) child.kill('SIGTERM')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
})

async function start(line: string, env: Record<string, string> = {}) {
  const program = startProgram(line.split(' ').slice(1), { workFolder: folder.path, env })
  running.push(program)
  const listening = await program.waitForLine(({ addresses }) => Array.isArray(addresses))
  return { program, url: (listening.tracker as string[])[0]! }
}

async function visit(url: string): Promise<{ guest: Guest; id: string }> {
  const guest = new Guest(url)
  guests.push(guest)
  const { id } = await guest.hears('welcome')
  return { guest, id }
}

/** Joins until it has heard of all these: digests travel in their own time. */
async function meets(guest: Guest, ids: readonly string[]): Promise<void> {
  for (const missing = new Set(ids); missing.size > 0; ) {
    guest.say({ type: 'join', swarm, have: 0, want: 20 })
    const until = new Promise<undefined>((resolve) => setTimeout(resolve, 900))
    for (;;) {
      const message = await Promise.race([guest.hears('peers'), until])
      if (message === undefined) break
      for (const { id } of message.peers) {
        missing.delete(id)
      }
    }
  }
}

describe('two trackers and a Redis, as in the guide', () => {
  it('[T161] [T166] bring visitors together, and one that is killed holds nobody up', async () => {
    const redis = await RedisServer.start(['--proto-max-bulk-len', '1mb'])
    try {
      const lines = blockOf('cluster').filter((line) => line.startsWith('nearcast tracker'))
      expect(lines).toHaveLength(2)
      const key = 'a-key-that-is-as-long-as-a-key-must-be'
      writeFileSync(join(folder.path, 'tracker.key'), `${key}\n`)
      const [one, two] = await Promise.all(
        lines.map((line) => start(line.replace('redis://127.0.0.1:6379', redis.url).replace(/--port \d+/, '--port 0'))),
      )
      for (const { program } of [one!, two!]) await program.waitForLine(({ msg }) => msg === 'the bus is up')
      const anna = await visit(one!.url)
      anna.guest.say({ type: 'join', swarm, have: 1, want: 0 })
      const ben = await visit(two!.url)
      await meets(ben.guest, [anna.id])
      ben.guest.say({ type: 'signal', to: anna.id, signal: { session: 's', busy: true } })
      expect(await anna.guest.hears('signal')).toMatchObject({ from: ben.id })

      one!.program.child.kill('SIGKILL')
      await one!.program.ended
      ben.guest.say({ type: 'signal', to: anna.id, signal: { session: 's', busy: true } })
      expect(await ben.guest.hears('refused')).toMatchObject({ code: 'not-introduced', to: anna.id })
      const cleo = await visit(two!.url)
      cleo.guest.say({ type: 'join', swarm, have: 0, want: 20 })
      expect((await cleo.guest.hears('peers')).peers.map(({ id }) => id)).toEqual([ben.id])
      for (const { program } of [one!, two!]) expect(JSON.stringify(program.lines)).not.toContain(key)
    } finally {
      await redis.kill()
    }
  })

  it.each([
    ['--bus redis://127.0.0.1:6379', /bus needs a tracker-key-file/],
    ['--bus http://secret@example.org', /^(?!.*secret).*--bus.*it must be the address of a Redis/s],
    ['--tracker-key short', /^(?!.*short).*--tracker-key.*it must be a text of 32 to 512/s],
    ['--bus redis://h --tracker-key-file /nowhere', /tracker-key-file is \/nowhere, which cannot be read: ENOENT/],
    ['--workers 0', /--workers.*a whole number from 1 to 64/],
  ])('[T171] refuses %s', async (args, message) => {
    const program = startProgram(['tracker', '--port', '0', ...args.split(' ')], { workFolder: folder.path })
    expect(await program.ended).toBe(2)
    expect(program.stderr).toMatch(message)
  })
})

describe('workers on one machine', () => {
  const command = blockOf('workers')[0]!
    .replace(/--port \d+/, '--port 0')
    .replace('--workers 4', '--workers 2')

  it('[T170] are one tracker: their visitors meet, a crashed one is replaced, and a signal ends all', async () => {
    const { program, url } = await start(command)
    const visitors = await Promise.all(Array.from({ length: 6 }, () => visit(url)))
    const nodes = new Set(visitors.map(({ id }) => id.slice(0, 6)))
    expect(nodes.size).toBe(2)
    for (const { guest } of visitors) guest.say({ type: 'join', swarm, have: 0, want: 0 })
    const [first, ...others] = visitors
    await meets(
      first!.guest,
      others.map(({ id }) => id),
    )
    const { pid } = (await program.waitForLine(({ msg }) => msg === 'worker started')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await program.waitForLine(({ msg }) => msg === 'a worker ended; another takes its place')
    await program.waitForLine(({ msg, pid: other }) => msg === 'worker started' && other !== pid)
    await visit(url)
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
  })

  it('[T252] have one admin port and one set of numbers, whichever is asked and whichever is killed', async () => {
    const secret = 'a-secret-of-many-letters'
    const { program, url } = await start(`${command} --admin-port 0 --admin-token ${secret}`)
    const { admin } = (await program.waitForLine(({ msg }) => msg === 'listening')) as { admin: string }
    const headers = { Authorization: `Bearer ${secret}` }
    const read = async (path: string, base = admin) => {
      const response = await fetch(base + path, { headers })
      return response.text()
    }
    for (let i = 0; i < 6; i++) await visit(url)
    const connected = async () => /^tracker_connections_total (\d+)$/m.exec(await read('/metrics'))?.[1]
    expect(await connected()).toBe('6')
    const visitors = url.replace(/^ws/, 'http').replace(/\/\.nearcast.*$/, '')
    expect(await read('/.nearcast/metrics', visitors)).toContain('tracker_connections{transport="nearcast"} 6')
    const { workers } = JSON.parse(await read('/stats')) as { workers: { tracker: { connections: number } }[] }
    expect(workers.map(({ tracker }) => tracker.connections)).toEqual([3, 3])
    const { pid } = (await program.waitForLine(({ msg }) => msg === 'worker started')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await program.waitForLine(({ msg, pid: other }) => msg === 'worker started' && other !== pid)
    expect(Number(await connected())).toBeGreaterThanOrEqual(6)
    program.child.kill('SIGHUP')
    const reloaded = await program.waitForLine(
      ({ msg, reloaded }) => msg === 'files are read again' && reloaded !== undefined,
    )
    expect(reloaded).toMatchObject({ reloaded: ['the workers'] })
    await fetch(`${admin}/drain`, { method: 'POST', headers })
    expect(await program.ended).toBe(0)
  })

  it('[T170] let an address have no more connections than one tracker would', async () => {
    const { url } = await start(`${command} --connections-per-address-max 4`)
    const visitors = Array.from({ length: 8 }, () => new Guest(url))
    guests.push(...visitors)
    const refused = visitors.map(async (guest) => (await guest.hears('refused')).code)
    const first = await Promise.any(refused)
    expect(first).toBe('too-many-connections')
    await expect.poll(() => visitors.filter(({ socket }) => socket.readyState === 1).length).toBe(4)
    for (const one of refused) one.catch(() => {})
  })

  it('[T170] that cannot listen end with the reason, once for all', async () => {
    const { url } = await start(command)
    const port = new URL(url).port
    const program = startProgram(['tracker', '--port', port, '--workers', '2'], { workFolder: folder.path })
    expect(await program.ended).toBe(1)
    expect(program.stderr).toContain(`port ${port} is in use`)
  })
})
