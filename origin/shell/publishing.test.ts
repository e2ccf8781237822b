import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GiB, MiB } from '../../shared/limits.ts'
import { parseManifest } from '../../shared/manifest.ts'
import { checkSignature } from '../../shared/manifest-signature.ts'
import { readPathPattern } from '../../shared/path-pattern.ts'
import { serveOrigin, temporaryFolder } from '../../test/fakes/served-origin.ts'
import { siteKey } from '../../test/fakes/signed-manifest.ts'
import { hashFileHere, sha256 } from './file-hash.ts'
import { signatureTools } from './manifest-signer.ts'
import { type PublishOptions, publishFolder, verifyFolder } from './publishing.ts'

let base: string
let folder: string
let hashed: string[]
const signal = new AbortController().signal

beforeEach(async () => {
  base = await temporaryFolder()
  folder = join(base, 'site')
  hashed = []
  await mkdir(join(folder, 'a/b'), { recursive: true })
})
afterEach(() => rm(base, { recursive: true }))

const options = (more: Partial<PublishOptions> = {}): PublishOptions => ({
  folder,
  hashFolder: join(base, 'hashes'),
  selection: { bytesMin: 1000, match: [], exclude: [] },
  signal,
  hashFile: (path, ended) => {
    hashed.push(path)
    return hashFileHere(path, ended)
  },
  ...more,
})
const patterns = (...texts: string[]) => texts.map((text) => readPathPattern(text)!)
const write = async (path: string, bytes: Uint8Array | string) => {
  await writeFile(join(folder, path), bytes)
  return bytes
}
const manifestAt = async (path: string) => {
  const read = parseManifest(await readFile(`${join(folder, path)}.nearcast.json`, 'utf8'), sha256)
  if (!read.ok) throw new Error(read.violation)
  return read.value
}
const namesIn = async (path = folder) => (await readdir(path, { recursive: true })).sort()
const faultsOf = async () => {
  const found = await verifyFolder({ folder, signal, hashFile: hashFileHere })
  return Object.fromEntries(found.map(({ path, faults }) => [path, faults]))
}

describe('publishing a folder', () => {
  it('[H40] gives every file that is long enough the manifest that nearcast serve gives it', async () => {
    await write('a/b/film (1).mp4', randomBytes(200_001))
    await write('long.zip', randomBytes(1000))
    await write('short.zip', randomBytes(999))
    await write('.hidden', randomBytes(2000))
    expect(await publishFolder(options())).toEqual({
      files: 2,
      bytes: 201_001,
      written: ['/a/b/film (1).mp4', '/long.zip'],
      removed: [],
      failed: [],
    })
    expect((await namesIn()).filter((name) => name.endsWith('.json'))).toEqual([
      'a/b/film (1).mp4.nearcast.json',
      'long.zip.nearcast.json',
    ])
    const text = await readFile(join(folder, 'a/b/film (1).mp4.nearcast.json'), 'utf8')
    await rm(join(folder, 'a/b/film (1).mp4.nearcast.json'))
    const origin = await serveOrigin({ folder })
    const served = await origin.get('/a/b/film%20(1).mp4.nearcast.json').finally(() => origin.close())
    expect(text).toBe(`${served.text}\n`)
    expect(await manifestAt('long.zip')).toMatchObject({ name: 'long.zip', type: 'application/zip' })
  })

  it('[H40] takes an empty file, one byte and exactly a chunk, where they are asked for', async () => {
    for (const bytes of [0, 1, 16_384, 65_536, 65_537]) await write(`${bytes}.bin`, randomBytes(bytes))
    const selection = { bytesMin: 0, match: [], exclude: [] }
    expect(await publishFolder(options({ selection }))).toMatchObject({ files: 5, failed: [] })
    expect(Object.values(await faultsOf()).flat()).toEqual([])
  })

  it('[H40] matches and excludes by path', async () => {
    for (const name of ['a/one.mp4', 'a/two.zip', 'a/b/three.mp4', 'four.mp4']) await write(name, randomBytes(1500))
    const selection = { bytesMin: 0, match: patterns('/a/**'), exclude: patterns('*.zip') }
    expect(await publishFolder(options({ selection }))).toMatchObject({ written: ['/a/b/three.mp4', '/a/one.mp4'] })
    const without = { bytesMin: 0, match: patterns('*.mp4'), exclude: patterns('/a/b/**') }
    expect(await publishFolder(options({ selection: without }))).toMatchObject({
      written: ['/four.mp4'],
      removed: ['/a/b/three.mp4'],
    })
  })

  it('[H40] puts the hash pages of a huge file beside it, and takes them away again with it', async () => {
    await write('disk.img', '')
    await truncate(join(folder, 'disk.img'), 8 * GiB + 5)
    const chunks = new Uint8Array(2049 * 32)
    const hashFile: PublishOptions['hashFile'] = async (path) => {
      // Eight gigabytes of zeros would take half a minute: every full leaf, and so every chunk but the last, is alike.
      const { treeOfZeros } = await import('../../test/fakes/zero-tree.ts')
      const { versionOf } = await import('./stat-version.ts')
      const version = versionOf(await stat(path, { bigint: true }))
      const tree = treeOfZeros(version.bytes)
      chunks.set(tree.chunks)
      return { kind: 'hashed', file: { version, ...tree } }
    }
    await publishFolder(options({ hashFile }))
    expect((await readFile(join(folder, 'disk.img.nearcast.pages'))).equals(chunks)).toBe(true)
    expect((await manifestAt('disk.img')).hashes.kind).toBe('pages')
    await truncate(join(folder, 'disk.img.nearcast.pages'), 100)
    expect(await publishFolder(options({ hashFile }))).toMatchObject({ written: ['/disk.img'] })
    await truncate(join(folder, 'disk.img'), 5)
    await publishFolder(options())
    expect(existsSync(join(folder, 'disk.img.nearcast.pages'))).toBe(false)
  })

  it('[H40] leaves out what a link leads out of the folder to', async () => {
    await writeFile(join(base, 'secret'), randomBytes(2000))
    await symlink(join(base, 'secret'), join(folder, 'link.bin'))
    await write('a/real.bin', randomBytes(2000))
    await symlink(join(folder, 'a/real.bin'), join(folder, 'inside.bin'))
    expect(await publishFolder(options())).toMatchObject({ written: ['/a/real.bin', '/inside.bin'], failed: [] })
  })
})

