import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rename, rm, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashBytes } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import { GiB, leafBytes, MiB } from '../../shared/limits.ts'
import { ChunkHashes, type Manifest, parseManifest } from '../../shared/manifest.ts'
import { chunkHash, leafHashes, rootOfChunks } from '../../shared/merkle.ts'
import { type ServedOrigin, serveOrigin, temporaryFolder } from '../../test/fakes/served-origin.ts'
import type { HashFile } from '../ports.ts'
import { hashFileHere, sha256 } from './file-hash.ts'
import { versionOf } from './stat-version.ts'

let folder: string
let site: ServedOrigin
const sites: ServedOrigin[] = []
const tool = randomBytes(1 * MiB + 5)

/** Counts what was hashed, and holds hashing back while `gate` is closed. */
let hashed: string[]
let gate: Promise<void>
const hashFile: HashFile = async (path, signal) => {
  hashed.push(path)
  await gate
  return hashFileHere(path, signal)
}

async function start(options: Parameters<typeof serveOrigin>[0] = {}): Promise<ServedOrigin> {
  const paths = { folder: join(folder, 'site'), hashFolder: join(folder, 'hashes') }
  const started = await serveOrigin({ ...paths, hashFile, ...options })
  sites.push(started)
  return started
}

async function manifestOf(path: string, from = site): Promise<Manifest> {
  const answer = await from.get(`${path}.nearcast.json`)
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
  const manifest = parseManifest(answer.text, sha256)
  if (!manifest.ok) throw new Error(manifest.violation)
  return manifest.value
}

const rootOf = (bytes: Uint8Array) => hashAll(bytes).root

/** Hashes in memory, another way than the origin's streaming. */
function hashAll(bytes: Uint8Array): { root: string } {
  let row = Array.from({ length: Math.ceil(bytes.length / leafBytes) }, (_, i) =>
    sha256(bytes.subarray(i * leafBytes, (i + 1) * leafBytes)),
  )
  while (row.length & (row.length - 1)) row.push(new Uint8Array(32))
  while (row.length > 1) row = row.flatMap((hash, i) => (i % 2 ? [] : [sha256(Buffer.concat([hash, row[i + 1]!]))]))
  return { root: Buffer.from(row[0] ?? sha256(new Uint8Array(0))).toString('hex') }
}

beforeEach(async () => {
  folder = await temporaryFolder()
  hashed = []
  gate = Promise.resolve()
  site = await start()
  await writeFile(join(site.folder, 'tool.bin'), tool)
})
afterEach(async () => {
  for (const each of sites.splice(0)) await each.close()
  await rm(folder, { recursive: true })
})

