import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../shared/log.ts'
import {
  altered,
  edwardsToken,
  privatePem,
  publicJwk,
  publicPem,
  secret,
  token,
  unsigned,
} from '../../test/fakes/tokens.ts'
import { openTokenKey, type TokenKeySettings } from './token-keys.ts'
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-tokens-'))
afterAll(() => rmSync(folder, { recursive: true }))

let fileCount = 0
function file(text: string): string {
  const path = join(folder, String(fileCount++))
  writeFileSync(path, text)
  return path
}

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

function open(settings: TokenKeySettings, now = () => performance.now()): TokenVerifier {
  const [key, watched] = openTokenKey(settings, { log: silentLog, now, recheckMs: 10 })
  ending.push(() => watched?.close())
  return createTokenVerifier({ key, lifetimeMaxMs: 3_600_000, wallNow: () => Date.now() })
}

const codeOf = async (verifier: TokenVerifier, text: string) => {
  const outcome = await verifier.verify(text, undefined)
  return outcome.ok ? 'good' : outcome.code
}

const other = generateKeyPairSync('ed25519')

describe('a token by a shared secret', () => {
  const verifier = open({ tokenSecret: secret })

  it('[T121] is good when it is signed with it by HS256', async () => {
    expect(await codeOf(verifier, token())).toBe('good')
    expect(await codeOf(open({ tokenSecretFile: file(`${secret}\n`) }), token())).toBe('good')
  })

  it.each([
    ['another secret', token({}, { key: `${secret}.` })],
    ['another algorithm, by name alone', token({}, { header: { alg: 'HS512' } })],
    ['EdDSA', edwardsToken()],
    ['none', unsigned()],
    ['None', unsigned({}, 'None')],
    ['an empty algorithm', unsigned({}, '')],
    ['a signature that was taken away', token().replace(/[^.]+$/, '')],
    ['extensions that must be understood', token({}, { header: { crit: ['x'], x: 1 } })],
    ['a payload in clear', token({}, { header: { b64: false, crit: ['b64'] } })],
    ['no token', 'token'],
    ['nothing between dots', '..'],
    ['five parts', 'a.b.c.d.e'],
    ['what is no text', '\ud800.\u0000.\u202e'],
  ])('[T120] [T121] is refused with %s', async (_, text) => expect(await codeOf(verifier, text)).toBe('bad-token'))

  it.each([0, 1, 2] as const)('[T120] is refused with a letter changed in part %i', async (part) => {
    expect(await codeOf(verifier, altered(token(), part))).toBe('bad-token')
  })

  it('[T122] has run out at its end', async () => {
    expect(await codeOf(verifier, token({ exp: Date.now() / 1_000 - 1 }))).toBe('token-expired')
  })
})

describe('a token by a public key', () => {
  it.each([
    ['PEM', publicPem],
    ['a JWK', JSON.stringify(publicJwk())],
  ])('[T121] is good when it is signed with the private one, the key as %s', async (_, text) => {
    const verifier = open({ tokenKeyFile: file(text) })
    expect(await codeOf(verifier, edwardsToken())).toBe('good')
    expect(await codeOf(verifier, edwardsToken({}, { header: { alg: 'Ed25519' } }))).toBe('good')
    expect(await codeOf(verifier, edwardsToken({}, { key: other.privateKey }))).toBe('bad-token')
    expect(await codeOf(verifier, unsigned())).toBe('bad-token')
  })

  it('[T121] is refused when the public key was used as a shared secret', async () => {
    const verifier = open({ tokenKeyFile: file(publicPem) })
    const raw = Buffer.from(publicJwk().x!, 'base64url').toString('latin1')
    for (const key of [publicPem, publicPem.trim(), raw, JSON.stringify(publicJwk())]) {
      expect(await codeOf(verifier, token({}, { key }))).toBe('bad-token')
    }
  })

  it('[T121] is refused when it brings its own key', async () => {
    const verifier = open({ tokenKeyFile: file(publicPem) })
    const header = {
      jwk: publicJwk(undefined, other.publicKey),
      jku: 'http://127.0.0.1:1/',
      x5u: 'http://127.0.0.1:1/',
    }
    expect(await codeOf(verifier, edwardsToken({}, { header, key: other.privateKey }))).toBe('bad-token')
  })
})

