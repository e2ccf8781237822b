import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../shared/manifest.ts'
import { readClaims } from '../../shared/manifest-signature.ts'
import { sampleManifest } from '../../test/fakes/sample-file.ts'
import { siteKey } from '../../test/fakes/signed-manifest.ts'
import { ManifestSigner, type SigningOptions } from './manifest-signer.ts'
import { judgeSignature } from './signature-judge.ts'
import { newSiteKey, readSiteKey } from './site-key.ts'

const dayMs = 86_400_000
const key = siteKey()
const manifest = sampleManifest(100_000)
let nowMs = Date.UTC(2026, 0, 1)

const signer = (more: Partial<SigningOptions> = {}) =>
  new ManifestSigner({ key, lifetimeMs: 30 * dayMs, wallNow: () => nowMs, ...more })
const claims = (signed: Manifest) => readClaims(signed.signed!)!

describe('signing', () => {
  it('[M26] leaves what is signed as it is for half of its time, then signs it anew', async () => {
    const first = await signer().signed(manifest, '/a.bin', undefined)
    nowMs += 15 * dayMs
    expect(await signer().signed(manifest, '/a.bin', first)).toBe(first)
    nowMs += 1
    const second = await signer().signed(manifest, '/a.bin', first)
    expect(claims(second)).toMatchObject({ path: '/a.bin', sequence: nowMs })
    expect(claims(second).expires - claims(first).expires).toBe(15 * 86_400)
  })

  it.each([
    ['other bytes', { of: sampleManifest(100_001) }],
    ['another name', { of: { ...manifest, name: 'b.bin' } }],
    ['another path', { path: '/b.bin' }],
    ['another length of time', { lifetimeMs: 31 * dayMs }],
    ['another key', { key: siteKey() }],
    ['a key that came after it', { key: siteKey(key) }],
    ['a wish for it', { isRenewal: true }],
  ])(
    '[M26] signs anew for %s',
    async (_, { of = manifest, path = '/a.bin', isRenewal = false, ...more }: SignedAnew) => {
      const first = await signer().signed(manifest, '/a.bin', undefined)
      const second = await signer(more).signed(of, path, first, isRenewal)
      expect(second).not.toBe(first)
      const keys = [(more.key ?? key).publicKey]
      expect(await judgeSignature(second, path, keys, nowMs)).toEqual({ faults: [], notes: [] })
    },
  )

  it('[M26] counts on, also where the clock went back', async () => {
    const first = await signer().signed(manifest, '/a.bin', undefined)
    nowMs -= 5 * dayMs
    const second = await signer().signed(sampleManifest(5), '/a.bin', first)
    expect(claims(second).sequence).toBe(claims(first).sequence + 1)
  })

  it('[M26] signs what only looks signed', async () => {
    const first = await signer().signed(manifest, '/a.bin', undefined)
    const forged = { ...first, signed: { ...first.signed!, signature: `AAAA${first.signed!.signature.slice(4)}` } }
    expect(claims(await signer().signed(manifest, '/a.bin', forged)).sequence).toBe(nowMs)
  })
})

interface SignedAnew extends Partial<SigningOptions> {
  of?: Manifest
  path?: string
  isRenewal?: boolean
}

describe('the file of a key', () => {
  it('[H44] reads back, with what the former keys signed', () => {
    const first = newSiteKey(undefined, 0)
    const second = newSiteKey(first.key, 0)
    const third = newSiteKey(second.key, 0)
    expect(readSiteKey(first.text)).toMatchObject({ publicText: first.key.publicText, succession: [] })
    expect(readSiteKey(third.text).succession).toEqual(third.key.succession)
    expect(third.key.succession.length).toBe(2)
    expect(JSON.parse(first.text)).toMatchObject({ kty: 'OKP', crv: 'Ed25519', kid: first.key.id })
  })

  it('[H44] is refused where it is none, without being repeated', () => {
    const { text } = newSiteKey(undefined, 0)
    const { d, ...publicPart } = JSON.parse(text)
    for (const wrong of ['', '{}', JSON.stringify(publicPart), JSON.stringify({ ...publicPart, d: 'short' })]) {
      expect(() => readSiteKey(wrong)).toThrow(/not JSON|missing or wrong field/)
    }
    const other = JSON.parse(newSiteKey(undefined, 0).text)
    const mixed = JSON.stringify({ ...publicPart, d: other.d })
    expect(() => readSiteKey(mixed)).toThrow('its public part is that of another key')
    expect(() => readSiteKey(`${text}x`)).not.toThrow(d)
  })
})

describe('what a publisher is told of a signature', () => {
  it('[H46] names what is wrong, and what ends within a week', async () => {
    const signed = await signer().signed(manifest, '/a.bin', undefined)
    const judge = (path: string, keys: Uint8Array[] | undefined, laterMs = 0) =>
      judgeSignature(signed, path, keys as never, nowMs + laterMs)
    const none = { faults: [], notes: [] }
    expect(await judge('/a.bin', [key.publicKey])).toEqual(none)
    expect(await judge('/a.bin', [key.publicKey], 23.5 * dayMs)).toEqual({
      faults: [],
      notes: ['its signature runs out in 6 days'],
    })
    expect((await judge('/a.bin', [key.publicKey], 31 * dayMs)).faults[0]).toContain('ran out')
    expect((await judge('/b.bin', [key.publicKey])).faults).toEqual(['the manifest is signed for /a.bin'])
    expect((await judge('/a.bin', [siteKey().publicKey])).faults[0]).toContain('another key')
    expect((await judge('/a.bin', undefined)).notes).toEqual(['it is signed; --key says by whom it must be'])
    expect((await judge('/b.bin', undefined)).faults).toEqual(['the manifest is signed for /a.bin'])
    expect(await judgeSignature(manifest, '/a.bin', undefined, nowMs)).toEqual(none)
    expect((await judgeSignature(manifest, '/a.bin', [key.publicKey], nowMs)).faults).toEqual([
      'the manifest is not signed',
    ])
  })
})
