/** Manifests that are not the site's: what a page or a program with a pinned key makes of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../client/api.ts'
import { createNodeClient, type NodeClientOptions, saveUrl, streamUrl } from '../../client/node.ts'
import { createWebSignatureCheck } from '../../client/shell/web-signature-check.ts'
import type { SiteKey } from '../../origin/main.ts'
import type { Bytes } from '../../shared/bytes.ts'
import { type PageOrigin, startPageOrigin } from '../fakes/page-origin.ts'
import { sampleBytes } from '../fakes/sample-file.ts'
import { type Signing, signManifest, siteKey } from '../fakes/signed-manifest.ts'

const file = sampleBytes(600_000)
const older = file.map((byte) => byte ^ 0xff) as Bytes
const key = siteKey()

let origin: PageOrigin
let trustDir: string
const clients: Client[] = []

beforeEach(async () => {
  origin = await startPageOrigin()
  trustDir = mkdtempSync(join(tmpdir(), 'nearcast-trust-'))
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await origin.close()
  rmSync(trustDir, { recursive: true, force: true })
})

/** As another page or another run. */
function newClient(options: NodeClientOptions = {}): Client {
  const client = createNodeClient({ key: key.publicText, trustDir, ...options })
  clients.push(client)
  return client
}

const publish = (bytes: Bytes, signing: Partial<Signing> = {}, firstLeaf?: true) => {
  const finish = (manifest: Parameters<typeof signManifest>[0]) => signManifest(manifest, { key, ...signing })
  origin.publish('/file.bin', bytes, { finish, ...(firstLeaf && { firstLeaf }) })
}

const urlOf = (name = 'file.bin') => `${origin.url}/${name}`

/** What one visit gets: whether it was verified, or why not. The bytes are the server's own whatever happens. */
async function visit(bytes: Bytes, options: NodeClientOptions = {}): Promise<string> {
  const client = newClient(options)
  const response = await client.fetch(urlOf())
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  return client.stats().files.length > 0 ? 'verified' : 'plain'
}

const reasonOf = async (options: NodeClientOptions = {}) => {
  const download = newClient(options).download(urlOf())
  await download.done
  return download.progress().plainReason
}

describe('with a pinned key', () => {
  it('[C60] a file that it signed for this address is verified', async () => {
    publish(file)
    expect(await visit(file)).toBe('verified')
    expect(await reasonOf()).toBeUndefined()
  })

  it('[C60] the path is that of the address, however it is encoded', async () => {
    const finish = (manifest: Parameters<typeof signManifest>[0]) => signManifest(manifest, { key, path: '/a b/ü.bin' })
    origin.publish('/a%20b/%C3%BC.bin', file, { finish })
    const download = newClient().download(urlOf('a%20b/ü.bin'))
    await download.done
    expect(download.progress()).toMatchObject({ verified: true })
  })

  it.each([
    ['nobody signed', () => origin.publish('/file.bin', file), 'the manifest is not signed'],
    ['another key signed', () => publish(file, { key: siteKey() }), 'the manifest is signed by another key'],
    ['was signed for another address', () => publish(file, { path: '/file.bin2' }), 'is signed for /file.bin2'],
    ['was signed as another version', () => publish(file, { over: { size: 5 } }), 'is another one than was signed'],
    ['says a time that is none', () => publish(file, { expires: 0.5 }), 'something else'],
    [
      'ran out two days before',
      () => publish(file, { expires: Math.floor(Date.now() / 1000) - 172_800 }),
      'signature ran out',
    ],
  ])('[C60] a file whose manifest %s is plain HTTP, and says why', async (_, prepare, reason) => {
    prepare()
    expect(await visit(file)).toBe('plain')
    expect(await reasonOf()).toContain(reason)
  })

  it('[M23] a clock may be wrong by a day', async () => {
    publish(file, { expires: Math.floor(Date.now() / 1000) - 80_000 })
    expect(await visit(file)).toBe('verified')
  })

  it('[C65] where signatures cannot be checked, nothing is believed', async () => {
    const message = new Uint8Array(3)
    await expect(createWebSignatureCheck(null)(key.publicKey, message, message)).rejects.toThrow('no secure context')
    const without = { importKey: () => Promise.reject(new Error('Unrecognized name')) } as unknown as SubtleCrypto
    await expect(createWebSignatureCheck(without)(key.publicKey, message, message)).rejects.toThrow('has no Ed25519')
    const check = createWebSignatureCheck()
    const { signature, ...parts } = key.sign('a', {})
    const input = new TextEncoder().encode(`${parts.protected}.${parts.payload}`) as Bytes
    const bytes = new Uint8Array(Buffer.from(signature, 'base64url'))
    expect(await check(key.publicKey, input, bytes)).toBe(true)
    expect(await check(siteKey().publicKey, input, bytes)).toBe(false)
  })

  it('[C60] a key that is none is refused by name', () => {
    const wrong = () => createNodeClient({ key: 'ed25519:short' })
    expect(wrong).toThrow('key is ed25519:short: it must be ed25519: and 43 letters')
    expect(() => createNodeClient({ unsigned: 'maybe' as never })).toThrow('unsigned is maybe: it must be plain, error')
  })
})