describe('the manifest of a file', () => {
  it('[O13] has its name, type, size and root, and hashes that every chunk can be checked against', async () => {
    const manifest = await manifestOf('/tool.bin')
    expect(manifest).toMatchObject({ name: 'tool.bin', type: 'application/octet-stream', root: rootOf(tool) })
    expect(manifest.geometry.fileBytes).toBe(tool.length)
    const hashes = new ChunkHashes(manifest, sha256)
    for (let i = 0; i < manifest.geometry.chunkCount; i++) {
      const { geometry } = manifest
      const bytes = tool.subarray(geometry.startOf(i), geometry.endOf(i))
      expect(hashes.matches(i, chunkHash(leafHashes(bytes, sha256), geometry, sha256))).toBe(true)
    }
    expect((await site.get('/tool.bin')).headers.etag).toBe(`"${manifest.root}"`)
  })

  it.each([0, 1, leafBytes, leafBytes + 1, 65_536, 65_537])('[O13] of %i bytes has the right root', async (bytes) => {
    await writeFile(join(site.folder, 'file'), tool.subarray(0, bytes))
    expect((await manifestOf('/file')).root).toBe(rootOf(tool.subarray(0, bytes)))
  })

  it('[O13] has a validator of its own, and is not sent again while it is the same', async () => {
    const first = await site.get('/tool.bin.nearcast.json')
    const { etag } = first.headers
    expect(first.headers['cache-control']).toBe('no-cache')
    expect(etag).not.toBe((await site.get('/tool.bin')).headers.etag)
    const again = await site.get('/tool.bin.nearcast.json', { 'if-none-match': etag! })
    expect(again).toMatchObject({ status: 304, text: '' })
    const head = await site.get('/tool.bin.nearcast.json', {}, 'HEAD')
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': `${first.body.length}` } })
  })

  it('[O14] is hashed once for all who ask at once, and for everybody later', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => site.get('/tool.bin.nearcast.json')))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    await manifestOf('/tool.bin')
    expect(hashed).toHaveLength(1)
    expect(site.origin.stats().manifests).toEqual({ served: 11, hashed: 1, fromDisk: 0 })
  })

  it('[O2] [O14] is kept over a restart, with the ETag there from the first request on', async () => {
    const { root } = await manifestOf('/tool.bin')
    const restarted = await start()
    expect((await restarted.get('/tool.bin')).headers.etag).toBe(`"${root}"`)
    expect((await manifestOf('/tool.bin', restarted)).root).toBe(root)
    expect(hashed).toHaveLength(1)
    expect(restarted.origin.stats().manifests).toEqual({ served: 1, hashed: 0, fromDisk: 1 })
  })

  it('[O14] is ready for the first visitor when the server warmed it up', async () => {
    await site.origin.warm('/tool.bin')
    expect(hashed).toHaveLength(1)
    expect((await site.get('/tool.bin')).headers.etag).toBe(`"${rootOf(tool)}"`)
    await site.origin.warm('/none')
    await site.origin.warm('/%')
  })

  it('[O13] that lies in the folder as a file is served as it is', async () => {
    await writeFile(join(site.folder, 'tool.bin.nearcast.json'), '{"mine":1}')
    expect((await site.get('/tool.bin.nearcast.json')).text).toBe('{"mine":1}')
    expect(hashed).toEqual([])
  })

  it('[O13] does not exist where there is no file', async () => {
    for (const path of ['/none', '/', '/.nearcast', '/tool.bin.nearcast.json']) {
      expect((await site.get(`${path}.nearcast.json`)).status).toBe(404)
    }
    expect(hashed).toEqual([])
  })
})

describe('while a file is hashed', () => {
  it('[O1] [O15] it is served at once, and whoever asks for the manifest is told to come again', async () => {
    let openGate = () => {}
    gate = new Promise((resolve) => {
      openGate = resolve
    })
    const hurried = await start({ manifestWaitMs: 1 })
    const later = await hurried.get('/tool.bin.nearcast.json')
    expect(later).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store' } })
    const file = await hurried.get('/tool.bin')
    expect(file).toMatchObject({ status: 200, brokenOff: false })
    expect(file.headers).not.toHaveProperty('etag')
    const warm = hurried.origin.warm('/tool.bin')
    openGate()
    await warm
    expect((await hurried.get('/tool.bin')).headers.etag).toBe(`"${rootOf(tool)}"`)
    expect(hashed).toHaveLength(1)
  })

  it('[O16] a change of it makes the manifest that of the new content', async () => {
    const other = randomBytes(tool.length)
    let first = true
    const disturbed = await start({
      hashFile: async (path, signal) => {
        const outcome = hashFileHere(path, signal)
        if (first) await writeFile(path, other)
        first = false
        return outcome
      },
    })
    expect((await manifestOf('/tool.bin', disturbed)).root).toBe(rootOf(other))
  })

  it('[O16] its replacement by renaming makes the manifest that of the new file', async () => {
    const path = join(site.folder, 'tool.bin')
    await writeFile(join(folder, 'new'), 'new content')
    let first = true
    const disturbed = await start({
      hashFile: async (each, signal) => {
        const outcome = hashFileHere(each, signal)
        if (first) await rename(join(folder, 'new'), path)
        first = false
        return outcome
      },
    })
    expect((await manifestOf('/tool.bin', disturbed)).root).toBe(rootOf(Buffer.from('new content')))
  })

  it('[O15] endless changes end in an answer: not now', async () => {
    const restless = await start({ hashFile: async () => ({ kind: 'changed' }) })
    expect(await restless.get('/tool.bin.nearcast.json')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    })
  })

  it('[O15] an error ends in an answer, and the next one who asks starts anew', async () => {
    let failures = 1
    const shaky = await start({
      hashFile: async (path, signal) =>
        failures-- > 0 ? { kind: 'failed', reason: 'EIO: i/o error' } : hashFileHere(path, signal),
    })
    expect((await shaky.get('/tool.bin.nearcast.json')).status).toBe(503)
    expect((await shaky.get('/tool.bin.nearcast.json')).status).toBe(200)
  })
})

