/** The page that runs the contracts on the real adapters: a case at a time, by contract and place in it. */
import { openChunkStore } from '../../client/shell/chunk-store.ts'
import { createHttpSource } from '../../client/shell/http-source.ts'
import { openIdbStore } from '../../client/shell/idb-store.ts'
import { createLanedDialer } from '../../client/shell/laned-dialer.ts'
import { createSimplePeerDialer } from '../../client/shell/simple-peer-dialer.ts'
import { createWebHasher } from '../../client/shell/web-hasher.ts'
import type { Root } from '../../shared/ids.ts'
import { KiB, MiB } from '../../shared/limits.ts'
import { chunkStoreContract } from '../contract/chunk-store.ts'
import { type ContractCase, patternBytes } from '../contract/contract.ts'
import { hasherContract } from '../contract/hasher.ts'
import { httpSourceContract } from '../contract/http-source.ts'
import { lanesContract } from '../contract/lanes.ts'
import { linkContract } from '../contract/link.ts'

async function openDisk() {
  const store = await openIdbStore()
  if (store === undefined) throw new Error('no IndexedDB')
  return store
}

/** @param otherOrigin the lying origin under another host than the page's */
export const contracts = (origin: string, otherOrigin: string): Record<string, ContractCase[]> => ({
  'Link over simple-peer': linkContract(() => createSimplePeerDialer({ iceServers: [] })),
  'Link with lanes over simple-peer': [
    ...linkContract(() => createLanedDialer(createSimplePeerDialer({ iceServers: [] }))),
    ...lanesContract(() => createSimplePeerDialer({ iceServers: [] })),
  ],
  'ChunkStore in IndexedDB': chunkStoreContract(openDisk),
  'ChunkStore as the client opens it': chunkStoreContract(() => openChunkStore(64 * MiB)),
  'HttpSource over fetch': httpSourceContract(createHttpSource, origin, otherOrigin),
  'Hasher with the platform’s digests': hasherContract(() => createWebHasher()),
  'Hasher in an insecure context': hasherContract(() => createWebHasher(null)),
})

/** @returns what failed, or undefined */
export async function run(contract: string, index: number, otherOrigin: string): Promise<string | undefined> {
  try {
    await contracts(location.origin, otherOrigin)[contract]![index]!.run()
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

const file = 'c'.repeat(64) as Root

/** A store outlives the page that wrote to it: the second half runs after a reload. */
export async function keepChunk(): Promise<void> {
  const store = await openChunkStore(1 * MiB)
  await store.write(file, [{ index: 3, bytes: Uint8Array.of(1, 2, 3) }])
  store.close()
}

export async function keptChunks(): Promise<number[]> {
  const store = await openChunkStore(1 * MiB)
  const held = await store.held(file)
  store.close()
  return held
}

/** Writes 128 chunks, 8 MiB. @returns how many the store says it kept, and how many of them can be read */
export async function fill(kind: 'disk' | 'client'): Promise<{ kept: number; readable: number }> {
  const store = kind === 'disk' ? await openDisk() : await openChunkStore(64 * MiB)
  await store.clear()
  const writes = Array.from({ length: 128 }, (_, index) =>
    store.write(file, [{ index, bytes: patternBytes(64 * KiB, index) }]),
  )
  const kept = (await Promise.all(writes)).flat()
  const read = await Promise.all(kept.map((index) => store.read(file, index)))
  await store.clear()
  store.close()
  return { kept: kept.length, readable: read.filter((bytes) => bytes?.length === 64 * KiB).length }
}
