import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFirstLeaf } from '../shared/first-leaf.ts'
import { silentLog } from '../shared/log.ts'
import { sha256 } from '../test/fakes/sample-file.ts'
import { digest, type ServedOrigin, serveOrigin, talk } from '../test/fakes/served-origin.ts'
import { createOrigin } from './main.ts'

/** Long past, so that the file's last second is surely over. */
const modified = new Date('2026-01-01T12:00:00.250Z')
const modifiedText = 'Thu, 01 Jan 2026 12:00:00 GMT'

let site: ServedOrigin
const zip = randomBytes(300_000)

async function publish(name: string, content: string | Buffer): Promise<void> {
  const path = join(site.folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content)
  await utimes(path, modified, modified)
}

beforeEach(async () => {
  site = await serveOrigin()
  await publish('game.zip', zip)
})
afterEach(() => site.close())

describe('a visitor who asks for a file', () => {
  it('[O1] gets it whole, with its type, size and date, before anything was hashed', async () => {
    const answer = await site.get('/game.zip')
    expect(answer).toMatchObject({ status: 200, sha256: digest(zip), brokenOff: false })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-length': '300000',
      'last-modified': modifiedText,
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
    })
    expect(answer.headers).not.toHaveProperty('etag')
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  it('[O3] gets the headers alone by HEAD', async () => {
    const answer = await site.get('/game.zip', {}, 'HEAD')
    expect(answer).toMatchObject({ status: 200, body: Buffer.alloc(0) })
    expect(answer.headers).toMatchObject({ 'content-length': '300000', 'last-modified': modifiedText })
  })

  it('[O4] gets any part of it by Range', async () => {
    const part = await site.get('/game.zip', { range: 'bytes=65536-131071' })
    expect(part).toMatchObject({ status: 206, sha256: digest(zip.subarray(65_536, 131_072)) })
    expect(part.headers).toMatchObject({ 'content-range': 'bytes 65536-131071/300000', 'content-length': '65536' })
    expect((await site.get('/game.zip', { range: 'bytes=-1' })).body).toEqual(zip.subarray(299_999))
    expect((await site.get('/game.zip', { range: 'bytes=0-1,5-6' })).status).toBe(200)
    const past = await site.get('/game.zip', { range: 'bytes=300000-' })
    expect(past).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */300000' } })
  })

  it('[O28] proves its first leaf once its root is known, to pages of any site', async () => {
    expect((await site.get('/game.zip')).headers).not.toHaveProperty('nearcast-first-leaf')
    const { root } = JSON.parse((await site.get('/game.zip.nearcast.json')).text)
    const { headers } = await site.get('/game.zip')
    const field = headers['nearcast-first-leaf'] as string
    expect(readFirstLeaf(field, root, zip.length, sha256)).toEqual(new Uint8Array(sha256(zip.subarray(0, 16_384))))
    expect(headers['access-control-expose-headers']).toContain('Nearcast-First-Leaf')
  })

  it('[O2] [O5] is told that nothing changed, by date while the root is unknown and by ETag from then on', async () => {
    const byDate = await site.get('/game.zip', { 'if-modified-since': modifiedText })
    expect(byDate).toMatchObject({ status: 304, body: Buffer.alloc(0) })
    await site.get('/game.zip.nearcast.json')
    const etag = (await site.get('/game.zip')).headers.etag!
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/)
    expect((await site.get('/game.zip', { 'if-none-match': etag })).status).toBe(304)
    expect((await site.get('/game.zip', { 'if-none-match': etag }, 'HEAD')).status).toBe(304)
    expect((await site.get('/game.zip', { 'if-match': '"other"' })).status).toBe(412)
    expect((await site.get('/game.zip', { range: 'bytes=0-9', 'if-range': etag })).status).toBe(206)
    expect((await site.get('/game.zip', { range: 'bytes=0-9', 'if-range': `W/${etag}` })).status).toBe(200)
    expect((await site.get('/game.zip', { range: 'bytes=0-9', 'if-range': modifiedText })).status).toBe(206)
  })

  it('[O1] gets an empty file as it is', async () => {
    await publish('empty.txt', '')
    expect(await site.get('/empty.txt')).toMatchObject({ status: 200, headers: { 'content-length': '0' }, text: '' })
    expect((await site.get('/empty.txt', { range: 'bytes=0-' })).status).toBe(416)
  })

  it('gets several files over one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    try {
      for (let i = 0; i < 3; i++) expect((await site.get('/game.zip', {}, 'GET', agent)).sha256).toBe(digest(zip))
      expect((await site.get('/none', {}, 'GET', agent)).status).toBe(404)
      expect((await site.get('/game.zip', { range: 'bytes=5-6' }, 'GET', agent)).body).toEqual(zip.subarray(5, 7))
    } finally {
      agent.destroy()
    }
  })

  it.each([
    ['a.html', 'text/html; charset=utf-8'],
    ['a.mjs', 'text/javascript; charset=utf-8'],
    ['a.wasm', 'application/wasm'],
    ['a.mp4', 'video/mp4'],
    ['a.m3u8', 'application/vnd.apple.mpegurl'],
    ['a.ISO', 'application/x-iso9660-image'],
    ['a.unknown-ending', 'application/octet-stream'],
    ['json', 'application/octet-stream'],
  ])('[O1] gets %s as %s', async (name, type) => {
    await publish(name, 'x')
    expect((await site.get(`/${name}`)).headers['content-type']).toBe(type)
  })

  it('[O12] may be on any other page: files can be read, timed and embedded', async () => {
    for (const path of ['/game.zip', '/game.zip.nearcast.json', '/none']) {
      expect((await site.get(path, { origin: 'https://other.example' })).headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': expect.stringContaining('Content-Range'),
        'cross-origin-resource-policy': 'cross-origin',
        'timing-allow-origin': '*',
        'x-content-type-options': 'nosniff',
      })
    }
    const preflight = await site.get('/game.zip', { 'access-control-request-headers': 'range' }, 'OPTIONS')
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-headers']).toContain('Range')
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS')
  })

  it('[O11] can only read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
      expect(await site.get('/game.zip', {}, method)).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD, OPTIONS' },
      })
    }
    const smuggled = 'POST /game.zip HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /game.zip HTTP/1.1\r\n\r\n'
    expect((await talk(site.port, smuggled)).match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})

