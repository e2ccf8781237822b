import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { SwarmId } from '../../shared/ids.ts'
import { silentLog } from '../../shared/log.ts'
import { secret } from '../../test/fakes/tokens.ts'
import { swarmA, swarmB } from '../../test/fakes/tracker-crowd.ts'
import { startTracker, type TrackerServer } from '../../test/fakes/tracker-server.ts'
import { createTracker, type TrackerOptions } from '../main.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-admission-'))
afterAll(() => rmSync(folder, { recursive: true }))

let server: TrackerServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function start(options: Partial<TrackerOptions>): Promise<TrackerServer> {
  server = await startTracker(options)
  return server
}

async function isServed({ guest: connect }: TrackerServer, swarm: SwarmId): Promise<boolean> {
  const { guest } = await connect()
  guest.say({ type: 'join', swarm, have: 0, want: 0 })
  const answer = await guest.next()
  guest.socket.close()
  return answer.type === 'peers'
}

describe('a list of swarms', () => {
  it('[T126] serves those that are in it, by name or prefix, and no other', async () => {
    const tracker = await start({ swarms: [swarmA, 'bbbb*'] })
    expect(await isServed(tracker, swarmA)).toBe(true)
    expect(await isServed(tracker, swarmB)).toBe(true)
    expect(await isServed(tracker, 'c'.repeat(40) as SwarmId)).toBe(false)
  })

  it('[T126] that is empty serves none', async () => {
    expect(await isServed(await start({ swarms: [] }), swarmA)).toBe(false)
  })

  it('[T126] in a file is followed: who is in a swarm that it names no more, leaves it', async () => {
    const swarmsFile = join(folder, 'swarms')
    writeFileSync(swarmsFile, `# the swarms of this site\n\n${swarmA}   # the game\n`)
    const tracker = await start({ swarmsFile, fileRecheckMs: 10 })
    const { guest } = await tracker.guest()
    await guest.join()
    expect(await isServed(tracker, swarmB)).toBe(false)
    const next = join(folder, 'next')
    writeFileSync(next, 'bbbb*\r\n')
    renameSync(next, swarmsFile)
    expect(await guest.hears('refused')).toMatchObject({ code: 'unknown-swarm', swarm: swarmA })
    expect(await isServed(tracker, swarmB)).toBe(true)
    await expect.poll(() => tracker.tracker.stats()).toMatchObject({ memberships: 0 })
  })

  it('[T126] in a file that makes no sense any more stays as it was, and the log says why once', async () => {
    const swarmsFile = join(folder, 'broken')
    writeFileSync(swarmsFile, swarmA)
    const errors: object[] = []
    const log = { ...silentLog, warn: (facts: object) => errors.push(facts) }
    const tracker = await start({ swarmsFile, fileRecheckMs: 10, log })
    writeFileSync(swarmsFile, `${swarmB}\nnonsense\n`)
    await expect.poll(() => errors).toMatchObject([{ reason: expect.stringMatching(/^line 2 is not /) }])
    expect(await isServed(tracker, swarmA)).toBe(true)
    rmSync(swarmsFile)
    await expect.poll(() => errors.length).toBe(2)
    expect(await isServed(tracker, swarmA)).toBe(true)
    writeFileSync(swarmsFile, swarmB)
    await expect.poll(() => isServed(tracker, swarmB)).toBe(true)
    expect(errors).toHaveLength(2)
  })
})

describe('settings about admission', () => {
  it.each<[Partial<TrackerOptions>, string]>([
    [{ admission: 'closed' as 'open' }, 'admission: "closed" is not open or token'],
    [{ admission: 'token' }, 'admission token needs exactly one of'],
    [{ admission: 'token', tokenSecret: secret, tokenKeyFile: 'key' }, 'tokenSecret, tokenKeyFile'],
    [{ tokenSecret: secret }, 'tokenSecret: tokens are not looked at with admission open'],
    [{ admission: 'open', tokenJwks: 'keys' }, 'tokenJwks: tokens are not looked at with admission open'],
    [{ origins: ['example.org'] }, 'origins[0]: "example.org" is not a web origin'],
    [{ swarms: [swarmA, 'x'] }, 'swarms[1]: "x" is not'],
    [{ swarmsFile: '/nowhere' }, 'swarmsFile: /nowhere: there is no such file'],
    [{ tokenLifetimeMaxMs: 0 }, 'tokenLifetimeMaxMs'],
    [{ peersPerTokenMax: -1 }, 'peersPerTokenMax'],
  ])('[T129] %j are refused', (options, message) => {
    expect(() => createTracker({ log: silentLog, ...options })).toThrow(message)
    try {
      createTracker({ log: silentLog, ...options })
    } catch (error) {
      expect(String(error)).not.toContain(secret)
    }
  })
})
