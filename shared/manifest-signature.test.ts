import { flattenedVerify, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { nodeSignatureCheck } from '../client/node/node-signature-check.ts'
import { sampleManifest, sha256 } from '../test/fakes/sample-file.ts'
import { type Signing, signManifest, siteKey } from '../test/fakes/signed-manifest.ts'
import { toBase64Url } from './bytes.ts'
import { printPart } from './jws.ts'
import { type Manifest, parseManifest, printManifest } from './manifest.ts'
import { checkSignature, signedPathOf } from './manifest-signature.ts'

const tools = { sha256, verify: nodeSignatureCheck }
const key = siteKey()
const manifest = sampleManifest(300_000)
const sign = (signing: Partial<Signing> = {}, of: Manifest = manifest) => signManifest(of, { key, ...signing })

/** As a reader has it: printed and parsed. */
const read = (signed: Manifest): Manifest => {
  const parsed = parseManifest(printManifest(signed), sha256)
  if (!parsed.ok) throw new Error(parsed.violation)
  return parsed.value
}

async function faultOf(signed: Manifest, path: string | undefined = '/file.bin', keys = [key.publicKey]) {
  const checked = await checkSignature(read(signed), { path, keys, nowMs: Date.now() }, tools)
  return checked.ok ? undefined : checked.violation
}

describe('a signed manifest', () => {
  it('[M20] is read as any other by who has no key, and is a signature that jose verifies', async () => {
    const signed = sign({ path: '/film – ½ 🎬.mp4' })
    const { signed: _, ...fields } = read(signed)
    expect(fields).toEqual(manifest)
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key.publicKey) }
    const verified = await flattenedVerify(JSON.parse(printManifest(signed)), await importJWK(jwk, 'EdDSA'))
    expect(JSON.parse(new TextDecoder().decode(verified.payload))).toMatchObject({
      path: '/film – ½ 🎬.mp4',
      root: manifest.root,
      size: 300_000,
    })
    expect(await faultOf(signed, '/film – ½ 🎬.mp4')).toBeUndefined()
  })

  it('[M20] reads back as it was printed', () => {
    const signed = sign({ key: siteKey(key) })
    expect(read(signed)).toEqual(signed)
  })

  it.each([
    ['of another file of the site', sign({ path: '/other.bin' }), 'the manifest is signed for /other.bin'],
    ['with other bytes', { ...sampleManifest(300_001), signed: sign().signed! }, 'is another one than was signed'],
    ['by another name', { ...sign(), name: 'setup.exe' }, 'is another one than was signed'],
    ['of another type', { ...sign(), type: 'text/html' }, 'is another one than was signed'],
    ['in another swarm', { ...sign(), swarm: 'a'.repeat(40) as never }, 'is another one than was signed'],
    ['with another chunk size', { ...sampleManifest(300_000, 131_072), signed: sign().signed! }, 'is another one'],
    ['by another key', sign({ key: siteKey() }), 'signed by another key'],
    ['by nobody', manifest, 'the manifest is not signed'],
    ['that ran out', sign({ expires: Math.floor(Date.now() / 1000) - 1 }), 'signature ran out at 20'],
    ['over something else', sign({ typ: 'nearcast-key' }), 'the signature is that of a nearcast-key'],
    ['over something that is no manifest', sign({ over: { path: 5 as never } }), 'something else than a manifest'],
  ])('[M21] one %s is refused', async (_, signed, message) => {
    expect(await faultOf(signed)).toContain(message)
  })

  it('[M21] with one bit of any part turned is refused', async () => {
    const { signed } = sign()
    for (const part of ['protected', 'payload', 'signature'] as const) {
      const letters = [...signed![part]]
      letters[5] = letters[5] === 'A' ? 'B' : 'A'
      expect(await faultOf({ ...manifest, signed: { ...signed!, [part]: letters.join('') } })).toBeDefined()
    }
  })

  it.each([
    [{ alg: 'none', typ: 'nearcast-manifest', kid: key.id }, 'header has a missing or wrong field: alg'],
    [{ alg: 'HS256', typ: 'nearcast-manifest', kid: key.id }, 'header has a missing or wrong field: alg'],
    [{ alg: 'EdDSA', typ: 'nearcast-manifest' }, 'header has a missing or wrong field: kid'],
    [{ alg: 'EdDSA', typ: 'nearcast-manifest', kid: key.id, crit: ['b64'], b64: false }, 'wants extensions'],
    [{ alg: 'EdDSA', typ: 'nearcast-manifest', kid: key.id, jwk: {} }, 'signature is wrong'],
  ])('[M22] the header %j is refused', async (header, message) => {
    const { signed } = sign()
    expect(await faultOf({ ...manifest, signed: { ...signed!, protected: printPart(header) } })).toContain(message)
  })

  it.each([
    ['/a/b.zip', '/a/b.zip'],
    ['/a%20b/%C3%BC.zip', '/a b/ü.zip'],
    ['/a%2Fb.zip', undefined],
    ['/%zz', undefined],
    ['/', '/'],
  ])('[M21] the path %s is signed as %s', (pathname, path) => {
    expect(signedPathOf(pathname)).toBe(path)
  })

  it('[M21] nothing is signed for an address without one spelling', async () => {
    expect(await faultOf(sign({ path: '/a/b' }), signedPathOf('/a%2Fb'))).toContain('signed for /a/b')
  })
})

describe('a key that replaces another', () => {
  const next = siteKey(key)
  const third = siteKey(next)

  it('[M24] is believed by who pinned the one before, or any before that', async () => {
    expect(await faultOf(sign({ key: next }))).toBeUndefined()
    expect(await faultOf(sign({ key: third }))).toBeUndefined()
    expect(await faultOf(sign({ key: third }), '/file.bin', [next.publicKey])).toBeUndefined()
    expect(await faultOf(sign({ key: third }), '/file.bin', [third.publicKey])).toBeUndefined()
  })

  it('[M24] is not believed by who pinned another, nor without what the former one signed', async () => {
    expect(await faultOf(sign({ key: next }), '/file.bin', [siteKey().publicKey])).toContain('another key')
    const bare = sign({ key: third })
    expect(await faultOf({ ...bare, signed: { ...bare.signed!, succession: [next.succession[0]!] } })).toContain(
      'another key',
    )
  })

  it('[M24] ends the former one, where it is shown', async () => {
    const old = sign()
    const shown = { ...old, signed: { ...old.signed!, succession: [...next.succession] } }
    expect(await faultOf(shown)).toBe('the manifest is signed by a key that another one replaced')
  })

  it('[M24] cannot be named by anybody else', async () => {
    const thief = siteKey(siteKey())
    const forged = thief.succession[0]!.split('.')
    const [header] = next.succession[0]!.split('.')
    const signed = sign({ key: thief })
    const succession = [[header, forged[1], forged[2]].join('.')]
    expect(await faultOf({ ...signed, signed: { ...signed.signed!, succession } })).toBe(
      'a former key did not sign the next one',
    )
    for (const wrong of ['no', 'a.b', 'a.b.c', '....']) {
      const one = { ...signed, signed: { ...signed.signed!, succession: [wrong] } }
      expect(await faultOf(one)).toBe('a former key is named wrongly')
    }
  })

  it('[M24] a manifest is no word about keys', async () => {
    const { signed } = sign()
    const succession = [`${signed!.protected}.${signed!.payload}.${signed!.signature}`]
    const thief = sign({ key: siteKey() })
    expect(await faultOf({ ...thief, signed: { ...thief.signed!, succession } })).toBe('a former key is named wrongly')
  })
})
