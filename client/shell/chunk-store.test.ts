import { afterEach, expect, it, vi } from 'vitest'
import type { Root } from '../../shared/ids.ts'
import { openChunkStore } from './chunk-store.ts'
import { MemoryStore } from './memory-store.ts'

const disk = vi.hoisted(() => ({ open: vi.fn() }))
vi.mock('./idb-store.ts', () => ({ openIdbStore: disk.open }))

afterEach(() => void vi.useRealTimers())

const file = 'a'.repeat(64) as Root
const chunk = (index: number, length: number) => ({ index, bytes: new Uint8Array(length).fill(index + 1) })

it('holds in memory what the disk does not take, and gives out both', async () => {
  disk.open.mockResolvedValue(new MemoryStore(20))
  const store = await openChunkStore({ memoryBytesMax: 100 })
  await store.write(file, [chunk(0, 10)])
  expect(await store.write(file, [chunk(1, 50), chunk(2, 10)])).toEqual(expect.arrayContaining([1, 2]))
  expect(await store.held(file)).toEqual([0, 1, 2])
  expect(await store.read(file, 1)).toEqual(chunk(1, 50).bytes)
  expect(await store.read(file, 2)).toEqual(chunk(2, 10).bytes)
  await store.remove(file, [1])
  expect(await store.held(file)).toEqual([0, 2])
  await store.clear()
  expect(await store.held(file)).toEqual([])
})

it('works from memory where there is no IndexedDB', async () => {
  disk.open.mockResolvedValue(undefined)
  const store = await openChunkStore({ memoryBytesMax: 100 })
  expect(await store.write(file, [chunk(0, 10)])).toEqual([0])
  expect(await store.held(file)).toEqual([0])
})

it('does not wait for a database that never answers, and closes one that answers too late', async () => {
  vi.useFakeTimers()
  const late = new MemoryStore(100)
  const close = vi.spyOn(late, 'close')
  let answer = (_: MemoryStore) => {}
  disk.open.mockReturnValue(
    new Promise((resolve) => {
      answer = resolve
    }),
  )
  const opening = openChunkStore({ memoryBytesMax: 100 })
  await vi.advanceTimersByTimeAsync(10_000)
  const store = await opening
  expect(await store.write(file, [chunk(0, 10)])).toEqual([0])
  answer(late)
  await vi.advanceTimersByTimeAsync(1)
  expect(close).toHaveBeenCalled()
  expect(await store.held(file)).toEqual([0])
})
