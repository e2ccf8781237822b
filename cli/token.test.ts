import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { secret } from '../test/fakes/tokens.ts'
import { swarmA } from '../test/fakes/tracker-crowd.ts'
import { Refusal } from './refusal.ts'
import { token } from './token.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-token-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

const secretFile = join(folder, 'secret')
writeFileSync(secretFile, `${secret}\n`)

/** What a person is told beside the output. */
let told = ''

/** What it prints on stdout. */
async function run(...args: string[]): Promise<string> {
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation((text) => printed.push(text))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told = String(text)
    return true
  })
  await token(args)
  return printed.join('\n')
}

const claimsOf = (text: string) => JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString())

it('[T132] prints a token alone, with what was asked for', async () => {
  const origin = 'https://example.org'
  const text = await run(
    ...['--secret-file', secretFile, '--swarm', swarmA, '--origin', origin, '--ttl', '5m', '--uses', '3'],
    ...['--sub', 'anna', '--region', 'eu', '--peers', '500'],
  )
  expect(text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  const { exp, jti, ...claims } = claimsOf(text)
  expect(claims).toEqual({ swarms: [swarmA], origin: [origin], uses: 3, sub: 'anna', region: 'eu', peers: 500 })
  expect(exp - Date.now() / 1_000).toBeGreaterThan(280)
  expect(exp - Date.now() / 1_000).toBeLessThanOrEqual(300)
  expect(jti).toMatch(/^[\w-]{16}$/)
  expect(claimsOf(await run('--secret-file', secretFile, '--swarm', 'any'))).toMatchObject({ swarms: 'any' })
  expect(claimsOf(await run('--secret-file', secretFile, '--prefix', 'ab12'))).toMatchObject({ prefix: 'ab12' })
})

it('[T132] makes a secret that only its owner can read, and replaces none', async () => {
  const path = join(folder, 'new.secret')
  expect(await run('--new-secret', path)).toBe('')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await run('--secret-file', path, '--swarm', 'any')
  const before = readFileSync(path, 'utf8')
  await expect(run('--new-secret', path)).rejects.toThrow('is there already')
  expect(readFileSync(path, 'utf8')).toBe(before)
})

it('[T132] says what it made, and what to do with it', async () => {
  const path = join(folder, 'told.secret')
  await run('--new-secret', path)
  expect(told).toContain(`${path}: a new secret of 32 random bytes`)
  for (const use of ['--token-secret-file', '--secret-file', '--site-key-file'])
    expect(told).toContain(`${use} ${path}`)
  expect(told).not.toContain(readFileSync(path, 'utf8').trim())
  const keys = join(folder, 'told.pem')
  await run('--new-key', keys)
  expect(told).toContain(`--key-file ${keys} `)
  expect(told).toContain(`--token-key-file ${keys}.pub\n`)
})

it('[T132] makes no half of a pair of keys', async () => {
  const path = join(folder, 'half.pem')
  writeFileSync(`${path}.pub`, 'of another pair')
  await expect(run('--new-key', path)).rejects.toThrow('half.pem.pub is there already')
  expect(existsSync(path)).toBe(false)
  expect(readFileSync(`${path}.pub`, 'utf8')).toBe('of another pair')
})

it('[T132] makes a pair of keys that sign and verify', async () => {
  const path = join(folder, 'site.pem')
  await run('--new-key', path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(`${path}.pub`, 'utf8')).toContain('PUBLIC KEY')
  const text = await run('--key-file', path, '--swarm', 'any')
  expect(JSON.parse(Buffer.from(text.split('.')[0]!, 'base64url').toString())).toEqual({ alg: 'EdDSA' })
})

it.each([
  [[], 'with what is it signed?'],
  [['--secret-file', secretFile], 'for which swarms?'],
  [['--secret-file', secretFile, '--key-file', secretFile, '--swarm', 'any'], 'give one of'],
  [['--secret-file', '/nowhere', '--swarm', 'any'], '/nowhere cannot be read (ENOENT)'],
  [['--key-file', secretFile, '--swarm', 'any'], 'holds no private key'],
  [['--token-secret', 'hunter2', '--swarm', 'any'], 'the secret has 7 bytes'],
  [['--secret-file', secretFile, '--swarm', 'x'], '--swarm is ["x"]'],
  [['--secret-file', secretFile, '--swarm', `any,${swarmA}`], 'every swarm already'],
  [['--secret-file', secretFile, '--prefix', 'xyz'], '--prefix is "xyz"'],
  [['--secret-file', secretFile, '--swarm', 'any', '--origin', 'example.org'], '--origin is ["example.org"]'],
  [['--secret-file', secretFile, '--swarm', 'any', '--ttl', '0s'], '--ttl is 0s'],
  [['--secret-file', secretFile, '--swarm', 'any', '--uses', '0'], '--uses is "0"'],
])('[T132] %j is refused, and no secret is repeated', async (args, message) => {
  const refusal: unknown = await run(...args).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(Refusal)
  expect(refusal).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) })
  for (const hidden of [secret, 'hunter2']) expect(String(refusal)).not.toContain(hidden)
})
