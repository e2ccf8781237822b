import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { serveOrigin } from '../test/fakes/served-origin.ts'
import { keygen } from './keygen.ts'
import { publish } from './publish.ts'
import { Refusal } from './refusal.ts'
import { verify } from './verify.ts'

const commands = { publish, verify, keygen }

let base: string
let site: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'nearcast-publishing-'))
  site = join(base, 'site')
  mkdirSync(site)
  writeFileSync(join(site, 'a.zip'), randomBytes(1_100_000))
  writeFileSync(join(site, 'small.zip'), randomBytes(100_000))
  vi.stubEnv('XDG_CACHE_HOME', base)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true, force: true })
  process.exitCode = 0
})

/** What it prints on stdout, and the exit code. */
async function run(name: keyof typeof commands, ...args: string[]): Promise<{ lines: string[]; code: unknown }> {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((text) => lines.push(text))
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  process.exitCode = 0
  await commands[name](args)
  return { lines, code: process.exitCode }
}

it('[H40] publish tells what it wrote, and then that nothing is left to write', async () => {
  expect(await run('publish', site)).toEqual({
    lines: ['written  /a.zip', '1 file of 1.05 MiB with a manifest, 1 written, 0 unchanged, 0 removed'],
    code: 0,
  })
  expect((await run('publish', site)).lines).toEqual([
    '1 file of 1.05 MiB with a manifest, 0 written, 1 unchanged, 0 removed',
  ])
  expect(readdirSync(site).sort()).toEqual(['a.zip', 'a.zip.nearcast.json', 'small.zip'])
})

it('[H40] publish --json ends with one line that says the same', async () => {
  const { lines } = await run('publish', site, '--json', '--min-size', '1KiB', '--match', '*.zip', '--exclude', '/a*')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { folder: site, files: 1, bytes: 100_000, written: ['/small.zip'], removed: [], failed: [] },
  ])
})

it('[H43] verify ends with 0 when all is right, and with 3 and the names of files when not', async () => {
  await run('publish', site)
  expect(await run('verify', site)).toEqual({ lines: ['1 file of 1.05 MiB checked, 0 wrong'], code: 0 })
  writeFileSync(join(site, 'a.zip'), randomBytes(1_100_000))
  const text = 'its bytes are not those that its manifest speaks of'
  expect(await run('verify', site)).toEqual({
    lines: [`wrong  /a.zip: ${text}`, '1 file of 1.05 MiB checked, 1 wrong'],
    code: 3,
  })
  const { lines } = await run('verify', site, '--json')
  const found = [{ place: '/a.zip', bytes: 1_100_000, faults: [text], notes: [] }]
  expect(JSON.parse(lines[0]!)).toEqual({ files: 1, bytes: 1_100_000, wrong: 1, found })
})

it('[H43] verify checks a URL as its visitors get it', async () => {
  const origin = await serveOrigin({ folder: site })
  const url = `http://127.0.0.1:${origin.port}/a.zip`
  try {
    expect(await run('verify', url)).toEqual({ lines: ['1 file of 1.05 MiB checked, 0 wrong'], code: 0 })
    await run('publish', site)
    writeFileSync(join(site, 'a.zip'), randomBytes(1_100_000))
    expect(await run('verify', url)).toMatchObject({ code: 3 })
    writeFileSync(join(site, 'a.zip'), randomBytes(1_100_001))
    const text = 'it has more than the 1100000 bytes of its manifest'
    expect((await run('verify', url)).lines[0]).toBe(`wrong  ${url}: ${text}`)
    const none = 'no manifest: the server answered 404'
    expect((await run('verify', `${url}x`)).lines[0]).toBe(`wrong  ${url}x: ${none}`)
  } finally {
    await origin.close()
  }
})

it('[H44] keygen makes a key that only its owner can read, prints the public one, and replaces no file', async () => {
  const path = join(base, 'site.key')
  const { lines } = await run('keygen', path)
  expect(lines).toEqual([expect.stringMatching(/^ed25519:[\w-]{43}$/)])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((await run('keygen', path, '--public')).lines).toEqual(lines)
  const before = readFileSync(path, 'utf8')
  await expect(run('keygen', path)).rejects.toThrow('is there already')
  await expect(run('keygen', path, '--replaces', path)).rejects.toThrow('is there already')
  expect(readFileSync(path, 'utf8')).toBe(before)
})

