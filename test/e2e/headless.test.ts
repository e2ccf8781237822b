import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTempFolder,
  type GeneratedFile,
  type RunningServer,
  sha256Hex,
  startServer,
  type TempFolder,
} from './harness.ts'
import { type RunningProgram, startProgram } from './running-program.ts'

const MiB = 1024 * 1024
const fileBytes = 8 * MiB
const chunkBytes = 65_536

/** Makes the import of @roamhq/wrtc fail, as where it is not installed. */
const noWebRtc = (() => {
  const hook = `export async function resolve(name, context, next) {
    if (name.startsWith('@roamhq/wrtc')) throw new Error("Cannot find package '@roamhq/wrtc'")
    return next(name, context)
  }`
  const address = (code: string) => `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  return { NODE_OPTIONS: `--import ${address(`import { register } from 'node:module'; register('${address(hook)}')`)}` }
})()

const published = createTempFolder()
const visitors: TempFolder[] = []
let file: GeneratedFile
let small: GeneratedFile
let server: RunningServer
let url: string

/** A folder of its own for each visitor of the server. */
function newFolder(): string {
  const folder = createTempFolder()
  visitors.push(folder)
  return folder.path
}

beforeAll(async () => {
  file = published.generate('game.zip', fileBytes)
  small = published.generate('small.zip', 1_000_000)
  // Thin enough to be interrupted, and for peers to matter.
  server = await startServer([published.path, '--egress-rate', '2MiB/s'])
  url = `${server.url}/game.zip`
  await (await fetch(`${url}.nearcast.json`)).text()
})

afterAll(async () => {
  await server.stop()
  for (const folder of [published, ...visitors]) folder.remove()
})

const get = (workFolder: string, ...args: string[]) => startProgram(['get', url, ...args], { workFolder })

/** Waits for a program that succeeds, and gives the line that it ends with. */
async function result(running: RunningProgram) {
  const code = await running.ended
  expect({ code, stderr: running.stderr }).toEqual({ code: 0, stderr: '' })
  return running.lines.at(-1) as {
    path: string
    bytes: number
    sha256: string
    from: { peers: number; origin: number; store: number }
    uploaded: number
    ms: number
  }
}

const hashOf = (folder: string, name = 'game.zip') => sha256Hex(readFileSync(join(folder, name)))

/** The chunks that a journal says are in their places. */
function journaled(folder: string, name = 'game.zip'): number {
  const path = join(folder, `${name}.part.have`)
  if (!existsSync(path)) return 0
  const journal = readFileSync(path)
  return Math.floor((journal.length - journal.indexOf('\n') - 1) / 8)
}

/** Fulfilled once a `get` in this folder has so many chunks on the disk. */
async function untilStored(folder: string, chunks: number): Promise<void> {
  const changes = watch(folder)
  while (journaled(folder) < chunks) await once(changes, 'change')
  changes.close()
}

async function killMidway(folder: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<RunningProgram> {
  const running = get(folder, '--tracker', 'none')
  await untilStored(folder, 16)
  running.child.kill(signal)
  await running.ended
  return running
}

describe('peers', () => {
  let thin: RunningServer
  let thinUrl: string
  let seeding: RunningProgram
  beforeAll(async () => {
    // So thin that a slow start among peers costs it less than a tenth of the file.
    thin = await startServer([published.path, '--egress-rate', '128KiB/s'])
    thinUrl = `${thin.url}/game.zip`
    const args = ['seed', published.path, '--base-url', `${thin.url}/`]
    seeding = startProgram(args, { workFolder: newFolder() })
    await seeding.waitForLine((line) => line.msg === 'serving' && line.url === thinUrl)
  })
  afterAll(() => thin.stop())

  it('[H13] the first line says what is seeded, from where, for whom', () => {
    expect(seeding.lines[0]).toMatchObject({
      msg: 'seeding',
      files: expect.arrayContaining([expect.objectContaining({ url: thinUrl, bytes: fileBytes })]),
      folder: published.path,
      tracker: `ws://localhost:${thin.port}/.nearcast/tracker`,
    })
  })

  it('[H1] [H2] bring at least nine tenths of a file, and pass on what they have', async () => {
    const [first, second] = [newFolder(), newFolder()]
    const lingering = startProgram(['get', thinUrl, '--json', '--linger', '5m'], { workFolder: first })
    await untilFinished(first)
    const saved = await result(startProgram(['get', thinUrl, '--json'], { workFolder: second }))
    expect(saved).toMatchObject({ path: join(second, 'game.zip'), bytes: fileBytes, sha256: file.sha256 })
    expect(saved.from.peers).toBeGreaterThanOrEqual(0.9 * fileBytes)
    expect(saved.from.peers + saved.from.origin).toBe(fileBytes)
    expect(hashOf(second)).toBe(file.sha256)
    lingering.child.kill('SIGINT')
    const lingered = await result(lingering)
    expect(hashOf(first)).toBe(file.sha256)
    expect(readdirSync(first)).toEqual(['game.zip'])
    expect(lingered.sha256).toBe(file.sha256)
    expect(lingered.uploaded).toBeGreaterThan(0)
  })

  it('[H12] a seed that is ended says farewell and ends with 0', async () => {
    seeding.child.kill('SIGTERM')
    expect(await seeding.ended).toBe(0)
    expect(seeding.lines.at(-1)).toMatchObject({ msg: 'stopping', signal: 'SIGTERM' })
  })
})

