import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../shared/bytes.ts'
import { MiB } from '../../shared/limits.ts'
import { ChunkHashes } from '../../shared/manifest.ts'
import { leafHashes } from '../../shared/merkle.ts'
import { sampleBytes, sampleManifest, sha256, syntheticManifest } from '../../test/fakes/sample-file.ts'
import { VirtualTime } from '../../test/sim/virtual-time.ts'
import type { ChunkStore } from '../ports.ts'
import { MemoryStore } from './memory-store.ts'
import { Vault } from './vault.ts'

const chunkBytes = 65_536
const manifest = sampleManifest(6 * chunkBytes, chunkBytes)
const bytes = sampleBytes(6 * chunkBytes)
const chunk = (index: number) => bytes.slice(index * chunkBytes, (index + 1) * chunkBytes)
const { root } = manifest

function newVault(
  store: ChunkStore,
  file = { manifest, hashes: new ChunkHashes(manifest, sha256), fetchPage: async () => false },
) {
  const time = new VirtualTime()
  const lost: string[] = []
  const pressure: boolean[] = []
  const clock = {
    now: () => time.now,
    at(atMs: number, callback: () => void) {
      let isOff = false
      time.at(atMs, () => isOff || callback())
      return () => {
        isOff = true
      }
    },
  }
  const hasher = { leafHashes: async (of: Bytes) => leafHashes(of, sha256) as Bytes, sha256 }
  const vault = new Vault(
    { store, hasher, clock },
    { lost: (_, index, isFull) => lost.push(`${index}${isFull ? ' full' : ''}`), pressure: (on) => pressure.push(on) },
  )
  vault.open(file)
  return { vault, lost, pressure, time }
}

/** A store of which some calls are answered otherwise. */
function storeWith(over: Partial<ChunkStore>): ChunkStore {
  const memory = new MemoryStore(64 * MiB)
  return {
    held: (of) => memory.held(of),
    read: (of, index) => memory.read(of, index),
    write: (of, chunks) => memory.write(of, chunks),
    remove: (of, indexes) => memory.remove(of, indexes),
    clear: () => memory.clear(),
    close: () => memory.close(),
    ...over,
  }
}

