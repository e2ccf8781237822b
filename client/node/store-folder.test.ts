import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Geometry } from '../../shared/geometry.ts'
import type { Root } from '../../shared/ids.ts'
import { sampleBytes } from '../../test/fakes/sample-file.ts'
import { StoreFolder } from './store-folder.ts'

const chunk = sampleBytes(65_536)
const geometry = new Geometry(65_536)
const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [Root, Root, Root]

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearcast-folder-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function fill(folder: StoreFolder, ...roots: Root[]): Promise<void> {
  for (const root of roots) {
    await folder.store.open(root, geometry)
    expect(await folder.store.write(root, [{ index: 0, bytes: chunk }])).toEqual([0])
  }
}

const heldIn = () => readdirSync(dir).filter((name) => name.length === 64)

it('[H11] keeps to its cap: what is served no more makes room, the longest unused first', async () => {
  const before = new StoreFolder({ dir })
  await fill(before, a, b)
  await before.store.close()
  utimesSync(join(dir, b), 1, 1)
  writeFileSync(join(dir, 'notes.txt'), 'somebody’s')
  const folder = new StoreFolder({ dir, bytesMax: 2 * 65_536 })
  await fill(folder, c)
  expect(heldIn().sort()).toEqual([a, c])
  await folder.store.close()
  expect(existsSync(join(dir, 'notes.txt'))).toBe(true)
})

it('[H11] what is served makes no room: one more is refused with what it needs', async () => {
  const folder = new StoreFolder({ dir, bytesMax: 100_000 })
  await fill(folder, a)
  await expect(folder.store.open(b, geometry)).rejects.toThrow(/may hold 100000 bytes: 65536 are in use, 65536 more/)
  expect(await folder.store.read(a, 0)).toEqual(chunk)
  folder.drop(a)
  await fill(folder, b)
  expect(heldIn()).toEqual([b])
  await folder.store.close()
})

it('[H3] has what an earlier process left, and lets no second one in meanwhile', async () => {
  const first = new StoreFolder({ dir })
  await fill(first, a)
  const second = new StoreFolder({ dir })
  await expect(second.store.open(a, geometry)).rejects.toMatchObject({ code: 'usage' })
  await first.store.close()
  await second.store.open(a, geometry)
  expect(await second.store.held(a)).toEqual([0])
  expect(await second.store.read(a, 0)).toEqual(chunk)
  await second.store.close()
})