async function untilFinished(folder: string): Promise<void> {
  const changes = watch(folder)
  while (!existsSync(join(folder, 'game.zip'))) await once(changes, 'change')
  changes.close()
}

describe('what was begun', () => {
  it('[H3] killed midway, goes on with all that was stored; what became wrong there is found', async () => {
    const folder = newFolder()
    await killMidway(folder)
    const storedBytes = journaled(folder) * chunkBytes
    // One byte of the first chunk on the disk.
    const part = readFileSync(join(folder, 'game.zip.part'))
    part[5]! ^= 1
    writeFileSync(join(folder, 'game.zip.part'), part)
    const { sha256, from } = await result(get(folder, '--json', '--tracker', 'none'))
    expect(sha256).toBe(file.sha256)
    expect(hashOf(folder)).toBe(file.sha256)
    const wrongBytes = storedBytes - from.store
    expect([0, chunkBytes]).toContain(wrongBytes)
    expect(from.origin).toBe(fileBytes - from.store)
    expect(readdirSync(folder)).toEqual(['game.zip'])
  })

  it('[H6] [H12] ended by Ctrl-C, says what is kept and ends with 130', async () => {
    const folder = newFolder()
    const running = await killMidway(folder, 'SIGINT')
    expect(await running.ended).toBe(130)
    expect(running.stderr).toMatch(/^nearcast get: ended by SIGINT; [\d.]+ MiB are kept in game\.zip\.part\n$/)
    expect(readdirSync(folder).sort()).toEqual(['game.zip.part', 'game.zip.part.have'])
  })
})

describe('without WebRTC', () => {
  it('[H7] get works over HTTP, verified, and says once what to install', async () => {
    const folder = newFolder()
    const args = ['get', `${server.url}/small.zip`, '--json']
    const running = startProgram(args, { workFolder: folder, env: noWebRtc })
    expect(await running.ended).toBe(0)
    expect(running.stderr).toMatch(/^nearcast get: [^\n]*npm install @roamhq\/wrtc\n$/)
    expect(running.lines).toMatchObject([{ sha256: small.sha256, from: { peers: 0, origin: small.size } }])
    expect(hashOf(folder, 'small.zip')).toBe(small.sha256)
  })

  it('[H7] seed stops with the command that helps', async () => {
    const running = startProgram(['seed', url], { workFolder: newFolder(), env: noWebRtc })
    expect(await running.ended).toBe(1)
    expect(running.stderr).toMatch(/^nearcast seed: [^\n]*npm install @roamhq\/wrtc\n$/)
  })
})

