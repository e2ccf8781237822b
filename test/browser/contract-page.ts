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

const roomy = { bytesMax: Number.POSITIVE_INFINITY, wallNow: Date.now }

async function openDisk() {
  const store = await openIdbStore(roomy)
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
  'ChunkStore as the client opens it': chunkStoreContract(() => openChunkStore({ memoryBytesMax: 64 * MiB })),
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
  const store = await openChunkStore({ memoryBytesMax: 1 * MiB })
  await store.write(file, [{ index: 3, bytes: Uint8Array.of(1, 2, 3) }])
  store.close()
}

export async function keptChunks(): Promise<number[]> {
  const store = await openChunkStore({ memoryBytesMax: 1 * MiB })
  const held = await store.held(file)
  store.close()
  return held
}

/** Writes 128 chunks, 8 MiB. @returns how many the store says it kept, and how many of them can be read */
export async function fill(kind: 'disk' | 'client'): Promise<{ kept: number; readable: number }> {
  const store = kind === 'disk' ? await openDisk() : await openChunkStore({ memoryBytesMax: 64 * MiB })
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

const hourMs = 3_600_000
const rootOf = (digit: string) => digit.repeat(64) as Root

/** Another visit, so many hours after the first, to a store that keeps 2 MiB of what is not open. */
async function visit(hours: number, bytesMax = 2 * MiB) {
  const store = await openIdbStore({ bytesMax, wallNow: () => hours * hourMs })
  if (store === undefined) throw new Error('no IndexedDB')
  const keep = async (digit: string, chunkCount: number) => {
    const chunks = Array.from({ length: chunkCount }, (_, index) => ({ index, bytes: patternBytes(64 * KiB, index) }))
    return (await store.write(rootOf(digit), chunks)).length
  }
  const heldOf = async (digits: string) => {
    const held = await Promise.all([...digits].map((digit) => store.held(rootOf(digit))))
    return held.map(({ length }) => length)
  }
  return { store, keep, heldOf }
}

async function clearAll(): Promise<void> {
  const { store } = await visit(0)
  await store.clear()
  store.close()
}

/**
 * Three files of 1 MiB, of which the first is used again, which is too much; and a fourth. @returns the chunks left of
 * each after both times
 */
export async function outgrow(): Promise<number[][]> {
  await clearAll()
  for (const [hours, digit] of ['1', '2', '3'].entries()) {
    const { store, keep } = await visit(hours)
    await keep(digit, 16)
    store.close()
  }
  const again = await visit(3)
  await again.keep('1', 16)
  const third = await again.heldOf('123')
  again.store.close()
  const last = await visit(4)
  await last.keep('4', 16)
  const fourth = await last.heldOf('1234')
  last.store.close()
  return [third, fourth]
}

/** What this visit has open stays, whatever there is of it; and so does what another tab has used a minute ago. */
export async function outgrowOpen(): Promise<number[]> {
  await clearAll()
  const other = await visit(0)
  await other.keep('5', 8)
  const { store, keep, heldOf } = await visit(9, 0)
  await other.keep('5', 1)
  await keep('6', 16)
  await visit(9).then(({ keep, store }) => keep('7', 16).finally(() => store.close()))
  await keep('6', 16)
  const held = await heldOf('67')
  await store.clear()
  store.close()
  other.store.close()
  return held
}

/** The device is full of what was kept an hour ago. @returns chunks kept now, and what is left of those before */
export async function fillAfterwards(): Promise<{ before: number; kept: number; left: number }> {
  const first = await visit(0, Number.POSITIVE_INFINITY)
  let before = 0
  for (const digit of '89ab') before += await first.keep(digit, 16)
  first.store.close()
  const { store, keep, heldOf } = await visit(1, Number.POSITIVE_INFINITY)
  const kept = await keep('c', 16)
  const left = (await heldOf('89ab')).reduce((sum, count) => sum + count, 0)
  store.close()
  return { before, kept, left }
}

/** All but one file is cleared; then that one is the only one that counts. @returns the chunks left of each file */
export async function clearAndOutgrow(): Promise<number[]> {
  await clearAll()
  const first = await visit(0)
  for (const digit of 'def') await first.keep(digit, 16)
  await first.store.clear(new Set([rootOf('e')]))
  first.store.close()
  const second = await visit(2)
  await second.keep('0', 16)
  const held = await second.heldOf('def0')
  second.store.close()
  const third = await visit(4, 0)
  await third.keep('1', 1)
  third.store.close()
  const { store, heldOf } = await visit(4)
  const after = await heldOf('def01')
  await store.clear()
  store.close()
  return [...held, ...after]
}
