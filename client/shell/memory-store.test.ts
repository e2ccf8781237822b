import { expect, it } from 'vitest'
import type { Root } from '../../shared/ids.ts'
import { MemoryStore } from './memory-store.ts'

const fileA = 'a'.repeat(64) as Root
const fileB = 'b'.repeat(64) as Root
const chunk = (index: number, length = 10) => ({ index, bytes: new Uint8Array(length).fill(index) })

it('gives up the least recently used chunk of another file when the cap is reached', async () => {
  const store = new MemoryStore(30)
  await store.write(fileA, [chunk(0), chunk(1), chunk(2)])
  await store.read(fileA, 0)
  expect(await store.write(fileB, [chunk(3)])).toEqual([3])
  expect(await store.held(fileA)).toEqual([0, 2])
  expect(await store.held(fileB)).toEqual([3])
})

it('does not keep a chunk larger than the cap, nor lose others for it', async () => {
  const store = new MemoryStore(30)
  await store.write(fileA, [chunk(0)])
  expect(await store.write(fileA, [chunk(1, 31)])).toEqual([])
  expect(await store.held(fileA)).toEqual([0])
})

it('of one file with more chunks than fit, refuses what comes last and loses none', async () => {
  const store = new MemoryStore(30)
  const kept = await store.write(fileA, [chunk(0), chunk(1), chunk(2), chunk(3)])
  expect(kept).toEqual([0, 1, 2])
  expect(await store.held(fileA)).toEqual(kept)
})

it('counts a chunk that is written again once', async () => {
  const store = new MemoryStore(30)
  for (let i = 0; i < 10; i++) await store.write(fileA, [chunk(0), chunk(1)])
  expect(await store.held(fileA)).toEqual([0, 1])
})

it('limits how many chunks it holds, however small they are', async () => {
  const store = new MemoryStore(1_000_000)
  const chunks = Array.from({ length: 70_000 }, (_, index) => chunk(index, 1))
  const kept = await store.write(fileA, chunks)
  expect(kept.length).toBe(65_536)
  expect(await store.held(fileA)).toEqual(kept)
})