describe('a token by a set of keys in a file', () => {
  const set = (...keys: object[]) => JSON.stringify({ keys })

  it('[T121] is good by any key of it, and never by a shared secret', async () => {
    const verifier = open({ tokenJwks: file(set(publicJwk('one'), publicJwk('two', other.publicKey))) })
    expect(await codeOf(verifier, edwardsToken({}, { header: { kid: 'one' } }))).toBe('good')
    expect(await codeOf(verifier, edwardsToken({}, { header: { kid: 'two' }, key: other.privateKey }))).toBe('good')
    expect(await codeOf(verifier, edwardsToken({}, { header: { kid: 'two' } }))).toBe('bad-token')
    expect(await codeOf(verifier, edwardsToken({}, { header: { kid: 'three' } }))).toBe('bad-token')
    expect(await codeOf(verifier, edwardsToken())).toBe('bad-token')
    expect(await codeOf(verifier, token({}, { key: publicJwk().x! }))).toBe('bad-token')
  })

  it('[T121] follows the file', async () => {
    const path = file(set(publicJwk('one')))
    const verifier = open({ tokenJwks: path })
    const next = edwardsToken({}, { header: { kid: 'two' }, key: other.privateKey })
    expect(await codeOf(verifier, next)).toBe('bad-token')
    writeFileSync(path, set(publicJwk('two', other.publicKey)))
    await expect.poll(() => codeOf(verifier, next)).toBe('good')
    expect(await codeOf(verifier, edwardsToken({}, { header: { kid: 'one' } }))).toBe('bad-token')
    // What makes no sense leaves what was good.
    writeFileSync(path, '{')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await codeOf(verifier, next)).toBe('good')
  })
})

describe('a token by a set of keys at a URL', () => {
  let server: Server | undefined
  let requests = 0

  afterEach(() => server?.close())

  async function serve(answer: () => { status?: number; text: string }): Promise<string> {
    requests = 0
    server = createServer((_, response) => {
      requests++
      const { status = 200, text } = answer()
      response.writeHead(status, { Location: '/elsewhere' }).end(text)
    })
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  }

  const minuteMs = 60_000
  const good = edwardsToken({}, { header: { kid: 'one' } })
  const right = { text: JSON.stringify({ keys: [publicJwk('one')] }) }

  it('[T127] is fetched once for all who wait, and kept', async () => {
    const url = await serve(() => right)
    const verifier = open({ tokenJwks: url })
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(verifier, good)))
    expect(codes).toEqual(Array(20).fill('good'))
    expect(await codeOf(verifier, good)).toBe('good')
    expect(requests).toBe(1)
  })

  it('[T127] is fetched again for a key that it lacks, but not for each such token', async () => {
    let now = 0
    const keys = [publicJwk('one')]
    const url = await serve(() => ({ text: JSON.stringify({ keys }) }))
    const verifier = open({ tokenJwks: url }, () => now)
    const next = edwardsToken({}, { header: { kid: 'two' }, key: other.privateKey })
    expect(await codeOf(verifier, good)).toBe('good')
    keys.push(publicJwk('two', other.publicKey))
    for (let i = 0; i < 10; i++) expect(await codeOf(verifier, next)).toBe('bad-token')
    expect(requests).toBe(1)
    now += minuteMs
    expect(await codeOf(verifier, next)).toBe('good')
    expect(requests).toBe(2)
  })

  it('[T127] goes on for an hour while it cannot be had, and then no token is good', async () => {
    let now = 0
    let isUp = true
    const url = await serve(() => (isUp ? right : { status: 503, text: 'down' }))
    const verifier = open({ tokenJwks: url }, () => now)
    expect(await codeOf(verifier, good)).toBe('good')
    isUp = false
    now += 59 * minuteMs
    expect(await codeOf(verifier, good)).toBe('good')
    await expect.poll(() => requests).toBe(2)
    now += 2 * minuteMs
    expect(await codeOf(verifier, good)).toBe('unverified')
    isUp = true
    now += minuteMs
    expect(await codeOf(verifier, good)).toBe('good')
  })

  it.each([
    ['an error', { status: 500, text: right.text }],
    ['a redirect', { status: 302, text: '' }],
    ['no keys', { text: '{"keys":[]}' }],
    ['a shared secret', { text: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }],
    ['a private key', { text: JSON.stringify({ keys: [{ ...publicJwk('one'), d: 'AA' }] }) }],
    ['what is no JSON', { text: '<html>' }],
    ['far too much', { text: `{"keys":[],"x":"${'x'.repeat(300_000)}"}` }],
  ])('[T127] answers with %s: no token is good', async (_, answer) => {
    const url = await serve(() => answer)
    expect(await codeOf(open({ tokenJwks: url }), good)).toBe('unverified')
    expect(requests).toBe(1)
  })

  it('[T127] that nobody answers: no token is good', async () => {
    const url = await serve(() => right)
    await new Promise((resolve) => server!.close(resolve))
    expect(await codeOf(open({ tokenJwks: url }), good)).toBe('unverified')
  })
})

