/** `nearcast tracker` as an operator meets it: the built program on a free port. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { trackerSubprotocol } from '../../shared/tracker-messages.ts'
import { Guest } from '../fakes/tracker-server.ts'
import { createTempFolder, runProgram } from './harness.ts'
import { type RunningProgram, startProgram } from './running-program.ts'

const folder = createTempFolder()
afterAll(() => folder.remove())

interface Listening {
  addresses: string[]
  tracker: string[]
}

interface RunningTracker extends Listening {
  program: RunningProgram
  url: string
}

async function startTracker(...args: string[]): Promise<RunningTracker> {
  const program = startProgram(['tracker', '--port', '0', ...args], { workFolder: folder.path })
  const line = (await program.waitForLine(({ addresses }) => Array.isArray(addresses))) as unknown as Listening
  return { program, url: line.addresses[0]!, ...line }
}

const status = async (url: string) => (await fetch(url)).status

describe('a tracker alone', () => {
  let tracker: RunningTracker
  beforeAll(async () => {
    tracker = await startTracker()
  })
  afterAll(async () => {
    tracker.program.child.kill('SIGTERM')
    await tracker.program.ended
  })

  it('[T201] says where it is, as the first line', () => {
    expect(tracker.program.lines[0]).toMatchObject({
      level: 'info',
      msg: 'listening',
      addresses: expect.arrayContaining([expect.stringMatching(/^http:\/\/localhost:\d+$/)]),
      tracker: expect.arrayContaining([expect.stringMatching(/^ws:\/\/localhost:\d+\/\.nearcast\/tracker$/)]),
    })
  })

  it('[T201] introduces visitors, at its path and at its bare host alike', async () => {
    const anna = new Guest(tracker.tracker[0]!)
    await anna.hears('welcome')
    await anna.join({ have: 1 })
    const ben = new Guest(tracker.url.replace('http', 'ws'))
    await ben.hears('welcome')
    expect((await ben.join({ want: 8 })).peers).toHaveLength(1)
    for (const guest of [anna, ben]) guest.socket.close()
  })

  it('[T201] is well and ready, has no files, and says at its address what it is', async () => {
    expect(await status(`${tracker.url}/.nearcast/health`)).toBe(200)
    expect(await status(`${tracker.url}/.nearcast/ready`)).toBe(200)
    expect(await status(`${tracker.url}/.nearcast/tracker`)).toBe(426)
    expect(await status(`${tracker.url}/`)).toBe(426)
    expect(await status(`${tracker.url}/package.json`)).toBe(404)
    expect(await status(`${tracker.url}/.nearcast/nearcast.js`)).toBe(404)
  })

  it('[T201] takes WebSockets nowhere else', async () => {
    const socket = new WebSocket(`${tracker.url.replace('http', 'ws')}/chat`, trackerSubprotocol)
    const [error] = await once(socket, 'error')
    expect(String(error)).toContain('404')
  })
})

it('[T201] a signal sends its visitors away and ends it with 0', async () => {
  const { program, tracker } = await startTracker()
  const guest = new Guest(tracker[0]!)
  await guest.hears('welcome')
  program.child.kill('SIGINT')
  expect((await guest.closed).code).toBe(1012)
  expect(await program.ended).toBe(0)
  expect(program.stderr).toBe('')
})

describe('a SIGTERM', () => {
  it('[T191] makes it not ready, then tells its visitors when to come back, and ends it with 0', async () => {
    const { program, tracker, url } = await startTracker('--drain-delay', '1s', '--drain-window', '1s')
    const guest = new Guest(tracker[0]!)
    await guest.hears('welcome')
    program.child.kill('SIGTERM')
    await program.waitForLine(({ msg }) => msg === 'stopping')
    expect(await status(`${url}/.nearcast/ready`)).toBe(503)
    expect(await status(`${url}/.nearcast/health`)).toBe(200)
    // All goes on meanwhile, for newcomers too.
    const late = new Guest(tracker[0]!)
    await late.hears('welcome')
    expect((await late.join()).size).toBe(1)
    expect((await guest.hears('drain')).afterMs).toBeLessThan(1_000)
    guest.socket.close()
    // One that does not know of moments goes when the time is up.
    expect((await late.closed).code).toBe(1012)
    expect(await program.ended).toBe(0)
    expect(program.stderr).toBe('')
  })

  it('[T191] ends it at once the second time', async () => {
    const { program, tracker } = await startTracker('--drain-delay', '60s', '--drain-window', '60s')
    await new Guest(tracker[0]!).hears('welcome')
    program.child.kill('SIGTERM')
    await program.waitForLine(({ msg }) => msg === 'stopping')
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(143)
  })
})

describe('two trackers with one key', () => {
  it('[T192] know each other’s visitors by the file that both were given', async () => {
    const key = folder.write('tracker.key', 'k'.repeat(32))
    const first = await startTracker('--tracker-key-file', key)
    const guest = new Guest(first.tracker[0]!)
    const { id, resume } = await guest.hears('welcome')
    first.program.child.kill('SIGKILL')
    const second = await startTracker('--tracker-key-file', key)
    const again = new Guest(second.tracker[0]!, {}, resume)
    expect((await again.hears('welcome')).id).toBe(id)
    second.program.child.kill('SIGKILL')
  })

  it.each([
    ['short', 'has 5 bytes: at least 32 are needed'],
    ['missing', 'cannot be read: ENOENT'],
  ])('[T192] refuse a file that is %s', async (name, why) => {
    folder.write('short', 'short')
    const result = await runProgram(['tracker', '--port', '0', '--tracker-key-file', `${folder.path}/${name}`])
    expect(result).toMatchObject({ code: 2, stdout: '' })
    expect(result.stderr).toContain(`tracker-key-file is ${folder.path}/${name}, which ${why}`)
  })
})

it('[D1] a higher log level hides no address', async () => {
  const { program } = await startTracker('--log-level', 'error')
  expect(program.lines[0]).toMatchObject({ msg: 'listening' })
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(program.lines).toHaveLength(1)
})

it('[D4] settings that do not go together are refused in one line', async () => {
  const result = await runProgram(['tracker', '--port', '0', '--regions', 'a=10.0.0.0/8;b=10.0.0.0/8'])
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toMatch(/^nearcast tracker: [^\n]*already in region a\n$/)
})

describe('an operator at the admin port', () => {
  const secret = 'e2e-secret-of-many-letters'
  const headers = { Authorization: `Bearer ${secret}` }

  it('[T205] [T206] sees stats, has files read again, and ends it as SIGTERM does', async () => {
    const path = folder.write('admin-token', `${secret}\n`)
    const soon = ['--drain-delay', '100ms', '--drain-window', '100ms']
    const { program } = await startTracker('--admin-port', '0', '--admin-token-file', path, ...soon)
    const { admin } = program.lines[0] as { admin: string }
    expect(await (await fetch(`${admin}/stats`, { headers })).json()).toMatchObject({ tracker: { connections: 0 } })
    program.child.kill('SIGHUP')
    expect(await program.waitForLine(({ msg }) => msg === 'files are read again')).toMatchObject({
      reloaded: ['the admin token'],
    })
    expect(await (await fetch(`${admin}/drain`, { method: 'POST', headers })).json()).toEqual({ draining: true })
    expect(await program.ended).toBe(0)
    expect(program.stderr).toBe('')
  })
})

describe('the config file of a tracker that runs', () => {
  it.each([[[]], [['--workers', '2']]])('[T283] is read again at SIGHUP: %j', async (more) => {
    const write = (content: object) => folder.write('tracker.json', JSON.stringify(content))
    const { program } = await startTracker('--config', write({}), ...more)
    write({ 'joins-burst': 5, 'connections-max': 100 })
    program.child.kill('SIGHUP')
    expect(await program.waitForLine(({ msg }) => msg === 'settings changed')).toMatchObject({
      settings: ['joins-burst'],
    })
    expect(await program.waitForLine(({ msg }) => msg === 'settings that changed need a restart')).toMatchObject({
      settings: ['connections-max'],
    })
    write({ 'joins-burst': 0 })
    program.child.kill('SIGHUP')
    const { failed } = await program.waitForLine(({ level }) => level === 'error')
    expect(JSON.stringify(failed)).toContain('it must be a whole number of at least 1')
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
  })
})

describe('nearcast doctor', () => {
  it('[T210] ends with 0 before a tracker that is well, and with one line of JSON for programs', async () => {
    const { program, url } = await startTracker()
    const told = await runProgram(['doctor', url])
    expect(told).toMatchObject({ code: 0, stderr: '' })
    expect(told.stdout).toContain('All is well.')
    const { code, stdout } = await runProgram(['doctor', url, '--json'])
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, findings: expect.arrayContaining([]) })
    program.child.kill('SIGTERM')
    await program.ended
  })

  it('[T210] [D4] ends with 1 before one that is not there, and with 2 without a URL', async () => {
    const { code, stdout } = await runProgram(['doctor', 'ws://127.0.0.1:1', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false })
    expect(await runProgram(['doctor'])).toMatchObject({ code: 2, stdout: '' })
    expect(await runProgram(['doctor', 'nonsense'])).toMatchObject({ code: 2, stdout: '' })
  })
})