describe('what cannot be', () => {
  it('[H6] a server that is not there ends with 1 and why, in one line', async () => {
    const folder = newFolder()
    const running = startProgram(['get', 'http://127.0.0.1:1025/a.bin', '--tracker', 'none'], { workFolder: folder })
    expect(await running.ended).toBe(1)
    expect(running.stderr).toMatch(/^nearcast get: http:[^\n]* could not be reached \(connect ECONNREFUSED [^\n]*\)\n$/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('[H1] [H6] a file that is not there ends with 1, one in the way with 2 and stays', async () => {
    const folder = newFolder()
    const absent = startProgram(['get', `${server.url}/absent.zip`, '--tracker', 'none'], { workFolder: folder })
    expect(await absent.ended).toBe(1)
    expect(absent.stderr).toContain('the server answered 404')
    expect(readdirSync(folder)).toEqual([])
    writeFileSync(join(folder, 'game.zip'), 'mine')
    const refused = get(folder)
    expect(await refused.ended).toBe(2)
    expect(refused.stderr).toContain('game.zip is there already')
    expect(readFileSync(join(folder, 'game.zip'), 'utf8')).toBe('mine')
  })

  it('[H2] [H6] bytes that are not those of their manifest end with 3, and get no name', async () => {
    const folder = newFolder()
    published.generate('lie.zip', small.size, 7)
    const manifest = await fetch(`${server.url}/small.zip.nearcast.json`)
    published.write('lie.zip.nearcast.json', await manifest.text())
    const running = startProgram(['get', `${server.url}/lie.zip`, '--tracker', 'none'], { workFolder: folder })
    expect(await running.ended).toBe(3)
    expect(running.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(join(folder, 'lie.zip'))).toBe(false)
  })

  it.skipIf(process.platform === 'win32')('[H8] no room on the disk ends with 1, and leaves nothing', async () => {
    const folder = newFolder()
    const running = startProgram(['get', url, '--tracker', 'none'], { workFolder: folder, prelude: 'ulimit -f 1024' })
    expect(await running.ended).toBe(1)
    expect(running.stderr).toMatch(/^nearcast get: [^\n]*EFBIG[^\n]*\n$/)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('stdout', () => {
  it('[H9] gets the file in order', async () => {
    const args = ['get', `${server.url}/small.zip`, '-o', '-', '--tracker', 'none']
    const running = startProgram(args, { workFolder: newFolder() })
    const hash = createHash('sha256')
    running.child.stdout!.on('data', (part: Buffer) => hash.update(part))
    expect(await running.ended).toBe(0)
    expect(hash.digest('hex')).toBe(small.sha256)
  })

  it('[H9] closed by its reader, ends it with 1 and one line', async () => {
    const running = startProgram(['get', url, '-o', '-', '--tracker', 'none'], { workFolder: newFolder() })
    running.child.stdout!.once('data', () => running.child.stdout!.destroy())
    expect(await running.ended).toBe(1)
    expect(running.stderr).toMatch(/^nearcast get: nobody reads the output any more[^\n]*\n$/)
  })
})

describe('a seed of URLs', () => {
  it('[H11] [H13] keeps what it fetched in its folder, and moves to a newer version', async () => {
    const site = createTempFolder()
    visitors.push(site)
    site.generate('maps.zip', MiB, 1)
    const own = await startServer([site.path])
    const dir = join(newFolder(), 'seed')
    const args = ['seed', `${own.url}/maps.zip`, '--dir', dir, '--recheck', '200ms', '--disk-max', '1500KiB']
    const seeding = startProgram(args, { workFolder: newFolder() })
    const { root: oldRoot } = await seeding.waitForLine(({ msg }) => msg === 'serving')
    const next = site.generate('maps.zip', MiB, 2)
    const { root } = await seeding.waitForLine(({ msg }) => msg === 'serving a new version')
    expect(root).not.toBe(oldRoot)
    seeding.child.kill('SIGINT')
    expect(await seeding.ended).toBe(0)
    // There was no room for both.
    expect(readdirSync(dir).sort()).toEqual([root, `${root}.have`])
    expect(hashOf(dir, String(root))).toBe(next.sha256)
    await own.stop()
  })

  it('[H10] a folder’s file that is not the published one is named and not served', async () => {
    const mirror = newFolder()
    mkdirSync(join(mirror, 'deep'))
    writeFileSync(join(mirror, 'game.zip'), 'another game')
    const seeding = startProgram(['seed', mirror, '--base-url', server.url], { workFolder: newFolder() })
    const refused = await seeding.waitForLine(({ msg }) => msg === 'not served')
    expect(refused).toMatchObject({ url, reason: expect.stringContaining(join(mirror, 'game.zip')) })
    seeding.child.kill('SIGTERM')
    expect(await seeding.ended).toBe(0)
    expect(statSync(join(mirror, 'game.zip')).size).toBe(12)
  })
})