it('[H45] [H46] publish signs, and verify checks by the public key, its file, or the private one', async () => {
  const path = join(base, 'site.key')
  const [publicKey] = (await run('keygen', path)).lines
  writeFileSync(join(base, 'public.txt'), `${publicKey}\n`)
  const { lines } = await run('publish', site, '--key', path, '--json')
  expect(JSON.parse(lines[0]!)).toMatchObject({ key: publicKey, written: ['/a.zip'] })
  for (const reader of [publicKey!, path, join(base, 'public.txt')]) {
    expect((await run('verify', site, '--key', reader)).lines).toEqual(['1 file of 1.05 MiB checked, 0 wrong'])
  }
  expect((await run('publish', site, '--key', path)).lines).toEqual([
    '1 file of 1.05 MiB with a manifest, 0 written, 1 unchanged, 0 removed',
  ])
  for (const more of [['--renew'], ['--expires', '31d'], ['--base-url', 'https://example.org/files']]) {
    expect((await run('publish', site, '--key', path, ...more)).lines[0]).toBe('written  /a.zip')
  }
  expect(await run('verify', site, '--key', path)).toMatchObject({
    lines: ['wrong  /a.zip: the manifest is signed for /files/a.zip', '1 file of 1.05 MiB checked, 1 wrong'],
    code: 3,
  })
  expect(await run('verify', site, '--key', path, '--base-url', 'https://example.org/files/')).toMatchObject({
    code: 0,
  })
})

it('[H45] a key that replaces another signs all anew, and who has the former one can check it', async () => {
  const [first, second] = [join(base, 'first.key'), join(base, 'second.key')]
  const [pinned] = (await run('keygen', first)).lines
  await run('publish', site, '--key', first)
  await run('keygen', second, '--replaces', first)
  expect((await run('publish', site, '--key', second)).lines[0]).toBe('written  /a.zip')
  expect(await run('verify', site, '--key', pinned!)).toMatchObject({ code: 0 })
})

it('[H48] publish names mirrors in each manifest, and takes them away again', async () => {
  mkdirSync(join(site, 'sub folder'))
  writeFileSync(join(site, 'sub folder/b.zip'), randomBytes(1_100_000))
  const mirrors = () => JSON.parse(readFileSync(join(site, 'sub folder/b.zip.nearcast.json'), 'utf8')).mirrors
  await run('publish', site, '--mirror', 'https://one.example/x', '--mirror', 'http://two.example/')
  expect(mirrors()).toEqual(['https://one.example/x/sub%20folder/b.zip', 'http://two.example/sub%20folder/b.zip'])
  expect((await run('publish', site, '--mirror', 'https://one.example/x,http://two.example')).lines.length).toBe(1)
  await run('publish', site)
  expect(mirrors()).toBeUndefined()
})

it('[H45] what is signed is never unsigned by a run without the key', async () => {
  const path = join(base, 'site.key')
  const [pinned] = (await run('keygen', path)).lines
  await run('publish', site, '--key', path)
  expect(await run('publish', site)).toMatchObject({ code: 0 })
  expect(await run('verify', site, '--key', pinned!)).toMatchObject({ code: 0 })
  writeFileSync(join(site, 'a.zip'), randomBytes(1_100_000))
  expect(await run('publish', site)).toMatchObject({ code: 1 })
  expect((await run('publish', site, '--key', path)).lines[0]).toBe('written  /a.zip')
})

it.each([
  ['keygen', [], 2, 'into which file?'],
  ['keygen', ['x', '--public', '--replaces', 'y'], 2, 'makes no key that could replace another'],
  ['keygen', ['/nowhere/x'], 1, 'cannot be written (ENOENT)'],
  ['keygen', ['package.json', '--public'], 2, 'package.json holds no key of nearcast keygen: it has a missing'],
  ['publish', ['cli', '--key', 'package.json'], 2, 'holds no key of nearcast keygen'],
  ['publish', ['cli', '--key', '/nowhere'], 2, '/nowhere cannot be read (ENOENT)'],
  ['publish', ['cli', '--mirror', 'ftp://x/'], 2, '--mirror is ["ftp://x/"]; it must be up to 8'],
  ['publish', ['cli', '--expires', '0s'], 2, '--expires is "0s"'],
  ['verify', ['cli', '--key', 'ed25519:abc'], 2, '--key is "ed25519:abc"; it must be ed25519: and 43 letters'],
  ['publish', [], 2, 'which folder?'],
  ['publish', ['/nowhere'], 2, '/nowhere is no folder'],
  ['publish', ['.', '--match', 'a b'], 2, '--match is ["a b"]; it must be patterns like'],
  ['publish', ['.', '--min-size', 'some'], 2, '--min-size is "some"'],
  ['publish', ['cli', '--hash-folder', '/etc/hostname/x'], 1, 'the folder for manifests cannot be written to'],
  ['verify', [], 2, 'give a folder, or URLs'],
  ['verify', ['/nowhere'], 2, '/nowhere is no folder'],
  ['verify', ['.', 'http://localhost/a'], 2, 'either URLs or one folder: "." is no URL'],
  ['verify', ['cli'], 1, 'there is no manifest in'],
] as const)('[H42] [H43] [H44] nearcast %s %j ends with %s', async (name, args, exitCode, message) => {
  const refusal: unknown = await run(name, ...args).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(Refusal)
  expect(refusal).toMatchObject({ exitCode, message: expect.stringContaining(message) })
})