describe('what was seen once', () => {
  const version = (bytes: Bytes, sequence: number, more: Partial<Signing> = {}) => publish(bytes, { sequence, ...more })

  it('[C62] an older version is plain HTTP for who has seen a newer one, in the next page too', async () => {
    version(file, 2)
    expect(await visit(file)).toBe('verified')
    version(older, 1)
    expect(await visit(older)).toBe('plain')
    expect(await reasonOf()).toBe('the manifest is older than one that was here before')
    expect(await visit(older, { trustDir: mkdtempSync(join(trustDir, 'newcomer-')) })).toBe('verified')
    version(older, 3)
    expect(await visit(older)).toBe('verified')
  })

  it('[C62] two versions under one number are never both taken', async () => {
    version(file, 2)
    expect(await visit(file)).toBe('verified')
    version(older, 2)
    expect(await reasonOf()).toBe('the manifest is another one than was here before, under the same number')
  })

  it('[C62] the same bytes, signed by another server a little earlier, are the same version', async () => {
    version(file, 2)
    await visit(file)
    version(file, 1)
    expect(await visit(file)).toBe('verified')
  })

  it('[C62] what is refused changes nothing of what is remembered', async () => {
    version(file, 2)
    await visit(file)
    version(older, 999, { key: siteKey() })
    version(older, 999, { expires: 1 })
    expect(await visit(older)).toBe('plain')
    version(older, 3)
    expect(await visit(older)).toBe('verified')
  })

  it('[C62] each file has its own versions', async () => {
    version(file, 5)
    await visit(file)
    origin.publish('/b.bin', older, { finish: (one) => signManifest(one, { key, path: '/b.bin', sequence: 1 }) })
    const download = newClient().download(urlOf('b.bin'))
    await download.done
    expect(download.progress().verified).toBe(true)
  })

  it('[C64] a key that was replaced is believed no more, and names no other', async () => {
    const next = siteKey(key)
    version(file, 2)
    expect(await visit(file)).toBe('verified')
    version(file, 3, { key: next })
    expect(await visit(file)).toBe('verified')
    version(older, 999)
    expect(await reasonOf()).toBe('the manifest is signed by a key that another one replaced')
    version(older, 999, { key: siteKey(key) })
    expect(await reasonOf()).toBe('a key that was replaced by one names another now')
    version(older, 1, { key: siteKey(next) })
    expect(await visit(older)).toBe('verified')
  })
})

describe('the first bytes', () => {
  /** Holds the manifest back until it is let go. */
  function heldManifest(): () => void {
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    origin.answers.set('/file.bin.nearcast.json', (request, response) => {
      void gate.then(() => origin.again(request, response))
    })
    return go
  }

  it('[C63] come before the signature, as plain HTTP would give them; nothing is kept of them without it', async () => {
    publish(file, { key: siteKey() }, true)
    const go = heldManifest()
    const client = newClient()
    const reader = (await client.fetch(urlOf())).body!.getReader()
    const { value } = await reader.read()
    expect(Buffer.from(value!).equals(file.subarray(0, value!.length))).toBe(true)
    expect(client.stats().files).toEqual([])
    go()
    let read = value!.length
    for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.length
    expect(read).toBe(file.length)
    expect(client.stats()).toMatchObject({ files: [], bytes: { origin: 0 } })
  })

  it('[C61] wait for the signature where nothing else is taken', async () => {
    publish(file, {}, true)
    const go = heldManifest()
    const asking = newClient({ unsigned: 'error' }).fetch(urlOf())
    const first = await Promise.race([asking, new Promise((resolve) => setTimeout(resolve, 200, 'nothing yet'))])
    expect(first).toBe('nothing yet')
    go()
    expect(Buffer.from(await (await asking).arrayBuffer()).equals(file)).toBe(true)
  })
})

describe('where nothing but signed files is taken', () => {
  const strict = { unsigned: 'error' } as const

  it('[C61] a file that is not signed is an error, and no byte of it is given', async () => {
    publish(file, { key: siteKey() }, true)
    await expect(newClient(strict).fetch(urlOf())).rejects.toMatchObject({ code: 'untrusted' })
    const download = newClient(strict).download(urlOf())
    await expect(download.done).rejects.toMatchObject({
      code: 'untrusted',
      message: expect.stringContaining('another key'),
    })
    expect(download.progress().doneBytes).toBe(0)
  })

  it('[C61] a file without a manifest is an error too, and one that is not there is what the server says', async () => {
    publish(file)
    origin.answers.set('/file.bin.nearcast.json', (_, response) => void response.writeHead(404).end())
    await expect(newClient(strict).fetch(urlOf())).rejects.toMatchObject({ code: 'untrusted' })
    expect((await newClient(strict).fetch(urlOf('none.bin'))).status).toBe(404)
  })

  it('[C61] a signed one comes as ever, ranges included', async () => {
    publish(file)
    const response = await newClient(strict).fetch(urlOf(), { headers: { range: 'bytes=5-99999' } })
    expect(response.status).toBe(206)
    expect(Buffer.from(await response.arrayBuffer()).equals(file.subarray(5, 100_000))).toBe(true)
  })

  it('[H47] nothing else is saved, or written to a stream', async () => {
    publish(file, { key: siteKey() as SiteKey })
    const path = join(trustDir, 'saved.bin')
    const options = { key: key.publicText, ...strict, trustDir }
    await expect(saveUrl({ url: urlOf(), path }, options)).rejects.toMatchObject({ code: 'untrusted' })
    const { Writable } = await import('node:stream')
    let written = 0
    const sink = new Writable({
      write(part, _, done) {
        written += part.length
        done()
      },
    })
    await expect(streamUrl({ url: urlOf(), sink }, options)).rejects.toMatchObject({ code: 'untrusted' })
    expect(written).toBe(0)
    publish(file)
    await saveUrl({ url: urlOf(), path }, options)
    expect(await reasonOf(strict)).toBeUndefined()
    await origin.close()
    await expect(saveUrl({ url: urlOf(), path }, options)).rejects.toMatchObject({ code: 'network' })
    origin = await startPageOrigin()
  })
})