describe('names and folders', () => {
  it('may hold spaces, other alphabets and signs', async () => {
    await publish('a folder/ünï & 100%.txt', 'found')
    expect((await site.get('/a%20folder/%C3%BCn%C3%AF%20&%20100%25.txt')).text).toBe('found')
    expect(await talk(site.port, 'GET http://a.example/game.zip HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200/)
  })

  it('[O10] show their index page, after a redirect to the slash', async () => {
    await publish('docs/index.html', '<p>docs')
    expect(await site.get('/docs/')).toMatchObject({ status: 200, text: '<p>docs' })
    expect(await site.get('/docs?x=1')).toMatchObject({ status: 301, headers: { location: '/docs/?x=1' } })
    expect((await site.get('/')).status).toBe(404)
    await publish('index.html', '<p>top')
    expect((await site.get('/')).text).toBe('<p>top')
    expect((await site.get('')).text).toBe('<p>top')
  })

  it('[O10] without an index page, or with a slash behind a file, are not found', async () => {
    await publish('docs/a.txt', 'x')
    for (const path of ['/docs', '/docs/', '/game.zip/', '/game.zip/x', '/none', `/${'a'.repeat(300)}`]) {
      expect((await site.get(path)).status).toBe(404)
    }
  })

  it('[O9] that are hidden stay hidden, and so do their manifests', async () => {
    await publish('.env', 'secret')
    await publish('.git/config', 'secret')
    await publish('a/.b/c', 'secret')
    await symlink(join(site.folder, '.env'), join(site.folder, 'env'))
    for (const path of [
      '/.env',
      '/%2eenv',
      '/.git/config',
      '/a/.b/c',
      '/env',
      '/.env.nearcast.json',
      '/env.nearcast.json',
    ]) {
      const answer = await site.get(path)
      expect(answer.status).toBe(404)
      expect(answer.text).not.toContain('secret')
    }
  })
})

describe('what lies outside of the folder', () => {
  let outside: string
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'nearcast-outside-'))
    await writeFile(join(outside, 'secret.txt'), 'secret')
    // Beside the folder, with the folder's name as the beginning of its own.
    await mkdir(`${site.folder}-other`)
    await writeFile(`${site.folder}-other/secret.txt`, 'secret')
  })
  afterEach(() => rm(outside, { recursive: true }))

  it.each([
    '/../site-other/secret.txt',
    '/..%2fsite-other/secret.txt',
    '/%2e%2e/site-other/secret.txt',
    '/%2e%2e%2fsite-other%2fsecret.txt',
    '/%252e%252e/site-other/secret.txt',
    '/..%5csite-other%5csecret.txt',
    '/..\\site-other\\secret.txt',
    '/x/../../site-other/secret.txt',
    '/./../site-other/secret.txt',
    '//etc/passwd',
    '/%2fetc/passwd',
    '/etc/passwd',
    '/game.zip%00.txt',
    'http://host/../site-other/secret.txt',
  ])('[O8] is not reached by %s', async (path) => {
    const answer = await talk(site.port, `GET ${path} HTTP/1.0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 404/)
    expect(answer).not.toMatch(/secret$|root:/)
  })

  it('[O8] is not reached by symbolic links, though links within the folder work', async () => {
    await symlink(join(outside, 'secret.txt'), join(site.folder, 'file-link'))
    await symlink(outside, join(site.folder, 'folder-link'))
    await symlink(`${site.folder}-other`, join(site.folder, 'beside-link'))
    await symlink(join(site.folder, 'loop'), join(site.folder, 'loop'))
    await symlink('game.zip', join(site.folder, 'latest.zip'))
    for (const path of ['/file-link', '/folder-link/secret.txt', '/beside-link/secret.txt', '/loop']) {
      expect((await site.get(path)).status).toBe(404)
      expect((await site.get(`${path}.nearcast.json`)).status).toBe(404)
    }
    expect((await site.get('/latest.zip')).sha256).toBe(digest(zip))
  })

  it('[O8] gets a wrong percent-encoding no further than an error', async () => {
    for (const path of ['/%', '/%zz', '/%c0%ae%c0%ae/etc/passwd', '/a%ff']) {
      expect((await site.get(path)).status).toBe(400)
    }
  })
})

describe('the listing and the numbers', () => {
  it('[O23] name every published file, and only those', async () => {
    await publish('b/c.txt', 'hello')
    await publish('.hidden', 'x')
    await publish('game.zip.nearcast.json', '{}')
    expect(await site.origin.list(10)).toEqual([
      { path: '/game.zip', name: 'game.zip', size: 300_000, type: 'application/zip' },
      { path: '/b/c.txt', name: 'c.txt', size: 5, type: 'text/plain; charset=utf-8' },
    ])
    expect(await site.origin.list(1)).toHaveLength(1)
  })

  it('[O24] add up to what was sent', async () => {
    await site.get('/game.zip')
    await site.get('/game.zip', { range: 'bytes=0-9' })
    await site.get('/game.zip', {}, 'HEAD')
    // Whoever asked has the last byte before the server has closed the response.
    await expect.poll(() => site.origin.stats().activeResponses).toBe(0)
    expect(site.origin.stats()).toMatchObject({
      requests: 3,
      bytesSent: 300_010,
      bytesSentByPath: { '/game.zip': 300_010 },
    })
  })
})

describe('single files from elsewhere', () => {
  it('[O13] are served at their own paths, before the folder, and have manifests under those names', async () => {
    const elsewhere = join(site.folder, 'game.zip')
    const other = await serveOrigin({ files: new Map([['/software/tool-1.0', elsewhere]]) })
    try {
      expect(await other.get('/software/tool-1.0')).toMatchObject({ status: 200, sha256: digest(zip) })
      const manifest = JSON.parse((await other.get('/software/tool-1.0.nearcast.json')).text)
      expect(manifest).toMatchObject({ name: 'tool-1.0', type: 'application/octet-stream', size: 300_000 })
      expect(await other.origin.list(5)).toMatchObject([{ path: '/software/tool-1.0', size: 300_000 }])
      expect((await other.get('/software/')).status).toBe(404)
    } finally {
      await other.close()
    }
  })
})

describe('starting', () => {
  it.each([
    [{ folder: '/nowhere/at-all' }, 'cannot serve the folder /nowhere/at-all: it does not exist'],
    [{ folder: process.execPath }, `cannot serve the folder ${process.execPath}: it is not a folder`],
    [{ files: new Map([['/x', '/nowhere']]) }, 'cannot serve the file /nowhere: it does not exist'],
    [{ files: new Map([['/x', 'relative']]) }, 'cannot publish relative at /x: its path must be absolute'],
    [{ files: new Map([['/../x', '/etc/hosts']]) }, 'cannot publish /etc/hosts at /../x: that is no path of a file'],
    [{ hashFolder: '/dev/null/x' }, /^the folder for manifests cannot be written to: ENOTDIR/],
    [{ egressBytesPerSecondMax: 0 }, /^an egress cap of 0 bytes per second is none/],
  ])('[O25] with %j is refused in one clear line', async (options, message) => {
    const started = createOrigin({ hashFolder: site.hashFolder, log: silentLog, ...options })
    await expect(started).rejects.toThrow(message)
  })
})

describe('a file that the server may not read', () => {
  // The superuser may read everything.
  it.runIf(process.getuid?.() !== 0)('[O22] is not found, and the log says why', async () => {
    const warnings: string[] = []
    const log = { ...silentLog, warn: (_fields: object, message: string) => warnings.push(message) }
    const other = await serveOrigin({ folder: site.folder, log })
    await chmod(join(site.folder, 'game.zip'), 0)
    expect((await other.get('/game.zip')).status).toBe(404)
    expect(warnings).toEqual(['a file cannot be read'])
    await other.close()
  })
})

describe('the body', () => {
  it('[O1] is every byte in order, for many visitors at once', async () => {
    const large = randomBytes(2_000_001)
    await publish('large.bin', large)
    const answers = await Promise.all(Array.from({ length: 6 }, () => site.get('/large.bin')))
    for (const { sha256 } of answers) expect(sha256).toBe(digest(large))
  })
})