describe('the vault', () => {
  it('[C12] what is kept is there at once, and in the store once it is flushed', async () => {
    const store = new MemoryStore(64 * MiB)
    const { vault } = newVault(store)
    vault.keep(root, 2, chunk(2))
    expect(vault.peek(root, 2)).toEqual(chunk(2))
    await vault.flushed()
    expect(await store.held(root)).toEqual([2])
  })

  it('[C12] what the store gives back changed is not given to anyone, is said to be lost, and is removed', async () => {
    const store = new MemoryStore(64 * MiB)
    const wrong = chunk(1)
    wrong[77]! ^= 1
    await store.write(root, [
      { index: 1, bytes: wrong },
      { index: 2, bytes: chunk(2).slice(0, 10) },
      { index: 3, bytes: chunk(4) },
      { index: 4, bytes: chunk(4) },
    ])
    const { vault, lost } = newVault(store)
    expect(await vault.read(root, 1)).toBeUndefined()
    expect(await vault.read(root, 2)).toBeUndefined()
    expect(await vault.read(root, 3)).toBeUndefined()
    expect(await vault.read(root, 4)).toEqual(chunk(4))
    expect(lost).toEqual(['1', '2', '3'])
    expect(await store.held(root)).toEqual([4])
  })

  it('[C12] a chunk that cannot be checked yet stays in the store', async () => {
    const { manifest: paged } = syntheticManifest(2_560)
    const store = new MemoryStore(64 * MiB)
    await store.write(paged.root, [{ index: 0, bytes: new Uint8Array(16_384) }])
    let asked = 0
    const { vault } = newVault(store, {
      manifest: paged,
      hashes: new ChunkHashes(paged, sha256),
      fetchPage: async () => {
        asked++
        return false
      },
    })
    expect(await vault.read(paged.root, 0)).toBeUndefined()
    expect(asked).toBe(1)
    expect(await store.held(paged.root)).toEqual([0])
  })

  it('[C12] a chunk that came anew while the store gave back a wrong one is not lost', async () => {
    let give = (_: Bytes | undefined) => {}
    const store = storeWith({ read: () => new Promise((resolve) => (give = resolve)) })
    const { vault, lost } = newVault(store)
    const reading = vault.read(root, 1)
    vault.keep(root, 1, chunk(1))
    give(chunk(2))
    expect(await reading).toEqual(chunk(1))
    expect(lost).toEqual([])
  })

  it.each([
    [
      'fails',
      storeWith({ write: () => Promise.reject(new Error('quota')), read: () => Promise.reject(new Error('broken')) }),
    ],
    ['takes nothing', storeWith({ write: async () => [] })],
  ])('[C12] with a store that %s, chunks are served from memory', async (_, store) => {
    const { vault, lost } = newVault(store)
    for (let index = 0; index < 6; index++) vault.keep(root, index, chunk(index))
    await vault.flushed()
    for (let index = 0; index < 6; index++) expect(await vault.read(root, index)).toEqual(chunk(index))
    expect(lost).toEqual([])
  })

  it('[C6] what neither the store nor memory has room for is said to be lost for lack of room, the oldest first', async () => {
    const { vault, lost } = newVault(storeWith({ write: async () => [] }))
    const large = new Uint8Array(4 * MiB)
    for (let index = 0; index < 20; index++) {
      vault.keep(root, index, large.slice())
      await vault.flushed()
    }
    expect(lost).toEqual(['0 full', '1 full', '2 full', '3 full'])
    expect(vault.peek(root, 0)).toBeUndefined()
    expect(vault.peek(root, 19)).toBeDefined()
  })

  it('[C10] with 16 MiB waiting to be written it asks for no more, until half of that is', async () => {
    const waiting: (() => void)[] = []
    const write: ChunkStore['write'] = (_, chunks) =>
      new Promise((resolve) => waiting.push(() => resolve(chunks.map(({ index }) => index))))
    const { vault, pressure } = newVault(storeWith({ write }))
    for (let index = 0; index < 5; index++) vault.keep(root, index, new Uint8Array(4 * MiB))
    expect(pressure).toEqual([true])
    const flushed = vault.flushed()
    for (let count = 0; count < 5; count++) {
      await new Promise((resolve) => setImmediate(resolve))
      waiting.shift()!()
    }
    await flushed
    expect(pressure).toEqual([true, false])
  })

  it('[C10] a chunk that is kept twice counts once', async () => {
    const { vault, pressure } = newVault(storeWith({}))
    for (let time = 0; time < 10; time++) vault.keep(root, 0, new Uint8Array(4 * MiB))
    expect(pressure).toEqual([])
    await vault.flushed()
  })

  it('[P10] clears what is stored of all files but those that are needed', async () => {
    const store = new MemoryStore(64 * MiB)
    const { vault } = newVault(store)
    vault.keep(root, 0, chunk(0))
    await vault.clear(new Set([root]))
    expect(await store.held(root)).toEqual([0])
    vault.keep(root, 1, chunk(1))
    vault.leave(root)
    await vault.clear(new Set())
    expect(await store.held(root)).toEqual([])
    expect([vault.peek(root, 0), vault.peek(root, 1)]).toEqual([undefined, undefined])
  })

  it('[P10] forgets what the store had no room for as well', async () => {
    const { vault, time } = newVault(storeWith({ write: async () => [] }))
    vault.keep(root, 0, chunk(0))
    time.run(1_000)
    await vault.flushed()
    expect(vault.peek(root, 0)).toEqual(chunk(0))
    vault.leave(root)
    await vault.clear(new Set())
    expect(vault.peek(root, 0)).toBeUndefined()
  })

  it('[P2] closed with clear, nothing is left in the store', async () => {
    const store = new MemoryStore(64 * MiB)
    let cleared = 0
    const { vault } = newVault(
      storeWith({ clear: async () => void cleared++, write: (of, chunks) => store.write(of, chunks) }),
    )
    vault.keep(root, 0, chunk(0))
    await vault.close(true)
    expect(cleared).toBe(1)
    expect(vault.peek(root, 0)).toBeUndefined()
  })
})
