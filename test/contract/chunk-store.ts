/** What every ChunkStore does. Each case uses roots of its own, so that a store on disk can be shared. */
import type { ChunkStore } from '../../client/ports.ts'
import type { Root } from '../../shared/ids.ts'
import { KiB } from '../../shared/limits.ts'
import { type ContractCase, check, checkEqual, patternBytes } from './contract.ts'

const rootOf = (digit: string) => digit.repeat(64) as Root
const [fileA, fileB] = [rootOf('a'), rootOf('b')]
const chunkOf = (index: number, length = 64 * KiB) => ({ index, bytes: patternBytes(length, index) })
const byNumber = (a: number, b: number) => a - b

async function checkHeld(store: ChunkStore, root: Root, expected: number[]): Promise<void> {
  checkEqual((await store.held(root)).sort(byNumber), expected, `held of ${root.slice(0, 4)}…`)
}

type Case = (store: ChunkStore) => Promise<void>

const cases: Record<string, Case> = {
  'an empty store holds nothing': async (store) => {
    await checkHeld(store, fileA, [])
    checkEqual(await store.read(fileA, 0), undefined, 'chunk 0')
  },

  'what was written is held and comes out the same, whatever its size': async (store) => {
    const sizes = [1, 16 * KiB, 64 * KiB - 1, 64 * KiB, 64 * KiB + 1, 200 * KiB, 0]
    const chunks = sizes.map((size, index) => chunkOf(index, size))
    checkEqual((await store.write(fileA, chunks)).sort(byNumber), [0, 1, 2, 3, 4, 5, 6], 'kept')
    await checkHeld(store, fileA, [0, 1, 2, 3, 4, 5, 6])
    for (const { index, bytes } of chunks) checkEqual(await store.read(fileA, index), bytes, `chunk ${index}`)
  },

  // Of the same length: a root and an index mean the same bytes for ever.
  'a chunk written again replaces the first one': async (store) => {
    await store.write(fileA, [chunkOf(0)])
    const next = { index: 0, bytes: patternBytes(64 * KiB, 9) }
    checkEqual(await store.write(fileA, [next]), [0], 'kept')
    checkEqual(await store.read(fileA, 0), next.bytes, 'chunk')
    await checkHeld(store, fileA, [0])
  },

  'files do not mix': async (store) => {
    await store.write(fileA, [chunkOf(1, 10)])
    await store.write(fileB, [chunkOf(2, 10)])
    await checkHeld(store, fileA, [1])
    await checkHeld(store, fileB, [2])
    checkEqual(await store.read(fileA, 2), undefined, 'a chunk of the other file')
    await store.remove(fileA, [1, 2])
    await checkHeld(store, fileB, [2])
  },

  'high indexes are kept like low ones': async (store) => {
    const indexes = [0, 9, 10, 255, 256, 524_287]
    await store.write(
      fileA,
      indexes.map((index) => chunkOf(index, 5)),
    )
    await checkHeld(store, fileA, indexes)
    checkEqual(await store.read(fileA, 524_287), chunkOf(524_287, 5).bytes, 'chunk')
  },

  'only the bytes of a view are kept, not the buffer that it looks at': async (store) => {
    const buffer = patternBytes(1000, 1)
    await store.write(fileA, [{ index: 0, bytes: buffer.subarray(100, 200) }])
    const read = await store.read(fileA, 0)
    checkEqual(read, buffer.subarray(100, 200), 'chunk')
    checkEqual(read?.buffer.byteLength, 100, 'bytes behind it')
  },

  'what the caller does to its bytes once they are written does not reach the store': async (store) => {
    const mine = patternBytes(100, 3)
    await store.write(fileA, [{ index: 0, bytes: mine }])
    mine.fill(0)
    const read = await store.read(fileA, 0)
    checkEqual(read, patternBytes(100, 3), 'chunk')
    read!.fill(7)
    checkEqual(await store.read(fileA, 0), patternBytes(100, 3), 'the same chunk, read again')
  },

  'many writes at once are all kept': async (store) => {
    const indexes = Array.from({ length: 100 }, (_, i) => i)
    const kept = await Promise.all(indexes.map((index) => store.write(fileA, [chunkOf(index)])))
    checkEqual(
      kept,
      Array.from(indexes, (index) => [index]),
      'kept',
    )
    await checkHeld(store, fileA, indexes)
    for (const index of [0, 50, 99]) checkEqual(await store.read(fileA, index), chunkOf(index).bytes, `chunk ${index}`)
  },

  'removed chunks are gone, and removing what is not there is no fault': async (store) => {
    await store.write(fileA, [chunkOf(0, 100 * KiB), chunkOf(1), chunkOf(2, 3)])
    await store.remove(fileA, [0, 1, 77])
    await store.remove(fileA, [])
    await checkHeld(store, fileA, [2])
    checkEqual(await store.read(fileA, 1), undefined, 'chunk 1')
  },

  'clearing deletes every chunk of every file': async (store) => {
    await store.write(fileA, [chunkOf(0)])
    await store.write(fileB, [chunkOf(5)])
    await store.clear()
    await checkHeld(store, fileA, [])
    await checkHeld(store, fileB, [])
  },

  'clearing all but some files leaves their chunks': async (store) => {
    await store.write(fileA, [chunkOf(0), chunkOf(1)])
    await store.write(fileB, [chunkOf(5)])
    await store.clear(new Set([fileA]))
    await checkHeld(store, fileA, [0, 1])
    await checkHeld(store, fileB, [])
    checkEqual(await store.read(fileA, 1), chunkOf(1).bytes, 'chunk 1')
    await store.clear(new Set([fileB]))
    await checkHeld(store, fileA, [])
  },

  'a closed store holds nothing, and no call on it fails': async (store) => {
    await store.write(fileA, [chunkOf(0)])
    store.close()
    checkEqual(await store.held(fileA), [], 'held')
    checkEqual(await store.read(fileA, 0), undefined, 'chunk')
    const kept = await store.write(fileA, [chunkOf(1)])
    check(kept.length === 0, 'a closed store says that it kept a chunk')
    await store.remove(fileA, [0])
    await store.clear()
    store.close()
  },
}

/** @param makeStore opens a store; cleared before each case, so it may be the same database each time */
export function chunkStoreContract(makeStore: () => Promise<ChunkStore>): ContractCase[] {
  return Object.entries(cases).map(([name, run]) => ({
    name,
    async run() {
      const store = await makeStore()
      await store.clear()
      try {
        await run(store)
      } finally {
        store.close()
      }
    },
  }))
}