describe('a file that changes between two visits', () => {
  it.each([
    ['is overwritten', (path: string) => writeFile(path, randomBytes(tool.length))],
    [
      'is overwritten and given its old date',
      async (path: string) => {
        const handle = await open(path, 'r+')
        const { atime, mtime } = await handle.stat()
        await handle.write(randomBytes(10), 0, 10, 500)
        await handle.utimes(atime, mtime)
        await handle.close()
      },
    ],
    ['is cut short', (path: string) => truncate(path, 1000)],
    [
      'is replaced by renaming',
      async (path: string) => {
        await writeFile(`${path}.new`, randomBytes(tool.length))
        await rename(`${path}.new`, path)
      },
    ],
    [
      'is deleted and made again',
      async (path: string) => {
        await unlink(path)
        await writeFile(path, randomBytes(tool.length))
      },
    ],
  ])('[O2] [O16] by being one that %s has no old ETag and gets a new manifest', async (_how, change) => {
    const path = join(site.folder, 'tool.bin')
    const old = await manifestOf('/tool.bin')
    await change(path)
    const etag = `"${old.root}"`
    const range = { range: 'bytes=0-9', 'if-range': etag }
    expect((await site.get('/tool.bin')).headers).not.toHaveProperty('etag')
    expect((await site.get('/tool.bin', { 'if-none-match': etag })).status).toBe(200)
    expect((await site.get('/tool.bin', range)).status).toBe(200)
    const content = await readFile(path)
    expect((await manifestOf('/tool.bin')).root).toBe(rootOf(content))
    expect((await site.get('/tool.bin')).headers.etag).toBe(`"${rootOf(content)}"`)
    const restarted = await start()
    expect((await restarted.get('/tool.bin')).headers.etag).toBe(`"${rootOf(content)}"`)
  })

  it('[O2] keeps its ETag when only the date of another file changed', async () => {
    await manifestOf('/tool.bin')
    await writeFile(join(site.folder, 'other'), 'x')
    await utimes(join(site.folder, 'other'), 1, 1)
    expect((await site.get('/tool.bin')).headers).toHaveProperty('etag')
  })
})