describe('publishing it again', () => {
  it('[H41] writes nothing that did not change, and hashes nothing again', async () => {
    await write('x.zip', randomBytes(5000))
    await write('y.zip', randomBytes(5000))
    await publishFolder(options())
    const before = await stat(join(folder, 'x.zip.nearcast.json'), { bigint: true })
    await write('y.zip', randomBytes(5000))
    hashed = []
    expect(await publishFolder(options())).toMatchObject({ files: 2, written: ['/y.zip'] })
    expect(hashed).toEqual([join(folder, 'y.zip')])
    const after = await stat(join(folder, 'x.zip.nearcast.json'), { bigint: true })
    expect([after.mtimeNs, after.ino]).toEqual([before.mtimeNs, before.ino])
  })

  it('[H41] keeps up to date what has a manifest, however short it became', async () => {
    await write('x.zip', randomBytes(5000))
    await publishFolder(options())
    await write('x.zip', 'short')
    expect(await publishFolder(options())).toMatchObject({ written: ['/x.zip'] })
    expect(await faultsOf()).toEqual({ '/x.zip': [] })
  })

  it('[H41] removes the manifest of a file that is gone, and no other file', async () => {
    for (const name of ['x.zip', 'y.zip']) await write(name, randomBytes(5000))
    await publishFolder(options())
    await rename(join(folder, 'y.zip.nearcast.json'), join(folder, 'renamed.zip.nearcast.json'))
    await rm(join(folder, 'x.zip'))
    await write('notes.nearcast.json', '{"mine":true}')
    expect(await publishFolder(options())).toMatchObject({ removed: ['/x.zip'], written: ['/y.zip'] })
    expect(await namesIn()).toEqual(
      ['a', 'a/b', 'notes.nearcast.json', 'renamed.zip.nearcast.json', 'y.zip', 'y.zip.nearcast.json'].sort(),
    )
  })

  it('[H41] works in a folder of its own for manifests', async () => {
    await write('a/b/x.zip', randomBytes(5000))
    const outFolder = join(base, 'out')
    await mkdir(outFolder)
    await publishFolder(options({ outFolder }))
    expect(await namesIn(outFolder)).toEqual(['a', 'a/b', 'a/b/x.zip.nearcast.json'])
    expect(await namesIn()).toEqual(['a', 'a/b', 'a/b/x.zip'])
    expect(await verifyFolder({ folder, outFolder, signal, hashFile: hashFileHere })).toMatchObject([{ faults: [] }])
    await rm(join(folder, 'a/b/x.zip'))
    expect(await publishFolder(options({ outFolder }))).toMatchObject({ removed: ['/a/b/x.zip'] })
  })

  it('[H41] replaces a damaged manifest', async () => {
    await write('x.zip', randomBytes(5000))
    await publishFolder(options())
    await writeFile(join(folder, 'x.zip.nearcast.json'), '{"nearcast":')
    expect(await publishFolder(options())).toMatchObject({ written: ['/x.zip'] })
    expect(await faultsOf()).toEqual({ '/x.zip': [] })
  })
})