describe('a key in a file', () => {
  it('[T206] may be another one: from then on tokens are signed with that', async () => {
    const path = file(secret)
    const verifier = open({ tokenSecretFile: path })
    expect(await codeOf(verifier, token())).toBe('good')
    writeFileSync(path, 'another secret of more than 32 bytes')
    await expect.poll(() => codeOf(verifier, token())).toBe('bad-token')
    writeFileSync(path, 'short')
    writeFileSync(path, secret)
    await expect.poll(() => codeOf(verifier, token())).toBe('good')
  })
})

describe('a key that is not one', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' })

  it.each<[string, TokenKeySettings, string]>([
    ['no key', {}, 'needs exactly one of'],
    ['two keys', { tokenSecret: secret, tokenKeyFile: 'x' }, 'tokenSecret, tokenKeyFile'],
    ['a short secret', { tokenSecret: 'hunter2' }, 'tokenSecret: "a secret of 7 bytes" is not one of 32 or more'],
    ['a short secret in a file', { tokenSecretFile: file('hunter2\n') }, 'tokenSecretFile'],
    ['a public key as a secret', { tokenSecretFile: file(publicPem) }, 'tokenSecretFile'],
    ['no file', { tokenSecretFile: '/nowhere/secret' }, 'there is no such file'],
    ['a private key', { tokenKeyFile: file(privatePem) }, 'holds a private key'],
    ['a private key as JWK', { tokenKeyFile: file(JSON.stringify({ ...publicJwk(), d: 'AA' })) }, 'private key'],
    ['a key of RSA', { tokenKeyFile: file(rsa.toString()) }, 'holds a key of rsa'],
    ['what is no key', { tokenKeyFile: file('hunter2') }, 'is no public key as PEM or JWK'],
    ['keys by plain HTTP', { tokenJwks: 'http://keys.example.org/' }, 'tokenJwks'],
    ['a set in no file', { tokenJwks: '/nowhere/jwks.json' }, 'tokenJwks'],
    ['a set of shared secrets', { tokenJwks: file('{"keys":[{"kty":"oct","k":"x"}]}') }, 'must hold public ones'],
  ])('[T129] is refused at start: %s', (_, settings, message) => {
    expect(() => open(settings)).toThrow(message)
    try {
      open(settings)
    } catch (error) {
      expect(String(error)).not.toContain('hunter2')
    }
  })
})