describe('what is kept on disk', () => {
  it.each([
    ['emptied', () => ''],
    ['cut short', (record: string) => record.slice(0, -100)],
    ['flipped in one letter', (record: string) => record.replace(/"chunks":"./, '"chunks":"!')],
    ['given another root', (record: string) => record.replace(/"root":"..../, '"root":"0000')],
    ['replaced by something else', () => randomBytes(5000)],
    ['grown huge', (record: string) => record.padEnd(1 * MiB)],
  ])('[O17] and was %s is hashed anew', async (_how, damage) => {
    const { root } = await manifestOf('/tool.bin')
    const [name] = (await readdir(site.hashFolder)).filter((each) => each.endsWith('.record'))
    const file = join(site.hashFolder, name!)
    await writeFile(file, damage(await readFile(file, 'utf8')))
    const restarted = await start()
    expect((await manifestOf('/tool.bin', restarted)).root).toBe(root)
    expect(hashed).toHaveLength(2)
    expect(await readFile(file, 'utf8')).toContain(root)
  })

  it('[O17] leaves nothing unfinished, and forgets files that are gone', async () => {
    await writeFile(join(site.folder, 'short-lived'), 'x')
    await manifestOf('/short-lived')
    await manifestOf('/tool.bin')
    expect(await readdir(site.hashFolder)).toHaveLength(2)
    await unlink(join(site.folder, 'short-lived'))
    const restarted = await start()
    await expect.poll(() => readdir(restarted.hashFolder)).toHaveLength(1)
  })

  it('[O17] can be lost while the server runs', async () => {
    await rm(site.hashFolder, { recursive: true })
    expect((await manifestOf('/tool.bin')).root).toBe(rootOf(tool))
    expect((await manifestOf('/tool.bin')).root).toBe(rootOf(tool))
    expect(hashed).toHaveLength(1)
  })
})

describe('the hash pages', () => {
  it('[O18] of a file with few chunks do not exist, and nothing is hashed to find that out', async () => {
    expect((await site.get('/tool.bin.nearcast.pages')).status).toBe(404)
    expect((await site.get('/none.nearcast.pages')).status).toBe(404)
    expect(hashed).toEqual([])
  })

  describe('of a file with many chunks', () => {
    const geometry = new Geometry(8 * GiB + 1)
    const head = randomBytes(geometry.leavesPerChunk * hashBytes)
    const chunks = randomBytes(geometry.chunkCount * hashBytes)
    chunks.set(chunkHash(head, geometry, sha256))
    const root = rootOfChunks(chunks, geometry, sha256)
    let count: number
    // Hashing 8 GiB takes too long for a test; what is done with the hashes is the same.
    const hashHuge: HashFile = async (path) => {
      count++
      const version = versionOf(await stat(path, { bigint: true }))
      return { kind: 'hashed', file: { version, chunks: new Uint8Array(chunks), head: new Uint8Array(head), root } }
    }
    const startHuge = () => start({ hashFile: hashHuge })

    beforeEach(async () => {
      count = 0
      site = await startHuge()
      await writeFile(join(site.folder, 'huge.iso'), '')
      await truncate(join(site.folder, 'huge.iso'), geometry.fileBytes)
    })

    it('[O18] are read by Range, and lead to the root that the manifest names', async () => {
      const manifest = await manifestOf('/huge.iso')
      expect(manifest.hashes.kind).toBe('pages')
      const hashes = new ChunkHashes(manifest, sha256)
      const [from, to] = hashes.pageRange(3)
      const page = await site.get('/huge.iso.nearcast.pages', { range: `bytes=${from}-${to - 1}` })
      expect(page).toMatchObject({ status: 206, headers: { 'content-type': 'application/octet-stream' } })
      expect(hashes.addPage(3, page.body)).toBe(true)
      const whole = await site.get('/huge.iso.nearcast.pages')
      expect(whole.body.equals(chunks)).toBe(true)
      const { etag } = whole.headers
      expect((await site.get('/huge.iso.nearcast.pages', { 'if-none-match': etag! })).status).toBe(304)
    })

    it('[O18] are there before anybody asked for the manifest, and after a restart', async () => {
      expect((await site.get('/huge.iso.nearcast.pages')).body.equals(chunks)).toBe(true)
      const restarted = await startHuge()
      expect((await restarted.get('/huge.iso.nearcast.pages')).body.equals(chunks)).toBe(true)
      expect(count).toBe(1)
    })

    it.each([
      [
        'damaged',
        (file: string) =>
          writeFile(
            file,
            chunks.map((byte, i) => (i === 65_000 ? byte ^ 1 : byte)),
          ),
      ],
      ['cut short', (file: string) => truncate(file, 100)],
      ['lost', (file: string) => unlink(file)],
    ])('[O17] that were %s on disk are made again', async (_how, damage) => {
      await manifestOf('/huge.iso')
      const name = (await readdir(site.hashFolder)).find((each) => each.endsWith('.pages'))
      await damage(join(site.hashFolder, name!))
      const restarted = await startHuge()
      await manifestOf('/huge.iso', restarted)
      expect((await restarted.get('/huge.iso.nearcast.pages')).body.equals(chunks)).toBe(true)
      expect(count).toBe(2)
    })

    it('[O17] that are lost while the server runs are made again for the next one who asks', async () => {
      await manifestOf('/huge.iso')
      for (const name of await readdir(site.hashFolder)) await unlink(join(site.hashFolder, name))
      expect((await site.get('/huge.iso.nearcast.pages')).status).toBe(503)
      expect((await site.get('/huge.iso.nearcast.pages')).body.equals(chunks)).toBe(true)
    })
  })
})
