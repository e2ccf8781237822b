import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sampleBytes, sampleManifest } from '../../test/fakes/sample-file.ts'
import { PublishedFolder } from './published-folder.ts'

const { signal } = new AbortController()
const manifest = sampleManifest(200_000)
const { root, geometry } = manifest
const url = 'https://a.example/files/deep/a%20b.bin'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearcast-published-'))
  mkdirSync(join(dir, 'deep'))
  path = join(dir, 'deep', 'a b.bin')
  writeFileSync(path, sampleBytes(200_000))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

it('[H10] finds what an origin would publish, each under its address', async () => {
  for (const hidden of ['.secret', 'x.bin.nearcast.json', 'x.bin.nearcast.pages']) writeFileSync(join(dir, hidden), '')
  writeFileSync(join(dir, '100%.txt'), '')
  const folder = await PublishedFolder.open(dir, 'https://a.example/files', signal)
  expect(folder.urls.sort()).toEqual(['https://a.example/files/100%25.txt', url])
})

it('[H10] gives the chunks of a file that is what its manifest says, and never writes to it', async () => {
  const folder = await PublishedFolder.open(dir, 'https://a.example/files/', signal)
  await folder.take(url, manifest)
  folder.store.opened(root, geometry)
  expect(await folder.store.held(root)).toEqual([0, 1, 2, 3])
  expect(await folder.store.read(root, 3)).toEqual(sampleBytes(200_000).slice(3 * 65_536))
  expect(await folder.store.write(root, [{ index: 1, bytes: new Uint8Array(65_536) }])).toEqual([])
  await folder.store.clear()
  await folder.store.remove(root, [2])
  expect(await folder.store.held(root)).toEqual([0, 1, 3])
  expect(await folder.isChanged(url)).toBe(false)
  await folder.store.close()
})

it.each([
  ['has another byte', () => writeFileSync(path, sampleBytes(200_000).fill(0, 5, 6))],
  ['is shorter', () => writeFileSync(path, sampleBytes(199_999))],
  ['is longer', () => writeFileSync(path, sampleBytes(200_001))],
])('[H10] refuses by name a file that %s', async (_, change) => {
  const folder = await PublishedFolder.open(dir, 'https://a.example/files/', signal)
  change()
  await expect(folder.take(url, manifest)).rejects.toThrow(`${path} is not the file that ${url} is`)
  await folder.store.close()
})

it('[H10] sees that a file was changed, replaced or removed since', async () => {
  const folder = await PublishedFolder.open(dir, 'https://a.example/files/', signal)
  await folder.take(url, manifest)
  writeFileSync(`${path}.new`, sampleBytes(200_000))
  renameSync(`${path}.new`, path)
  expect(await folder.isChanged(url)).toBe(true)
  await folder.take(url, manifest)
  expect(await folder.isChanged(url)).toBe(false)
  rmSync(path)
  expect(await folder.isChanged(url)).toBe(true)
  await folder.store.close()
})
