import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTracker, type TrackerServer } from '../../test/fakes/tracker-server.ts'
import type { TrackerOptions } from '../main.ts'

let folder: string
let bansFile: string
let server: TrackerServer | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nearcast-bans-'))
  bansFile = join(folder, 'bans.json')
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(folder, { recursive: true })
})

/** Starts a tracker in the place of the one before. */
async function restart(options: Partial<TrackerOptions> = {}): Promise<TrackerServer> {
  await server?.stop()
  server = undefined
  server = await startTracker({ bansFile, ...options })
  return server
}

const kept = () => JSON.parse(readFileSync(bansFile, 'utf8')).bans
const write = (bans: unknown) => writeFileSync(bansFile, JSON.stringify({ bans }))
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

describe('bans of a tracker that is started again', () => {
  it("[T284] that are the operator's hold for as long as they had left", async () => {
    const { tracker } = await restart()
    tracker.bans.add('127.0.0.1', 3_600_000)
    tracker.bans.add('2001:db8:1::/48', 7_200_000)
    tracker.bans.add('203.0.113.9', 60_000)
    tracker.bans.lift('203.0.113.9')
    const again = await restart()
    expect(again.tracker.bans.list().map(({ range, cause }) => ({ range, cause }))).toEqual([
      { range: '127.0.0.1', cause: 'operator' },
      { range: '2001:db8:1::/48', cause: 'operator' },
    ])
    const [first] = again.tracker.bans.list()
    expect(first!.forSeconds).toBeLessThanOrEqual(3_600)
    expect(first!.forSeconds).toBeGreaterThan(3_500)
    await expect(again.guest()).rejects.toThrow('closed before a welcome came')
    again.tracker.bans.lift('127.0.0.1')
    await (await restart()).guest()
  })

  it('[T284] that are for faults hold, and the next one is longer', async () => {
    const limits = { faultsBurst: 1, strikesPerBan: 1, strikeBanMs: 100_000, strikeBanLongestMs: 10_000_000 }
    const { guest } = await restart(limits)
    const { guest: bad } = await guest()
    bad.say('?')
    bad.say('?')
    await bad.closed
    const again = await restart(limits)
    await expect(again.guest()).rejects.toThrow('closed before a welcome came')
    expect(again.tracker.bans.list()).toMatchObject([{ range: '127.0.0.1', cause: 'faults' }])
    expect(kept()).toMatchObject([{ range: '127.0.0.1', cause: 'faults', count: 1 }])
  })

  it('[T284] that are after complaints hold, and those that have run out are gone', async () => {
    write([
      { range: '203.0.113.0/24', cause: 'complaints', until: inMs(600_000), count: 1 },
      { range: '198.51.100.7', cause: 'operator', until: inMs(-1), count: 1 },
      { range: '192.0.2.7', cause: 'operator', until: inMs(100 * 86_400_000), count: 1 },
    ])
    const { tracker } = await restart()
    expect(tracker.bans.list().map(({ range }) => range)).toEqual(['203.0.113.0/24', '192.0.2.7'])
    expect(tracker.bans.list()[1]!.forSeconds).toBeLessThanOrEqual(30 * 86_400)
    expect(kept()).toHaveLength(2)
  })

  it('[T284] are in the file a moment after they are made, which only its owner can read', async () => {
    const { tracker } = await restart()
    expect(kept()).toEqual([])
    tracker.bans.add('203.0.113.9', 60_000)
    await expect.poll(kept, { timeout: 5_000 }).toMatchObject([{ range: '203.0.113.9', cause: 'operator' }])
    expect(statSync(bansFile).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['bans.json'])
  })

  it.each([
    ['', 'it is not what a tracker writes'],
    ['{"bans": 5}', 'it is not what a tracker writes'],
    ['null', 'it is not what a tracker writes'],
    ['[203.0.113.9]', 'it is not what a tracker writes'],
    ['{"bans": [null]}', 'bans[0] is not what a tracker writes'],
    ['{"bans": [{ "range": "203.0.113.9", "cause": "spite", "until": "2030-01-01", "count": 1 }]}', 'bans[0] is not'],
    [
      '{"bans": [{ "range": "203.0.113.0/9", "cause": "faults", "until": "2030-01-01", "count": 1 }]}',
      'bans[0] is not',
    ],
    ['{"bans": [{ "range": "203.0.113.9", "cause": "faults", "until": "soon", "count": 1 }]}', 'bans[0] is not'],
    ['{"bans": [{ "range": "203.0.113.9", "cause": "faults", "until": "2030-01-01", "count": 0 }]}', 'bans[0] is not'],
  ])(
    '[T284] from a file that no tracker wrote are refused at start, and the file is left as it is: %s',
    async (text, why) => {
      writeFileSync(bansFile, text)
      await expect(restart()).rejects.toThrow(`tracker setting bansFile: ${bansFile}: ${why}`)
      expect(readFileSync(bansFile, 'utf8')).toBe(text)
    },
  )

  it('[T284] where none can be written are refused at start by name', async () => {
    bansFile = join(folder, 'nowhere', 'bans.json')
    await expect(restart()).rejects.toThrow(`tracker setting bansFile: ${bansFile}: ENOENT`)
    bansFile = folder
    await expect(restart()).rejects.toThrow(`tracker setting bansFile: ${folder}: EISDIR`)
  })

  it('[T284] are told of in the log, once, when they cannot be written any more; the tracker goes on', async () => {
    const warnings: string[] = []
    const warn = (_: object, message: string) => void warnings.push(message)
    bansFile = join(folder, 'state', 'bans.json')
    mkdirSync(join(folder, 'state'))
    const { tracker, guest } = await restart({ log: { info() {}, warn, error() {} } })
    rmSync(join(folder, 'state'), { recursive: true })
    tracker.bans.add('203.0.113.9', 60_000)
    await expect.poll(() => warnings, { timeout: 5_000 }).toEqual(['bans cannot be written: a restart forgets them'])
    await guest()
    tracker.bans.add('203.0.113.10', 60_000)
    await tracker.close()
    expect(warnings).toHaveLength(1)
  })
})
