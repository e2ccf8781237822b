/** The client's chunk store: IndexedDB where it can be used, and memory for what it does not take. */
import { MiB } from '../../shared/limits.ts'
import type { ChunkStore } from '../ports.ts'
import { openIdbStore } from './idb-store.ts'
import { MemoryStore } from './memory-store.ts'

/** Some browsers leave `indexedDB.open` without any answer; a download does not wait longer than this for its store. */
const openMsMax = 3000

/** What a visitor's device keeps of a site's files by default once they are not open: a tenth of what there may be. */
const idleBytesMax = 4 * 1024 * MiB
const idleQuotaShare = 0.1

export interface ChunkStoreOptions {
  /** The most that is held in memory, in bytes. */
  memoryBytesMax: number
  /** The most that the device keeps of files that are not open, in bytes. */
  storeBytesMax?: number | undefined
}

export async function openChunkStore({ memoryBytesMax, storeBytesMax }: ChunkStoreOptions): Promise<ChunkStore> {
  const memory = new MemoryStore(memoryBytesMax)
  let timer: ReturnType<typeof setTimeout> | number | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, openMsMax)
  })
  const opening = defaultBytesMax(storeBytesMax).then((bytesMax) => openIdbStore({ bytesMax, wallNow: Date.now }))
  const disk = await Promise.race([opening, late])
  clearTimeout(timer)
  if (disk !== undefined) return layered(disk, memory)
  void opening.then((store) => store?.close())
  return memory
}

async function defaultBytesMax(given: number | undefined): Promise<number> {
  if (given !== undefined) return given
  const estimate = await globalThis.navigator?.storage?.estimate?.().catch(() => undefined)
  return Math.min(idleBytesMax, (estimate?.quota ?? Number.POSITIVE_INFINITY) * idleQuotaShare)
}

/** What the first store does not take, the second holds. */
function layered(first: ChunkStore, second: ChunkStore): ChunkStore {
  return {
    async held(root) {
      const [a, b] = await Promise.all([first.held(root), second.held(root)])
      return [...new Set([...a, ...b])].sort((x, y) => x - y)
    },
    read: async (root, index) => (await second.read(root, index)) ?? first.read(root, index),
    async write(root, chunks) {
      const kept = await first.write(root, chunks)
      if (kept.length === chunks.length) return kept
      const left = chunks.filter(({ index }) => !kept.includes(index))
      return [...kept, ...(await second.write(root, left))]
    },
    async remove(root, indexes) {
      await Promise.all([first.remove(root, indexes), second.remove(root, indexes)])
    },
    async clear(kept) {
      await Promise.all([first.clear(kept), second.clear(kept)])
    },
    close() {
      first.close()
      second.close()
    },
  }
}