describe('what cannot be published', () => {
  it('[H42] is named, and the rest is published', async () => {
    for (const name of ['good.zip', 'moving.zip', 'broken.zip']) await write(name, randomBytes(5000))
    const hashFile: PublishOptions['hashFile'] = async (path, ended) => {
      if (path.endsWith('moving.zip')) return { kind: 'changed' }
      if (path.endsWith('broken.zip')) return { kind: 'failed', reason: 'EIO: i/o error' }
      return hashFileHere(path, ended)
    }
    expect(await publishFolder(options({ hashFile }))).toMatchObject({
      written: ['/good.zip'],
      failed: [
        { path: '/broken.zip', reason: 'EIO: i/o error' },
        { path: '/moving.zip', reason: 'it changes faster than it can be hashed' },
      ],
    })
    expect(await namesIn()).toContain('good.zip.nearcast.json')
  })

  it('[H42] ended midway it leaves only whole manifests, and the next run goes on', async () => {
    for (let i = 0; i < 12; i++) await write(`${i}.zip`, randomBytes(1 * MiB))
    const ending = new AbortController()
    const onProgress = ({ filesDone }: { filesDone: number }) => filesDone >= 3 && ending.abort()
    await publishFolder(options({ signal: ending.signal, onProgress }))
    const found = await faultsOf()
    expect(Object.keys(found).length).toBeLessThan(12)
    expect(Object.values(found).flat()).toEqual([])
    expect((await namesIn()).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(await publishFolder(options())).toMatchObject({ files: 12, failed: [] })
  })

  it.skipIf(process.getuid?.() === 0)('[H42] a folder that cannot be read keeps its manifests', async () => {
    await write('a/x.zip', randomBytes(5000))
    await publishFolder(options())
    await chmod(join(folder, 'a'), 0)
    const report = await publishFolder(options()).finally(() => chmod(join(folder, 'a'), 0o755))
    expect(report).toMatchObject({ removed: [], failed: [{ path: '/a' }] })
  })
})

describe('verifying a folder', () => {
  it('[H43] names what is wrong with each file', async () => {
    for (const name of ['right', 'flipped', 'longer', 'gone', 'swapped', 'damaged', 'other']) {
      await write(`${name}.zip`, randomBytes(5000))
    }
    await publishFolder(options())
    const flipped = await readFile(join(folder, 'flipped.zip'))
    flipped[4999]! ^= 1
    await write('flipped.zip', flipped)
    await write('longer.zip', randomBytes(5001))
    await rm(join(folder, 'gone.zip'))
    await rename(join(folder, 'other.zip.nearcast.json'), join(folder, 'swapped.zip.nearcast.json'))
    await write('damaged.zip.nearcast.json', 'no')
    expect(await faultsOf()).toEqual({
      '/right.zip': [],
      '/flipped.zip': ['its bytes are not those that its manifest speaks of'],
      '/longer.zip': ['it has 5001 bytes, its manifest 5000'],
      '/gone.zip': ['it has a manifest, and is not there'],
      '/swapped.zip': [
        'its manifest is that of a file called other.zip',
        'its bytes are not those that its manifest speaks of',
      ],
      '/damaged.zip': ['manifest is not JSON'],
    })
  })
})

describe('a server with a key', () => {
  it('[M27] signs the manifest of each file for its own path, and anew when half of its time is over', async () => {
    await write('a/b/x.zip', randomBytes(5000))
    let nowMs = Date.now()
    const key = siteKey()
    const origin = await serveOrigin({ folder, signing: { key, lifetimeMs: 100_000, wallNow: () => nowMs } })
    const claimsAt = async (path: string) => {
      const manifest = parseManifest((await origin.get(path)).text, sha256)
      if (!manifest.ok) throw new Error(manifest.violation)
      const terms = { path: '/a/b/x.zip', keys: [key.publicKey], nowMs }
      const checked = await checkSignature(manifest.value, terms, signatureTools)
      return checked.ok ? checked.value.claims : checked.violation
    }
    try {
      const first = await claimsAt('/a/b/x.zip.nearcast.json')
      expect(first).toMatchObject({ path: '/a/b/x.zip', sequence: nowMs })
      nowMs += 49_000
      expect(await claimsAt('/a/b/x.zip.nearcast.json')).toEqual(first)
      nowMs += 1_000
      expect(await claimsAt('/a/b/x.zip.nearcast.json')).toMatchObject({ sequence: nowMs })
    } finally {
      await origin.close()
    }
  })
})
